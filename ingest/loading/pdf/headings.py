"""Headings of a PDF: by its outline, by size and weight of type, so that a page's place has a heading path as in Word.

What is taken for a heading can no longer be quoted, so a block is one only if nothing speaks against it: it is short,
ends like no sentence, says nothing of anybody (no verb that makes a statement, no figure beside its own number), and
stands over running text. A block with an outline's title on an outline's page is one whatever its type. Levels are the
outline's; without one, larger type stands above smaller, bold above plain.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pypdfium2 import PdfDocument

from ingest.characters import clean
from ingest.loading.pdf.blocks import Block
from ingest.loading.pdf.habits import Habits, size_class

_MAX_ENTRIES = 5_000
_MAX_DEPTH = 6
_MAX_LEVEL = 6
_MAX_CHARS = 120
_MAX_WORDS = 14
_MAX_LINES = 3
_LARGER = 1.15  # times the size of the text
_SAME = 0.97
_MAX_BOLD_SHARE = 0.3  # of a document's characters: more is no sign
_MIN_LARGE_RATIO = 4  # times as many characters of text as of each larger size
_MIN_TEXT_CHARS = 40  # of what stands under a heading
_WITHIN_PAGES = 1  # an outline's entry may name the page before

_NUMBERING = re.compile(
    r"(?:(?:chapter|part|section|article|annex|appendix|title|step|kapitel|teil|abschnitt|artikel|anhang)\s+)?"
    r"(?:§\s?\d+|\d+(?:[.-]\d+)*|[A-Z]|[IVXLC]+)\b[.):]?\s*[-–—:]?\s*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:§\s?)?\d+(?:[.-]\d+)*[.)]?\s+(?=[^\W\d])")
_STATEMENT = re.compile(
    r"\b(?:is|are|was|were|be|been|must|shall|will|may|can|cannot|could|should|would|has|have|had|does|do|did|not|no|never"
    r"|only|pays?|costs?|needs?|ends?|begins?|starts?|applies|apply|ist|sind|war|muss|darf|kann|wird|hat|nicht|kein\w*)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"(?:how|what|when|where|which|who|why|whether|wie|was|wann|wo|wer|warum)\b", re.IGNORECASE)
_ENDS_LIKE_TEXT = re.compile(r"(?:[.!?:;,…]|\b(?:and|or|the|a|an|of|to|in|for|with))[\"'”’)\]]*$")
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*$")
_VALUE = re.compile(r":\s|\d|[@$€£%]|\.{3}|://|;|\bwww\.")
_LETTER = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a PDF's outline: on which page (1-based), how deep (from 1), and what it says."""

    page: int
    depth: int
    title: str


def outline_of(document: PdfDocument) -> list[Entry]:
    """Return a PDF's outline; none if there is none, or it cannot be read."""
    entries: list[Entry] = []
    try:
        for mark in document.get_toc(max_depth=_MAX_DEPTH):
            place: Any = mark.get_dest()
            page = place.get_index() if place else None
            if page is not None:
                entries.append(Entry(page + 1, mark.level + 1, clean(mark.get_title())))
            if len(entries) >= _MAX_ENTRIES:
                break
    except (RuntimeError, ValueError, UnicodeError):
        return []
    return entries


def with_headings(pages: Sequence[list[Block]], habits: Habits, outline: Sequence[Entry]) -> list[list[Block]]:
    """Return the pages' blocks, those that are headings with their level."""
    named = _named(pages, outline)
    looks = _looks(pages, habits)
    levels = _levels(pages, named, looks)
    found: list[list[Block]] = []
    for page, blocks in enumerate(pages):
        under = _texts_under(blocks, pages[page + 1] if page + 1 < len(pages) else [])
        marked: list[Block] = []
        ahead = False  # what follows is running text, or a heading over such
        for at in range(len(blocks) - 1, -1, -1):
            block = blocks[at]
            level = named.get((page, at), 0)
            if not level and _look(block) in looks and _reads_like_one(block):
                level = levels[_look(block)] if ahead or under[at] else 0
            ahead = bool(level)
            ends = levels[_look(block)] if not level and _look(block) in looks and _ends_others(block, habits) else 0
            marked.append(replace(block, level=level, ends=ends))
        found.append(marked[::-1])
    return found if any(not block.level for blocks in found for block in blocks) else [list(blocks) for blocks in pages]


