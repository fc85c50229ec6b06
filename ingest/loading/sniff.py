"""What some bytes are, whatever their file is called; and bytes to text, strictly.

`content_kind` names what it recognises by the first bytes; `decode_text` turns a text file into a string or says why
not. Reads no more than it must; does not judge what is inside a PDF or a ZIP archive.
"""

import re

from ingest.errors import LoadError

PDF = "a PDF"
ZIP = "a ZIP archive (such as .docx)"
HTML = "HTML"
_BOM_UTF8 = b"\xef\xbb\xbf"
_PDF_MARK_WITHIN = 1024  # bytes: readers accept a PDF whose mark stands this late
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .xls) or an encrypted one"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
    (b"\x00\x00\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)


def content_kind(content: bytes) -> str | None:
    """Return what the bytes are, in words, or None when they have no mark that is known here."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if b"%PDF-" in content[:_PDF_MARK_WITHIN]:
        return PDF
    if _HTML_START.match(content.removeprefix(_BOM_UTF8)[:8192]):
        return HTML
    return None


def check_kind(content: bytes, expected: str, *, named: str) -> None:
    """Refuse bytes that are not of the expected kind.

    Args:
        content: the document.
        expected: one of the kinds of this module.
        named: how a person calls what was expected, for the message.

    Raises:
        LoadError: saying what came instead.
    """
    kind = content_kind(content)
    if kind != expected:
        came = kind or ("something else" if b"\0" in content else "text")
        raise LoadError(f"expected {named}, got {came}: give the file the extension of what it is")


def decode_text(content: bytes, *, named: str, html_allowed: bool = False) -> str:
    """Return the text of a text file; a UTF-8 byte order mark is accepted and left out.

    Args:
        content: the document.
        named: how a person calls what was expected, for the message.
        html_allowed: bytes that start like a web page are fine.

    Raises:
        LoadError: the bytes are of another kind, hold a NUL, or are not UTF-8; names the first wrong byte.
    """
    kind = content_kind(content)
    if kind and "text" in kind:
        raise LoadError(f"expected {named} in UTF-8, got {kind}: save it as UTF-8")
    if kind == PDF and not content.startswith(b"%PDF-"):
        kind = None  # a text that speaks of PDF marks
    if kind and not (kind == HTML and html_allowed):
        raise LoadError(f"expected {named}, got {kind}: give the file the extension of what it is")
    if (nul_at := content.find(b"\0")) >= 0:
        raise LoadError(f"expected {named}, got a NUL byte at offset {nul_at}: this is no text file, or not UTF-8")
    try:
        return content.removeprefix(_BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start + (len(_BOM_UTF8) if content.startswith(_BOM_UTF8) else 0)
        raise LoadError(
            f"expected {named} in UTF-8, got byte 0x{content[offset]:02X} at offset {offset}: save it as UTF-8"
        ) from error
