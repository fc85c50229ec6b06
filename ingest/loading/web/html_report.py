"""What becomes of each text of a web page while it is read: stored, or left out, and why.

`Reading` is what the walks over one page share. Each text is given to `stores` or `leaves` once, in words; what remains
of the page's words in the end is `missed`, and what was to be stored and is not in the text is `lost`. Both are told,
as words that a second look sees and the text lacks. Scripts, styles and templates hold no text.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

from lxml.html import HtmlElement

from indexes.readings import Notes
from ingest.loading.web.html_counters import Counters
from ingest.loading.web.html_notes import PageNotes
from ingest.loading.web.html_tabs import Tabs
from ingest.loading.web.page_parts import Parts
from ingest.loading.web.seen import NEVER_SHOWN, Page

_NO_TEXT = frozenset("script style template head title meta link option datalist select textarea".split())
_EMBEDDED = frozenset("iframe object embed video audio canvas applet".split())
_WORD = re.compile(r"[^\W_]+")


class Reading:
    """One page that is being read: how it looks, its parts and notes, and the account of its texts."""

    def __init__(self, page: Page, place: Callable[[], str]) -> None:
        self.page = page
        self.parts = Parts(page)
        self.notes_of_page = PageNotes(
            [node.element for node in page.nodes], lambda one: page.look(one).raised == "super"
        )
        self.counters = Counters()
        self.notes = Notes()
        self.first_h1: str | None = None
        self._moved: set[HtmlElement] = set()
        self.reads_navigation = False
        self.depth = 0  # of the element that is being read
        self.tabs = Tabs(page)
        self.left_words = 0
        self._stored: Counter[str] = Counter()
        self._place = place
        if page.rules.not_judged:
            self.notes.add("styles_not_judged", count=page.rules.not_judged)

    def stores(self, text: str) -> None:
        """Take note of a text that is stored."""
        self._stored.update(_words(text))

    def leaves(self, element: HtmlElement, kind: str) -> None:
        """Take note of an element that is left out, with all that is in it."""
        words = sum(len(_words(text)) for text in texts_of(element))
        self.left_words += words
        lines = sum(1 for _ in element.iter("a")) if kind == "contents_lines" else 0
        self.notes.add(kind, self._place(), count=lines or words)

    def leaves_text(self, text: str, kind: str) -> None:
        """Take note of a text that is left out."""
        words = len(_words(text))
        self.left_words += words
        self.notes.add(kind, self._place(), count=words)

    def tells(self, kind: str, *, count: int = 1) -> None:
        """Take note of a thing, not of words, that is not read."""
        self.notes.add(kind, self._place(), count=count)

    def unstores(self, text: str) -> None:
        """Take back that a text is stored: it turned out to be a mark."""
        words = Counter(_words(text)) & self._stored
        self._stored -= words
        self.left_words += words.total()

    def draws(self, element: HtmlElement, written: Iterable[str]) -> None:
        """Take note of a formula or a drawing: of what is written of it as stored, of the rest as marks."""
        words = Counter(_words(" ".join(texts_of(element))))
        kept = words & Counter(_words(" ".join(written)))
        self._stored.update(kept)
        self.left_words += (words - kept).total()

    def was_moved(self, note: HtmlElement) -> bool:
        """Tell whether an element is a note that was read already; from now on it was."""
        if not self.notes_of_page.is_target(note):
            return False
        known = note in self._moved
        self._moved.add(note)
        return known

    def passes_over(self, marks: str, text: str, shown: str) -> None:
        """Take note of marks within a text that is stored without them."""
        if marks:
            self.left_words += len(_words(text)) - len(_words(shown))

    def missed(self) -> int:
        """Return how many words of the page were neither stored nor left out for a reason."""
        whole = sum(len(_words(text)) for text in texts_of(self.page.root))
        return whole - self._stored.total() - self.left_words

    def lost(self, text: str) -> int:
        """Return how many words were to be stored that the stored text does not hold."""
        lacks = self._stored - Counter(_words(text))
        plain = unicodedata.normalize("NFKC", text).lower() if lacks else ""
        return sum(count for word, count in lacks.items() if word not in plain)


def _words(text: str) -> list[str]:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _WORD.findall(plain.lower())


def texts_of(element: HtmlElement) -> list[str]:
    """Return the texts within an element that could be read: not those of scripts, styles and forms."""
    found: list[str] = []
    pending: list[HtmlElement | str] = [element]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            found.append(one)
            continue
        holds = isinstance(one.tag, str) and one.tag not in _NO_TEXT and one.tag not in _EMBEDDED
        if not holds or (one.tag in NEVER_SHOWN and one.tag != "noscript"):
            continue
        if one.text:
            found.append(one.text)
        for child in reversed(one):
            if child.tail:
                pending.append(child.tail)
            pending.append(child)
    return found
