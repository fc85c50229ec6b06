"""Tables in plain text: drawn with `|` and `+`, parted by tabs, or set in columns by runs of blanks.

Blanks part columns only where they stand below each other: all lines leave the same gutter free, nearly every run of
blanks lies in one, and what follows it begins, or ends, at one place. Justified text has such runs too, anywhere, and
stays text. Two columns of running text side by side are told from a table by their cells, which go on in the next line
as sentences do; each is read from top to bottom. A cell that goes on below is one cell.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from ingest.loading.tables import table_lines

_GAP = re.compile(r" {2,}")
_AFTER_STOP = re.compile(r"[.!?:][\"'”’)]?$")  # typists leave two blanks there
_GRID_RULE = re.compile(r"[\s|+:=-]*[|+][\s|+:=-]*")
_DASHES = re.compile(r"\s*(?:[-=]{2,}\s*)+")
_MARK = re.compile(r"\s*(?:(?:[^\w\s]|o|\(?\w{1,5}[.)]|\d{1,2}(?:\.\d{1,2})+[.)]?)\s+)?")  # of a list item
_ITEM_MARK = re.compile(r"[^\w\s]|o|\(?\w{1,5}[.)]|\d{1,2}(?:\.\d{1,2})+[.)]?")
_LEADERS = re.compile(r"\s*(?:\.\s?){4,}\s*")
_LONE_GAP = re.compile(r"\t+| {3,}")
_MIN_ALIGNED = 0.75  # of the cells behind a gutter
_MAX_ROWS = 20_000
_MAX_COLUMNS_CHARS = 400  # of a line: nobody sets columns wider
_GOING_ON = 0.35  # of the cells: more begin small where running text stands in columns
_WORDS_A_CELL = 3
_RULED = 2  # stretches between rules, a header and a body: where there are more, one may be a single row
_FLUSH = 1  # characters by which the lines of a justified paragraph differ in length
_MIN_JUSTIFIED_WORDS = 5
_MIN_NAMED = 3  # columns: two are as well a name and its value
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a group that belong together: `rows` of a table as they are to be stored, or `lines` of text."""

    lines: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


def parts_of(lines: list[str]) -> list[Part]:
    """Return the parts of a group of lines without blank ones between them, in order."""
    parts: list[Part] = []
    text: list[str] = []
    justified = _is_justified(lines)
    at = 0
    while at < len(lines):
        end, found = _table_at(lines, at, justified=justified)
        if found:
            if text:
                parts.append(Part(lines=tuple(text)))
                text = []
            parts.extend(found)
        else:
            text += lines[at:end]
        at = end
    return [*parts, Part(lines=tuple(text))] if text else parts


