"""A PDF as it is drawn: only characters that left ink are seen."""

import io
from pathlib import Path

import numpy as np
from reportlab.pdfgen.canvas import Canvas

from eval.reading.drawn import _has_ink, _joined, drawn_pages


def test_a_box_of_one_brightness_holds_no_ink() -> None:
    dots = np.full((40, 40), 255, dtype=np.uint8)
    dots[10:20, 10:20] = 0
    assert _has_ink(dots, (8, 14, 12, 18))
    assert not _has_ink(dots, (12, 16, 13, 17))  # all of it black: text under a bar
    assert not _has_ink(dots, (25, 30, 25, 30))
    assert not _has_ink(dots, (100, 110, 5, 8))  # beyond the page
    assert not _has_ink(dots, (-20, -10, 5, 8))


def test_words_parted_at_a_line_end_are_put_together() -> None:
    assert _joined("an indem\xad\r\nnification of") == "an indemnification of"


def test_text_that_nobody_sees_is_not_seen(tmp_path: Path) -> None:
    made = io.BytesIO()
    page = Canvas(made, pagesize=(300, 300))
    page.drawString(20, 250, "Seen as it is")
    page.drawString(20, 200, "Covered")
    page.setFillGray(0)
    page.rect(15, 190, 100, 30, fill=1)
    page.rect(15, 90, 100, 30, fill=1)
    page.setFillGray(1)
    page.drawString(25, 100, "white on black")
    page.drawString(20, 150, "white on white")
    page.drawString(400, 150, "beyond")
    page.showPage()
    page.rotate(90)
    page.save()
    path = tmp_path / "made.pdf"
    path.write_bytes(made.getvalue())
    first, second = drawn_pages(path)
    assert " ".join(first.text.split()) == "Seen as it is white on black"
    assert first.unseen >= len("Coveredwhiteonwhite")
    assert second.text == ""
