"""The records that travel from the writer to the reader: locators, sections, documents, passages.

A document's *stored text* is plain text in which a newline ends a block (a paragraph, a list item, a table row); all
offsets in Greenlit are `[start, end)` character positions in it. Headings stand in the text for a reader, outside of
every section, so they are never quoted as if they were a statement. Nothing here reads files.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

LocatorKind = Literal["page", "heading", "document"]
PASSAGE_ID_HEX = 24  # 96 bits: no two of a billion passages share one by chance


@dataclass(frozen=True, slots=True)
class Locator:
    """Where in the original a section stands: a page (1-based), a heading path, or the document as a whole."""

    kind: LocatorKind
    page: int | None = None
    headings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the public form: `{"kind": "page", "page": 3}` or `{"kind": "heading", "path": [...]}`."""
        if self.kind == "page":
            return {"kind": "page", "page": self.page}
        if self.kind == "heading":
            return {"kind": "heading", "path": list(self.headings)}
        return {"kind": "document"}

    def label(self) -> str:
        """Return the locator in words, as shown beside a citation; empty for a whole document."""
        if self.kind == "page":
            return f"page {self.page}"
        return " › ".join(self.headings)


def locator_from_json(value: dict[str, Any]) -> Locator:
    """Read what `Locator.as_json` wrote."""
    return Locator(kind=value["kind"], page=value.get("page"), headings=tuple(value.get("path", ())))


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch `[start, end)` of the stored text that has one locator; headings lie outside."""

    start: int
    end: int
    locator: Locator


@dataclass(frozen=True, slots=True)
class Document:
    """One approved version of one file, parsed.

    `document` is the id: source name and path, with forward slashes. `sha256` is of the bytes that were parsed.
    """

    document: str
    sha256: str
    title: str
    text: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is embedded and cited: `text` equals `document text[start:end]`."""

    passage_id: str
    document: str
    sha256: str
    title: str
    start: int
    end: int
    text: str
    locator: Locator

    def text_hash(self) -> str:
        """Return the SHA-256 (hex) of the passage's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def passage_id(document: str, sha256: str, start: int, end: int) -> str:
    """Return the id of a passage: the same bytes split the same way give the same id in every build."""
    name = f"{document}\0{sha256}\0{start}\0{end}".encode()
    return hashlib.sha256(name).hexdigest()[:PASSAGE_ID_HEX]
