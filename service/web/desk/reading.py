"""A preview as a person reads it: what would be indexed, block by block, with pages and headings where they begin.

Pure functions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from indexes.previews import Preview


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the text: where a page begins, a heading (which is not quoted), or a block that is indexed."""

    kind: Literal["page", "heading", "text"]
    text: str


def blocks(preview: Preview) -> Iterator[Block]:
    """Return a preview's text in reading order."""
    page, at = None, 0
    for section in preview.sections:
        if section.locator.kind == "page" and section.locator.page != page:
            page = section.locator.page
            yield Block("page", section.locator.label())
        yield from _lines("heading", preview.text[at : section.start])
        yield from _lines("text", preview.text[section.start : section.end])
        at = section.end
    yield from _lines("heading", preview.text[at:])


def _lines(kind: Literal["heading", "text"], text: str) -> Iterator[Block]:
    return (Block(kind, line) for line in text.split("\n") if line.strip())
