"""What comes from the child is checked before it is believed."""

import json
from typing import Any

import pytest

from indexes.documents import Locator, Section
from ingest.errors import LoadError
from ingest.loading.frames import read_reply, refusal, reply
from ingest.parsed import Parsed


def test_a_document_comes_back_as_it_was_sent() -> None:
    sections = (
        Section(0, 4, Locator("page", page=3)),
        Section(5, 8, Locator("heading", headings=("Ä", "b"))),
        Section(9, 10, Locator("document")),
    )
    document = Parsed("Título", "Été. abc d", sections)
    assert read_reply(*reply(document)) == document


def test_reasons_come_back_as_errors_in_plain_characters() -> None:
    with pytest.raises(LoadError, match=r"^no \[31mtext$"):
        read_reply(*refusal("no \x1b[31mtext"))
    with pytest.raises(LoadError) as raised:
        read_reply(*refusal("no " * 10_000))
    assert len(str(raised.value)) == 1000


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
