"""Bytes held against what a file should hold, and bytes to text, strictly.

`check_kind` refuses what is of another kind (`indexes.kinds`); `decode_text` turns a text file into a string or says
why not. Reads no more than it must.
"""

from indexes.kinds import BOM_UTF8, HTML, PDF, UTF16, content_kind
from ingest.errors import LoadError


def check_kind(content: bytes, expected: str, *, named: str) -> None:
    """Refuse bytes that are not of the expected kind.

    Args:
        content: the document.
        expected: one of the kinds of `indexes.kinds`.
        named: how a person calls what was expected, for the message.

    Raises:
        LoadError: saying what came instead.
    """
    kind = content_kind(content)
    if kind != expected:
        came = kind or ("something else" if b"\0" in content else "text")
        raise LoadError(f"expected {named}, got {came}: give the file the extension of what it is")


def decode_text(content: bytes, *, named: str, html_allowed: bool = False) -> str:
    """Return the text of a text file in UTF-8, or in UTF-16 with its byte order mark; a mark is left out.

    No other encoding is guessed: where two fit, a wrong guess would be quoted as if it stood there.

    Args:
        content: the document.
        named: how a person calls what was expected, for the message.
        html_allowed: bytes that start like a web page are fine.

    Raises:
        LoadError: the bytes are of another kind, hold a NUL, or are not in that encoding; names the first wrong byte.
    """
    kind = content_kind(content)
    if kind == UTF16:
        return _utf16(content, named=named)
    if kind and "text" in kind:
        raise LoadError(f"expected {named} in UTF-8, got {kind}: save it as UTF-8")
    if kind == PDF and not content.startswith(b"%PDF-"):
        kind = None  # a text that speaks of PDF marks
    if kind and not (kind == HTML and html_allowed):
        raise LoadError(f"expected {named}, got {kind}: give the file the extension of what it is")
    if (nul_at := content.find(b"\0")) >= 0:
        raise LoadError(f"expected {named}, got a NUL byte at offset {nul_at}: this is no text file, or not UTF-8")
    try:
        return content.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start + (len(BOM_UTF8) if content.startswith(BOM_UTF8) else 0)
        raise LoadError(
            f"expected {named} in UTF-8, got byte 0x{content[offset]:02X} at offset {offset}: save it as UTF-8"
        ) from error


def _utf16(content: bytes, *, named: str) -> str:
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError as error:
        raise LoadError(
            f"expected {named} in UTF-16, as its first bytes say, got a wrong one at offset {error.start}: "
            "save it as UTF-8"
        ) from error
    if "\0" in text:
        raise LoadError(f"expected {named}, got a NUL character: this is no text file")
    return text
