"""The records that travel from the writer to the reader: locators, sections, documents, passages.

A document's *stored text* is plain text in which a newline ends a block (a paragraph, a list item, a table row); all
offsets in Greenlit are `[start, end)` character positions in it. Headings stand in the text for a reader, outside of
every section, so they are never quoted as if they were a statement. Nothing here reads files.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from indexes.readings import ReadingNote

LocatorKind = Literal["page", "heading", "time", "document"]
PASSAGE_ID_HEX = 24  # 96 bits: no two of a billion passages share one by chance


@dataclass(frozen=True, slots=True)
class Locator:
    """Where in the original a section stands: a page, a heading path, a time in a recording, or the whole document.

    `page` counts from 1; `printed` is what the page calls itself, where that is something else ("iv"). A page, and a
    time, may have a heading path too. `at` is a time as in "00:12:31".
    """

    kind: LocatorKind
    page: int | None = None
    headings: tuple[str, ...] = ()
    printed: str = ""
    at: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the public form: `{"kind": "page", "page": 3}` or `{"kind": "heading", "path": [...]}`.

        A page may have a `label` (what it calls itself) and a `path`; a time is `{"kind": "time", "at": "00:12:31"}`.
        """
        value: dict[str, Any] = {"kind": self.kind}
        if self.page is not None:
            value["page"] = self.page
        if self.printed:
            value["label"] = self.printed
        if self.at:
            value["at"] = self.at
        if self.headings:
            value["path"] = list(self.headings)
        return value

    def label(self) -> str:
        """Return the locator in words, as shown beside a citation; empty for a whole document."""
        if self.kind == "page":
            return f"page {self.printed} (page {self.page} of the file)" if self.printed else f"page {self.page}"
        if self.kind == "time":
            return f"at {self.at}"
        return " › ".join(self.headings)

    def place(self) -> str:
        """Return how a reading note names this place: a page's number, a time, a heading path, or nothing."""
        if self.kind == "page":
            return str(self.page)
        return self.at if self.kind == "time" else " › ".join(self.headings)


def locator_from_json(value: dict[str, Any]) -> Locator:
    """Read what `Locator.as_json` wrote."""
    return Locator(
        kind=value["kind"],
        page=value.get("page"),
        headings=tuple(value.get("path", ())),
        printed=value.get("label", ""),
        at=value.get("at", ""),
    )


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
    `notes` say what of it is not in `text`.
    """

    document: str
    sha256: str
    title: str
    text: str
    sections: tuple[Section, ...]
    notes: tuple[ReadingNote, ...] = ()

    def text_hash(self) -> str:
        """Return the SHA-256 (hex) of the stored text in UTF-8, which approvals name as `text_sha256`."""
        return text_hash(self.text)


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
        return text_hash(self.text)


def text_hash(text: str) -> str:
    """Return the SHA-256 (hex) of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def passage_id(document: str, sha256: str, start: int, end: int) -> str:
    """Return the id of a passage: the same bytes split the same way give the same id in every build."""
    name = f"{document}\0{sha256}\0{start}\0{end}".encode()
    return hashlib.sha256(name).hexdigest()[:PASSAGE_ID_HEX]
