"""Tabs of a web page: the name of the tab under which a panel is shown, and names that other elements show."""

from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.loading.seen import Page

_TITLED = frozenset(["tab", "tabitem", "accordion", "accordionitem", "card", "step", "expandable", "collapse"])
_MAX_NAME_CHARS = 120


class Tabs:
    """Knows the tabs of one page and their panels."""

    def __init__(self, page: Page) -> None:
        elements = [node.element for node in page.nodes]
        tabs = [element for element in elements if element.get("role") == "tab"]
        panels = [element for element in elements if element.get("role") == "tabpanel"]
        self._by_id = {element.get("id"): element for element in elements if element.get("id")} if panels else {}
        self._by_panel = {}
        for tab in tabs:
            for name in (tab.get("aria-controls", ""), tab.get("href", "").removeprefix("#")):
                if name:
                    self._by_panel[name] = tab
        self._in_place = dict(zip(panels, tabs, strict=True)) if len(tabs) == len(panels) else {}

    def label_of(self, element: HtmlElement) -> str:
        """Return the name that is shown above a part: of its tab, or what the part itself is given as one."""
        if element.get("role") == "tabpanel":
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
