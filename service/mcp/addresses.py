"""The addresses of resources: `greenlit://documents/{+document}` and `greenlit://passages/{+document}?…`.

A document's address holds its id, a passage's also the version it is of and its stretch of the stored text. They hold
positions only, never a text. What is no address of ours is `None`, as a document is that is not there.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

DOCUMENTS = "greenlit://documents/{+document}"
PASSAGES = "greenlit://passages/{+document}{?version,from,to}"
_SCHEME, _DOCUMENTS, _PASSAGES = "greenlit", "documents", "passages"
_VERSION_HEX = 16  # of a document's SHA-256, as in the links of answers
_MOST_CHARS = 8000
_NUMBER = re.compile(r"[0-9]{1,9}")
_FIELDS = ["version", "from", "to"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address names: a document, or `[start, end)` of one version of it."""

    document: str
    version: str | None = None
    start: int = 0
    end: int = 0


def of_document(document: str) -> str:
    """Return the address of a document."""
    return f"{_SCHEME}://{_DOCUMENTS}/{quote(document)}"


def of_passage(document: str, sha256: str, start: int, end: int) -> str:
    """Return the address of a stretch of a version's stored text."""
    return f"{_SCHEME}://{_PASSAGES}/{quote(document)}?version={sha256[:_VERSION_HEX]}&from={start}&to={end}"


def wanted(address: str) -> Wanted | None:
    """Return what an address names; `None` if it is none of ours."""
    try:
        parts = urlsplit(address) if len(address) <= _MOST_CHARS else None
        if parts is None or parts.scheme != _SCHEME or parts.fragment:
            return None
        document = unquote(parts.path.removeprefix("/"), errors="strict")
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:  # UnicodeDecodeError is one
        return None
    if parts.netloc == _DOCUMENTS and not query:
        return Wanted(document)
    if parts.netloc != _PASSAGES or [name for name, _ in query] != _FIELDS:
        return None
    version, start, end = (value for _, value in query)
    if len(version) != _VERSION_HEX or not _NUMBER.fullmatch(start) or not _NUMBER.fullmatch(end):
        return None
    return Wanted(document, version, int(start), int(end))