def _table_at(lines: list[str], at: int, *, justified: bool) -> tuple[int, list[Part]]:
    """Return the parts of the table that begins at a line, if one does, and the line that is to be looked at next."""
    if (end := _grid_end(lines, at)) > at + 1:
        return end, _table(_grid(lines[at:end]))
    if (end := _tabs_end(lines, at)) > at:
        return end, _table(_tabbed(lines[at:end]))
    end, gutters = _columns_end(lines, at)
    if gutters and not (justified and end - at <= len(lines) // 2):
        rows, has_dashes = _cut(lines[at:end], gutters)
        if _is_running_text(rows):
            return end, [Part(lines=tuple(cell for cell in column if cell)) for column in zip(*rows, strict=True)]
        return end, _table(_rows(rows, has_dashes=has_dashes))
    return (at + 1, _lone_row(lines[at], justified=justified)) if end <= at + 1 else (end, [])


def _table(rows: Sequence[str]) -> list[Part]:
    return [Part(rows=tuple(rows))]


def _lone_row(line: str, *, justified: bool) -> list[Part]:
    """Return the part of a single line with dots that lead on, or wide blanks, if they part cells."""
    if len(line) > _MAX_COLUMNS_CHARS:
        return []
    leaders = [cell for cell in _LEADERS.split(line.strip()) if cell]
    if len(leaders) == 2:  # noqa: PLR2004 - "Breakfast ........ 7 to 9"
        return _table(table_lines([leaders], header_rows=0))
    cells = _LONE_GAP.split(line.strip())
    if len(cells) == 1 or justified or _ITEM_MARK.fullmatch(cells[0]) or _reads_on(line, cells):
        return []
    return _table(table_lines([cells], header_rows=0))


def _grid_end(lines: list[str], at: int) -> int:
    """Return the line after the table drawn with bars that begins at a line."""
    end = at
    bars = -1
    while end < len(lines):
        line = lines[end].strip()
        count = line.count("|")
        if not (_GRID_RULE.fullmatch(line) and ("-" in line or "=" in line)):
            if not count or (bars >= 0 and count != bars):
                break
            bars = count
        end += 1
    return end if bars > 0 else at


def _grid(lines: list[str]) -> list[str]:
    """Return the rows of a drawn table; where rules stand between all rows, lines between two are one row."""
    blocks: list[list[list[str]]] = [[]]
    for line in map(str.strip, lines):
        if _GRID_RULE.fullmatch(line):
            blocks.append([])
        else:
            blocks[-1].append([cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")])
    blocks = [block for block in blocks if block]
    rows: list[list[str]] = []
    for number, block in enumerate(blocks):
        is_header = number == 0 and len(blocks) > 1
        if is_header or (len(blocks) > _RULED and _goes_on_below(block)):
            rows.append(_below_each_other(block))
        else:
            rows += block
    has_header = len(blocks) > 1 and len(rows) > 1
    width = max(map(len, rows))
    return table_lines([row + [""] * (width - len(row)) for row in rows], header_rows=1 if has_header else 0)


def _goes_on_below(block: list[list[str]]) -> bool:
    """Tell whether the lines between two rules are one row: some cells end before the others."""
    return any(not all(row) or row[0][:1].islower() for row in block[1:])


def _below_each_other(block: list[list[str]]) -> list[str]:
    return [" ".join(filter(None, column)) for column in zip_longest(*block, fillvalue="")]


def _tabs_end(lines: list[str], at: int) -> int:
    end = at
    while end < len(lines) and "\t" in lines[end].strip():
        end += 1
    return end


def _tabbed(lines: list[str]) -> list[str]:
    exact = [[cell.strip() for cell in line.strip(" ").split("\t")] for line in lines]
    if len({len(row) for row in exact}) > 1 or not all(any(row) for row in exact):
        exact = [[cell.strip() for cell in re.split(r"\t+", line.strip())] for line in lines]
    return table_lines(exact, header_rows=int(_names_columns(exact)))


def _columns_end(lines: list[str], at: int) -> tuple[int, list[tuple[int, int]]]:
    """Return the line after those that leave gutters free from a line on, and the gutters if they part columns."""
    if not _gaps(lines[at]) or len(lines[at]) > _MAX_COLUMNS_CHARS:
        return at, []
    free, first, last = _free(lines[at]), _indent(lines[at]), len(lines[at])
    end = at + 1
    while end < min(len(lines), at + _MAX_ROWS) and len(lines[end]) <= _MAX_COLUMNS_CHARS:
        both = free & _free(lines[end])
        edges = min(first, _indent(lines[end])), max(last, len(lines[end]))
        left = _gutters(both, *edges)
        if not left or not _fits(lines[end], left) or not _fits(lines[end - 1], left):
            break
        free, (first, last) = both, edges
        end += 1
    gutters = _gutters(free, first, last)
    while end > at + 1 and not _gaps(lines[end - 1]) and not _continues(lines[end - 1], gutters):
        end -= 1
    taken = lines[at:end]
    gutters = [gutter for gutter in gutters if _aligned(taken, gutter)]
    covered = len(taken) > 1 and all(_fits(line, gutters) for line in taken)
    return end, gutters if covered else []


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _gaps(line: str) -> list[tuple[int, int]]:
    """Return the runs of blanks within a line that may part columns."""
    mark = _MARK.match(line)
    indent = mark.end() if mark else 0
    return [
        found.span()
        for found in _GAP.finditer(line, indent)
        if found.end() - found.start() > 2 or not _AFTER_STOP.search(line[: found.start()])  # noqa: PLR2004 - a typist's
    ]


def _free(line: str) -> int:
    """Return the places of a line where nothing stands, as bits; behind its end nothing does."""
    taken = 0
    for found in re.finditer(r"\S+(?: \S+)*", line):
        taken |= ((1 << (found.end() - found.start())) - 1) << found.start()
    return ((1 << (_MAX_COLUMNS_CHARS + 1)) - 1) & ~taken


def _gutters(free: int, first: int, last: int) -> list[tuple[int, int]]:
    """Return the stretches, two places wide or more, that lines leave free between the first place and the last."""
    places = f"{free:b}"[::-1][:last]
    return [found.span() for found in re.finditer("1{2,}", places) if found.start() > first and found.end() < last]


def _fits(line: str, gutters: Sequence[tuple[int, int]]) -> bool:
    """Tell whether each run of blanks within a line holds a gutter."""
    return all(any(start <= left and right <= end for left, right in gutters) for start, end in _gaps(line))


def _continues(line: str, gutters: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a line without a gap goes on with a cell of the row above it."""
    return any(_indent(line) == right for _, right in gutters) or line[:1].islower()


def _aligned(lines: Sequence[str], gutter: tuple[int, int]) -> bool:
    """Tell whether what stands behind a gutter begins, or ends, at one place, in nearly all lines."""
    cells = [re.match(r"\S+(?: \S+)*", line[gutter[1] :].lstrip()) for line in lines if line[gutter[1] :].strip()]
    if len(cells) < 2:  # noqa: PLR2004 - one is no column
        return False
    starts = [len(line) - len(line[gutter[1] :].lstrip()) for line in lines if line[gutter[1] :].strip()]
    ends = [start + len(found[0]) for start, found in zip(starts, cells, strict=True) if found]
    wanted = _MIN_ALIGNED * len(cells)
    return max(Counter(starts).values()) >= wanted or max(Counter(ends).values()) >= wanted


def _cut(lines: Sequence[str], gutters: Sequence[tuple[int, int]]) -> tuple[list[list[str]], bool]:
    """Return the cells of columns, row by row, and whether a line of dashes stands below the first row."""
    cuts = [0, *(right for _, right in gutters), None]
    rows: list[list[str]] = []
    has_dashes = False
    for line in lines:
        if _DASHES.fullmatch(line):
            has_dashes = has_dashes or len(rows) == 1
            continue
        rows.append([line[start:end].strip() for start, end in pairwise(cuts)])
    return rows, has_dashes


def _rows(rows: list[list[str]], *, has_dashes: bool) -> list[str]:
    """Return columns as rows; one that goes on with cells of the row above is put to it."""
    whole: list[list[str]] = []
    for row in rows:
        filled = sum(map(bool, row))
        hangs = not row[0] and (filled < len(row) - 1 or len(row) == 2 or row[1][:1].islower())  # noqa: PLR2004
        if whole and (hangs or (filled == 1 and row[0][:1].islower())):
            whole[-1] = [f"{above} {cell}".strip() for above, cell in zip(whole[-1], row, strict=True)]
        else:
            whole.append(row)
    return table_lines(whole, header_rows=int(len(whole) > 1 and (has_dashes or _names_columns(whole))))


def _names_columns(rows: list[list[str]]) -> bool:
    """Tell whether the first row names columns, which nothing marks: only where it holds no figure and others do.

    A row of data in a name's place would make every row say what the text does not.
    """
    first, *others = rows
    if len(first) < _MIN_NAMED or not others or any(_DIGIT.search(cell) for cell in first):
        return False
    columns = zip(first[1:], *(row[1:] for row in others), strict=False)
    return all(first[1:]) and any(name and all(_DIGIT.search(cell) for cell in column) for name, *column in columns)


def _is_running_text(rows: list[list[str]]) -> bool:
    """Tell whether columns hold running text: cells of several words, many of which begin small."""
    cells = [cell for row in rows[1:] for cell in row if cell]
    if len(rows) < 3 or not cells:  # noqa: PLR2004 - two lines say too little
        return False
    words = sum(len(cell.split()) for cell in cells) / len(cells)
    small = sum(cell[0].islower() for cell in cells) / len(cells)
    return words >= _WORDS_A_CELL and small >= _GOING_ON


def _is_justified(lines: Sequence[str]) -> bool:
    """Tell whether a group is a paragraph set flush at both sides by wider blanks."""
    full = [line for line in lines[:-1] if abs(len(line) - len(lines[0])) <= _FLUSH]
    stretched = sum(bool(_gaps(line)) for line in full)
    return len(full) == len(lines) - 1 > 0 and stretched * 2 >= len(full)


def _reads_on(line: str, cells: Sequence[str]) -> bool:
    """Tell whether a line with wide blanks is stretched text: words go on small behind several of them."""
    return len(line.split()) >= _MIN_JUSTIFIED_WORDS and sum(cell[:1].islower() for cell in cells[1:]) * 2 > len(cells)
