"""The lines of a PDF page to blocks: paragraphs, list items, rows of a table.

A line goes on with the paragraph above it if it stands where a next line would: same size of type, usual distance,
under it (or on top of the next column, where a sentence goes on there), no new list mark, and the line above did not
end early. Cells that stand side by side are a row unless one of them goes on below, in which case each is a column's
text. Lines of a table of contents are dropped, and counted. Every rule is a guess: when in doubt a line goes on, if it
begins in lower case, and else begins anew.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ingest.loading.pdf.habits import Habits, on_page, one_size, overlap, widest
from ingest.loading.pdf.lines import Line
from ingest.loading.pdf.lists import BULLET, NUMBER, counting, follows, parted, with_bullets
from ingest.loading.pdf.words import joined

_INDENT = 0.8  # of the type size
_LEVEL = 2.0  # points: lines whose starts differ by less begin at one place
_EARLY = 0.06  # of the column's width: a line that would have had room for a word and this much more ended early
_SHORT = 0.7  # of the column's width
_OWN_STEP = 1.35  # times the distance of the two lines above: more is a gap, whatever is usual elsewhere
_MIN_LIST = 3  # lines that all begin with a capital are no sentence's
_MAX_ITEM_CHARS = 300  # a longer numbered paragraph is a clause
_LETTER_WIDTH = 0.5  # of the type size, where it is not measured
_LINES_A_LIST = 8  # of contents, at least, before a list of figures or of tables begins anew
_MORE_PAGES = 5  # that a table of contents may name beyond those there are

_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
_ITEM_END = re.compile(r"(?:[.!?:;,][\"'”’)\]]*|\b(?:and|or))$")
_CONTENTS_LINE = re.compile(r"(?:\.\s?){4,}\s*([\divxlcIVXLC-]+)$")
_SPACE_BEFORE_STOP = re.compile(r"(?<=\w) (?=[,.](?:\s|$))")  # left by fine adjustments between letters


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list item (without its bullet) or a row; `x` is that of its last line, `first_x` of its first.

    `marker` is an item's number; `bold` says that all of it is; `y` and `y_end` are the heights of its first and its
    last line.
    """

    kind: Literal["paragraph", "item", "row"]
    text: str
    size: float
    first_x: float
    x: float
    marker: str = ""
    bold: bool = False
    lines: int = 1
    y: float = 0.0
    y_end: float = 0.0
    level: int = 0  # of a heading; 0 is none
    ends: int = 0  # it is set like a heading of this level, and ends what such stand over; 0 is none


def blocks_of(lines: list[Line], habits: Habits) -> list[Block]:
    """Return a page's blocks in order."""
    groups: list[list[Line]] = []
    rows: set[int] = set()
    lines = with_bullets(lines)
    here = on_page(habits, lines)
    edges, counted = _right_edges(lines, here), counting(lines)
    for unit in _units(lines):
        if len(unit) > 1:
            rows.add(len(groups))
            groups.append(unit)
        elif groups and len(groups) - 1 not in rows and _goes_on(groups[-1], unit[0], edges, counted, here):
            groups[-1].append(unit[0])
        else:
            groups.append(unit)
    blocks = (_block(group, habits, is_row=number in rows) for number, group in enumerate(groups))
    return _with_items([block for block in blocks if block.text])


def without_contents(blocks: list[Block], habits: Habits) -> list[Block]:
    """Return a page's blocks without the lines of a table of contents.

    A list of prices has leaders too: a table of contents is what counts upwards, and not far beyond the last page.
    """
    numbers = [found[1] for block in blocks if (found := _CONTENTS_LINE.search(block.text))]
    figures = [int(number) for number in numbers if number.isdigit()]
    if sum(one > other for one, other in pairwise(figures)) * _LINES_A_LIST > len(figures):
        return blocks
    if habits.pages and any(figure > habits.pages + _MORE_PAGES for figure in figures):
        return blocks
    return [block for block in blocks if not _CONTENTS_LINE.search(block.text)]


def _units(lines: list[Line]) -> list[list[Line]]:
    """Return the lines one by one, and the cells of a row together.

    Cells side by side are no row if the line that follows stands under a cell other than the first, and not under the
    first: then each cell is the beginning, or the end, of the text of a column.
    """
    units: list[list[Line]] = []
    number = 0
    while number < len(lines):
        end = number + 1
        while end < len(lines) and lines[end].in_row:
            end += 1
        row = lines[number:end]
        below = lines[end] if end < len(lines) else None
        goes_down = below is not None and any(
            abs(below.x - cell.x) < cell.size and 0 < cell.y - below.y < 2 * cell.size for cell in row[1:]
        )
        units.extend([[line] for line in row] if goes_down else [row])
        number = end
    return units


def _right_edges(lines: list[Line], habits: Habits) -> dict[int, float]:
    """Return, by the identity of a line, the right edge of the run of lines that a line stands in.

    A run whose lines all begin with a capital is a list without marks, rather: its edge is that of the page.
    """
    edges: dict[int, float] = {}
    run: list[Line] = []
    page = widest(lines)
    for line in [*lines, None]:
        if line is None or not run or not _near(run[-1], line, habits):
            listed = len(run) >= _MIN_LIST and not any(member.text[0].islower() for member in run)
            edge = page if listed else widest(run)
            edges.update({id(member): edge for member in run})
            run = []
        if line is not None:
            run.append(line)
    return edges


