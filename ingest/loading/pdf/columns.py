"""Text set in columns, however a page draws it: each column is read to its end before the next.

Where a page is drawn line by line across its columns, the lines of two columns come as cells side by side. They are
columns, and no table, if one gutter of white runs down between them over several lines, and on both sides the text
flows: lines fill their column and sentences go on from one to the next. If both sides pause at the same heights
throughout, it is a table whose cells are several lines long: then each of its rows is put together. Three columns are
two, of which one is two. Where a page draws column after column nothing is to be done.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from statistics import median

from ingest.loading.pdf.lines import Gap, Line
from ingest.loading.pdf.words import joined

_MIN_ROWS = 3  # with text on both sides
_MAX_ROWS = 400  # of a block: a page has no more lines of reading
_MAX_STEPS = 20_000  # cells that are looked at on a page: some tenth of a second
_MAX_GUTTERS = 8  # of a line
_MIN_GUTTER = 0.6  # of the type size
_MAX_STEP = 4.0  # times the type size, down to the next line
_FLOWING = 0.3  # of the lines go on from the one above in the middle of a sentence
_FILLED = 0.55  # of the widest line: how wide the usual line is
_MIN_WORDS = 2.5  # of a usual line
_LONG_PAUSE = 1.25  # times the usual distance of lines
_LEVEL = 2.0  # points
_ENDED = re.compile(r"[.!?:;][\"'”’)\]]*$")


@dataclass(slots=True)
class _Block:
    """Lines of a page, from `start` to `end`, on both sides of a gutter."""

    end: int
    left: list[Line]
    right: list[Line]
    rows: int


def in_columns(lines: list[Line]) -> list[Line]:
    """Return a page's lines in the order of reading."""
    return _in_order(lines, _Search(_MAX_STEPS))


@dataclass(slots=True)
class _Search:
    """How much is still looked at on a page: a page of thousands of cells is no text in columns."""

    steps: int


def _in_order(lines: list[Line], search: _Search) -> list[Line]:
    found: list[Line] = []
    at = 0
    while at < len(lines):
        block = _longest(lines, at, search)
        if block is None:
            found.append(lines[at])
            at += 1
            continue
        left, right = _begun(found, block), block.right
        if _pauses_alike(block.left, right):
            found += _rows(block.left, right)
        else:
            found += left + _in_order(_standing_alone(right), search)
        at = block.end
    return found


def _begun(found: list[Line], block: _Block) -> list[Line]:
    """Return the left column; lines just read that stand over the right one alone are taken over to it."""
    edge = min(line.x for line in block.right)
    over: list[Line] = []
    while found and found[-1].x >= edge - _LEVEL and 0 < found[-1].y - block.left[0].y < _MAX_STEP * found[-1].size:
        over.insert(0, found.pop())
    block.right[:0] = over
    return _standing_alone(block.left)


def _standing_alone(lines: list[Line]) -> list[Line]:
    """Return lines of one column: the first at each height is in no row."""
    alone: list[Line] = []
    for line in lines:
        beside = bool(alone) and line.in_row and abs(alone[-1].y - line.y) < _LEVEL
        alone.append(line if beside else replace(line, in_row=False))
    return alone


def _longest(lines: list[Line], start: int, search: _Search) -> _Block | None:
    """Return the longest block of columns that begins with a line."""
    if lines[start].in_row:
        return None
    best: _Block | None = None
    for gutter in islice(_gutters(lines, start), _MAX_GUTTERS):
        block = _block(lines, start, gutter, search)
        if block.rows >= _MIN_ROWS and (best is None or block.end > best.end):
            best = block
    return best if best and _flows(best.left) and _flows(best.right) else None


def _gutters(lines: list[Line], start: int) -> Iterator[tuple[float, float]]:
    """Give the white that a row has between its cells, or within one."""
    row = _row(lines, start)
    for line in row:
        yield from ((gap.left, gap.right) for gap in line.gaps)
    for one, other in pairwise(row):
        if other.x > one.x_end:
            yield one.x_end, other.x


def _row(lines: list[Line], start: int) -> list[Line]:
    end = start + 1
    while end < len(lines) and lines[end].in_row:
        end += 1
    return lines[start:end]


