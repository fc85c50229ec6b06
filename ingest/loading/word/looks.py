"""How a run of a Word document looks, as far as it decides whether anybody sees it, and why not.

Each property is resolved by itself: the run's own, else that of its character style, its paragraph's style, its table's
style, the document's defaults. Properties that toggle (hidden, struck, bold) follow the standard: a style that is bold
on a style that is bold is not. Hidden, struck out, smaller than 2 points, and of the colour of its ground: not seen.
Does not know where text floats: what stands on a ground that is not known counts as seen.
"""

from dataclasses import dataclass
from typing import Any

from ingest.loading.word.colours import BLACK, UNKNOWN, WHITE, Colour, Theme, alike, highlight
from ingest.loading.word.styles import Styles
from ingest.loading.word.xml import integer, is_on, local_name, points, qn, value

HIDDEN, STRUCK, UNSEEN, COVERED = "hidden_text", "struck_text", "unseen_text", "covered_text"
_LEAST_POINTS = 2.0
_LEAST_SCALE = 10  # of a hundred: characters drawn narrower than that are a line
_TOGGLES = ("vanish", "strike", "b")
_SWITCHES = frozenset([*_TOGGLES, "dstrike"])
_TAKEN = frozenset(["color", "highlight", "shd", "textFill"])
_SHIFTED = 4  # half points
_CLEAR = 97_000  # of 100,000: text as transparent as that is not seen

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """A run: why it is not seen (a kind of note, or empty), whether it is bold, and in which font it is.

    `place` is "superscript", "subscript" or nothing.
    """

    unseen: str = ""
    bold: bool = False
    place: str = ""
    font: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a run stands: its paragraph's style, what the table's style says of it, and its ground."""

    style_id: str
    table: tuple[tuple[str, Any], ...] = ()
    ground: Colour = WHITE
    flat: bool = False


class Looks:
    """Knows the looks of one document."""

    def __init__(self, styles: Styles, theme: Theme) -> None:
        self.theme = theme
        self._styles = styles
        self._defaults = said(styles.run_defaults)
        self._of_style: dict[str, Said] = {}
        self._plain: dict[tuple[Setting, str], Look] = {}

    def of_style(self, style_id: str) -> Said:
        """Return what a style and its bases say of runs."""
        if style_id not in self._of_style:
            merged: Said = {}
            for style in self._styles.chain(style_id):
                merged |= said(style.find(qn("w:rPr")))
            self._of_style[style_id] = merged
        return self._of_style[style_id]

    def of_run(self, properties: Any, setting: Setting) -> Look:
        """Return the look of a run.

        Args:
            properties: its `w:rPr`, or None.
            setting: where it stands.
        """
        direct = said(properties)
        character = direct.pop("style", None) or self._styles.usual("character")
        if direct:
            return self._look(direct, character, setting)
        key = (setting, character)
        if key not in self._plain:
            self._plain[key] = self._look(direct, character, setting)
        return self._plain[key]

    def _look(self, direct: Said, character: str, setting: Setting) -> Look:
        levels = [dict(setting.table), self.of_style(setting.style_id), self.of_style(character)]
        merged = {**self._defaults, **levels[0], **levels[1], **levels[2], **direct}
        for name in _TOGGLES:
            if name not in direct:
                merged[name] = self._defaults.get(name, False) or sum(level.get(name, False) for level in levels) % 2
        return Look(
            unseen=self._unseen(merged, setting),
            bold=bool(merged["b"]),
            place=merged.get("place", ""),
            font=merged.get("font"),
        )

    def _unseen(self, merged: Said, setting: Setting) -> str:
        if merged["vanish"]:
            return HIDDEN
        if merged["strike"] or merged.get("dstrike"):
            return STRUCK
        if (
            setting.flat
            or merged.get("points", _LEAST_POINTS) < _LEAST_POINTS
            or merged.get("scale", 100) < _LEAST_SCALE
        ):
            return UNSEEN
        return self._lost(merged, setting.ground)

    def _lost(self, merged: Said, ground: Colour) -> str:
        """Return why text cannot be told from its ground."""
        fill = merged.get("textFill")
        colour = self.theme.of_text(merged["color"]) if "color" in merged else None
        if fill is not None:
            colour = self.theme.of_text_fill(fill)
            if colour is None or _is_clear(fill):
                return UNSEEN
        marked = highlight(merged["highlight"]) if "highlight" in merged else None
        own = marked if marked is not None else self.theme.of_shading(merged.get("shd"))
        if colour is None:  # automatic: black, and white on dark shading; a marker pen leaves it black
            colour = BLACK if marked is not None else UNKNOWN
        if not alike(colour, ground if own is None else own):
            return ""
        return UNSEEN if own is None or alike(own, WHITE) else COVERED


def said(properties: Any) -> Said:
    """Return what run properties say of what counts here; `style` is the character style that they name."""
    found: Said = {}
    for child in properties if properties is not None else ():
        name = local_name(child)
        if name in _SWITCHES:
            found[name] = is_on(child)
        elif name in _TAKEN:
            found[name] = child
        elif name == "sz":
            size = points(child.get(qn("w:val")), 2)
            found |= {} if size is None else {"points": size}
        elif name == "w":
            found["scale"] = integer((child.get(qn("w:val")) or "").removesuffix("%"), 100)
        elif name == "rFonts":
            font = child.get(qn("w:ascii")) or child.get(qn("w:hAnsi"))
            found |= {} if font is None else {"font": font}
        elif name == "vertAlign":
            found["place"] = child.get(qn("w:val"), "").removeprefix("baseline")
        elif name == "position":
            by = integer(child.get(qn("w:val")), 0)
            found |= {"place": "superscript" if by > 0 else "subscript"} if abs(by) >= _SHIFTED else {}
        elif name == "rStyle":
            found["style"] = child.get(qn("w:val"))
    return found


def _is_clear(fill: Any) -> bool:
    return any(integer(one.get(qn("w14:val")), 0) >= _CLEAR for one in fill.iter(qn("w14:alpha")))


def properties_of(element: Any) -> Any:
    """Return the properties of a run (`w:rPr`), or None."""
    return element.find(qn("w:rPr"))


def names_style(properties: Any, styles: Styles, name: str) -> bool:
    """Tell whether run properties name the character style of a name, in small letters."""
    style = value(properties, "w:rStyle")
    return style is not None and styles.name(style) == name
