"""How the text of one element looks: what is set for it, one property at a time, upon how the element around it looks.

Some properties hold for all that is within (`display: none`, opacity, clipping, a place off the page, a line through
text); others may be set otherwise further in (visibility, size, colour). Why text is not seen is a kind of
`indexes.readings`: hidden (`hidden_text`), there but not to be seen (`unseen_text`: transparent, tiny, off the page, in
the colour of its ground), or struck out (`struck_text`). Text upon a picture is taken as seen, whatever its colour.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tinycss2.color3 import RGBA

from ingest.loading.web import style_values as css

MIN_FONT_PX = 4.0  # below it letters are specks
_MIN_DIFFERENCE = 25 / 255  # of a colour from its ground, as for pages of PDFs
_NO_INK = 0.05
_FULL_INK = 0.95
_BLACK, _WHITE = RGBA(0, 0, 0, 1), RGBA(1, 1, 1, 1)
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

    unseen: str = field(init=False, default="")  # why the element's own text is not seen, as a kind of note

    def __post_init__(self) -> None:
        """Work out whether text that looks so is seen."""
        why = self.left or ("hidden_text" if self.invisible else "")
        if not why and (self.size_px < MIN_FONT_PX or self.indented or self._is_like_ground()):
            why = "unseen_text"
        object.__setattr__(self, "unseen", why)

    def _is_like_ground(self) -> bool:
        if self.colour is None or self.shadowed:
            return False
        if self.colour.alpha <= _NO_INK:
            return True
        if self.ground is None:
            return False
        pairs = zip(self.colour[:3], self.ground[:3], strict=True)
        return bool(max(abs(ink - ground) * self.colour.alpha for ink, ground in pairs) < _MIN_DIFFERENCE)

    def within(self) -> "Look":
        """Return what elements within inherit."""
        if not (self.display or self.raised or self.shade or self.resets or self.sets or self.counts):
            return self
        return replace(self, display="", raised="", shade="", resets="", sets="", counts="")


class Cascade:
    """Works out the look of one element from what is set for it."""

    def __init__(self, values: Mapping[str, str], outer: Look, variables: Mapping[str, str]) -> None:
        self._outer = outer
        self._values: dict[str, str] = {}
        own = {name: value for name, value in values.items() if name.startswith("--")}
        known = {**variables, **own} if own else variables
        for name, value in values.items():
            put = css.with_variables(value, known) if "var(" in value else value
            if put is not None and put not in {"inherit", "unset", "revert"}:
                self._values[name] = put

    def look(self) -> Look:
        """Return how the element looks."""
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
                if found.alpha < _NO_INK:
                    return self._outer.ground, ""
                return (found if found.alpha > _FULL_INK else None), word
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
