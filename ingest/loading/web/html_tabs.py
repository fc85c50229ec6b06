"""Tabs of a web page: the name of the tab under which a panel is shown, and names that other elements show.

A tab is what has that role, or what Bootstrap, MkDocs and Sphinx write for one; it names its panel by an id, is named
by it, or stands in the same place among the tabs as the panel among the panels.
"""

from collections.abc import Iterator

from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.loading.web.seen import Page

_TITLED = frozenset(["tab", "tabitem", "accordion", "accordionitem", "card", "step", "expandable", "collapse"])
_PANELS = frozenset(["tab-pane", "tab-panel", "tabbed-block", "sd-tab-content", "tabs-panel"])
_LABELS = frozenset(["tabbed-labels", "nav-tabs", "nav-pills"])
_NAMES = ("aria-controls", "data-bs-target", "data-target", "href")
_MAX_NAME_CHARS = 120


class Tabs:
    """Knows the tabs of one page and their panels."""

    def __init__(self, page: Page) -> None:
        elements = [node.element for node in page.nodes]
        tabs = [element for element in elements if _is_tab(element)]
        panels = [element for element in elements if _is_panel(element)]
        self._by_id = {element.get("id"): element for element in elements if element.get("id")} if panels else {}
        self._by_panel = {name: tab for tab in tabs for name in _named(tab)}
        self._in_place = dict(zip(panels, tabs, strict=True)) if len(tabs) == len(panels) else {}

    def label_of(self, element: HtmlElement) -> str:
        """Return the name that is shown above a part: of its tab, or what the part itself is given as one."""
        if _is_panel(element) or (self._by_panel and element.get("id") in self._by_panel):
            tab = self._tab_of(element)
            return "" if tab is None else clean(str(tab.text_content()))[:_MAX_NAME_CHARS]
        name = element.get("label") or element.get("title") if element.tag in _TITLED else element.get("data-part-name")
        return clean(name or "")[:_MAX_NAME_CHARS]

    def _tab_of(self, panel: HtmlElement) -> HtmlElement | None:
        """Return the tab of a panel: the one that names it, that it names, or the one in its place."""
        for name in panel.get("aria-labelledby", "").split():
            if name in self._by_id:
                return self._by_id[name]
        return self._by_panel.get(panel.get("id") or "", self._in_place.get(panel))


def _is_tab(element: HtmlElement) -> bool:
    toggles = element.get("data-toggle", "") + element.get("data-bs-toggle", "")
    if element.get("role") == "tab" or toggles in {"tab", "pill"}:
        return True
    classes = element.get("class", "").split()
    if element.tag == "label" and "sd-tab-label" in classes:
        return True
    parent = element.getparent()
    return element.tag == "label" and parent is not None and bool(_LABELS & set(parent.get("class", "").split()))


def _is_panel(element: HtmlElement) -> bool:
    return element.get("role") == "tabpanel" or bool(_PANELS & set(element.get("class", "").split()))


def _named(tab: HtmlElement) -> Iterator[str]:
    """Give the ids that a tab names."""
    for name in _NAMES:
        value = tab.get(name, "")
        if value and (name != "href" or value.startswith("#")) and value != "#":
            yield value.removeprefix("#")
