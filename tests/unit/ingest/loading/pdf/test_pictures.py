"""Pages of pictures: scans, scans with recognised text, stamps, photographs, blank pages."""

import random

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_looks import SIZE, Draw, looked_at, pdf, picture_of

_LINES = [f"Clause {number}: the supplier gives notice of {number + 20} days in writing" for number in range(24)]


def _letter(page: Canvas) -> None:
    page.setFont("Helvetica", 11)
    for number, line in enumerate(_LINES):
        page.drawString(30, 540 - 20 * number, line)


def _scan(page: Canvas) -> None:
    page.drawImage(picture_of(_letter), 0, 0, *SIZE)


def _recognised(page: Canvas, *, mode: int = 3) -> None:
    page.saveState()
    for number, line in enumerate(_LINES):
        text = page.beginText(30, 540 - 20 * number)
        text.setTextRenderMode(mode)
        text.textOut(line)
        page.drawText(text)
    page.restoreState()


def _photograph() -> ImageReader:
    chance = random.Random(7)  # noqa: S311 - the same picture each time
    small = Image.new("RGB", (150, 200))
    small.putdata([tuple(chance.randrange(256) for _ in range(3)) for _ in range(150 * 200)])
    return ImageReader(small.resize((600, 800), Image.Resampling.BICUBIC))


def test_a_page_with_ink_and_no_text_is_named_and_a_blank_one_is_not() -> None:
    def rule(page: Canvas) -> None:
        page.line(20, 300, 400, 300)

    def field(page: Canvas) -> None:
        page.setFillColorRGB(0.1, 0.2, 0.5)
        page.rect(-5, -5, 500, 700, fill=1)

    def outlines(page: Canvas) -> None:  # letters that are drawn as shapes
        for number in range(40):
            page.circle(30 + 8 * number, 300, 3)

    looked = looked_at(pdf(_letter, _scan, lambda _: None, rule, field, outlines))
    assert looked.notes == {"pages_without_text": (2, ("2", "6"))}


def test_the_text_of_a_stamp_is_not_the_page() -> None:
    def stamped(page: Canvas) -> None:
        _scan(page)
        page.setFillColorRGB(1, 0, 0)
        page.drawString(250, 560, "RECEIVED 3 MARCH 2025")

    looked = looked_at(pdf(_letter, stamped))
    assert looked.notes == {"pages_without_text": (1, ("2",))}


def test_text_recognised_in_a_scan_is_read_where_the_scan_shows_ink() -> None:
    def over(page: Canvas) -> None:
        _scan(page)
        _recognised(page)

    def under(page: Canvas) -> None:
        _recognised(page, mode=0)
        _scan(page)

    def stamped(page: Canvas) -> None:
        over(page)
        page.drawString(250, 560, "RECEIVED 3 MARCH 2025")

    def barred(page: Canvas) -> None:
        def black(letter: Canvas) -> None:
            _letter(letter)
            letter.rect(20, 535, 380, 16, fill=1)

        page.drawImage(picture_of(black), 0, 0, *SIZE)
        _recognised(page)

    first, second, third, fourth = looked_at(pdf(over, under, stamped, barred)).pages
    assert first == second == " ".join(_LINES)
    assert "RECEIVED" in third
    assert _LINES[7] in third
    assert _LINES[0] not in fourth
    assert _LINES[7] in fourth


def test_unpainted_text_over_an_empty_page_or_a_photograph_is_not_read() -> None:
    def photograph(page: Canvas) -> None:
        page.drawImage(_photograph(), 0, 0, *SIZE)
        _recognised(page)

    def both(page: Canvas) -> None:
        page.drawString(30, 560, "A page that shows a sentence of its own beside a picture.")
        _recognised(page)

    looked = looked_at(pdf(_recognised, photograph, both))
    assert looked.pages == ("", "", "A page that shows a sentence of its own beside a picture.")
    assert looked.notes["unseen_text"][0] > 500


def test_a_picture_of_text_beside_text_is_named_and_a_photograph_or_a_logo_is_not() -> None:
    def with_picture(picture: ImageReader, width: float) -> Draw:
        def draw(page: Canvas) -> None:
            for number in range(6):
                page.drawString(
                    30, 560 - 14 * number, "A page of text that speaks of what stands in its picture, below"
                )
            page.drawImage(picture, 60, 120, width, width * 1.2)

        return draw

    text = picture_of(_letter)
    photograph = _photograph()
    looked = looked_at(pdf(with_picture(text, 280), with_picture(photograph, 280), with_picture(text, 50)))
    assert looked.notes == {"pictures": (1, ("1",))}
