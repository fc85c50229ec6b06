"""Tables of a web page as grids: rows in the order in which they are shown, spanning cells, and which rows are headers.

A row is a header if it is in `<thead>`, if all its cells are `<th>`, or, in a table without either, if the first rows
are bold or shaded and no other is. A header further down names what follows it. A header that spans all columns is the
title of the table. A table for looks (one row or column, `role="presentation"`, headings or tables in its cells) is
no grid: its cells are content like any other. What is hidden takes no place in the grid.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.loading.web.seen import Page

_CELLS = frozenset(["td", "th"])
_CELL_ROLES = frozenset(["cell", "gridcell", "columnheader", "rowheader"])
_SECTIONS = {"thead": 0, "tfoot": 2}
_STRUCTURED = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "table", "form"])
_MAX_SPAN = 1_000
_MAX_SLOTS = 200_000  # of one table, spans counted; past it a cell stands where it begins only
_MAX_REPEATED_CHARS = 300  # a longer cell that spans rows is written in the first of them only
_MAX_DIGITS = 9


@dataclass(slots=True)
class Cell:
    """One cell: its text, whether it is marked as a header or is bold or shaded, and what it spans."""

    text: str
    is_head: bool
    mark: str
    columns: int
    rows: int


@dataclass(slots=True)
class Row:
    """One row: its own cells with the column at which each begins, and those that reach into it from above."""

    in_head: bool
    cells: list[tuple[int, Cell]] = field(default_factory=list)
    from_above: list[tuple[int, Cell]] = field(default_factory=list)

    def heads(self) -> bool:
        """Whether the row names columns."""
        own = [cell for _, cell in self.cells if cell.text]
        if self.in_head:
            return bool(own)
        return (
            bool(own)
            and all(cell.is_head for cell in own)
            and (len(own) > 1 or own[0].columns > 1 or not self.cells[0][1].text)
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows under one header, for `tables.table_lines`; `title` stands above them."""

    title: str
    rows: list[list[str]]
    header_rows: int
    spans: dict[tuple[int, int], int]


def is_table(element: HtmlElement) -> bool:
    """Tell whether an element is a table, by its name or its role."""
    return element.tag == "table" or (element.tag == "div" and element.get("role") in {"table", "grid", "treegrid"})


def rows_of(table: HtmlElement, leave: Callable[[HtmlElement], bool]) -> list[tuple[HtmlElement, str]]:
    """Return the rows of a table in the order in which they are shown, each with the name of its section.

    Args:
        table: the table.
        leave: tells whether an element is left out, and takes note of it.
    """
    found: list[tuple[HtmlElement, str]] = []
    pending = [(child, "") for child in reversed(table)]
    while pending:
        element, section = pending.pop()
        if not isinstance(element.tag, str) or element.tag == "caption" or leave(element):
            continue
        if element.tag == "tr" or element.get("role") == "row":
            found.append((element, section))
        elif not is_table(element) and element.tag not in _CELLS:
            section = element.tag if element.tag in {"thead", "tbody", "tfoot"} else section
            pending.extend((child, section) for child in reversed(element))
    return sorted(found, key=lambda one: _SECTIONS.get(one[1], 1))


def cells_of(row: HtmlElement) -> list[HtmlElement]:
    """Return the cells of a row."""
    return [cell for cell in row if cell.tag in _CELLS or cell.get("role") in _CELL_ROLES]


def is_for_looks(table: HtmlElement, rows: list[tuple[HtmlElement, str]]) -> bool:
    """Tell whether a table only places things on the page."""
    if table.get("role") in {"presentation", "none"} or not rows:
        return True
    cells = [cells_of(row) for row, _ in rows]
    marked = any(cell.tag == "th" for row in cells for cell in row) or any(section == "thead" for _, section in rows)
    if all(len(row) <= 1 for row in cells):
        return True
    if marked or table.tag != "table":
        return False
    if len(rows) == 1:
        return True
    return any(
        isinstance(one.tag, str) and one.tag in _STRUCTURED for row in cells for cell in row for one in cell.iter()
    )