_Look = tuple[float, bool]


def _look(block: Block) -> _Look:
    return size_class(block.size), block.bold


def _named(pages: Sequence[list[Block]], outline: Sequence[Entry]) -> dict[tuple[int, int], int]:
    """Return the blocks that the outline names, by page and number, with their level."""
    titles: dict[int, dict[str, int]] = defaultdict(dict)
    for entry in outline:
        if _LETTER.search(entry.title) and not _SENTENCE_END.search(entry.title):
            for page in range(entry.page - 1, entry.page + _WITHIN_PAGES):
                titles[page].setdefault(_plain(entry.title), min(entry.depth, _MAX_LEVEL))
    named = {}
    for page, blocks in enumerate(pages):
        here = titles.get(page, {})
        for at, block in enumerate(blocks):
            level = here.get(_plain(f"{block.marker} {block.text}")) or here.get(_plain(block.text))
            if level and block.kind != "row":
                named[page, at] = level
                here.pop(_plain(block.text), None)
    return named


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalpha())


def _looks(pages: Sequence[list[Block]], habits: Habits) -> set[_Look]:
    """Return which sizes and weights of type are those of headings."""
    chars: Counter[_Look] = Counter()
    for blocks in pages:
        for block in blocks:
            chars[_look(block)] += len(block.text)
    total, bold = chars.total(), sum(count for (_, is_bold), count in chars.items() if is_bold)
    text = sum(count for (size, is_bold), count in chars.items() if size == habits.size and not is_bold)
    looks = set()
    for (size, is_bold), count in chars.items():
        large = size >= _LARGER * habits.size and count * _MIN_LARGE_RATIO <= max(text, 1)
        heavy = is_bold and size >= _SAME * habits.size and bold <= _MAX_BOLD_SHARE * total
        if habits.size and (large or heavy):
            looks.add((size, is_bold))
    return looks


def _levels(pages: Sequence[list[Block]], named: Mapping[tuple[int, int], int], looks: set[_Look]) -> dict[_Look, int]:
    """Return the level of each look: what the outline says of its like, or its rank."""
    said: dict[_Look, Counter[int]] = defaultdict(Counter)
    for (page, at), level in named.items():
        said[_look(pages[page][at])][level] += 1
    ranks = {look: min(rank, _MAX_LEVEL) for rank, look in enumerate(sorted(looks, reverse=True), start=1)}
    return {look: said[look].most_common(1)[0][0] if look in said else rank for look, rank in ranks.items()}


def _reads_like_one(block: Block) -> bool:
    text = block.text
    if block.kind == "row" or block.lines > _MAX_LINES or len(text) > _MAX_CHARS or not _LETTER.search(text):
        return False
    number = _NUMBERING.match(text)
    rest = text[number.end() :] if number and len(number[0]) < len(text) else text
    first = rest[:1]
    return (
        not first.islower()
        and text.count(" ") < _MAX_WORDS
        and not _ENDS_LIKE_TEXT.search(rest)
        and not _VALUE.search(rest)
        and (bool(_QUESTION.match(rest)) or not _STATEMENT.search(rest))
    )


def _ends_others(block: Block, habits: Habits) -> bool:
    """Tell whether a block that is no heading looks enough like one to end what others stand over."""
    if block.kind == "row" or block.lines > _MAX_LINES or not _LETTER.search(block.text):
        return False
    return block.size >= _LARGER * habits.size or block.text.isupper() or bool(_NUMBERING.match(block.text))


def _texts_under(blocks: list[Block], following: list[Block]) -> list[bool]:
    """Tell of each block whether running text in smaller or lighter type follows."""
    after = [*blocks[1:], *following[:1]]
    found = []
    for at, block in enumerate(blocks):
        below = after[at] if at < len(after) else None
        found.append(
            below is not None
            and _look(below) < _look(block)
            and (
                len(below.text) >= _MIN_TEXT_CHARS
                or bool(_SENTENCE_END.search(below.text))
                or below.kind == "item"
                or (below.kind == "row" and not below.text.startswith(block.text) and bool(_NUMBERED.match(block.text)))
            )
        )
    return found
