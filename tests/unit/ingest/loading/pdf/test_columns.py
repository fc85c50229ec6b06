"""Columns are read one after another, however a page draws them; tables stay tables."""

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.loading.pdf import document as pdf

MakePdf = Callable[..., bytes]
Draw = Callable[[Canvas], None]

LEFT = [
    "Guests of the house arrive after",
    "three in the afternoon and leave",
    "before eleven on the day of their",
    "departure. The key is kept in a",
    "safe beside the door.",
]
RIGHT = [
    "Dogs are welcome in the annex",
    "but not in the main building. The",
    "owner of a dog pays a fee of ten",
    "euros for each stay. Cats are not",
    "allowed anywhere at all.",
]
THIRD = [
    "Breakfast is served from seven",
    "to ten in the winter garden, and",
    "on Sundays until noon. Who leaves",
    "early gets a bag that is packed",
    "the evening before.",
]
WHOLE = {"left": " ".join(LEFT), "right": " ".join(RIGHT), "third": " ".join(THIRD)}


def _draw(canvas: Canvas, places: list[tuple[float, float, str]], size: float = 10) -> None:
    canvas.setFont("Helvetica", size)
    for x, y, text in places:
        canvas.drawString(x, y, text)


def _column(lines: list[str], x: float, y: float = 700, step: float = 13) -> list[tuple[float, float, str]]:
    return [(x, y - step * number, line) for number, line in enumerate(lines)]


def _across(*columns: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    return [place for row in zip(*columns, strict=True) for place in row]


def _paragraphs(make_pdf: MakePdf, places: list[tuple[float, float, str]]) -> list[str]:
    return pdf.load(make_pdf(lambda canvas: _draw(canvas, places))).text.split("\n\n")


@pytest.mark.parametrize("gutter", [310, 244])
def test_two_columns_drawn_line_by_line_across_both(make_pdf: MakePdf, gutter: float) -> None:
    places = _across(_column(LEFT, 72), _column(RIGHT, gutter))
    assert _paragraphs(make_pdf, places) == [WHOLE["left"], WHOLE["right"]]


def test_two_columns_drawn_one_after_the_other(make_pdf: MakePdf) -> None:
    assert _paragraphs(make_pdf, _column(LEFT, 72) + _column(RIGHT, 310)) == [WHOLE["left"], WHOLE["right"]]


def test_three_columns_under_a_heading_over_all(make_pdf: MakePdf) -> None:
    columns = _across(_column(LEFT, 40), _column(RIGHT, 215), _column(THIRD, 390))
    heading = "What everybody who stays with us should know about the house and about its rules, in short"
    assert _paragraphs(make_pdf, [(40, 740, heading), *columns]) == [
        heading,
        WHOLE["left"],
        WHOLE["right"],
        WHOLE["third"],
    ]


def test_a_sentence_goes_on_in_the_next_column(make_pdf: MakePdf) -> None:
    left, right = [*LEFT[:4], "safe beside the door, which"], ["is opened with the code of the", *RIGHT[1:]]
    text = " ".join(_paragraphs(make_pdf, _across(_column(left, 72), _column(right, 310))))
    assert "safe beside the door, which is opened with the code of the" in text


def test_a_table_of_short_cells_stays_rows(make_pdf: MakePdf) -> None:
    names, fees = (
        ["Single room", "Double room", "Family room", "Cabin"],
        ["80 euros", "95 euros", "120 euros", "40 euros"],
    )
    rows = _paragraphs(make_pdf, _across(_column(names, 72), _column(fees, 310)))[0].split("\n")
    assert rows == [f"{name}; {fee}" for name, fee in zip(names, fees, strict=True)]


def test_a_table_whose_cells_are_several_lines_long_is_put_together_by_rows(make_pdf: MakePdf) -> None:
    left, right = LEFT[:3], RIGHT[:3]
    places = [
        *_across(_column(left, 72), _column(right, 310)),
        *_across(_column(LEFT[:3], 72, 640), _column(THIRD[:3], 310, 640)),
    ]
    rows = _paragraphs(make_pdf, places)[0].split("\n")
    assert rows == [f"{' '.join(left)}; {' '.join(right)}", f"{' '.join(left)}; {' '.join(THIRD[:3])}"]


def test_a_page_of_thousands_of_cells_is_read_in_little_time(make_pdf: MakePdf) -> None:
    places = [(10 + 28.0 * column, 835 - 3.2 * row, "ab cd") for row in range(250) for column in range(20)]
    text = pdf.load(make_pdf(lambda canvas: _draw(canvas, places, 3))).text
    assert text.count("ab cd") == 5_000
