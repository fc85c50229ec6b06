"""Pieces of a page to lines."""

from collections.abc import Callable

import numpy as np
import pytest
from pypdfium2 import PdfDocument
from reportlab.pdfgen.canvas import Canvas

from ingest.loading.pdf.glyphs import glyphs_of
from ingest.loading.pdf.lines import Line, read_lines

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


def test_what_is_written_twice_to_look_bold_is_read_once(lines_of: Callable[[Draw], list[Line]]) -> None:
    def draw(canvas: Canvas) -> None:
        for shift in (0, 0.3, 0.6):
            canvas.drawString(72 + shift, 700, "All small officers")

    assert [line.text for line in lines_of(draw)] == ["All small officers"]


def test_letters_that_are_spaced_out_are_words(lines_of: Callable[[Draw], list[Line]]) -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.setFont("Helvetica", 11)
        text.setCharSpace(7)
        text.textOut("HOUSE RULES 2026")
        canvas.drawText(text)

    assert [line.text for line in lines_of(draw)] == ["HOUSE RULES 2026"]


def test_figures_with_narrow_ones_are_one_number(lines_of: Callable[[Draw], list[Line]]) -> None:
    def draw(canvas: Canvas) -> None:
        for number, font in enumerate(["Helvetica", "Times-Roman", "Courier"]):
            canvas.setFont(font, 11)
            canvas.drawString(72, 700 - 20 * number, "11 of 1,111 by 1.1.2111")

    assert [line.text for line in lines_of(draw)] == ["11 of 1,111 by 1.1.2111"] * 3


def test_where_characters_are_raised_is_told(lines_of: Callable[[Draw], list[Line]]) -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        for rise, size, words in [
            (0, 11, "kept for 6"),
            (4, 7, "2"),
            (0, 11, " months, H"),
            (-2, 7, "2"),
            (0, 11, "O"),
        ]:
            text.setFont("Helvetica", size)
            text.setRise(rise)
            text.textOut(words)
        canvas.drawText(text)

    (line,) = lines_of(draw)
    assert line.text == "kept for 62 months, H2O"
    assert [(line.text[: one.start], one.lowered) for one in line.raised] == [
        ("kept for 6", False),
        ("kept for 62 months, H", True),
    ]


def test_what_the_caller_names_is_left_out(make_pdf: Callable[..., bytes]) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Seen and secret")

    with PdfDocument(make_pdf(draw)) as document:
        glyphs = glyphs_of(document[0].get_textpage())
    secret = np.zeros(len(glyphs), dtype=np.bool_)
    secret["".join(glyphs.chars).index(" and") :] = True
    assert [line.text for line in read_lines(glyphs, leave_out=secret)] == ["Seen"]


def test_where_a_word_is_left_out_is_no_gap_of_a_table(make_pdf: Callable[..., bytes]) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Open until ten in the morning eight")

    with PdfDocument(make_pdf(draw)) as document:
        glyphs = glyphs_of(document[0].get_textpage())
    text = "".join(glyphs.chars)
    struck = np.zeros(len(glyphs), dtype=np.bool_)
    struck[text.index("ten") : text.index(" eight")] = True
    assert [line.text for line in read_lines(glyphs, leave_out=struck)] == ["Open until eight"]
