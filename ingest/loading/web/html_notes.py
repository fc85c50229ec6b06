"""Footnotes of a web page: which numbers are notes', and which notes are moved to the text that refers to them.

A note is what a raised link leads to, or a block that begins with a raised number, or with the number that is raised
elsewhere. Notes in a part for footnotes (`class="footnotes"`, `role="doc-endnotes"`, as of Markdown) are moved: they
follow the paragraph that refers to them. Others, such as the references of an encyclopedia, stay where they are.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

from lxml.html import HtmlElement

_MARK = re.compile(r"[\[(]?\s*(\d{1,3}|[a-z]|[ivx]{1,4})\s*[\])]?[.:]?", re.IGNORECASE)
_BEGINS = re.compile(r"\s*[\[(]?(\d{1,2}|[a-z])[\])]?[.:]?\s+(?=[^\W\d_])")
_ABOVE = re.compile(r"\s*([⁰¹²³⁴-⁹]{1,2})\s*[^\W\d_]")
_FOOTNOTES = re.compile(r"(?:^|[\s_-])(?:footnotes?|endnotes?|fn)(?:$|[\s_-])", re.IGNORECASE)
_ROLES = frozenset(["doc-footnote", "doc-endnote", "doc-endnotes", "doc-footnotes"])
_BLOCKS = frozenset(["p", "li", "div", "dd", "aside", "td", "section", "small"])
_MAX_NOTE_CHARS = 1_500  # a longer note is a text of its own, and stays where it is
_MAX_BLOCK_LOOKS = 100_000


class PageNotes:
    """The notes of one page: `marks` are their numbers and letters, in small letters."""

    def __init__(self, elements: list[HtmlElement], is_raised: Callable[[HtmlElement], bool]) -> None:
        raised = {one for one in elements if is_raised(one)}
        self.marks = frozenset(self._marks(elements[:_MAX_BLOCK_LOOKS], raised))
        self._targets = {one.get("id"): one for one in elements if one.get("id") and _is_moved(one)}

    @staticmethod
    def _marks(elements: list[HtmlElement], raised: set[HtmlElement]) -> Iterable[str]:
        used = {_text(one).strip("[]() ").lower() for one in raised}
        items: Counter[HtmlElement | None] = Counter()
        for element in elements:
            items[element.getparent()] += int(element.tag == "li")
            if element in raised and _begins_block(element) and (found := _MARK.fullmatch(_text(element).strip())):
                yield found[1].lower()
            elif element.tag in _BLOCKS:
                if above := _ABOVE.match(element.text or ""):
                    yield unicodedata.normalize("NFKC", above[1])
                found = _BEGINS.match(element.text or "")
                if found and found[1].lower() in used:
                    yield found[1].lower()
                elif element.tag == "li" and _is_note(element):
                    yield str(items[element.getparent()])

    def target(self, address: str) -> HtmlElement | None:
        """Return the note that a link leads to, if it is one that is moved."""
        return self._targets.get(address.partition("#")[2])

    def is_target(self, element: HtmlElement) -> bool:
        """Tell whether an element is a note that is moved."""
        return bool(self._targets) and self._targets.get(element.get("id")) is element


def link_of(element: HtmlElement) -> HtmlElement | None:
    """Return the link to a place on a page that raised text is, holds, or is in."""
    for found in (element, *islice(element.iterancestors(), 2), *islice(element.iter("a"), 2)):
        if found.tag == "a" and "#" in found.get("href", ""):
            return found
    return None


def _is_moved(element: HtmlElement) -> bool:
    if element.tag not in _BLOCKS or not _is_note(element):
        return False
    return element.tag != "section" and len(element.text_content()) <= _MAX_NOTE_CHARS


def _is_note(element: HtmlElement) -> bool:
    if element.get("role") in _ROLES:
        return element.get("role") not in {"doc-endnotes", "doc-footnotes"}
    for above in (element, *islice(element.iterancestors(), 4)):
        if above.get("role") in _ROLES or _FOOTNOTES.search(above.get("class", "")):
            return above is not element or element.tag != "section"
    return False


def _begins_block(raised: HtmlElement) -> bool:
    """Tell whether nothing stands before raised text in its block."""
    element = raised
    while element.getparent() is not None and element.tag not in _BLOCKS:
        before = element.getprevious()
        if before is not None and ((before.tail or "").strip() or before.text_content().strip()):
            return False
        element = element.getparent()
        if (element.text or "").strip():
            return False
    return element.tag in _BLOCKS


def _text(element: HtmlElement) -> str:
    found = str(element.text_content()) if len(element) <= 3 else ""  # noqa: PLR2004 - a mark, a link, a space
    return " ".join(found.split())[:20]
