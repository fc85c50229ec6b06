"""What a reader of a web page can open: answers behind a button, panels of tabs, what is hidden until found.

A hidden element counts as one that can be opened if a control of the page names it, if it is a panel of tabs, if its
class says so ("accordion-body", "collapse", "tab-pane", "expand-content"), or if a control stands right before it.
Windows of their own (`dialog`, `popover`) are not opened in reading; with a control for them, a reader can see them.
`details` needs none of this: what is in it is text like any other.
"""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from ingest.loading.web.style_nodes import Node

_NAMES = ("aria-controls", "data-target", "data-bs-target", "href", "data-controls", "data-collapse-target")
_OPENS_WINDOW = ("popovertarget", "commandfor", "aria-controls", "data-target", "data-bs-target", "data-dialog")
_WORD = re.compile(r"[a-z]+")
_OPENED = frozenset(
    (
        "accordion collapse collapsed collapsible expand expander expandable expanded toggle toggled toggleable tab "
        "tabs tabpanel tabbed faq disclosure spoiler answer foldable"
    ).split()
)
_NOT_OPENED = frozenset("nav navbar menu navigation header search modal dialog popup tooltip cookie".split())
_CONTROLS = frozenset(
    "accordion collapsible collapse expand expander toggle toggler faq question disclosure spoiler summary".split()
)


class Openers:
    """Knows which elements of a page a control names."""

    def __init__(self, root: HtmlElement) -> None:
        self._named: set[str] = set()
        self._windows: set[str] = set()
        calls: list[str] = []
        for element in root.iter():
            attributes = element.attrib
            if not attributes or not isinstance(element.tag, str):
                continue
            if "onclick" in attributes:
                calls.append(attributes["onclick"][:200])
            for name in _OPENS_WINDOW:
                self._windows.update(_ids(attributes.get(name)))
            if _is_control(element):
                for name in _NAMES:
                    self._named.update(_ids(attributes.get(name)))
        self._calls = "\n".join(calls)

    def opens(self, node: Node) -> bool:
        """Tell whether a reader can open an element that is hidden at first."""
        element = node.element
        if element.get("hidden", "").strip().lower() == "until-found" or element.get("role") == "tabpanel":
            return True
        words = _words(element)
        if words & _NOT_OPENED:
            return False
        if element.get("id") in self._named or words & _OPENED:
            return True
        return node.previous is not None and _opens_next(node.previous)

    def opens_dialog(self, element: HtmlElement) -> bool:
        """Tell whether the page has a control for a window."""
        name = element.get("id")
        return bool(name) and (name in self._windows or name in self._calls)


def _ids(value: str | None) -> Iterator[str]:
    for word in (value or "").split():
        yield word.removeprefix("#")


def _is_control(element: HtmlElement) -> bool:
    attributes = element.attrib
    if attributes.get("aria-haspopup", "false") not in {"false", ""}:
        return False
    toggles = attributes.get("data-toggle", "") + attributes.get("data-bs-toggle", "")
    return (
        "aria-expanded" in attributes
        or attributes.get("role") == "tab"
        or "collapse" in toggles
        or "tab" in toggles
        or "pill" in toggles
        or ("aria-controls" in attributes and element.tag in {"button", "a", "summary"})
    )


def _words(element: HtmlElement) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{element.get('class', '')} {element.get('id', '')}".lower()))


def _opens_next(before: Node) -> bool:
    """Tell whether an element opens what follows it: a button, or what is or holds a control."""
    element = before.element
    if element.tag == "button" or element.get("role") == "button" or "aria-expanded" in element.attrib:
        return not element.get("aria-haspopup")
    if _words(element) & _CONTROLS:
        return True
    if element.tag == "label":
        return before.previous is not None and before.previous.element.get("type") == "checkbox"
    heads = element.tag in {"h1", "h2", "h3", "h4", "h5", "h6", "dt"}
    return any(
        "aria-expanded" in child.element.attrib or (heads and child.local_name == "button") for child in before.children
    )
