"""Lines through text strike it out; lines under, over and beside it do not."""

import pytest
from pypdf.generic import ArrayObject, FloatObject, NameObject
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_looks import annotated, looked_at, pdf


def test_what_a_line_runs_through_is_struck_out() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "The hall is let for four hours at a time.")
        page.line(15, 553.5, 230, 553.5)
        page.drawString(20, 520, "A bar as thin as a line")
        page.rect(18, 523, 130, 1, fill=1, stroke=0)
        page.drawString(20, 490, "Two words are struck here")
        start = 20 + page.stringWidth("Two words ")
        page.setStrokeColorRGB(1, 0, 0)
        page.line(start, 493, start + page.stringWidth("are struck"), 493)
        path = page.beginPath()  # several lines in one path, one of them on end
        path.moveTo(18, 463)
        path.lineTo(100, 463)
        path.moveTo(300, 463)
        path.lineTo(300, 500)
        page.drawPath(path)
        page.drawString(20, 460, "one of several")

    looked = looked_at(pdf(draw))
    assert looked.text == "Two words here"
    assert looked.notes == {"struck_text": (22, ("1",))}


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_text_that_runs_another_way_is_struck_by_lines_that_do(turn: int) -> None:
    def draw(page: Canvas) -> None:
        page.translate(210, 300)
        page.rotate(turn)
        page.drawString(0, 0, "struck on end")
        page.line(-2, 3, 75, 3)
        page.drawString(0, 40, "underlined")
        page.line(-2, 38, 75, 38)

    assert looked_at(pdf(draw)).text == "underlined"


def test_other_lines_strike_nothing() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "underlined")
        page.line(20, 548.5, 80, 548.5)
        page.drawString(20, 520, "3 x")
        page.line(18, 517, 45, 517)
        page.drawString(20, 507, "4 y")
        for height in (480, 464, 448):  # a table
            page.line(20, height, 300, height)
            page.drawString(24, height - 12, "a cell")
        page.line(20, 403, 300, 403)  # a rule that is parted for a title
        page.setFillGray(1)
        page.rect(100, 395, 60, 16, fill=1, stroke=0)
        page.setFillGray(0)
        page.drawString(104, 400, "a title")
        page.setFillColorRGB(0.9, 0.9, 0.5)
        page.rect(20, 343, 200, 30, fill=1, stroke=0)  # a field that ends in the middle of text
        page.setFillGray(0)
        page.drawString(24, 370, "half on colour")
        page.line(200, 300, 300, 400)
        page.drawString(230, 340, "slanting")

    looked = looked_at(pdf(draw))
    assert looked.notes == {}


def test_a_line_that_was_put_onto_the_page_strikes_too() -> None:
    page = pdf(lambda page: page.drawString(20, 550, "struck by hand"))

    def numbers(*values: float) -> ArrayObject:
        return ArrayObject(map(FloatObject, values))

    mark = {
        NameObject("/Subtype"): NameObject("/Line"),
        NameObject("/Rect"): numbers(15, 550, 110, 556),
        NameObject("/L"): numbers(15, 553, 110, 553.5),
    }
    drawn = {
        NameObject("/Subtype"): NameObject("/Ink"),
        NameObject("/Rect"): numbers(15, 550, 110, 556),
        NameObject("/InkList"): ArrayObject([numbers(15, 553, 60, 553.2, 110, 553)]),
    }
    assert looked_at(annotated(page, mark)).text == ""
    assert looked_at(annotated(page, drawn)).text == ""
