"""A document's title, and what of its headings is left beside it."""

from dataclasses import replace
from pathlib import Path

from indexes.documents import Document, Locator, Section
from ingest.parsed import Parsed


def titled(document: str, sha256: str, parsed: Parsed, *, given: str) -> Document:
    """Return a parsed document with the title that its approvers gave, else its own, else one made of its name."""
    title = given or parsed.title or _title_from(document)
    sections = tuple(_without_title(section, title) for section in parsed.sections)
    return Document(document, sha256, title, parsed.text, sections, parsed.notes)


def _without_title(section: Section, title: str) -> Section:
    """A heading that only repeats the document's title, be it in capitals, says nothing of where a section stands."""
    locator = section.locator
    if not locator.headings or locator.headings[0].casefold() != title.casefold():
        return section
    rest = locator.headings[1:]
    kept = replace(locator, headings=rest) if rest or locator.kind != "heading" else Locator("document")
    return replace(section, locator=kept)


def _title_from(document: str) -> str:
    return Path(document).stem.replace("-", " ").replace("_", " ").strip().capitalize()
