"""What differs between two stored texts, in few lines: for a person who is to say whether the new one is right.

In order: (1) what both begin and end with is left away, (2) the lines between are compared, (3) of lines that took the
place of others, only the stretch that differs is shown, with some words around it. `-` is what was read before, `+`
what is read now, `@@` says at which line. The work is bounded: where too much differs to compare it line by line, the
lines between are shown as they are, the old before the new. Pure functions.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

MOST_LINES = 40
_MOST_PAIRS = 1_000_000  # of lines that are compared each with each: a second or so
_AROUND_CHARS = 30  # of a line, before and after what differs
_LINE_CHARS = 160


def differing_lines(old: str, new: str) -> tuple[list[str], int]:
    """Return what differs, at most `MOST_LINES` lines, and how many lines more there are."""
    before, after = old.split("\n"), new.split("\n")
    start = _common(before, after)  # 1
    end = _common(before[start:][::-1], after[start:][::-1])
    before, after = before[start : len(before) - end], after[start : len(after) - end]
    shown: list[str] = []
    more = 0
    for line in _hunks(before, after, start):
        if len(shown) < MOST_LINES:
            shown.append(line)
        elif not line.startswith("@@"):
            more += 1
    return shown, more


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _hunks(before: list[str], after: list[str], start: int) -> Iterator[str]:
    if len(before) * len(after) > _MOST_PAIRS:
        changes = [("replace", 0, len(before), 0, len(after))]
    else:
        changes = list(SequenceMatcher(None, before, after, autojunk=False).get_opcodes())  # 2
    for kind, old_from, old_to, new_from, new_to in changes:
        if kind == "equal":
            continue
        gone, came = before[old_from:old_to], after[new_from:new_to]
        gone, came = [line for line in gone if line], [line for line in came if line]
        if not gone and not came:
            continue
        yield f"@@ -{start + old_from + 1} +{start + new_from + 1} @@"
        if len(gone) == len(came):
            for old, new in zip(gone, came, strict=True):
                yield from _changed(old, new)
        else:
            yield from (f"- {_cut(line)}" for line in gone)
            yield from (f"+ {_cut(line)}" for line in came)


def _changed(old: str, new: str) -> Iterator[str]:
    """3: a line that took another's place, around what differs."""
    begin = max(0, _common(old, new) - _AROUND_CHARS)
    rest = _common(old[begin:][::-1], new[begin:][::-1])
    for mark, line in (("-", old), ("+", new)):
        end = len(line) - max(0, rest - _AROUND_CHARS)
        stretch = _cut(line[begin:end])
        yield f"{mark} {'…' if begin else ''}{stretch}{'…' if end < len(line) else ''}"


def _cut(line: str) -> str:
    return line if len(line) <= _LINE_CHARS else f"{line[:_LINE_CHARS]}…"
