"""What of a web page a reader sees: for each element how its text looks, and if it is not seen, why.

The elements are asked from the outermost to the innermost, as browsers do it: what is set for each by its kind, by its
attributes, by the page's rules and by its own style, the last wins (`style_cascade` says what follows from it). What a
reader can open (`opened`) counts as open. Sheets that are not in the page are not judged.
"""

from dataclasses import replace

from lxml.html import HtmlElement

from ingest.loading.web import style_values as css
from ingest.loading.web.opened import Openers
from ingest.loading.web.style_cascade import MIN_FONT_PX, Cascade, Look
from ingest.loading.web.style_nodes import Node, SpentError, nodes_of
from ingest.loading.web.style_rules import Rule, StyleRules

NEVER_SHOWN = frozenset(
    (
        "script style template noscript head title meta link option optgroup datalist noembed noframes source "
        "track param area base desc metadata defs symbol clippath mask annotation annotation-xml progress meter rp"
    ).split()
)
_OWN_STYLES = {
    "del": {"text-decoration": "line-through"},
    "s": {"text-decoration": "line-through"},
    "strike": {"text-decoration": "line-through"},
    "pre": {"white-space": "pre"},
    "sup": {"vertical-align": "super"},
    "sub": {"vertical-align": "sub"},
}
_SHORTHANDS = frozenset(["background", "font", "list-style", "text-decoration", "inset", "overflow"])


class Page:
    """A parsed page with how each of its elements looks."""

    def __init__(self, root: HtmlElement) -> None:
        self.root = root
        self.nodes: list[Node] = nodes_of(root)
        self.node: dict[HtmlElement, Node] = {node.element: node for node in self.nodes}
        self.rules = StyleRules()
        for style in root.iter("style"):
            self.rules.add_sheet(style.text or "", style.get("media", ""))
        self._openers = Openers(root)
        self._looks: dict[HtmlElement, Look] = {}
        self.before: dict[HtmlElement, str] = {}  # what a sheet writes before an element, and after it
        self.after: dict[HtmlElement, str] = {}
        self._spent = False
        for node in self.nodes:
            outer = self._looks[node.parent.element].within() if node.parent else Look()
            self._looks[node.element] = self._looked(node, outer)
        if self._spent:
            self.rules.not_judged += 1

    def look(self, element: HtmlElement) -> Look:
        """Return how an element looks."""
        return self._looks[element]

    def _looked(self, node: Node, outer: Look) -> Look:
        if outer.left:
            return outer
        return self._looked_itself(node, outer)

    def _looked_itself(self, node: Node, outer: Look) -> Look:
        element, tag = node.element, node.local_name
        if tag in NEVER_SHOWN and not (tag == "template" and element.get("shadowrootmode") == "open"):
            return replace(outer, left="hidden_text")
        values = self._values(node, tag)
        if why := _closed(element, tag, values):
            opens = self._openers.opens_dialog(element) if why == "dialog" else False
            return replace(outer, left="collapsed" if opens else "hidden_text")
        if not values:
            return outer
        found = Cascade(values, outer, self.rules.variables).look()
        if found.left in {"hidden_text", "unseen_text"} and self._openers.opens(node):
            return replace(found, left="", display="", size_px=max(found.size_px, MIN_FONT_PX))
        if found.invisible and not outer.invisible and self._openers.opens(node):
            return replace(found, invisible=False)
        return found

    def _values(self, node: Node, tag: str) -> dict[str, str]:
        """Return what is set for an element: by its kind, attributes, rules, and its own style, which wins."""
        values = dict(_OWN_STYLES.get(tag, ())) | _by_attributes(node.element, tag)
        style = node.element.get("style")
        own = css.declarations_of(style[: css.MAX_STYLE_CHARS])[0] if style else []
        matching = self._matching(node)
        if not matching and not own:
            return values
        declared = [one for rule in matching for one in rule.declarations] + own
        for important in (False, True):
            for one in declared:
                if one.important == important:
                    _set(values, one.name, one.value)
        return values

    def _matching(self, node: Node) -> list[Rule]:
        if not self.rules or self._spent:
            return []
        try:
            matching = self.rules.matching(node)
        except SpentError:
            self._spent = True
            return []
        for rule in matching:
            if (pseudo := rule.selector.pseudo_element) is not None:
                written = self.before if pseudo == "before" else self.after
                for one in rule.declarations:
                    if one.name == "content":
                        written[node.element] = one.value
        return [rule for rule in matching if rule.selector.pseudo_element is None]


def _set(values: dict[str, str], name: str, value: str) -> None:
    """Set one property; what sets several at once undoes what was set of them before."""
    if name in _SHORTHANDS:
        for other in [key for key in values if key.startswith(f"{name}-")]:
            del values[other]
        if name == "inset":
            for side in ("left", "right", "top", "bottom"):
                values.pop(side, None)
    values.pop(name, None)  # so that it stands last
    values[name] = value


def _by_attributes(element: HtmlElement, tag: str) -> dict[str, str]:
    values: dict[str, str] = {}
    if ground := element.get("bgcolor"):
        values["background-color"] = ground.strip().lower()
    if element.get("background"):
        values["background-image"] = "url()"
    if tag == "font":
        if element.get("color"):
            values["color"] = element.get("color", "").strip().lower()
    elif tag == "a" and element.get("href") is not None:
        values["color"] = "#0000ed"
    elif tag == "body" and element.get("text"):
        values["color"] = element.get("text", "").strip().lower()
    if "hidden" in element.attrib:
        values["display"] = "none"
    return values


def _closed(element: HtmlElement, tag: str, values: dict[str, str]) -> str:
    """Tell whether an element is one that shows only once it is opened as a window of its own."""
    if tag == "dialog" and "open" not in element.attrib and values.get("display", "none") == "none":
        return "dialog"
    return "dialog" if "popover" in element.attrib else ""
