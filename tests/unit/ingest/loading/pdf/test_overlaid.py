"""Text on text: what is not missed is not seen, and what is drawn twice is read once."""

from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_looks import looked_at, pdf


def test_text_that_other_text_was_written_over_is_not_seen() -> None:
    def draw(page: Canvas) -> None:
        page.drawString(20, 550, "three hours")
        page.setFillGray(1)
        page.rect(15, 545, 100, 18, fill=1, stroke=0)
        page.setFillGray(0)
        page.drawString(20, 550, "one hour only")
        page.drawString(20, 520, "blocked")
        page.setFont("ZapfDingbats", 14)
        page.drawString(19, 519, "nnnnn")  # black squares

    looked = looked_at(pdf(draw))
    assert looked.text.replace("■", "").split() == ["one", "hour", "only"]
    assert looked.notes == {"covered_text": (3, ("1",))}


def test_letters_drawn_twice_are_read_once_and_hide_nothing() -> None:
    def draw(page: Canvas) -> None:
        for shift in (0, 0.3):
            page.drawString(20 + shift, 550, "bold by hand")
        page.setFillGray(0.6)
        page.drawString(21, 519, "shadow")
        page.setFillGray(0)
        page.drawString(20, 520, "shadow")

    looked = looked_at(pdf(draw))
    assert looked.text.split().count("bold") == 1
    assert looked.text.split().count("shadow") == 1
    assert looked.notes.keys() <= {"covered_text"}


def test_a_watermark_behind_text_hides_nothing() -> None:
    def draw(page: Canvas) -> None:
        page.setFont("Helvetica-Bold", 90)
        page.setFillGray(0.85)
        page.drawString(20, 500, "DRAFT")
        page.setFont("Helvetica", 11)
        page.setFillGray(0)
        for line in range(6):
            page.drawString(20, 490 + 14 * line, f"Line {line} of a letter that is read as a whole")

    looked = looked_at(pdf(draw))
    assert looked.text.count("of a letter that is read as a whole") == 6
    assert looked.notes == {}
