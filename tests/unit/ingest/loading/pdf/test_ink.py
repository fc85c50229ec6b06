"""A character is seen if its page would look otherwise without it."""

import io

import pytest
from pypdf import PdfWriter
from pypdf.generic import RectangleObject
from reportlab.lib.colors import Color
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_looks import looked_at, pdf, picture_of, written


def _hidden(page: Canvas) -> None:
    """Draw words that nobody sees, each in a way of its own, and after each one that is seen."""
    page.setFillGray(1)
    page.drawString(20, 550, "white")
    page.setFillGray(0.96)
    page.drawString(20, 530, "pale")
    page.setFillGray(0)
    page.drawString(20, 510, "barred seen-beside-it")
    page.rect(18, 506, 33, 14, fill=1)
    page.drawString(20, 490, "nearly")
    page.rect(15, 489.5, 60, 9, fill=1, stroke=0)  # a bar that leaves a sliver of the letters
    page.setFont("Helvetica", 1.5)
    page.drawString(20, 470, "tiny")
    page.setFont("Helvetica", 11)
    page.drawString(500, 450, "beyond")
    page.saveState()
    clip = page.beginPath()
    clip.rect(0, 0, 10, 10)
    page.clipPath(clip, stroke=0)
    page.drawString(20, 430, "clipped")
    page.restoreState()
    page.saveState()
    text = page.beginText(20, 410)
    text.setTextRenderMode(3)
    text.textOut("unpainted")
    page.drawText(text)
    page.restoreState()
    page.drawString(20, 390, "pictured")
    page.drawImage(picture_of(lambda _: None), 15, 385, 60, 16)
    page.setFillColor(Color(0, 0, 0, alpha=0.02))
    page.drawString(20, 370, "transparent")


def _seen(page: Canvas) -> None:
    """Draw words that are seen, each so that one might doubt it."""
    page.rect(15, 545, 200, 18, fill=1)
    page.setFillGray(1)
    page.drawString(20, 550, "white-on-black")
    page.setFillGray(0.8)
    page.drawString(20, 530, "grey")
    page.setFillColorRGB(1, 0, 0)
    page.rect(15, 505, 200, 18, fill=1, stroke=0)
    page.setFillColorRGB(0, 0.51, 0)  # as light as the red
    page.drawString(20, 510, "green-on-red")
    page.setFillGray(0)
    page.drawString(20, 490, "half-barred")
    page.rect(15, 486, 200, 5, fill=1, stroke=0)
    page.setFont("Helvetica", 4)
    page.drawString(20, 470, "small; print. with: points, and 1,000.5 ...")
    page.setFont("Helvetica", 11)
    page.drawString(20, 450, "under-glass")
    page.setFillColor(Color(1, 0.9, 0, alpha=0.4))
    page.rect(15, 445, 200, 18, fill=1, stroke=0)
    page.setFillGray(0)
    text = page.beginText(20, 430)
    text.setTextRenderMode(1)
    text.textOut("outlined")
    page.drawText(text)


def test_what_makes_no_difference_is_not_seen() -> None:
    looked = looked_at(pdf(_hidden))
    assert looked.text == "seen-beside-it"
    assert looked.notes["covered_text"] == (3, ("1",))  # the two bars, the picture
    assert looked.notes["unseen_text"] == (7, ("1",))


def test_what_is_seen_stays() -> None:
    looked = looked_at(pdf(_seen))
    assert looked.text == (
        "white-on-black grey green-on-red half-barred small; print. with: points, and 1,000.5 ... under-glass outlined"
    )
    assert looked.notes == {}


def test_a_page_is_looked_at_as_it_lies_however_it_is_turned_or_cut() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "turned")
        page.drawString(20, 100, "cut away")
        page.saveState()
        page.translate(300, 400)
        page.rotate(90)
        page.drawString(0, 0, "upwards")
        page.restoreState()
        page.setFillGray(1)
        page.drawString(20, 500, "white")

    writer = PdfWriter(io.BytesIO(pdf(draw)))
    writer.pages[0].rotate(90)
    writer.pages[0].cropbox = RectangleObject((0, 300, 420, 595))
    assert looked_at(written(writer)).text == "turned upwards"


def test_words_are_out_as_a_whole_and_numbers_with_one_digit_that_is_not_seen() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "communications")
        page.rect(90, 545, 10, 18, fill=1)  # over the last letter
        page.drawString(20, 520, "a sum of 81,500 euros")
        page.rect(20 + page.stringWidth("a sum of 8"), 515, 5, 18, fill=1)  # over one digit
        page.drawString(20, 490, "confidential")
        page.rect(38, 485, 60, 18, fill=1)

    looked = looked_at(pdf(draw))
    assert looked.text == "communications a sum of euros"
    assert looked.notes == {"covered_text": (2, ("1",))}


def test_a_digit_that_nobody_sees_does_not_join_a_number() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "Price 90")
        page.setFillGray(1)
        page.drawString(20 + page.stringWidth("Price 90"), 550, "0")

    assert looked_at(pdf(draw)).text == "Price 90"


def test_a_script_without_a_font_at_hand_is_taken_as_seen() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))

    def draw(page: Canvas) -> None:
        page.setFont("HeiseiMin-W3", 14)
        page.drawString(20, 550, "東京の本社")

    assert looked_at(pdf(draw)).text == "東京の本社"


@pytest.mark.parametrize(("side", "text"), [(14_400, "wide"), (3, "")])
def test_huge_and_tiny_pages_are_looked_at(side: int, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.loading.pdf.drawing._MOST_DOTS", 1_000_000)  # as it is, that takes seconds

    def draw(page: Canvas) -> None:
        page.setPageSize((side, side))
        page.setFont("Helvetica", max(side // 100, 11))
        page.drawString(20, side / 2, "wide")
        page.setFillGray(1)
        page.drawString(20, side / 4, "white")

    assert looked_at(pdf(draw)).text == text


def test_a_page_that_takes_too_long_is_named_and_its_text_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.loading.pdf.report.PAGE_S", 0.0)
    looked = looked_at(pdf(_seen, _hidden))
    assert looked.notes["pages_not_looked_at"] == (2, ("1", "2"))
    assert "white-on-black" in looked.text
