"""What may be in a file of a name: each format that a loader reads, and nothing that only is called so."""

import pytest

from indexes.kinds import EXTENSIONS, misfit, unreadable
from ingest.loading.formats import FORMATS


def test_every_format_that_is_read_may_be_brought_and_no_other() -> None:
    assert EXTENSIONS.keys() == FORMATS.keys()


@pytest.mark.parametrize(
    ("name", "first", "fits"),
    [
        ("a.PDF", b"%PDF-1.7\n\0", True),
        ("a.pdf", b"PK\x03\x04", False),
        ("a.docx", b"PK\x03\x04\0", True),
        ("a.docx", b"PK\x05\x06", False),
        ("a.md", b"# A\n", True),
        ("a.md", b"<!doctype html>", True),
        ("a.md", b"about %PDF-1.4 files", True),
        ("a.md", b"\x89PNG\r\n", False),
        ("a.txt", b"\xff\xfea\0", True),
        ("a.txt", b"a\0", False),
        ("a.html", b"<p>a", True),
        ("a.html", b"%PDF-1.7", False),
    ],
)
def test_a_name_and_its_first_bytes_go_together(name: str, first: bytes, fits: bool) -> None:  # noqa: FBT001
    assert (misfit(name, first) is None) is fits


def test_what_no_loader_reads_is_said_by_its_name() -> None:
    assert unreadable("a.md") is None
    assert "expected a file whose name ends with one of .docx" in (unreadable("a.exe") or "")
