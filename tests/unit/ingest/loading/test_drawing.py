"""The child that draws: limited as the one that parses, replaced when it fails, gone when nobody needs it."""

import json
import struct
import time

import pytest

from indexes.drawn import MAX_DOTS, MAX_PNG_BYTES, DrawnPage, PageWanted
from indexes.errors import DrawError
from indexes.limited.errors import ChildTimeError
from ingest.errors import LoadError
from ingest.loading.drawing import ChildDrawer
from ingest.loading.drawn_frames import picture_reply, read_picture, request_of, wanted_of
from tests.support.small_pdf import small_pdf

LINES = ["The bonus is paid in March."]
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 4, 3) + b"rest"


def test_a_child_draws_pages_survives_what_is_damaged_and_ends_when_it_is_idle() -> None:
    with ChildDrawer(idle_s=0.2) as drawer:
        drawn = drawer.draw(small_pdf(LINES), PageWanted(1, "paid in March"))
        assert drawn is not None
        assert drawn.marked
        child = drawer._process._child
        assert child is not None
        with pytest.raises(DrawError, match="expected a page that can be drawn in time"):
            drawer.draw(b"%PDF-1.7 a secret", PageWanted(1))
        assert drawer.draw(small_pdf(LINES), PageWanted(2)) is None
        assert drawer._process._child is child
        child._process.wait(timeout=30)
        for _ in range(200):
            if drawer._process._child is None:
                break
            time.sleep(0.01)
        assert drawer._process._child is None


def test_a_page_that_takes_too_long_costs_the_child_and_says_so() -> None:
    with ChildDrawer(timeout_s=0.000_001) as drawer:
        with pytest.raises(DrawError) as raised:
            drawer.draw(small_pdf(LINES), PageWanted(1))
        assert isinstance(raised.value.__cause__, ChildTimeError)
        assert drawer._process._child is None


def test_requests_and_replies_come_as_they_went() -> None:
    wanted = PageWanted(3, "paid in March", "The bonus is")
    assert wanted_of(request_of(wanted)) == wanted
    drawn = DrawnPage(PNG, 4, 3, marked=True)
    assert read_picture(*picture_reply(drawn)) == drawn
    assert read_picture(*picture_reply(None)) is None


@pytest.mark.parametrize(
    ("changed", "png"),
    [
        ({"width": 5}, PNG),
        ({"width": 0}, PNG),
        ({"width": True}, PNG),
        ({"height": "3"}, PNG),
        ({"marked": 1}, PNG),
        ({"kind": "shown"}, PNG),
        ({}, b"<svg onload=alert(1)>"),
        ({}, PNG + b"x" * MAX_PNG_BYTES),
        ({"width": 4_000, "height": 4_000}, PNG[:16] + struct.pack(">II", 4_000, 4_000)),
    ],
)
def test_what_no_child_of_ours_writes_is_not_believed(changed: dict[str, object], png: bytes) -> None:
    assert 1.1 * MAX_DOTS < 4_000 * 4_000
    head = {"kind": "drawn", "width": 4, "height": 3, "marked": False, **changed}
    with pytest.raises(ValueError, match="expected"):
        read_picture(json.dumps(head).encode(), png)


def test_why_a_page_is_refused_is_not_repeated_for_a_document_may_have_said_it() -> None:
    with pytest.raises(LoadError) as raised:
        read_picture(json.dumps({"kind": "refused", "reason": "a secret of the document"}).encode(), b"")
    assert "secret" not in str(raised.value)
    for head in (b"[]", b"nothing", b"[" * 100_000):
        with pytest.raises(ValueError, match=r"expected|Expecting"):
            read_picture(head, b"")
