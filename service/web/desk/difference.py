"""What changed between two stored texts, for a person: lines first, then words inside the lines that changed.

In order: (1) lines that stand once in either text and in the same order hold both together, (2) what lies between is
compared line by line, (3) where lines took the place of others, their words are compared, if they have some in common,
(4) what did not change is folded to a few lines around what did. Blank lines do not count.

The work is bounded whatever the texts are: stretches too large to compare are shown as taken out and put in as a whole.
Pure functions.
"""

import bisect
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_AROUND = 2  # lines that did not change, around what did
_MOST_PAIRS = 250_000  # of lines or words in one stretch that is compared each with each: some 50 ms
_MOST_WORK = 8_000_000  # of such pairs in one comparison
_MOST_SHOWN = 5000  # lines
_ALIKE = 0.35  # of the words: with fewer in common, two lines are not one line that was changed
_WORD = re.compile(r"(?:\w+|[^\w\s])\s*")

Kind = Literal["same", "gone", "new", "changed", "folded"]
_Match = tuple[int, int, int]  # where in the old, where in the new, how many


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a line: the same in both, taken out, or put in."""

    kind: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """One or more lines. `folded` are `lines` that did not change and are not shown."""

    kind: Kind
    parts: tuple[Part, ...] = ()
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed, in reading order; how many lines came in and went out.

    Where so much changed that nobody would read it, `left_out` are the lines that are not shown.
    """

    stretches: tuple[Stretch, ...]
    came: int
    went: int
    left_out: int = 0


class _Work:
    """How much may still be compared."""

    def __init__(self) -> None:
        self._left = _MOST_WORK

    def allows(self, pairs: int) -> bool:
        """Tell whether so many pairs may be compared, and count them."""
        if pairs > min(_MOST_PAIRS, self._left):
            return False
        self._left -= pairs
        return True


def difference(old: str, new: str) -> Difference:
    """Return what changed from one text to another."""
    before, after = ([line for line in text.split("\n") if line.strip()] for text in (old, new))
    work = _Work()
    stretches: list[Stretch] = []
    came = went = at_old = at_new = 0
    for start, begin, size in [*_matches(before, after, work), (len(before), len(after), 0)]:
        out, into = before[at_old:start], after[at_new:begin]
        went, came = went + len(out), came + len(into)
        stretches += _changed(out, into, work)
        stretches += [Stretch("same", (Part("same", line),)) for line in before[start : start + size]]
        at_old, at_new = start + size, begin + size
    shown = tuple(_folded(stretches))
    return Difference(shown[:_MOST_SHOWN], came, went, sum(one.lines for one in shown[_MOST_SHOWN:]))


def _matches(old: Sequence[str], new: Sequence[str], work: _Work) -> list[_Match]:
    """Return the stretches of lines that both have, in order."""
    found: list[_Match] = []
    open_ = [(0, len(old), 0, len(new))]
    while open_:
        a, a_end, b, b_end = open_.pop()
        while a < a_end and b < b_end and old[a] == new[b]:
            found.append((a, b, 1))
            a, b = a + 1, b + 1
        while a < a_end and b < b_end and old[a_end - 1] == new[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
            found.append((a_end, b_end, 1))
        if a == a_end or b == b_end:
            continue
        if anchors := _anchors(old[a:a_end], new[b:b_end]):
            edges = [(a - 1, b - 1), *((a + i, b + j) for i, j in anchors), (a_end, b_end)]
            found += [(i, j, 1) for i, j in edges[1:-1]]
            pairs = itertools.pairwise(edges)
            open_ += [(i + 1, i_end, j + 1, j_end) for (i, j), (i_end, j_end) in pairs]
        elif work.allows((a_end - a) * (b_end - b)):
            blocks = SequenceMatcher(None, old[a:a_end], new[b:b_end], autojunk=False).get_matching_blocks()
            found += [(a + block.a, b + block.b, block.size) for block in blocks if block.size]
    return sorted(found)


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest run of lines that stand once in either and in the same order, as pairs of places."""
    once_old, once_new = ({line for line, times in Counter(lines).items() if times == 1} for lines in (old, new))
    both = once_old & once_new
    place = {line: at for at, line in enumerate(new) if line in both}
    pairs = [(at, place[line]) for at, line in enumerate(old) if line in both]
    ends: list[int] = []  # of runs of each length, the smallest last place
    last: list[int] = []  # the pair that a run of each length ends with
    previous: list[int] = []
    for number, (_, there) in enumerate(pairs):
        length = bisect.bisect_left(ends, there)
        previous.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [there]
        last[length : length + 1] = [number]
    run = []
    number = last[-1] if last else -1
    while number >= 0:
        run.append(pairs[number])
        number = previous[number]
    return run[::-1]


def _changed(out: Sequence[str], into: Sequence[str], work: _Work) -> Iterator[Stretch]:
    """Show lines that took the place of others: word by word where they are alike."""
    if len(out) == len(into):
        for gone, new in zip(out, into, strict=True):
            yield from _one_changed(gone, new, work)
    elif out and into:
        yield from _one_changed("\n".join(out), "\n".join(into), work)
    else:
        yield from (Stretch("gone", (Part("gone", line),)) for line in out)
        yield from (Stretch("new", (Part("new", line),)) for line in into)


def _one_changed(gone: str, new: str, work: _Work) -> Iterator[Stretch]:
    before, after = _WORD.findall(gone), _WORD.findall(new)
    if work.allows(len(before) * len(after)):
        words = SequenceMatcher(None, [word.rstrip() for word in before], [word.rstrip() for word in after], False)
        if words.ratio() >= _ALIKE:
            yield Stretch("changed", tuple(_parts(words, before, after)))
            return
    yield from (Stretch("gone", (Part("gone", line),)) for line in gone.split("\n"))
    yield from (Stretch("new", (Part("new", line),)) for line in new.split("\n"))


def _parts(words: "SequenceMatcher[str]", before: Sequence[str], after: Sequence[str]) -> Iterator[Part]:
    for kind, a, a_end, b, b_end in words.get_opcodes():
        if kind == "equal":
            yield Part("same", "".join(after[b:b_end]))
        else:
            gone, new = "".join(before[a:a_end]), "".join(after[b:b_end])
            yield from (Part("gone", text) for text in [gone.rstrip()] if text)
            yield from (Part("same", " ") for text in [gone] if text and new)
            yield from (Part("new", text) for text in [new.rstrip()] if text)
            yield Part("same", (new or gone)[len((new or gone).rstrip()) :])


def _folded(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Leave of what did not change a few lines around what did."""
    near = [False] * len(stretches)
    for at, stretch in enumerate(stretches):
        if stretch.kind != "same":
            begin, end = max(0, at - _AROUND), min(len(stretches), at + _AROUND + 1)
            near[begin:end] = [True] * (end - begin)
    hidden = 0
    for stretch, shown in zip(stretches, near, strict=True):
        if not shown:
            hidden += 1
            continue
        if hidden:
            yield Stretch("folded", lines=hidden)
            hidden = 0
        yield stretch
    if hidden:
        yield Stretch("folded", lines=hidden)
