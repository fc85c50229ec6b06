"""Raised numbers never join the number before them."""

import pytest

from ingest.loading.pdf.lines import Line, Raised
from ingest.loading.pdf.raised import with_raised


def _line(marked: str, y: float = 700, *, size: float = 11) -> Line:
    """Return a line; "{2}" is raised, "[2]" lowered."""
    text, raised, start = "", [], 0
    for char in marked:
        if char in "{[":
            start = len(text)
        elif char in "}]":
            raised.append(Raised(start, len(text), lowered=char == "]"))
        else:
            text += char
    return Line(text, 72, 400, y, size, bold=False, in_row=False, raised=tuple(raised))


def _written(*lines: Line) -> list[str]:
    return [line.text for line in with_raised([list(lines)])[0]]


NOTES = [_line("1 Free of charge.", 60, size=8), _line("2 Twelve months at the desk.", 50, size=8)]


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ("kept for 6{2} months", "kept for 6 months"),
        ("the fee is 51{1,2} euros", "the fee is 51 euros"),
        ("at most 10{6} events", "at most 10^6 events"),
        ("an area of 5{3} cubes", "an area of 5^3 cubes"),
        ("every employee{1} takes part", "every employee takes part"),
        ("It ends.{7} It begins.", "It ends. It begins."),
        ("the 1{st} floor", "the 1st floor"),
        ("H[2]O and CO[2]", "H2O and CO2"),
        ("log 10[2]", "log 10_2"),
        ("5{1}/[2] hours", "5 1/2 hours"),
    ],
)
def test_where_notes_stand_on_the_page(drawn: str, said: str) -> None:
    assert _written(_line(drawn), *NOTES)[0] == said


def test_without_notes_what_is_raised_belongs_to_what_it_stands_at() -> None:
    assert _written(_line("40 m{2} of floor, 10{2} tiles"))[0] == "40 m2 of floor, 10^2 tiles"


def test_a_power_of_ten_is_one_where_its_figure_marks_a_note_elsewhere() -> None:
    lines = [_line("6{2} months"), _line("10{2} pages", 680)]
    assert _written(*lines, *NOTES)[:2] == ["6 months", "10^2 pages"]


def test_a_notes_own_number_stays() -> None:
    assert _written(_line("6{2} months"), _line("{2}Twelve months.", 50))[1] == "2 Twelve months."
