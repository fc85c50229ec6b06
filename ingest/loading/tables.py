"""Write the rows of a table as lines that say by themselves what they mean.

With a header row: `Codec: ProRes 422 HQ; Resolution: 3840x2160`. Without, two cells are a name and its value, as in
`Region: Northeast`; more are joined with `; `. A cell that spans columns is named by what these share, or by all of
them, and stands alone if it spans too many. Names that are sentences, or longer, name nothing.
Does not find tables or headers: the loaders do, and take for a header only what is marked as one.
"""

from collections.abc import Mapping, Sequence

from ingest.characters import clean, split_at_breaks

_MAX_HEADER_CHARS = 80  # of a name before a value, where the table has no header
_MAX_NAME_CHARS = 200  # of a column: it is written in each row, and a longer one is a text of its own
_MAX_SPANNED = 3  # columns whose names are all written before one value
_ENDS = (".", "!", "?", ";", ":", ",")


def table_lines(
    rows: Sequence[Sequence[str]], header_rows: int, *, spans: Mapping[tuple[int, int], int] | None = None
) -> list[str]:
    """Return one line for each row that holds text.

    Args:
        rows: the cells of each row, from left to right; a newline in a cell is a line break within it. A header that
            spans columns or rows has its text in each of them.
        header_rows: how many rows, from the first, name the columns. A table of those alone is written as plain rows.
        spans: how many columns a cell below the header spans, by row and column, if it is more than one; its text is in
            the first.
    """
    cells = [[_cell(cell) for cell in row] for row in rows]
    names = _names([row for row in cells[:header_rows] if any(row)])
    if not any(names) or not any(any(row) for row in cells[header_rows:]) or _are_too_long(names):
        return [_unnamed(row) for row in cells if any(row)]
    lines = []
    for number, row in enumerate(cells[header_rows:], header_rows):
        pieces = []
        for column, value in enumerate(row):
            wide = (spans or {}).get((number, column), 1)
            name = _name(names, column, wide)
            pieces.append(f"{name}: {value}" if name and value else value)
        if any(pieces):
            lines.append(_joined(pieces))
    return lines


def names_line(rows: Sequence[Sequence[str]], header_rows: int) -> str:
    """Return the names of a table's columns as a line of their own, as the header is seen; empty if nothing is named.

    So a table can be found by its header, and the name of a column without values is not lost.
    """
    cells = [[_cell(cell) for cell in row] for row in rows]
    names = _names([row for row in cells[:header_rows] if any(row)])
    if not any(any(row) for row in cells[header_rows:]) or _are_too_long(names):
        return ""
    said = [", ".join(name) for name in names if name]
    return "; ".join(name for number, name in enumerate(said) if number == 0 or said[number - 1] != name)


def _names(rows: list[list[str]]) -> list[tuple[str, ...]]:
    """Return the columns' names; where header rows stand on each other, what spans others comes first."""
    width = max((len(row) for row in rows), default=0)
    columns = [[row[column].rstrip(":") for row in rows if column < len(row)] for column in range(width)]
    return [tuple(dict.fromkeys(filter(None, names))) for names in columns]


def _are_too_long(names: list[tuple[str, ...]]) -> bool:
    return any(len(", ".join(name)) > _MAX_NAME_CHARS for name in names)


def _name(names: list[tuple[str, ...]], column: int, wide: int) -> str:
    """Return what names a cell: its column, or of several columns what they share, else all of them."""
    spanned = names[column : column + wide]
    if len(spanned) <= 1:
        return ", ".join(spanned[0]) if spanned else ""
    if wide >= len(names):
        return ""  # of the whole row: a title, or a remark
    shared = []
    for parts in zip(*spanned, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    if shared or len(spanned) > _MAX_SPANNED:
        return ", ".join(shared)
    return " / ".join(", ".join(name) for name in spanned if name)


def _unnamed(row: Sequence[str]) -> str:
    """Return a row of a table without a header."""
    name, *values = row
    if name and len(values) == 1 and values[0] and len(name) <= _MAX_HEADER_CHARS and not name.endswith(_ENDS):
        return f"{name}: {values[0]}"
    return _joined(row)


def _cell(text: str) -> str:
    """Return a cell on one line; the lines within it are joined with commas where they do not end a sentence."""
    return _joined(split_at_breaks(text) if "\n" in text else [clean(text)], separator=", ")


def _joined(pieces: Sequence[str], *, separator: str = "; ") -> str:
    line: list[str] = []
    end = ""
    for piece in pieces:
        if not piece:
            continue
        if line:
            line.append(" " if end.endswith(_ENDS) else separator)
        line.append(piece)
        end = piece[-1]
    return "".join(line)
