"""What of a web page a reader sees: for each element how its text looks, and if it is not seen, why.

The elements are asked from the outermost to the innermost, one property at a time, as browsers do it. Some properties
hold for all that is within (`display: none`, opacity, clipping, a place off the page, a line through text); others may
be set otherwise further in (visibility, size, colour). Why text is left out is a kind of `indexes.readings`: hidden
(`hidden_text`), there but not to be seen (`unseen_text`: transparent, tiny, off the page, in the colour of its ground),
or struck out (`struck_text`). What a reader can open (`opened`) counts as open.

Text under a picture is taken as seen, whatever its colour. Other sheets than the page's own are not judged.
"""

from dataclasses import dataclass, replace

from lxml.html import HtmlElement
from tinycss2.color3 import RGBA

from ingest.loading import style_values as css
from ingest.loading.opened import Openers
from ingest.loading.style_nodes import Node, SpentError, nodes_of
from ingest.loading.style_rules import Rule, StyleRules

NEVER_SHOWN = frozenset(
    (
        "script style template noscript head title meta link option optgroup datalist noembed noframes source "
        "track param area base desc metadata defs symbol clippath mask annotation annotation-xml progress meter rp"
    ).split()
)
_MIN_FONT_PX = 4.0  # below it letters are specks
_MIN_DIFFERENCE = 25 / 255  # of a colour from its ground, as for pages of PDFs
_BLACK, _WHITE, _BLUE = RGBA(0, 0, 0, 1), RGBA(1, 1, 1, 1), RGBA(0, 0, 0.93, 1)
_OWN_STYLES = {
    "del": {"text-decoration": "line-through"},
    "s": {"text-decoration": "line-through"},
    "strike": {"text-decoration": "line-through"},
    "pre": {"white-space": "pre"},
    "sup": {"vertical-align": "super"},
    "sub": {"vertical-align": "sub"},
}
_OUTSIDE = frozenset(["absolute", "fixed"])
_CLIPPED = frozenset(["hidden", "clip", "scroll", "auto"])


@dataclass(frozen=True, slots=True)
class Look:
    """How the text of an element looks; what is not inherited is empty again in the elements within."""

    left: str = ""  # why it and all within it are left out
    invisible: bool = False
    size_px: float = 16.0
    colour: RGBA | None = _BLACK
    ground: RGBA | None = _WHITE  # None: a picture, or not known
    shadowed: bool = False
    indented: bool = False
    keeps_lines: bool = False
    list_style: str = ""
    display: str = ""
    raised: str = ""  # "super", "sub"
    shade: str = ""  # of its own ground, as written
    resets: str = ""  # counters that begin, are set and go on here
    sets: str = ""
    counts: str = ""

    def why_unseen(self) -> str:
        """Return why the element's own text is not seen, as a kind of note; empty if it is."""
        if self.left or self.invisible:
            return self.left or "hidden_text"
        return "unseen_text" if self.size_px < _MIN_FONT_PX or self.indented or self._is_like_ground() else ""

    def _is_like_ground(self) -> bool:
        if self.colour is None or self.shadowed:
            return False
        if self.colour.alpha <= 0.05:  # noqa: PLR2004 - a twentieth of ink
            return True
        if self.ground is None:
            return False
        pairs = zip(self.colour[:3], self.ground[:3], strict=True)
        return max(abs(ink - ground) * self.colour.alpha for ink, ground in pairs) < _MIN_DIFFERENCE

    def within(self) -> "Look":
        """Return what elements within inherit."""
        if not (self.display or self.raised or self.shade or self.resets or self.sets or self.counts):
            return self
        return replace(self, display="", raised="", shade="", resets="", sets="", counts="")


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
        element, tag = node.element, node.local_name
        if tag in NEVER_SHOWN and not (tag == "template" and element.get("shadowrootmode") == "open"):
            return replace(outer, left="hidden_text")
        values = self._values(node, tag)
        if why := _closed(element, tag, values):
            opens = self._openers.opens_dialog(element) if why == "dialog" else False
            return replace(outer, left="collapsed" if opens else "hidden_text")
        if not values:
            return outer
        found = _Cascade(values, outer, self.rules.variables).look(tag)
        if found.left in {"hidden_text", "unseen_text"} and self._openers.opens(node):
            return replace(found, left="", display="", size_px=max(found.size_px, _MIN_FONT_PX))
        if found.invisible and not outer.invisible and self._openers.opens(node):
            return replace(found, invisible=False)
        return found

    def _values(self, node: Node, tag: str) -> dict[str, str]:
        """Return what is set for an element: by its kind, by attributes, by rules and by its own style, the last wins."""
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
    if name in {"background", "font", "list-style", "text-decoration", "inset", "overflow"}:
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


