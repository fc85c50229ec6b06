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
    """Return what differs, at most `MOST_LINES` lines, and how many lines more there are; empty lines do not count."""
    before, after = _Lines(old), _Lines(new)
    start = _common(before.texts, after.texts)  # 1
    end = _common(before.texts[start:][::-1], after.texts[start:][::-1])
    shown: list[str] = []
    more = 0
    for line in _hunks(before.between(start, end), after.between(start, end)):
        if len(shown) < MOST_LINES:
            shown.append(line)
        elif not line.startswith("@@"):
            more += 1
    return shown, more


class _Lines:
    """The lines of a text that are not empty, and their numbers."""

    def __init__(self, text: str) -> None:
        numbered = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        self.texts = [line for _, line in numbered]
        self._numbers = [number for number, _ in numbered]
        self._last = numbered[-1][0] if numbered else 0

    def between(self, start: int, end: int) -> "_Lines":
        """Leave away so many lines at the beginning, and so many at the end."""
        rest = _Lines("")
        stop = len(self.texts) - end
        rest.texts, rest._numbers, rest._last = self.texts[start:stop], self._numbers[start:], self._last
        return rest

    def number(self, at: int) -> int:
        """Return the number of a line; of one behind the last, where it would stand."""
        return self._numbers[at] if at < len(self._numbers) else self._last + 1


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines, or characters, both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _hunks(before: _Lines, after: _Lines) -> Iterator[str]:
    if len(before.texts) * len(after.texts) > _MOST_PAIRS:
        changes = [("replace", 0, len(before.texts), 0, len(after.texts))]
    else:
        changes = list(SequenceMatcher(None, before.texts, after.texts, autojunk=False).get_opcodes())  # 2
    for kind, old_from, old_to, new_from, new_to in changes:
        gone, came = before.texts[old_from:old_to], after.texts[new_from:new_to]
        if kind == "equal" or not (gone or came):
            continue
        yield f"@@ -{before.number(old_from)} +{after.number(new_from)} @@"
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
