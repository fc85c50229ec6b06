"""A stored text laid out for a reader: headings, pages, paragraphs and items as blocks, a quote marked within them.

A newline ends a block of a stored text. What lies outside of every section is a heading, and so is the line that begins
a section and names it. Where sections are pages, each page begins with a block that names it: its number in the file,
and what is printed on it where that is another. Nothing is left out and nothing is added but the names of pages, so
what is marked is the quote, character for character, even where it goes over several blocks. A place that is no quote
is not marked; one can go there.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from indexes.documents import Locator, Section

Kind = Literal["page", "heading", "text", "item"]
_LINE = re.compile(r"[^\n]+")
_ITEM = "- "
PLACE = "place"
_FEW_HEADINGS = 3  # fewer lead nowhere


@dataclass(frozen=True, slots=True)
class Block:
    """A line of a document: its text before, within and after the quote, and its anchor, if one can go there.

    The first marked block `begins` the quote. A page has its name as text, and its number in the file.
    """

    kind: Kind
    before: str
    marked: str = ""
    after: str = ""
    anchor: str = ""
    begins: bool = False
    page: int = 0

    @property
    def text(self) -> str:
        """The whole text of the block."""
        return self.before + self.marked + self.after


def lay_out(text: str, sections: Sequence[Section], quote: tuple[int, int] = (0, 0), *, place: int = 0) -> list[Block]:
    """Return the blocks of a stored text in reading order.

    Args:
        text: the stored text.
        sections: its sections, rising.
        quote: the stretch `[start, end)` that is marked; empty for none.
        place: where somebody wants to read on: the text there is the block `place`; 0 for nowhere, as at the beginning.
    """
    starts = [section.start for section in sections]
    blocks: list[Block] = []
    begun, last = False, 0
    is_ahead = place > 0
    for start, end in _lines(text, starts):
        on = _locator_at(start, starts, sections)
        if on is not None and on.page is not None and on.page != last:
            blocks.append(Block("page", _name_of(on), anchor=f"page-{on.page}", page=on.page))
            last = on.page
        kind = _kind(text, (start, end), starts, sections)
        inner = (min(max(quote[0], start), end), max(min(quote[1], end), start))
        low, high = inner if inner[0] < inner[1] else (end, end)
        is_marked = low < high
        anchor = f"part-{len(blocks)}" if kind == "heading" else ""
        if is_ahead and not anchor and end > place:
            anchor, is_ahead = PLACE, False
        shown_from = start + len(_ITEM) if kind == "item" and low >= start + len(_ITEM) else start
        blocks.append(
            Block(kind, text[shown_from:low], text[low:high], text[high:end], anchor, is_marked and not begun)
        )
        begun = begun or is_marked
    return blocks


def parts_of(blocks: Sequence[Block]) -> list[tuple[str, str]]:
    """Return what one can go to: anchor and name of each heading, or of each page where pages have few headings."""
    pages = [block for block in blocks if block.kind == "page"]
    headings = [block for block in blocks if block.kind == "heading"]
    chosen = pages if pages and len(headings) < _FEW_HEADINGS else headings
    return [(block.anchor, block.text) for block in chosen]


def _lines(text: str, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Return the stretch of each line; one that a section begins within is cut there."""
    for line in _LINE.finditer(text):
        within = starts[bisect_right(starts, line.start()) : bisect_right(starts, line.end() - 1)]
        cuts = [line.start(), *within, line.end()]
        yield from pairwise(cuts)


def _locator_at(start: int, starts: Sequence[int], sections: Sequence[Section]) -> Locator | None:
    """Return where a line stands; a heading stands where what follows it does."""
    at = bisect_right(starts, start) - 1
    if at < 0 or (start >= sections[at].end and at + 1 < len(sections)):
        at += 1
    return sections[at].locator if at < len(sections) else None


def _name_of(locator: Locator) -> str:
    printed = f" of the file, printed as {locator.printed}" if locator.printed else ""
    return f"Page {locator.page}{printed}"


def _kind(text: str, line: tuple[int, int], starts: Sequence[int], sections: Sequence[Section]) -> Kind:
    at = bisect_right(starts, line[0]) - 1
    if at < 0 or line[0] >= sections[at].end:
        return "heading"
    names = sections[at].locator.headings
    if line[0] == sections[at].start and names and text[slice(*line)] == names[-1]:
        return "heading"  # one that states something
    return "item" if text.startswith(_ITEM, *line) else "text"