class _Cascade:
    """Works out the look of one element from what is set for it."""

    def __init__(self, values: dict[str, str], outer: Look, variables: dict[str, str]) -> None:
        self._outer = outer
        self._values: dict[str, str] = {}
        own = {name: value for name, value in values.items() if name.startswith("--")}
        known = {**variables, **own} if own else variables
        for name, value in values.items():
            put = css.with_variables(value, known) if "var(" in value else value
            if put is not None and put not in {"inherit", "unset", "revert"}:
                self._values[name] = put

    def look(self, tag: str) -> Look:
        get = self._values.get
        size = self._size()
        colour, shadowed = self._colour()
        ground, shade = self._ground()
        indent = css.pixels(get("text-indent", ""), size, css.WIDTH_PX)
        space = get("white-space", "")
        return replace(
            self._outer,
            left=self._left(size),
            invisible=get("visibility", "hidden" if self._outer.invisible else "") in {"hidden", "collapse"},
            size_px=size,
            colour=colour,
            ground=ground,
            shadowed=shadowed,
            indented=self._outer.indented if indent is None else css.is_away(indent),
            keeps_lines=self._outer.keeps_lines if not space else space.startswith(("pre", "break-spaces")),
            list_style=get("list-style-type", get("list-style", self._outer.list_style)),
            display=get("display", ""),
            raised=self._raised(),
            shade=shade,
            resets=get("counter-reset", ""),
            sets=get("counter-set", ""),
            counts=get("counter-increment", ""),
        )

    def _raised(self) -> str:
        value = self._values.get("vertical-align", "")
        lift = css.pixels(value, self._outer.size_px, self._outer.size_px)
        if value in {"super", "sub"} or lift is None:
            return value if value in {"super", "sub"} else ""
        return "super" if lift >= self._outer.size_px / 4 else ""

    def _size(self) -> float:
        outer = self._outer.size_px
        found = None
        if "font-size" in self._values:
            found = css.font_pixels(self._values["font-size"], outer)
        elif "font" in self._values:
            found = css.size_in_font(self._values["font"], outer)
        return outer if found is None else found

    def _colour(self) -> tuple[RGBA | None, bool]:
        get = self._values.get
        fill = get("-webkit-text-fill-color", get("color"))
        shadowed = self._outer.shadowed if "text-shadow" not in self._values else get("text-shadow") != "none"
        shadowed = shadowed or "text" in (get("background-clip", ""), get("-webkit-background-clip", ""))
        if fill is None or fill == "currentcolor":
            return self._outer.colour, shadowed
        return (_BLACK if fill == "initial" else css.colour(fill)), shadowed

    def _ground(self) -> tuple[RGBA | None, str]:
        """Return the ground of the element's text, and what is set as its own."""
        get = self._values.get
        image = get("background-image", "none")
        value = get("background-color", get("background", ""))
        if "url(" in value or "gradient(" in value or image not in {"none", "initial"}:
            return None, "picture"
        for word in [value, *value.split()]:
            found = css.colour(word)
            if found is not None:
                if found.alpha < 0.05:  # noqa: PLR2004 - as good as none
                    return self._outer.ground, ""
                return (found if found.alpha > 0.95 else None), word  # noqa: PLR2004 - as good as full
        known = value in {"", "none", "initial", "transparent"}
        return (self._outer.ground if known else None), ""

    def _left(self, size: float) -> str:
        get = self._values.get
        if get("display") == "none" or get("content-visibility") == "hidden":
            return "hidden_text"
        if self._is_struck():
            return "struck_text"
        faint = "opacity" in self._values and css.is_nothing(get("opacity", ""))
        if faint or get("filter", "").replace(" ", "") in {"opacity(0)", "opacity(0%)"}:
            return "unseen_text"
        return "unseen_text" if self._is_cut(size) or self._is_away(size) else ""

    def _is_struck(self) -> bool:
        line = self._values.get("text-decoration-line", self._values.get("text-decoration", ""))
        return "line-through" in line

    def _is_cut(self, size: float) -> bool:
        get = self._values.get
        outside = get("position") in _OUTSIDE
        if css.clips_all(get("clip", "") if outside else "", get("clip-path", "")):
            return True
        overflow = " ".join((get("overflow", ""), get("overflow-x", ""), get("overflow-y", "")))
        if not _CLIPPED & set(overflow.split()):
            return False
        limits = ("height", "max-height", "width", "max-width")
        lengths = [css.pixels(self._values[name], size, 100) for name in limits if name in self._values]
        return any(length is not None and length <= 1 for length in lengths) and get("display") != "inline"

    def _is_away(self, size: float) -> bool:
        get = self._values.get
        if any(css.moves_away(get(name, ""), size) for name in ("transform", "scale", "translate") if get(name)):
            return True
        wide, high = float(css.WIDTH_PX), float(css.HEIGHT_PX)
        if css.is_away(css.pixels(get("margin-left", ""), size, wide)) and get("position") not in _OUTSIDE:
            return css.pixels(get("width", ""), size, wide) is None
        if get("position") not in _OUTSIDE | {"relative"}:
            return False
        inset = get("inset", "").split(" ")
        sides = {"top": inset[0], "right": inset[1 % len(inset)], "bottom": inset[2 % len(inset)], "left": inset[-1]}
        for side, whole in (("left", wide), ("top", high), ("right", wide), ("bottom", high)):
            if css.is_away(css.pixels(get(side, sides[side]), size, whole)):
                return True
        beyond = css.pixels(get("left", sides["left"]), size, wide)
        return beyond is not None and beyond >= 2 * wide
