"""The blocks of a table: its cells are read in their places, then written as lines, or as ordinary content.

A table of one column, or of cells that hold headings, tables or long texts side by side, is a frame around ordinary
content and is read cell by cell. Cells that are merged away, deleted rows and cells are left out, and that is said.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ingest.loading.word.blocks import ENTER, HEADING, LEAVE, ROW, Block, Ground
from ingest.loading.word.colours import WHITE, alike
from ingest.loading.word.left import Left
from ingest.loading.word.looks import HIDDEN
from ingest.loading.word.runs import DELETED
from ingest.loading.word.table_looks import Place, TableLook, TableLooks
from ingest.loading.word.tables import Cell, Row, has_header, is_repeated, lines_of, placed, rows_of
from ingest.loading.word.xml import integer, qn

_SIDE_BY_SIDE_CHARS = 250  # two cells of a row with more are texts beside each other, no data
_LOW_ROW = 40  # twentieths of a point

ReadCell = Callable[[Any, Ground], Iterator[Block]]


@dataclass(slots=True)
class _Read:
    """A row that was found: its element, its cells and their places."""

    element: Any
    cells: list[tuple[Any, Cell]]


def table_blocks(table: Any, ground: Ground, looks: TableLooks, left: Left, read_cell: ReadCell) -> Iterator[Block]:
    """Return the blocks of a table.

    Args:
        table: the `w:tbl`.
        ground: what it stands on.
        looks: what tables look like.
        left: takes what is left out.
        read_cell: returns the blocks of a cell.
    """
    rows = []
    for element in rows_of(table):
        if ground.kind is None and element.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
            left.out(DELETED, element)
        else:
            rows.append(_Read(element, list(placed(element))))
    grounds = list(_grounds(rows, ground, looks.of_table(table)))
    if all(len(row.cells) <= 1 for row in rows):  # a box around ordinary content
        for row, inside in zip(rows, grounds, strict=True):
            for (element, _), at in zip(row.cells, inside, strict=True):
                yield from read_cell(element, at)
        return
    read = [
        [
            [block for block in read_cell(element, at) if block.kind not in {ENTER, LEAVE}]
            for (element, _), at in zip(row.cells, inside, strict=True)
        ]
        for row, inside in zip(rows, grounds, strict=True)
    ]
    made = [_row(row, blocks) for row, blocks in zip(rows, read, strict=True)]
    if any(map(_is_frame, read)) and not has_header(made):
        yield from (block for cells in read for blocks in cells for block in blocks)
        return
    for text in lines_of(made):
        yield Block(ROW, text)


def _grounds(rows: list[_Read], ground: Ground, look: TableLook) -> Iterator[list[Ground]]:
    """Return for each row what its cells stand on."""
    width = max((row.cells[-1][1].column + max(row.cells[-1][1].span, 1) for row in rows if row.cells), default=0)
    merged: set[int] = set()
    for number, row in enumerate(rows):
        flat = ground.flat or _is_low(row.element)
        inside = []
        for element, cell in row.cells:
            own = element.find(qn("w:tcPr"))
            end = cell.column + cell.span
            place = Place(number == 0, number == len(rows) - 1, cell.column == 0, end >= width)
            table, colour = look.of_cell(own, place)
            cell.shaded = colour is not None and not alike(colour, WHITE)
            away = not cell.span or (cell.merge == "continue" and cell.column in merged)
            kind = ground.kind or (HIDDEN if away else None)
            if kind is None and own is not None and own.find(qn("w:cellDel")) is not None:
                kind = DELETED
            inside.append(Ground(ground.colour if colour is None else colour, table, flat, kind))
        merged = {cell.column for _, cell in row.cells if cell.merge}
        yield inside


def _is_low(row: Any) -> bool:
    height = row.find(f"{qn('w:trPr')}/{qn('w:trHeight')}")
    if height is None or height.get(qn("w:hRule")) != "exact":
        return False
    return 0 <= integer(height.get(qn("w:val")), _LOW_ROW) < _LOW_ROW


def _is_frame(cells: list[list[Block]]) -> bool:
    """Tell whether a row is a frame around ordinary content."""
    if any(block.kind in {HEADING, ROW} for blocks in cells for block in blocks):
        return True
    return sum(sum(len(block.text) for block in blocks) > _SIDE_BY_SIDE_CHARS for blocks in cells) > 1


def _row(row: _Read, read: list[list[Block]]) -> Row:
    made = Row(repeated=is_repeated(row.element))
    for (_, cell), blocks in zip(row.cells, read, strict=True):
        cell.text = "\n".join(block.in_cell() for block in blocks)
        cell.bold = bool(blocks) and all(block.bold for block in blocks)
        made.notes += [note.line for block in blocks for note in block.notes]
        made.cells.append(cell)
    return made
