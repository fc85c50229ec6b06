"""A web page's bytes to text, by the encoding that it declares: a byte order mark, `<meta>`, or the XML declaration.

Without a declaration it has to be UTF-8. A declaration that cannot be true is refused, and so is one that is not: a
page that declares windows-1252 and is UTF-8 would be read as "Ã¤" for "ä" by a browser.
"""

import re

import webencodings  # type: ignore[import-untyped]

from indexes.kinds import BOM_UTF8
from ingest.errors import LoadError
from ingest.loading.sniff import decode_text

_NAMED = "a web page (HTML)"
_WITHIN = 8_192  # bytes: browsers look at the first 1,024, editors put longer comments before it
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta\s[^>]{0,1000}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decode_page(content: bytes) -> str:
    """Return the text of a web page.

    Raises:
        LoadError: it is no text, or not in the encoding that it declares, or declares one that is not known.
    """
    for mark, codec in _BOMS:
        if content.startswith(mark) and not content.startswith(b"\xff\xfe\x00\x00"):
            return _decoded(content.removeprefix(mark), codec, "UTF-16 by its first bytes")
    declared = _declared(content)
    if declared is None or content.startswith(BOM_UTF8):
        return decode_text(content, named=_NAMED, html_allowed=True)
    encoding = webencodings.lookup(declared)
    if encoding is None or encoding.name in {"x-user-defined", "replacement"}:
        raise LoadError(f"expected {_NAMED} in an encoding that is known, got one that declares '{declared}'")
    if encoding.name == "utf-8" or encoding.name.startswith("utf-16"):  # that byte by byte: browsers take it for UTF-8
        return decode_text(content, named=_NAMED, html_allowed=True)
    decode_text(content.decode("latin-1").encode(), named=_NAMED, html_allowed=True)  # refuses what is no page
    if _is_utf8(content):
        raise LoadError(
            f"expected {_NAMED} in {declared}, as it declares, got UTF-8: correct the declaration, or save it again"
        )
    return _decoded(content, encoding.codec_info.name, f"{declared}, as it declares")


def _declared(content: bytes) -> str | None:
    head = _COMMENT.sub(b"", content[:_WITHIN])
    found = _META.search(head) or _XML.match(head)
    return found[1].decode("ascii") if found else None


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(content: bytes, codec: str, named: str) -> str:
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        raise LoadError(
            f"expected {_NAMED} in {named}, got byte 0x{content[error.start]:02X} at offset {error.start}: "
            "save it as UTF-8"
        ) from error
    if "\0" in text:
        raise LoadError(f"expected {_NAMED} in {named}, got a NUL character: this is no text file")
    return text
