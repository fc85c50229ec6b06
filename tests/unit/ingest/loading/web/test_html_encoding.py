"""Web pages in the encoding that they declare."""

import pytest

from ingest.errors import LoadError
from ingest.loading.web.html_encoding import decode_page

META = "<html><head><meta charset={}></head><body>Bär – ok</body></html>"


@pytest.mark.parametrize(
    "content",
    [
        META.format("windows-1252").encode("cp1252"),
        META.format('"ISO-8859-1"').encode("cp1252"),
        META.format("utf-8").encode(),
        b"\xef\xbb\xbf" + META.format("windows-1252").encode(),
        b"\xff\xfe" + META.format("utf-8").encode("utf-16-le"),
        "<html><meta http-equiv=Content-Type content='text/html; charset=windows-1252'>Bär – ok".encode("cp1252"),
        "<?xml version='1.0' encoding='windows-1252'?><html>Bär – ok</html>".encode("cp1252"),
        b"<!-- <meta charset=utf-7> -->" + META.format("utf-8").encode(),
    ],
)
def test_it_is_read_as_it_declares(content: bytes) -> None:
    assert "Bär – ok" in decode_page(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (META.format("windows-1252").encode(), "as it declares, got UTF-8: correct the declaration"),
        (META.format("utf-8").encode("cp1252"), r"in UTF-8, got byte 0xE4 at offset \d+"),
        (META.format("windows-1252").encode("cp1252") + b"\x81", "in windows-1252, as it declares, got byte 0x81"),
        (META.format("klingon").encode(), "one that declares 'klingon'"),
        (b"%PDF-1.7 <meta charset=windows-1252>", "got a PDF"),
        (b"<html><meta charset=windows-1252>\0", "NUL"),
    ],
)
def test_what_cannot_be_true_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        decode_page(content)
