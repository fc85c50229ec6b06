"""Pieces of a page to lines."""

from collections.abc import Callable

import pytest
from pypdfium2 import PdfDocument
from reportlab.pdfgen.canvas import Canvas

from ingest.loading.pdf_glyphs import glyphs_of
from ingest.loading.pdf_lines import Line, read_lines

Draw = Callable[[Canvas], None]


@pytest.fixture
def lines_of(make_pdf: Callable[..., bytes]) -> Callable[[Draw], list[Line]]:
    def lines(draw: Draw) -> list[Line]:
        with PdfDocument(make_pdf(draw)) as document:
            return read_lines(glyphs_of(document[0].get_textpage()))

    return lines


def test_a_change_of_font_does_not_part_a_line(lines_of: Callable[[Draw], list[Line]]) -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        for font, words in [("Helvetica", "Keep "), ("Helvetica-Bold", "all"), ("Helvetica", " masters.")]:
            text.setFont(font, 11)
            text.textOut(words)
        canvas.drawText(text)

    (line,) = lines_of(draw)
    assert (line.text, line.bold, line.size) == ("Keep all masters.", False, 11)
    assert line.x == pytest.approx(72)
    assert line.y == pytest.approx(700)
    assert line.x_end == pytest.approx(72 + 86, abs=2)


def test_a_raised_note_number_stays_in_its_line(lines_of: Callable[[Draw], list[Line]]) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 700, "An order")
        width = canvas.stringWidth("An order", "Helvetica", 11)
        canvas.setFont("Helvetica", 7)
        canvas.drawString(72 + width, 705, "6")
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72 + width + 7, 700, "and a memo")

    assert [line.text for line in lines_of(draw)] == ["An order6 and a memo"]


def test_wide_gaps_part_cells_but_not_a_mark_from_its_item(lines_of: Callable[[Draw], list[Line]]) -> None:
    def draw(canvas: Canvas) -> None:
        for y, left, right in [(700, "Codec", "Use"), (650, "2.1", "Scope of the policy"), (600, "•", "a lamp")]:
            canvas.drawString(72, y, left)
            canvas.drawString(130, y, right)

    assert [(line.text, line.in_row) for line in lines_of(draw)] == [
        ("Codec", False),
        ("Use", True),
        ("2.1 Scope of the policy", False),
        ("• a lamp", False),
    ]


def test_text_that_is_turned_is_read_along_its_own_line(lines_of: Callable[[Draw], list[Line]]) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.rotate(90)
        canvas.drawString(100, -200, "First line of a")
        canvas.drawString(100, -214, "page on its side.")

    first, second = lines_of(draw)
    assert (first.text, second.text) == ("First line of a", "page on its side.")
    assert first.x == pytest.approx(second.x)
    assert first.y - second.y == pytest.approx(14)


def test_an_empty_page_has_no_lines(lines_of: Callable[[Draw], list[Line]]) -> None:
    assert lines_of(lambda _canvas: None) == []