def _block(lines: list[Line], start: int, gutter: tuple[float, float], search: _Search) -> _Block:
    """Return the lines from `start` on that keep a gutter free."""
    low, high = gutter
    block = _Block(start, [], [], 0)
    above: Line | None = None
    while block.end < len(lines) and block.end - start < 2 * _MAX_ROWS and search.steps > 0:
        row = _row(lines, block.end)
        search.steps -= len(row)
        if above is not None and not 0 < above.y - row[0].y < _MAX_STEP * max(above.size, row[0].size):
            break
        parts = [part for line in row for part in _parted(line, low, high)]
        middle = (low + high) / 2
        left = [part for part in parts if part.x_end <= middle]
        right = [part for part in parts if part.x >= middle]
        new_low = max([low, *(part.x_end for part in left)])
        new_high = min([high, *(part.x for part in right)])
        if len(left) + len(right) < len(parts) or new_high - new_low < _MIN_GUTTER * row[0].size:
            break
        low, high = new_low, new_high
        block.left += left
        block.right += right
        block.rows += bool(left) and bool(right)
        block.end += len(row)
        above = row[0]
    return block


def _parted(line: Line, low: float, high: float) -> list[Line]:
    """Return a line's two parts, if it has a gap where the gutter is."""
    gap = next((gap for gap in line.gaps if gap.left < high and gap.right > low), None)
    if gap is None or not line.text[: gap.at].strip() or not line.text[gap.at :].strip():
        return [line]
    before = replace(line, text=line.text[: gap.at].rstrip(), x_end=gap.left, gaps=_gaps(line, 0, gap.at), raised=())
    after = replace(
        line,
        text=line.text[gap.at :].lstrip(),
        x=gap.right,
        in_row=True,
        first_word=0.0,
        gaps=_gaps(line, gap.at + 1, len(line.text)),
        raised=(),
    )
    return [before, after]


def _gaps(line: Line, start: int, end: int) -> tuple[Gap, ...]:
    return tuple(Gap(gap.at - start, gap.left, gap.right) for gap in line.gaps if start < gap.at < end)


def _flows(lines: list[Line]) -> bool:
    """Tell whether lines are running text of one column, or of several."""
    if len(lines) < _MIN_ROWS:
        return False
    widths = [line.x_end - line.x for line in lines]
    going = sum(_goes_on(above, below) for above, below in pairwise(lines))
    return (
        median(widths) >= _FILLED * max(widths)
        and sum(line.text.count(" ") + 1 for line in lines) >= _MIN_WORDS * len(lines)
        and going >= _FLOWING * (len(lines) - 1)
    )


def _goes_on(above: Line, below: Line) -> bool:
    return below.text[0].islower() and not _ENDED.search(above.text)


def _pauses_alike(left: list[Line], right: list[Line]) -> bool:
    """Tell whether both sides pause at the same heights: then they are cells of rows."""
    pauses = _pauses(left), _pauses(right)
    if not pauses[0] or not pauses[1] or any(line.in_row for line in left):
        return False
    tops = [_tops(lines) for lines in (left, right)]
    return len(tops[0]) == len(tops[1]) and all(
        abs(one - other) < _LEVEL for one, other in zip(tops[0], tops[1], strict=True)
    )


def _pauses(lines: list[Line]) -> list[int]:
    """Return after which lines a side pauses."""
    steps = [above.y - below.y for above, below in pairwise(lines)]
    usual = min((step for step in steps if step > _LEVEL), default=0.0)
    return [at for at, step in enumerate(steps) if step > _LONG_PAUSE * usual]


def _tops(lines: list[Line]) -> list[float]:
    """Return the heights at which a side begins anew."""
    return [lines[0].y, *(lines[at + 1].y for at in _pauses(lines))]


def _rows(left: list[Line], right: list[Line]) -> list[Line]:
    """Return the rows of a table, each cell as one line."""
    rows: list[Line] = []
    for one, other in zip(_cells(left), _cells(right), strict=True):
        rows += [replace(one, in_row=False), replace(other, in_row=True)]
    return rows


def _cells(lines: list[Line]) -> Iterator[Line]:
    ends = [*(at + 1 for at in _pauses(lines)), len(lines)]
    start = 0
    for end in ends:
        text = lines[start].text
        for line in lines[start + 1 : end]:
            text = joined(text, line.text, frozenset())
        yield replace(lines[start], text=text, gaps=(), raised=())
        start = end
