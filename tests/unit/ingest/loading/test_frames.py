"""What comes from the child is checked before it is believed."""

import json
from typing import Any

import pytest

from indexes.documents import Locator, Section
from ingest.errors import LoadError
from ingest.loading.frames import LENGTH_BYTES, error_frames, framed, read_reply, reply_frames
from ingest.parsed import Parsed


def _split(reply: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(reply[:LENGTH_BYTES], "big")
    head, rest = reply[LENGTH_BYTES : LENGTH_BYTES + length], reply[LENGTH_BYTES + length :]
    return head, rest[LENGTH_BYTES:]


def test_a_document_comes_back_as_it_was_sent() -> None:
    sections = (
        Section(0, 4, Locator("page", page=3)),
        Section(5, 8, Locator("heading", headings=("Ä", "b"))),
        Section(9, 10, Locator("document")),
    )
    document = Parsed("Título", "Été. abc d", sections)
    assert read_reply(*_split(reply_frames(document))) == document


def test_reasons_come_back_as_errors_in_plain_characters() -> None:
    with pytest.raises(LoadError, match=r"^no \[31mtext$"):
        read_reply(*_split(error_frames("refused", "no \x1b[31mtext")))
    with pytest.raises(LoadError) as raised:
        read_reply(*_split(error_frames("refused", "no " * 10_000)))
    assert len(str(raised.value)) == 1000
    with pytest.raises(MemoryError):
        read_reply(*_split(error_frames("memory")))


@pytest.mark.parametrize(
    "head",
    [
        [],
        {"kind": "other"},
        {"kind": "parsed", "title": 1, "sections": [[0, 1, {"kind": "document"}]]},
        {"kind": "parsed", "title": None, "sections": None},
        {"kind": "parsed", "title": None, "sections": []},
        {"kind": "parsed", "title": None, "sections": [5]},
        {"kind": "parsed", "title": None, "sections": [[0, 1]]},
        {"kind": "parsed", "title": None, "sections": [[0, 99, {"kind": "document"}]]},
        {"kind": "parsed", "title": None, "sections": [[2, 1, {"kind": "document"}]]},
        {"kind": "parsed", "title": None, "sections": [[-1, 1, {"kind": "document"}]]},
        {"kind": "parsed", "title": None, "sections": [[True, 3, {"kind": "document"}]]},
        {"kind": "parsed", "title": None, "sections": [[0, 4, {"kind": "document"}]]},
        {"kind": "parsed", "title": None, "sections": [[0, 3, {"kind": "document"}], [2, 7, {"kind": "document"}]]},
        {"kind": "parsed", "title": None, "sections": [[0, 3, None]]},
        {"kind": "parsed", "title": None, "sections": [[0, 3, {"kind": "slide"}]]},
        {"kind": "parsed", "title": None, "sections": [[0, 3, {"kind": "page", "page": 0}]]},
        {"kind": "parsed", "title": None, "sections": [[0, 3, {"kind": "heading", "path": []}]]},
        {"kind": "parsed", "title": None, "sections": [[0, 3, {"kind": "heading", "path": [1]}]]},
    ],
)
def test_a_reply_that_cannot_be_true_is_refused(head: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected"):
        read_reply(json.dumps(head).encode(), b"abc defg")


def test_bytes_that_are_no_reply_are_refused() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        read_reply(b"noise", b"")
    with pytest.raises(ValueError, match="flat JSON"):
        read_reply(b"[" * 100_000, b"")


def test_a_frame_is_its_length_and_its_bytes() -> None:
    assert framed(b"ab") == b"\0\0\0\0\0\0\0\2ab"
