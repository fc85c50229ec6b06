"""Which lines are one list: its items, what is nested in them, and what goes on over a page's end.

Items of another style within a list are nested in the item before, until the first style goes on. A numbered list goes
on after paragraphs in between, if its next number comes; a list with bullets only with the next line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.statements import asks
from ingest.units.lines import Line

_MOST_BETWEEN = 8  # lines between two steps


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list: an item of a depth from 0, or (`is_item` false) more of the item before."""

    line: Line
    depth: int
    is_item: bool


def list_at(lines: Sequence[Line], at: int) -> list[Entry]:
    """Return the entries of the list that begins with the marked line `at`; they are consecutive lines."""
    found = [Entry(lines[at], 0, is_item=True)]
    stack = [(lines[at].style, lines[at].number)]
    k = at + 1
    while k < len(lines) and lines[k].place == lines[at].place:
        line = lines[k]
        if line.style:
            depth = _depth(line, stack)
            if depth is None:
                break
            del stack[depth:]
            stack.append((line.style, line.number))
            found.append(Entry(line, depth, is_item=True))
            k += 1
            continue
        more = 1 if line.joined else _until_next_step(lines, k, stack[0])
        if not more or (not line.joined and asks(found[-1].line.text)):
            break
        found += [Entry(between, len(stack) - 1, is_item=False) for between in lines[k : k + more]]
        k += more
    return found


def _depth(line: Line, stack: list[tuple[str, int]]) -> int | None:
    """Return how deep an item is, or `None` if it begins another list."""
    for depth in range(len(stack) - 1, -1, -1):
        style, number = stack[depth]
        if style == line.style:
            restarts = line.number == 1 and number >= 1
            jumps = line.number != number + 1 and number > 0 and not line.joined
            return None if restarts or jumps else depth
    return len(stack) if line.joined else None


def _until_next_step(lines: Sequence[Line], at: int, top: tuple[str, int]) -> int:
    """Return how many lines without a mark stand before the next number of a list; 0 if it does not come."""
    style, number = top
    if not number:
        return 0
    for k in range(at, min(at + _MOST_BETWEEN + 1, len(lines))):
        line = lines[k]
        if line.place != lines[at].place or asks(line.text):
            return 0
        if line.style == style and line.number == number + 1:
            return k - at
        if line.style == style:
            return 0
    return 0
