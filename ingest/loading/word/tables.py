"""Tables of a Word document: which cell stands in which column, which rows name the columns, and the lines they make.

Cells are placed by the table's grid: rows may begin later (`gridBefore`) or end earlier, cells span columns and rows.
Rows name the columns only if the document says so or shows it: they are repeated on each page, or they alone are bold
or shaded. A row of header that is one cell over the whole width is a caption, no name. In the names a cell that spans
others stands over each of them. A cell that goes over several columns of the body bears all their names; one over the
whole row bears none. A cell merged downwards stands in each of its rows, unless it is long.
Columns are written in the order of the text, so tables from right to left need nothing of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.characters import clean
from ingest.loading.tables import table_lines
from ingest.loading.word.xml import integer, is_on, local_name, qn, value

MAX_COLUMNS = 63  # Word's own bound
_WRAPPERS = frozenset(["sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"])
_MAX_REPEATED_CHARS = 200  # of a cell that is merged downwards
_MAX_HEADER_ROWS = 4
_MAX_NAMES = 3  # of a cell that spans columns; more are named by the first and the last


@dataclass(slots=True)
class Cell:
    """A cell: where it stands, what it says, and how it looks."""

    column: int
    span: int
    text: str = ""
    bold: bool = False
    shaded: bool = False
    merge: str = ""  # "restart", "continue" or nothing


@dataclass(slots=True)
class Row:
    """A row: its cells, whether it is repeated on each page, and the lines of the notes that its cells bear."""

    cells: list[Cell] = field(default_factory=list)
    repeated: bool = False
    notes: list[str] = field(default_factory=list)


def rows_of(table: Any) -> Iterator[Any]:
    """Return the rows of a table, also those within content controls."""
    for child in table:
        if child.tag == qn("w:tr"):
            yield child
        elif local_name(child) in _WRAPPERS:
            yield from rows_of(child)


def cells_of(row: Any) -> Iterator[Any]:
    """Return the cells of a row, also those within content controls."""
    for child in row:
        if child.tag == qn("w:tc"):
            yield child
        elif local_name(child) in _WRAPPERS:
            yield from cells_of(child)


def placed(row: Any) -> Iterator[tuple[Any, Cell]]:
    """Return the cells of a row with their places in the grid; one that is merged to the left has no span."""
    properties = row.find(qn("w:trPr"))
    column = min(max(integer(value(properties, "w:gridBefore"), 0), 0), MAX_COLUMNS)
    last: Cell | None = None
    for element in cells_of(row):
        own = element.find(qn("w:tcPr"))
        span = min(max(integer(value(own, "w:gridSpan"), 1), 1), MAX_COLUMNS)
        if last is not None and _merged(own, "w:hMerge") == "continue":
            last.span += span
            cell = Cell(column, 0)
        else:
            cell = last = Cell(column, span, merge=_merged(own, "w:vMerge"))
        column += span
        yield element, cell


def _merged(properties: Any, name: str) -> str:
    element = properties.find(qn(name)) if properties is not None else None
    if element is None and name == "w:vMerge" and properties is not None:
        tracked = properties.find(qn("w:cellMerge"))
        said = tracked.get(qn("w:vMerge")) if tracked is not None else None
        return {"rest": "restart", "cont": "continue"}.get(said or "", "")
    return "" if element is None else str(element.get(qn("w:val"), "continue"))


def has_header(rows: Sequence[Row]) -> bool:
    """Tell whether rows of a table name its columns."""
    return _header_depth(_captions(rows)[1]) > 0


def lines_of(rows: Sequence[Row]) -> Iterator[str]:
    """Return the lines of a table, each row followed by the notes that its cells bear."""
    captions, rest = _captions(rows)
    for row in captions:
        yield from [clean(row.cells[0].text), *row.notes]
    depth = _header_depth(rest)
    header, body = rest[:depth], rest[depth:]
    for row in header:
        yield from row.notes
    above: dict[int, Cell] = {}
    width = max((_end(row) for row in rest), default=0)
    names = [_spread(row, over) for row, over in zip(header, _overs(header), strict=True)]
    if header and _unused(names, body):
        yield from ("; ".join(filter(None, (clean(cell.text) for cell in row.cells))) for row in header)
    for row in body:
        filled = _filled(row, above)
        above = {cell.column: cell for cell in filled if cell.merge}
        yield from _line(filled, names, width)
        yield from row.notes


def _unused(names: list[list[str]], body: Sequence[Row]) -> bool:
    """Tell whether a column has a name and no row says anything in it: then no line would bear the name."""
    said = {
        column
        for row in body
        for cell in row.cells
        if cell.text.strip() and cell.span < _end(row)
        for column in range(cell.column, cell.column + cell.span)
    }
    return any(name.strip() and column not in said for row in names for column, name in enumerate(row))


def _line(cells: list[Cell], names: list[list[str]], width: int) -> list[str]:
    said = [cell for cell in cells if cell.text.strip()]
    if not said:
        return []
    texts = _texts(cells)
    whole = len(said) == 1 and said[0].span >= width > 1
    if whole or not any(map(any, names)):
        return table_lines([[text for text in texts if text] if whole else texts], header_rows=0)
    return table_lines([*(_named(row, cells) for row in names), texts], header_rows=len(names))


def _texts(cells: Sequence[Cell]) -> list[str]:
    texts: list[str] = []
    for cell in (one for one in cells if one.span):
        texts += [""] * (cell.column - len(texts))
        texts += [cell.text] + [""] * (cell.span - 1)
    return texts


def _named(names: list[str], cells: Sequence[Cell]) -> list[str]:
    """Return the names over the cells of a row: of one that spans columns, all of theirs."""
    over = list(names)
    for cell in cells:
        if cell.span > 1:
            spanned = list(dict.fromkeys(filter(None, map(clean, names[cell.column : cell.column + cell.span]))))
            joined = " and ".join(spanned) if len(spanned) <= _MAX_NAMES else f"{spanned[0]} to {spanned[-1]}"
            over[cell.column : cell.column + 1] = [joined]
    return over


def _filled(row: Row, above: dict[int, Cell]) -> list[Cell]:
    """Return the cells of a row; one that goes on from above says the same again, if it is not long."""
    filled = []
    for cell in row.cells:
        over = above.get(cell.column)
        if cell.merge == "continue" and over is not None and not cell.text:
            repeated = over.text if len(over.text) <= _MAX_REPEATED_CHARS else ""
            filled.append(Cell(cell.column, cell.span, repeated, merge="continue"))
        else:
            filled.append(cell)
    return filled


def _overs(header: Sequence[Row]) -> list[dict[int, Cell]]:
    """Return for each row of the header the cells above that go on into it."""
    overs: list[dict[int, Cell]] = []
    above: dict[int, Cell] = {}
    for row in header:
        overs.append(above)
        filled = [above.get(cell.column, cell) if cell.merge == "continue" else cell for cell in row.cells]
        above = {cell.column: cell for cell in filled if cell.merge}
    return overs


def _spread(row: Row, over: dict[int, Cell]) -> list[str]:
    """Return the names of a row of the header, each in every column that it spans."""
    names: list[str] = []
    for cell in row.cells:
        text = over[cell.column].text if cell.merge == "continue" and cell.column in over else cell.text
        names += [""] * (cell.column - len(names))
        names += [text] * cell.span
    return names


def _captions(rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """Part the rows that are one cell over the whole width, at the beginning of a table of several columns."""
    width = max((_end(row) for row in rows), default=0)
    count = 0
    while count < len(rows) and width > 1 and _is_caption(rows[count], width):
        count += 1
    return rows[:count], rows[count:]


def _is_caption(row: Row, width: int) -> bool:
    return len(row.cells) == 1 and row.cells[0].span >= width and row.cells[0].merge != "restart"


def _end(row: Row) -> int:
    return row.cells[-1].column + row.cells[-1].span if row.cells else 0


def _header_depth(rows: Sequence[Row]) -> int:
    """Return how many rows, from the first, name the columns."""
    depth = _leading(row.repeated for row in rows)
    if not depth:
        depth = _leading(map(_is_bold, rows))
        if depth == len(rows) or depth > _MAX_HEADER_ROWS:
            depth = 0
    if not depth:
        depth = _leading(map(_is_shaded, rows))
        if depth > 1 or depth == len(rows):
            depth = 0
    while 0 < depth < len(rows) and _goes_on(rows[depth - 1], rows[depth]):
        depth += 1
    return depth if depth <= _MAX_HEADER_ROWS and depth < len(rows) and _names_fit(rows[:depth]) else 0


def _goes_on(row: Row, below: Row) -> bool:
    """Tell whether a row of the header goes on in the row below: cells do, or that row parts what spans columns."""
    merged = {cell.column for cell in row.cells if cell.merge}
    if any(cell.merge == "continue" and cell.column in merged for cell in below.cells):
        return True
    spanned = {column for cell in row.cells if cell.span > 1 for column in range(cell.column, cell.column + cell.span)}
    said = {cell.column for cell in below.cells if cell.text.strip()}
    return bool(spanned) and said == spanned


def _names_fit(header: Sequence[Row]) -> bool:
    """Tell whether the cells of a header are names: not sentences, and not one cell alone."""
    texts = [clean(cell.text) for row in header for cell in row.cells if cell.text.strip()]
    return len(texts) > 1 and all(len(text) <= _MAX_REPEATED_CHARS for text in texts)


def _leading(marks: Any) -> int:
    count = 0
    for mark in marks:
        if not mark:
            break
        count += 1
    return count


def _is_bold(row: Row) -> bool:
    said = [cell for cell in row.cells if cell.text.strip()]
    return bool(said) and all(cell.bold for cell in said)


def _is_shaded(row: Row) -> bool:
    said = [cell for cell in row.cells if cell.text.strip()]
    return bool(said) and all(cell.shaded for cell in row.cells)


def is_repeated(row: Any) -> bool:
    """Tell whether a row is repeated on each page."""
    return is_on(row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}"))
