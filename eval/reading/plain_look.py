"""A Markdown file or a web page as plain text, by other code than the loaders': an independent look at its words.

Markdown is rendered by mistune, which is no dependency, and what it renders is read with Python's own HTML parser, tag
by tag. Left out is what no browser shows (scripts, styles, the head, comments, what is marked `hidden`), front matter
and template tags. Style sheets are not judged, and navigation is text like any other.
"""

import re
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import find_spec

MARKDOWN_PACKAGE = "mistune"
_PLUGINS = ["table", "strikethrough", "footnotes", "def_list", "task_lists"]
_FRONT_MATTER = re.compile(r"\A---\s*\n.*?\n(?:---|\.\.\.)\s*\n", re.DOTALL)
_LEFT_OUT = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_TEMPLATE_TAG = r"\{%(?:(?!%\}).)*%\}|\{\{(?:(?!\}\}).)*\}\}"
_TAG_LINE = re.compile(rf"^[ \t]*(?:{_TEMPLATE_TAG})[ \t]*\n", re.DOTALL | re.MULTILINE)
_TAG = re.compile(_TEMPLATE_TAG, re.DOTALL)
_ATTRIBUTES = re.compile(r"\{:?\s*[#.][^{}\n]*\}")
_NOT_SHOWN = frozenset(["script", "style", "head", "title", "template", "noscript", "svg", "del", "s", "select"])
_INLINE = frozenset("a abbr b bdi cite code em i kbd mark q s samp small span strong sub sup u var".split())
_LISTS = frozenset(["ol", "ul", "menu"])
_MAX_DIGITS = 9
_EMPTY = frozenset("area base br col embed hr img input link meta source track wbr".split())


def can_render_markdown() -> bool:
    """Tell whether Markdown can be looked at here."""
    return find_spec(MARKDOWN_PACKAGE) is not None


def markdown_look(text: str) -> str:
    """Return the text of a Markdown file, as a page made of it shows it."""
    body = _LEFT_OUT.sub("", _FRONT_MATTER.sub("", text))
    body = _ATTRIBUTES.sub("", _TAG.sub("", _TAG_LINE.sub("", body)))  # an empty line left behind would end HTML
    return html_look(str(import_module(MARKDOWN_PACKAGE).create_markdown(escape=False, plugins=_PLUGINS)(body)))


def html_look(text: str) -> str:
    """Return the text of a web page, as a browser without style sheets shows it."""
    page = _Page()
    page.feed(text)
    page.close()
    return "".join(page.pieces)


class _Page(HTMLParser):
    """Collects the text of a page.

    `_hidden` are the open elements that are not shown, and all within them; `_lists` are the open lists with the number
    of their next item, which a browser draws though no text holds it (0 in lists without numbers).
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []
        self._lists: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element that begins."""
        if tag not in _INLINE:
            self.pieces.append("\n")
        if tag in _EMPTY:
            if tag == "img" and not self._hidden:
                self.pieces.append(f" {dict(attrs).get('alt') or ''} ")
        elif self._hidden or tag in _NOT_SHOWN or "hidden" in dict(attrs):
            self._hidden.append(tag)
        elif tag in _LISTS:
            self._lists.append(_first_number(dict(attrs).get("start")) if tag == "ol" else 0)
        elif tag == "li" and self._lists and self._lists[-1]:
            self.pieces.append(f"{self._lists[-1]}. ")
            self._lists[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        """Take note of an element that ends; one that was never closed within it ends too."""
        if tag not in _INLINE:
            self.pieces.append("\n")
        if tag in _LISTS and self._lists and not self._hidden:
            self._lists.pop()
        if tag in self._hidden:
            del self._hidden[len(self._hidden) - 1 - self._hidden[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        """Keep text that is shown."""
        if not self._hidden:
            self.pieces.append(data)


def _first_number(start: str | None) -> int:
    return int(start) if start and start.isascii() and start.isdigit() and len(start) <= _MAX_DIGITS else 1
