"""What some bytes are, whatever their file is called, and which extension may hold what.

`content_kind` names what it recognises by the first bytes. Whoever parses asks it of the whole document, whoever takes
a file in asks it of the first bytes (`misfit`). Does not judge what is inside a PDF or a ZIP archive.
"""

import re
from pathlib import PurePosixPath

PDF = "a PDF"
ZIP = "a ZIP archive (such as .docx)"
HTML = "HTML"
BOM_UTF8 = b"\xef\xbb\xbf"
FIRST_BYTES = 16 * 1024  # enough to tell a kind by
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
_TEXT = "text"
EXTENSIONS = {  # what may be in a file of that name; `ingest.loading.formats` has what reads it
    ".docx": ZIP,
    ".htm": HTML,
    ".html": HTML,
    ".markdown": _TEXT,
    ".md": _TEXT,
    ".pdf": PDF,
    ".srt": _TEXT,
    ".txt": _TEXT,
    ".vtt": _TEXT,
}
_FITTING = {ZIP: (ZIP,), PDF: (PDF,), HTML: (HTML, None), _TEXT: (None, HTML)}


def content_kind(content: bytes) -> str | None:
    """Return what the bytes are, in words, or None when they have no mark that is known here."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if b"%PDF-" in content[:_PDF_MARK_WITHIN]:
        return PDF
    if _HTML_START.match(content.removeprefix(BOM_UTF8)[:8192]):
        return HTML
    return None


def unreadable(name: str) -> str | None:
    """Say in words that no loader reads a file of that name, if so."""
    if PurePosixPath(name).suffix.lower() in EXTENSIONS:
        return None
    return f"expected a file whose name ends with one of {', '.join(EXTENSIONS)}, got another"


def misfit(name: str, first: bytes) -> str | None:
    """Say in words why a file's name and its first bytes do not go together; `None` if they do.

    Args:
        name: the file's name.
        first: its first bytes, up to `FIRST_BYTES`.
    """
    if wrong := unreadable(name):
        return wrong
    extension = PurePosixPath(name).suffix.lower()
    kind, expected = content_kind(first), EXTENSIONS[extension]
    if expected == _TEXT and kind == PDF and not first.startswith(b"%PDF-"):
        kind = None  # a text that speaks of PDF marks
    is_text = b"\0" not in first
    if kind not in _FITTING[expected] or (kind is None and not is_text):
        came = kind or (_TEXT if is_text else "something else")
        return f"expected {expected} in a file whose name ends with {extension}, got {came}"
    return None
