"""Which lines are the rows of a table, as `loading.tables` and the readers of pages write them.

A row's cells are parted by "; ". Names of columns stand before each value ("Codec: ProRes; Frames: 25"), or in a first
line of their own. Lines that are short facts, one below the other, are rows of two cells.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from ingest.units.lines import Line
from ingest.units.text import is_code, is_fact, word_count

_PAIR = re.compile(r"[^:;.!?]{1,80}: \S")
_NO_NAME = re.compile(r"\d|^[A-Z/&-]{2,7}$")
_DIGIT = re.compile(r"\d")
_ENDS = (".", "!", "?", ";", ":", ",")
_MOST_NAME_WORDS = 5
_MOST_FIRST_WORDS = 9  # of the first of three cells or more
_LEAST_PAIRS = 2


@dataclass(frozen=True, slots=True)
class Table:
    """Consecutive lines: `names` is the line of column names, if there is one; `bears_names`: each row has them too."""

    names: Line | None
    rows: Sequence[Line]
    bears_names: bool


def table_at(lines: Sequence[Line], at: int, *, last_names: str) -> Table | None:
    """Return the table that begins with a line, or `None`.

    Args:
        lines: of the document.
        at: the place of the line.
        last_names: the line of names of the table before in this section, which may go on; empty if there is none.
    """
    head = lines[at]
    if at + 1 < len(lines) and lines[at + 1].joined and _names_the_columns(head.text, lines[at + 1].text):
        return Table(head, list(_below(lines, at + 1)), bears_names=True)
    rows = list(takewhile(lambda line: _is_row(line.text), _below(lines, at)))
    if rows and all(_pairs(line.text) >= _LEAST_PAIRS for line in rows):
        return Table(None, rows, bears_names=True)
    if rows and last_names and len(_cells(head.text)) == len(_cells(last_names)) and head.text != last_names:
        return Table(None, rows, bears_names=False)
    if rows and (len(rows) > 1 or head.paged) and _may_be_names(head.text, [line.text for line in rows[1:]]):
        return Table(head, rows[1:], bears_names=False)
    if len(rows) > 1 or (rows and head.paged):
        return Table(None, rows, bears_names=False)
    facts = list(takewhile(lambda line: is_fact(line.text), _below(lines, at)))
    return Table(None, facts, bears_names=True) if len(facts) > 1 else None


def _below(lines: Sequence[Line], at: int) -> Iterator[Line]:
    """Return a line and those that are joined to it, as far as they bear no mark."""
    yield lines[at]
    at += 1
    while at < len(lines) and lines[at].joined and not lines[at].style:
        yield lines[at]
        at += 1


def first_cell(text: str) -> int:
    """Return where the first cell of a row ends."""
    return len(_cells(text)[0])


def _cells(text: str) -> list[str]:
    return text.split("; ")


def _pairs(text: str) -> int:
    return sum(bool(_PAIR.match(cell)) for cell in _cells(text))


def _is_row(text: str) -> bool:
    cells = _cells(text)
    if len(cells) == 1 or is_code(text):
        return False
    most = _MOST_NAME_WORDS if len(cells) == _LEAST_PAIRS else _MOST_FIRST_WORDS
    return _pairs(text) >= _LEAST_PAIRS or (not text.endswith(_ENDS) and word_count(cells[0]) <= most)


def _may_be_names(text: str, rows: Sequence[str]) -> bool:
    """Tell whether a first row names columns: short cells without figures, above longer ones or such with figures."""
    if any(word_count(cell) > _MOST_NAME_WORDS or _NO_NAME.search(cell) for cell in _cells(text)):
        return False
    are_longer = any(word_count(cell) > _MOST_NAME_WORDS for row in rows for cell in _cells(row))
    return not rows or are_longer or (len(rows) > 1 and all(_DIGIT.search(row) for row in rows))


def _names_the_columns(line: str, row: str) -> bool:
    """Tell whether a line is a table's names as `loading.tables` writes them, above a row that bears them."""
    names = line.split("; ")
    borne = sum(row.startswith(f"{name}: ") or f"; {name}: " in row for name in names)
    return len(names) > 1 and borne >= max(len(names) / 2, 2)
