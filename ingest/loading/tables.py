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


def table_lines(rows: list[list[str]], *, header_rows: int) -> list[str]:
    """Return one line for each row that holds text.

    Args:
        rows: the cells of each row, from left to right; a newline in a cell is a line break within it. A header that
            spans columns or rows has its text in each of them.
        header_rows: how many rows, from the first, name the columns. A table of those alone is written as plain rows.
    """
    cells = [[_cell(cell) for cell in row] for row in rows]
    header = _names([row for row in cells[:header_rows] if any(row)])
    body = [row for row in cells[header_rows:] if any(row)]
    if not header or not body:
        return [_unnamed(row) for row in cells if any(row)]
    lines = []
    for row in body:
        names = header + [""] * (len(row) - len(header))
        lines.append(
            _joined([f"{name}: {value}" if name and value else value for name, value in zip(names, row, strict=False)])
        )
    return lines


def _names(rows: list[list[str]]) -> list[str]:
    """Return the columns' names; where header rows stand on each other, what spans others comes first."""
    width = max((len(row) for row in rows), default=0)
    columns = [[row[column].rstrip(":") for row in rows if column < len(row)] for column in range(width)]
    return [", ".join(dict.fromkeys(filter(None, names))) for names in columns]


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
