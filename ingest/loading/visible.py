"""Which elements of a web page a reader sees: everything else is left out of the text.

Hidden: what is never shown (scripts, templates, form fields), what is marked hidden (attributes, inline styles, and
style rules for a single class, id or tag), navigation and page frames, and deleted or struck-out text, whose quote
would say the opposite of what the page says. Does not evaluate style sheets beyond that: colours, sizes and selectors
that combine several elements are not judged.
"""

import re

from lxml.html import HtmlElement

_NEVER_SHOWN = frozenset(
    (
        "script style template noscript head title meta link iframe object embed svg canvas audio video map input "
        "select option textarea datalist noembed noframes"
    ).split()
)
_STRUCK = frozenset(["del", "s", "strike"])
_FRAME_ROLES = frozenset(["navigation", "banner", "contentinfo", "search"])
_CONTENT = frozenset(["main", "article", "section"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "summary"])
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])",
    re.IGNORECASE,
)
_RULE = re.compile(r"([^{}]{1,2000})\{([^{}]{0,5000})\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SIMPLE_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][\w-]+)?", re.IGNORECASE)


class Visibility:
    """Knows the style rules of one page that hide things, and answers for its elements."""

    def __init__(self, root: HtmlElement) -> None:
        self._hidden_selectors: set[str] = set()
        for style in root.iter("style"):
            for selectors, body in _RULE.findall(_COMMENT.sub("", style.text or "")):
                if _HIDING.search(body):
                    self._hidden_selectors.update(_simple(selectors))

    def shows(self, element: HtmlElement) -> bool:
        """Tell whether a reader sees this element, given that its parents are seen."""
        tag = element.tag
        if not isinstance(tag, str):  # a comment or a processing instruction
            return False
        if tag in _NEVER_SHOWN or tag in _STRUCK or _is_frame(element, tag) or self._is_marked_hidden(element):
            return False
        return not (self._hidden_selectors and self._is_hidden_by_rule(element, tag))

    @staticmethod
    def _is_marked_hidden(element: HtmlElement) -> bool:
        attributes = element.attrib
        return bool(
            attributes
            and (
                "hidden" in attributes
                or attributes.get("aria-hidden", "").strip().lower() == "true"
                or _HIDING.search(attributes.get("style", ""))
            )
        )

    def _is_hidden_by_rule(self, element: HtmlElement, tag: str) -> bool:
        names = [f".{name}" for name in element.get("class", "").split()]
        names += [f"#{element.get('id')}"] if element.get("id") else []
        return any(name in self._hidden_selectors or tag + name in self._hidden_selectors for name in ["", *names])


def _simple(selectors: str) -> list[str]:
    found = (selector.strip() for selector in selectors.split(","))
    return [selector for selector in found if selector and _SIMPLE_SELECTOR.fullmatch(selector)]


def _is_frame(element: HtmlElement, tag: str) -> bool:
    """Navigation, page headers and footers; a header or an aside within the content proper belongs to it."""
    if tag in {"nav", "footer"} or element.get("role") in _FRAME_ROLES:
        return True
    if tag in {"header", "aside"}:
        return not any(above.tag in _CONTENT for above in element.iterancestors())
    if tag == "button":
        return not any(above.tag in _HEADINGS for above in element.iterancestors())
    return False