class Grid:
    """Places the cells of one table, and parts it at its headers."""

    def __init__(self, page: Page, text_of: Callable[[HtmlElement], str]) -> None:
        self._page = page
        self._text_of = text_of
        self._slots = 0
        self._rows: list[Row] = []
        self._below: list[tuple[int, Cell, int]] = []  # column, a cell that reaches down, rows left

    def segments(self, rows: list[tuple[HtmlElement, str]], leave: Callable[[HtmlElement], bool]) -> list[Segment]:
        """Return the table's rows as segments, each with the header that names its columns."""
        sections = [section for _, section in rows]
        for number, (element, section) in enumerate(rows):
            if number and section != sections[number - 1]:
                self._below.clear()  # a cell does not reach out of its section
            self._place(element, leave, in_head=section == "thead")
        self._mark_first_rows()
        kept = [row for row in self._rows if not self._is_for_spans(row)]
        return [self._segment(part) for part in self._parts(kept)]

    def _place(self, element: HtmlElement, leave: Callable[[HtmlElement], bool], *, in_head: bool) -> None:
        row = Row(in_head)
        taken = {at: (cell, left) for at, cell, left in self._below}
        row.from_above = [(at, cell) for at, cell, _ in self._below]
        below = [(at, cell, left - 1) for at, cell, left in self._below if left > 1]
        self._slots += len(taken)
        column = 0
        for found in cells_of(element):
            is_left = leave(found)
            if is_left and self._page.look(found).left == "hidden_text":
                continue  # not displayed: those after it move up
            while column in taken:
                column += taken[column][0].columns
            cell = self._cell(found, "" if is_left else self._text_of(found))
            self._slots += cell.columns
            if self._slots > _MAX_SLOTS:
                cell.columns = cell.rows = 1
                below = []
            row.cells.append((column, cell))
            if cell.rows > 1:
                below.append((column, cell, cell.rows - 1))
            column += cell.columns
        self._below = below
        self._rows.append(row)

    def _cell(self, element: HtmlElement, text: str) -> Cell:
        look = self._page.look(element)
        parent = element.getparent()
        shade = look.shade or (self._page.look(parent).shade if parent is not None else "")
        rows = _span(element.get("rowspan"), 65_534)
        return Cell(
            text=text,
            is_head=element.tag == "th" or element.get("role") == "columnheader",
            mark="bold" if _is_bold(element) else shade,
            columns=_span(element.get("colspan"), 1),
            rows=rows,
        )

    def _mark_first_rows(self) -> None:
        """Take the first rows for headers if they alone are bold, or shaded, and nothing else is marked."""
        if len(self._rows) < 2 or any(cell.is_head for row in self._rows for _, cell in row.cells):  # noqa: PLR2004
            return
        if any(row.in_head for row in self._rows):
            return
        marks = [_row_mark(row) for row in self._rows]
        if not marks[0] or len(self._rows[0].cells) < 2:  # noqa: PLR2004 - names of columns
            return
        spanning = any(cell.columns > 1 or cell.rows > 1 for _, cell in self._rows[0].cells)
        heads = 2 if spanning and len(marks) > 2 and marks[1] == marks[0] else 1  # noqa: PLR2004 - rows
        if marks[0] not in marks[heads:]:
            for row in self._rows[:heads]:
                row.in_head = True

    @staticmethod
    def _is_for_spans(row: Row) -> bool:
        """Tell whether a row only holds cells that reach into the rows below, where they stand again."""
        return bool(row.cells) and not row.heads() and all(cell.rows > 1 for _, cell in row.cells)

    @staticmethod
    def _parts(rows: list[Row]) -> Iterator[list[Row]]:
        """Part a table where a header follows on data."""
        part: list[Row] = []
        for row in rows:
            if part and len(row.cells) > 1 and row.heads() and not part[-1].heads():
                yield part
                part = []
            part.append(row)
        if part:
            yield part

    def _segment(self, rows: list[Row]) -> Segment:
        starts = sorted({at for row in rows for at, _ in (*row.cells, *row.from_above)})
        column_of = {at: number for number, at in enumerate(starts)}
        title = ""
        heads = 0
        while heads < len(rows) and rows[heads].heads() and not (heads and _spans_all(rows[heads], starts[-1])):
            heads += 1
        if heads == len(rows):
            heads = min(heads, 1)  # cells that are all marked as headers are no headers of nothing
        if 0 < heads < len(rows) and len(starts) > 1 and _spans_all(rows[0], starts[-1]):
            title, rows, heads = rows[0].cells[0][1].text, rows[1:], heads - 1
        grid, spans = [], {}
        for number, row in enumerate(rows):
            line: list[str] = []
            for at, cell in sorted([*row.cells, *row.from_above], key=lambda one: one[0]):
                column = column_of[at]
                wide = 1
                while column + wide < len(starts) and starts[column + wide] < at + cell.columns:
                    wide += 1
                again = any(cell is above for _, above in row.from_above)
                text = "" if again and len(cell.text) > _MAX_REPEATED_CHARS else cell.text
                line += [""] * (column - len(line))
                line += [text] * wide if number < heads else [text, *[""] * (wide - 1)]
                if wide > 1:
                    spans[(number, column)] = wide
            grid.append(line)
        return Segment(clean(title), grid, heads, spans)


def _spans_all(row: Row, last: int) -> bool:
    return len(row.cells) == 1 and not row.from_above and row.cells[0][1].columns > last


def _row_mark(row: Row) -> str:
    """Return what marks all cells of a row that hold text; empty if nothing does."""
    marks = {cell.mark for _, cell in row.cells if cell.text}
    return marks.pop() if len(marks) == 1 else ""


def _is_bold(cell: HtmlElement) -> bool:
    bold = "".join(str(part.text_content()) for part in cell.iter("b", "strong"))
    return bool(bold.strip()) and clean(bold) == clean(str(cell.text_content()))


def _span(text: str | None, of_nothing: int) -> int:
    """Return how many columns or rows a cell spans; `of_nothing` is what a span of 0 means."""
    if not text or not text.strip().isascii() or not text.strip().isdigit() or len(text.strip()) > _MAX_DIGITS:
        return 1
    return min(int(text), _MAX_SPAN) if int(text) else min(of_nothing, _MAX_SPAN)
