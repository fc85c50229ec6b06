"""Write the rows of a table as lines that say by themselves what they mean.

With a header row: `Codec: ProRes 422 HQ; Resolution: 3840x2160`. Without, two cells are a name and its value, as in
`Region: Northeast`; more are joined with `; `.
Does not find tables: the loaders do.
"""

from ingest.characters import clean, split_at_breaks

_MAX_HEADER_CHARS = 80  # a first row with a longer cell holds sentences, not the names of columns
_MIN_UNMARKED_COLUMNS = 3
_ENDS = (".", "!", "?", ";", ":", ",")


def looks_like_header(row: list[str]) -> bool:
    """Tell whether an unmarked first row names columns: three or more short cells, no two alike, only a corner empty.

    Of two columns without any mark the first row may as well be a name and its value, so nothing is taken for granted:
    a wrong header would make rows say what the document does not.
    """
    names = [clean(cell) for cell in row]
    return (
        len(names) >= _MIN_UNMARKED_COLUMNS
        and all(names[1:])
        and len(set(names)) == len(names)
        and all(len(name) <= _MAX_HEADER_CHARS and not name.endswith(".") for name in names)
    )


def table_lines(rows: list[list[str]], *, has_header: bool) -> list[str]:
    """Return one line for each row that holds text.

    Args:
        rows: the cells of each row, from left to right; a newline in a cell is a line break within it.
        has_header: the first row names the columns. A table of that row alone is written as a plain row.
    """
    cells = [[_cell(cell) for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not has_header or len(cells) < 2:  # noqa: PLR2004 - a header needs a row below it
        return [_unnamed(row) for row in cells]
    header = [name.rstrip(":") for name in cells[0]]
    lines = []
    for row in cells[1:]:
        names = header + [""] * (len(row) - len(header))
        lines.append(
            _joined([f"{name}: {value}" if name and value else value for name, value in zip(names, row, strict=False)])
        )
    return lines


def _unnamed(row: list[str]) -> str:
    """Return a row of a table without a header."""
    name, *values = row
    if name and len(values) == 1 and values[0] and len(name) <= _MAX_HEADER_CHARS and not name.endswith(_ENDS):
        return f"{name}: {values[0]}"
    return _joined(row)


def _cell(text: str) -> str:
    """Return a cell on one line; the lines within it are joined with commas where they do not end a sentence."""
    return _joined(split_at_breaks(text), separator=", ")


def _joined(pieces: list[str], *, separator: str = "; ") -> str:
    line = ""
    for piece in pieces:
        if line and piece:
            line += " " if line.endswith(_ENDS) else separator
        line += piece
    return line
