"""Lists of a web page: the numbers as they are printed, and terms with their definitions."""

from lxml.html import HtmlElement

from ingest.loading.counting import printed
from ingest.loading.web.seen import Page

_TYPES = {"1": "decimal", "a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
_STYLES = (
    "decimal-leading-zero",
    "decimal",
    "lower-alpha",
    "lower-latin",
    "upper-alpha",
    "upper-latin",
    "lower-roman",
    "upper-roman",
    "lower-greek",
)
_PLAIN = frozenset(["", "inside", "outside", "inherit", "initial", "unset"])
_MAX_DIGITS = 9
_ENDS = (".", "!", "?", ":")


class ListNumbers:
    """Counts the items of one list; what is printed is a number only where the page prints that number."""

    def __init__(self, element: HtmlElement, page: Page) -> None:
        self._page = page
        self._ordered = element.tag == "ol"
        self._step = 1
        self._number = whole_number(element.get("start"), 1)
        if self._ordered and "reversed" in element.attrib:
            self._step = -1
            items = [child for child in element.iterchildren("li") if page.look(child).left != "hidden_text"]
            self._number = whole_number(element.get("start"), len(items))
        self._type = _TYPES.get(element.get("type", "").strip(), "")

    def marker(self, item: HtmlElement) -> str:
        """Return what is printed before an item: "-" for what is no number, or none that is known."""
        if not self._ordered:
            return "-"
        number = whole_number(item.get("value"), self._number)
        self._number = number + self._step
        look = self._page.look(item)
        if look.display not in {"", "list-item"}:
            return "-"
        style = _TYPES.get(item.get("type", "").strip(), "") or self._style(look.list_style)
        written = printed(number, style) if style else None
        return f"{written}." if written else "-"

    def _style(self, value: str) -> str:
        """Return the style that a rule sets; that of the list's own attribute or "decimal" if it sets none."""
        words = [word for word in value.split() if word not in _PLAIN and not word.startswith("url(")]
        for word in words:
            if word in _STYLES:
                return word
        return "" if words else self._type or "decimal"


class Terms:
    """The terms of one definition list, until they are defined."""

    def __init__(self) -> None:
        self._terms: list[str] = []
        self._defined = False

    def add(self, term: str) -> None:
        """Take a term; several before a definition belong together."""
        if self._defined:
            self._terms = []
        self._defined = False
        if term:
            self._terms.append(term)

    def lead(self) -> str:
        """Return what stands before a definition: "Term:"; a question needs no colon."""
        self._defined = True
        said = ", ".join(self._terms)
        return said if not said or said.endswith(_ENDS) else f"{said}:"

    def left(self) -> str:
        """Return the terms that nothing defined."""
        return "" if self._defined else ", ".join(self._terms)


def whole_number(text: str | None, otherwise: int) -> int:
    """Return a whole number as HTML writes it."""
    digits = (text or "").strip()
    bare = digits.removeprefix("-").removeprefix("+")
    return int(digits) if bare.isascii() and bare.isdigit() and len(bare) <= _MAX_DIGITS else otherwise
