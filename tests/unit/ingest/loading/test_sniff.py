"""A file is what its bytes are; the message says so."""

import pytest

from indexes.kinds import HTML, PDF, ZIP, content_kind, misfit
from ingest.errors import LoadError
from ingest.loading.sniff import check_kind, decode_text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", PDF),
        (b"\n\n%PDF-1.4", PDF),
        (b"PK\x03\x04...", ZIP),
        (b"  <!DOCTYPE HTML><p>", HTML),
        (b"<!-- a --><html>", HTML),
        (b"\xef\xbb\xbf<html>", HTML),
        (b"# Markdown", None),
        (b"", None),
    ],
)
def test_bytes_are_told_apart(content: bytes, kind: str | None) -> None:
    assert content_kind(content) == kind


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7", "expected plain text, got a PDF: give the file the extension of what it is"),
        (b"PK\x03\x04", r"got a ZIP archive \(such as .docx\)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "got an old Office file"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "expected plain text in UTF-8, got UTF-32 text: save it as UTF-8"),
        (b"\xff\xfea", "expected plain text in UTF-16, as its first bytes say, got a wrong one at offset 2"),
        (b"\xfe\xff\x00a\x00\x00", "expected plain text, got a NUL character"),
        (b"ab\x00c", "got a NUL byte at offset 2"),
        (b"caf\xe9", "in UTF-8, got byte 0xE9 at offset 3: save it as UTF-8"),
        (b"\xef\xbb\xbfcaf\xe9", "got byte 0xE9 at offset 6"),
        (b"<html><p>a", "expected plain text, got HTML"),
    ],
)
def test_what_is_no_plain_text_is_refused_by_name(content: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        decode_text(content, named="plain text")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_where_its_mark_says_so(encoding: str) -> None:
    content = "\ufeffThe chapel is open – to all.\r\nCafé.".encode(encoding)
    assert decode_text(content, named="plain text") == "The chapel is open – to all.\r\nCafé."
    assert misfit("a.txt", content) is None


def test_a_text_may_speak_of_pdf_marks() -> None:
    assert decode_text(b"The mark %PDF- begins a PDF.", named="plain text") == "The mark %PDF- begins a PDF."


@pytest.mark.parametrize(
    ("content", "came"), [(b"PK\x03\x04", "a ZIP archive"), (b"hello", "text"), (b"\x01\x00\x02", "something else")]
)
def test_what_is_no_pdf_is_refused_by_name(content: bytes, came: str) -> None:
    with pytest.raises(LoadError, match=rf"expected a PDF \(%PDF-\), got {came}"):
        check_kind(content, PDF, named="a PDF (%PDF-)")
