"""Parts of a web page that lead elsewhere, and say nothing of their own: navigation, frames, breadcrumbs, banners.

A part is judged by what it is marked as, and by its words: how many of them are links, and whether the others are
sentences. What is marked as navigation, header, footer or aside, and says something, is read. Beside the one `<main>`
of a page only what says something is read; `<header>` and `<footer>` of an article belong to it. A page that is nothing
but links is read whole (`html`). Only text that is seen counts.
"""

import re
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from ingest.loading.web.seen import Page
from ingest.loading.web.style_nodes import Node

_FRAME_ROLES = {"navigation": "nav", "banner": "header", "contentinfo": "footer", "complementary": "aside"}
_FRAMES = frozenset(["nav", "header", "footer", "aside"])
_CONTENT = frozenset(["main", "article", "section", "blockquote", "figure", "dialog", "td", "li", "details"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_ADS = frozenset(["ad", "ads", "advert", "advertisement", "sponsored"])
_CONTENTS = re.compile(r"(?:^|[\s_-])(?:toc|table-of-contents|tableofcontents)(?:$|[\s_-])", re.IGNORECASE)
_ICONS = re.compile(r"(?:^|\s)material-(?:icons|symbols)")
_COOKIES = re.compile(r"cookie|gdpr|consent", re.IGNORECASE)
_BANNER = re.compile(r"banner|notice|bar|popup|modal|dialog|overlay|message|consent", re.IGNORECASE)
_SKIP = re.compile(r"(?:skip|jump|go)\s+(?:directly\s+)?to\b|zum (?:haupt)?inhalt|aller au contenu", re.IGNORECASE)
_BOILERPLATE = re.compile(
    r"©|\(c\) ?(?:19|20)\d\d|\bcopyright\b|rights reserved|powered by|\bcookies\b|alle rechte vorbehalten",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:\S+\s+){4,}\S*\w[\"'”’»)]*[.!?…](?=\s|$)")
_BACK = frozenset(["↩", "↩︎", "↩\ufe0e", "↑", "^", "⏎"])
_ANCHORS = frozenset(["#", "¶", "§", "🔗", "Link", "Permalink", "edit", "Edit"])
_LOOKED_AT_CHARS = 4_000
_MAX_BANNER_WORDS = 200
_MANY_LINKS = 0.5
_MOSTLY_LINKS = 0.8
_SOME_LINKS = 0.3
_MANY_WORDS = 40  # outside links: more than that are no labels


class Parts:
    """Judges the parts of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._words: dict[HtmlElement, int] = {}
        self._linked: dict[HtmlElement, int] = {}
        self._has_text: dict[HtmlElement, bool] = {}  # directly within an element
        self._count()
        mains = [node for node in page.nodes if self._is_main(node) and self._words[node.element] > 0]
        self._main = mains[0].element if len(mains) == 1 else None
        self._around_main = set(self._main.iterancestors()) if self._main is not None else set()
        self._has_panels = any(node.element.get("role") == "tabpanel" for node in page.nodes)

    def words(self, element: HtmlElement) -> int:
        """Return how many words that are seen an element holds."""
        return self._words.get(element, 0)

    def why_left(self, element: HtmlElement) -> str:
        """Return the kind of note under which an element is left out for what it is; empty if it is content."""
        tag, role = element.tag, element.get("role", "")
        if self._is_beside_main(element) and role not in {"alert", "status"}:
            return "" if self._says_something(element) and self._share(element) < _MANY_LINKS else "navigation"
        frame = _FRAME_ROLES.get(role, tag if tag in _FRAMES and role not in {"note", "presentation"} else "")
        if frame and self._is_frame(element, frame):
            return "contents_lines" if _CONTENTS.search(_named(element)) else "navigation"
        if role == "search" or (role == "tablist" and self._has_panels):
            return "navigation"
        if tag == "button" or role == "button":
            return "" if self._is_read_button(element) else "navigation"
        if tag == "a":
            return "navigation" if self._is_no_link(element) else ""
        return self._by_name(element)

    def _by_name(self, element: HtmlElement) -> str:
        name = _named(element)
        if not name:
            return ""
        if _ICONS.search(name):
            return "navigation"  # the name of a picture, which a font draws
        if "breadcrumb" in name.lower() and self._share(element) > _SOME_LINKS:
            return "navigation"
        if _CONTENTS.search(name) and self._share(element) >= _MOSTLY_LINKS:
            return "contents_lines"
        few = self.words(element) <= _MAX_BANNER_WORDS
        if few and _COOKIES.search(name) and _BANNER.search(name) and element not in self._around_main:
            acts = any(one.local_name in {"button", "a", "input"} for one in self._within(element))
            return "navigation" if acts and not _is_in_content(element) else ""
        return ""

    def _is_frame(self, element: HtmlElement, frame: str) -> bool:
        words, share = self.words(element), self._share(element)
        if words == 0:
            return False
        if frame == "nav":
            return share >= _MANY_LINKS or not self._says_something(element)
        if frame == "aside":
            links = sum(1 for _ in islice(element.iter("a"), 2))
            return (share >= _MANY_LINKS and links > 1) or bool(
                _ADS & set(_named(element).lower().replace("-", " ").split())
            )
        if element in self._around_main or _is_in_content(element):
            return share >= _MOSTLY_LINKS and words > 1
        if self._says_something(element) and share < _MANY_LINKS:
            return False
        return not (frame == "header" and self._heads_page(element))

    def _heads_page(self, element: HtmlElement) -> bool:
        """Tell whether a page's header holds the heading of what follows, and not only the name of the site."""
        headings = (node.element for node in self._within(element) if node.local_name in _HEADINGS)
        return any(self._share(heading) < _MANY_LINKS for heading in headings)

    def _is_beside_main(self, element: HtmlElement) -> bool:
        if self._main is None or element is self._main or element in self._around_main:
            return False
        parent = element.getparent()
        return parent is not None and parent in self._around_main

    def _is_main(self, node: Node) -> bool:
        return node.local_name == "main" or node.element.get("role") == "main"

    def _says_something(self, element: HtmlElement) -> bool:
        """Tell whether sentences stand outside links, other than who owns the page."""
        text = self._loose_text(element)
        return any(not _BOILERPLATE.search(found[0]) for found in _SENTENCE.finditer(text)) or (
            self.words(element) - self._linked.get(element, 0) > _MANY_WORDS and not _BOILERPLATE.search(text)
        )

    def _is_read_button(self, button: HtmlElement) -> bool:
        """Tell whether a button's text is content: a question that opens its answer, or a word within a sentence."""
        if "aria-expanded" in button.attrib or "aria-controls" in button.attrib:
            return True
        parent = button.getparent()
        if parent is None or any(above.tag in _HEADINGS or above.tag == "summary" for above in button.iterancestors()):
            return True
        if any(word in _named(button).lower() for word in ("accordion", "collaps", "expand", "toggle")):
            return True
        if parent not in self._has_text:
            around = [parent.text, *(child.tail for child in parent)]
            self._has_text[parent] = any(text and text.strip() for text in around)
        return self._has_text[parent]

    def _is_no_link(self, link: HtmlElement) -> bool:
        """Tell whether a link is for getting about: past the navigation, to a heading itself, back from a note."""
        address = link.get("href", "")
        text = " ".join(link.text_content().split()) if self.words(link) <= 8 else ""  # noqa: PLR2004 - a few words
        if address.startswith("#") and (_SKIP.match(text) or text in _BACK):
            return True
        return text in _ANCHORS and any(above.tag in _HEADINGS for above in link.iterancestors())

    def _share(self, element: HtmlElement) -> float:
        return self._linked.get(element, 0) / max(self.words(element), 1)

    def _within(self, element: HtmlElement) -> Iterator[Node]:
        pending = [self._page.node[element]]
        while pending:
            node = pending.pop()
            if not self._page.look(node.element).left:
                yield node
                pending.extend(reversed(node.children))

    def _loose_text(self, element: HtmlElement) -> str:
        """Return the beginning of the text that is seen outside links."""
        pieces: list[str] = []
        length = 0
        for text, linked in self._texts(element):
            if not linked:
                pieces.append(text)
                length += len(text)
                if length > _LOOKED_AT_CHARS:
                    break
        return " ".join("".join(pieces).split())

    def _texts(self, element: HtmlElement) -> Iterator[tuple[str, bool]]:
        pending: list[tuple[HtmlElement, bool] | str] = [(element, False)]
        while pending:
            one = pending.pop()
            if isinstance(one, str):
                yield one, False
                continue
            found, linked = one
            look = self._page.look(found)
            if look.left:
                continue
            linked = linked or _is_link(found)
            if found.text and not look.unseen:
                yield found.text, linked
            for child in reversed(found):
                if child.tail and not linked and not look.unseen:
                    pending.append(child.tail)
                if isinstance(child.tag, str):
                    pending.append((child, linked))
            if found.tag not in {"a", "b", "em", "i", "span", "strong", "code"}:
                yield "\n", False

    def _count(self) -> None:
        """Count words from the innermost elements outwards."""
        for node in reversed(self._page.nodes):
            element = node.element
            look = self._page.look(element)
            words = linked = 0
            if not look.left:
                if not look.unseen:
                    words = len((element.text or "").split())
                    words += sum(len((child.tail or "").split()) for child in element)
                words += sum(self._words[child.element] for child in node.children)
                linked = words if _is_link(element) else sum(self._linked[child.element] for child in node.children)
            self._words[element], self._linked[element] = words, linked


def _is_link(element: HtmlElement) -> bool:
    return element.tag == "button" or (element.tag == "a" and element.get("href") is not None)


def _is_in_content(element: HtmlElement) -> bool:
    return any(above.tag in _CONTENT for above in element.iterancestors())


def _named(element: HtmlElement) -> str:
    attributes = element.attrib
    return " ".join(attributes[name] for name in ("id", "class", "aria-label") if name in attributes)