def _near(above: Line, below: Line, habits: Habits) -> bool:
    """Tell whether a line stands where the next line of a paragraph would."""
    distance = above.y - below.y
    return (
        one_size(above, below)
        and 0.3 * below.size < distance <= habits.max_distance(below.size)
        and overlap(above, below)
    )


def _goes_on(
    group: list[Line], line: Line, edges: Mapping[int, float], counted: frozenset[int], habits: Habits
) -> bool:
    """Tell whether a line goes on with the block above it."""
    first, last = group[0], group[-1]
    ended = bool(_SENTENCE_END.search(last.text))
    lower = line.text[0].islower()
    if BULLET.match(line.text) or id(line) in counted or _CONTENTS_LINE.search(last.text):
        return False
    if lower and not ended:
        return not NUMBER.match(line.text) if _near(last, line, habits) else _in_next_column(group, line)
    if not _near(last, line, habits) or _pauses(group, line):
        return False
    marked, edge = bool(BULLET.match(first.text) or NUMBER.match(first.text)), edges.get(id(last), 0.0)
    shift = line.x - last.x
    if (
        NUMBER.match(line.text)
        and not _initial(line.text)
        and (_ITEM_END.search(last.text) or abs(shift) > _INDENT * line.size)
    ):
        hanging = marked and last.x - first.x > _INDENT * line.size and abs(shift) < _LEVEL
        return hanging and not _ended_early(group, line, edge, ended=ended)
    if all(member.bold for member in group) != line.bold and (ended or not line.bold):
        return False
    return not _begins_anew(group, line, marked=marked) and not _ended_early(group, line, edge, ended=ended)


def _begins_anew(group: list[Line], line: Line, *, marked: bool) -> bool:
    """Tell whether a line's place says that it begins something."""
    shift = line.x - group[-1].x
    indented = shift > _INDENT * line.size and not (marked and len(group) == 1)
    outdented = shift < -_INDENT * line.size and (marked or len(group) > 1)
    return indented or outdented


def _pauses(group: list[Line], line: Line) -> bool:
    """Tell whether a line stands further down than the block's own lines do."""
    return len(group) > 1 and group[-1].y - line.y > _OWN_STEP * (group[-2].y - group[-1].y) > 0


def _initial(text: str) -> bool:
    """Tell whether a text begins with what may be a name's initial, or an abbreviation; a list's letters count on."""
    return text[:1].isalpha() and text[1:2] == "."


def _in_next_column(group: list[Line], line: Line) -> bool:
    """Tell whether a line stands higher up and to the right, as the next column's first does."""
    last = group[-1]
    return one_size(last, line) and line.y > last.y + line.size and line.x > widest(group) and len(group) > 1


def _ended_early(group: list[Line], line: Line, edge: float, *, ended: bool) -> bool:
    """Tell whether the last line ended before it had to: the next word would have fitted."""
    left = min(member.x for member in group)
    last = group[-1]
    if len(group) > 1:
        edge = widest(group)  # the text may flow around a box that the rest of the run has not
    width = edge - left
    word = line.first_word or _LETTER_WIDTH * line.size * len(line.text.split(" ", 1)[0])
    early = last.x_end + word + _LETTER_WIDTH / 2 * line.size < edge - _EARLY * width
    return early and (ended or last.x_end - left < _SHORT * width)


def _block(group: list[Line], habits: Habits, *, is_row: bool) -> Block:
    first, last = group[0], group[-1]
    bold = all(line.bold for line in group)
    if is_row:
        text = "; ".join(_whole(cell.text) for cell in group)
        return Block("row", text, first.size, first.x, first.x, bold=bold, y=first.y, y_end=first.y)
    text = first.text
    for line in group[1:]:
        text = joined(text, line.text, habits.words)
    text = _SPACE_BEFORE_STOP.sub("", _whole(text))
    bullet = BULLET.match(text)
    return Block(
        "item" if bullet else "paragraph",
        text[bullet.end() :] if bullet else text,
        first.size,
        first.x,
        last.x,
        bold=bold,
        lines=len(group),
        y=first.y,
        y_end=last.y,
    )


def _whole(text: str) -> str:
    """Return a block's text; a hyphen that was only allowed stays where nothing follows."""
    return f"{text[:-1]}-" if text.endswith("\xad") else text


def _with_items(blocks: list[Block]) -> list[Block]:
    """Return the blocks with short ones that count on from one another as items."""
    found = list(blocks)
    for at, (one, other) in enumerate(pairwise(blocks)):
        short = max(len(one.text), len(other.text)) <= _MAX_ITEM_CHARS and not one.bold and not other.bold
        if short and one.kind == other.kind == "paragraph" and follows(one.text, other.text):
            found[at], found[at + 1] = _as_item(one), _as_item(other)
    return found


def _as_item(block: Block) -> Block:
    marker, text = parted(block.text)
    return Block(
        "item",
        text,
        block.size,
        block.first_x,
        block.x,
        marker=marker,
        lines=block.lines,
        y=block.y,
        y_end=block.y_end,
    )
