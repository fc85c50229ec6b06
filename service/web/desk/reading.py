"""A preview as a person reads it: what would be indexed, block by block, with pages and headings where they begin.

And what the loader has to say of it, in words. Pure functions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from indexes.previews import Preview, Remarked

_MOST_WHERE = 12  # places that are named; the rest is counted
_WORDS = {  # by the kind of a remark; one that is not known here is shown by its own name
    "no_text": "pages without text, which will not be found: a scan, or a picture",
    "unreadable_page": "pages that cannot be read",
    "image": "pictures, whose text is not read",
    "images": "pictures, whose text is not read",
    "table": "tables, read row by row",
    "hidden": "hidden passages, left out",
    "hidden_text": "hidden passages, left out",
    "footnote": "notes, left out",
    "comment": "comments, left out",
    "deleted": "deleted passages, left out",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the text: where a page begins, a heading (which is not quoted), or a block that is indexed."""

    kind: Literal["page", "heading", "text"]
    text: str


def blocks(preview: Preview) -> Iterator[Block]:
    """Return a preview's text in reading order."""
    page, at = None, 0
    for section in preview.sections:
        yield from _lines("heading", preview.text[at : section.start])
        if section.locator.kind == "page" and section.locator.page != page:
            page = section.locator.page
            yield Block("page", section.locator.label())
        yield from _lines("text", preview.text[section.start : section.end])
        at = section.end
    yield from _lines("heading", preview.text[at:])


def _lines(kind: Literal["heading", "text"], text: str) -> Iterator[Block]:
    return (Block(kind, line) for line in text.split("\n") if line.strip())


def in_words(remark: Remarked) -> str:
    """Return what the loader has to say, in words."""
    what = _WORDS.get(remark.kind, remark.kind.replace("_", " "))
    named = ", ".join(remark.where[:_MOST_WHERE])
    more = f" and {len(remark.where) - _MOST_WHERE} more" if len(remark.where) > _MOST_WHERE else ""
    return f"{remark.count} {what}" + (f": {named}{more}" if named else "")
