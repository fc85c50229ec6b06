"""Headings of a PDF give a path; what states something stays quotable."""

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.loading.pdf import document as pdf
from ingest.parsed import Parsed

MakePdf = Callable[..., bytes]
TEXT = [
    "The house is open from seven in the morning until ten in the evening, and the porter",
    "keeps the keys of all rooms that are not let. Who comes later rings the bell at the",
    "gate and waits for the night porter, who comes within ten minutes.",
]


def _page(*heads: tuple[str, str, float], outline: str = "") -> Callable[[Canvas], None]:
    """Draw each head (its text, font and size) over running text."""

    def draw(canvas: Canvas) -> None:
        y = 780.0
        for text, font, size in heads:
            canvas.setFont(font, size)
            canvas.drawString(72, y, text)
            if text == outline:
                canvas.bookmarkPage(text)
                canvas.addOutlineEntry(text, text, 0)
            y -= 1.8 * size
            canvas.setFont("Helvetica", 11)
            for line in TEXT:
                canvas.drawString(72, y, line)
                y -= 14
            y -= 20

    return draw


def _paths(document: Parsed) -> list[tuple[str, ...]]:
    return [section.locator.headings for section in document.sections]


def test_size_and_weight_give_levels(make_pdf: MakePdf) -> None:
    document = pdf.load(
        make_pdf(
            _page(
                ("House rules", "Helvetica-Bold", 20),
                ("1. Arrival", "Helvetica-Bold", 14),
                ("1.1 The porter", "Helvetica-Bold", 11),
                ("2. Departure", "Helvetica-Bold", 14),
            )
        )
    )
    assert _paths(document) == [
        ("House rules",),
        ("House rules", "1. Arrival"),
        ("House rules", "1. Arrival", "1.1 The porter"),
        ("House rules", "2. Departure"),
    ]
    assert all(section.locator.page == 1 for section in document.sections)


def test_the_outline_names_a_heading_that_looks_like_text(make_pdf: MakePdf) -> None:
    page = _page(("Keys and bells", "Helvetica", 11), outline="Keys and bells")
    assert _paths(pdf.load(make_pdf(page))) == [("Keys and bells",)]
    assert _paths(pdf.load(make_pdf(_page(("Keys and bells", "Helvetica", 11))))) == [()]


@pytest.mark.parametrize(
    "said",
    [
        "Dogs are not allowed in the house",
        "No smoking in the rooms.",
        "Single room: 80 euros",
        "Revenue 17 million",
        "Guests pay on arrival",
        "desk@house.example",
    ],
)
def test_what_states_something_stays_quotable_however_large(said: str, make_pdf: MakePdf) -> None:
    document = pdf.load(make_pdf(_page((said, "Helvetica-Bold", 20))))
    quotable = "\n".join(document.text[section.start : section.end] for section in document.sections)
    assert said in quotable


def test_labels_of_a_form_are_no_headings(make_pdf: MakePdf) -> None:
    def draw(canvas: Canvas) -> None:
        _page(("House rules", "Helvetica-Bold", 20))(canvas)
        for number, (label, value) in enumerate([("Name", "A. Miller"), ("Place of birth", "Leeds")]):
            canvas.setFont("Helvetica-Bold", 11)
            canvas.drawString(72, 600 - 60 * number, label)
            canvas.setFont("Helvetica", 11)
            canvas.drawString(72, 586 - 60 * number, value)

    assert "Name" not in str(_paths(pdf.load(make_pdf(draw))))


def test_a_statement_set_like_a_heading_ends_what_the_one_before_stands_over(make_pdf: MakePdf) -> None:
    document = pdf.load(
        make_pdf(_page(("Arrival", "Helvetica-Bold", 20), ("Guests must not smoke", "Helvetica-Bold", 20)))
    )
    assert _paths(document) == [("Arrival",), ()]


def test_a_page_of_large_type_alone_stays_text(make_pdf: MakePdf) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 30)
        canvas.drawString(72, 700, "Annual report")

    assert pdf.load(make_pdf(draw)).sections
