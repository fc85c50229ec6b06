"""What colour text and grounds of a Word document have: from values, theme colours with tint and shade, and patterns.

A colour is red, green, blue. `Ground` is what text stands on: a colour, or `UNKNOWN` where something is behind it that
is not judged. Colours that differ by less than a tenth in every part are alike: nobody reads one on the other.
"""

import colorsys
import re
from typing import Any

from ingest.loading.word.xml import local_name, qn, value

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
UNKNOWN: Colour = (-1, -1, -1)
_ALIKE = 25  # of 255
_HEX = re.compile(r"[0-9A-Fa-f]{6}")
_HIGHLIGHTS = {
    "black": 0x000000,
    "blue": 0x0000FF,
    "cyan": 0x00FFFF,
    "darkBlue": 0x000080,
    "darkCyan": 0x008080,
    "darkGray": 0x808080,
    "darkGreen": 0x008000,
    "darkMagenta": 0x800080,
    "darkRed": 0x800000,
    "darkYellow": 0x808000,
    "green": 0x00FF00,
    "lightGray": 0xC0C0C0,
    "magenta": 0xFF00FF,
    "red": 0xFF0000,
    "white": 0xFFFFFF,
    "yellow": 0xFFFF00,
}
_SCHEME = {"dark1": "dk1", "light1": "lt1", "dark2": "dk2", "light2": "lt2"}
_SCHEME |= {"hyperlink": "hlink", "followedHyperlink": "folHlink"} | {f"accent{n}": f"accent{n}" for n in range(1, 7)}
_MAPPED = {"background1": "bg1", "text1": "t1", "background2": "bg2", "text2": "t2", "bg1": "bg1", "tx1": "t1"}
_MAPPED |= {"bg2": "bg2", "tx2": "t2"}
_USUAL = {"bg1": "light1", "t1": "dark1", "bg2": "light2", "t2": "dark2"}


def alike(one: Colour, other: Colour) -> bool:
    """Tell whether nobody can tell one colour from the other; of an unknown one nothing is said."""
    if UNKNOWN in (one, other):
        return False
    return all(abs(here - there) < _ALIKE for here, there in zip(one, other, strict=True))


class Theme:
    """The theme's colours, as the settings map them."""

    def __init__(self, theme: Any, settings: Any) -> None:
        """Read a theme and the settings, each the root of its part or None."""
        self._colours: dict[str, Colour] = {"dk1": BLACK, "lt1": WHITE}
        scheme = next((one for one in theme.iter(qn("a:clrScheme"))), None) if theme is not None else None
        for entry in scheme if scheme is not None else ():
            said = next(iter(entry), None)
            if said is not None and (colour := _hex(said.get("lastClr") or said.get("val"))) is not None:
                self._colours[local_name(entry)] = colour
        mapping = settings.find(qn("w:clrSchemeMapping")) if settings is not None else None
        self._mapping = {
            name: (mapping.get(qn(f"w:{name}")) if mapping is not None else None) or usual
            for name, usual in _USUAL.items()
        }

    def named(self, name: str) -> Colour:
        """Return a theme's colour by its name in text ("background1") or in drawings ("bg1")."""
        mapped = self._mapping[_MAPPED[name]] if name in _MAPPED else name
        return self._colours.get(_SCHEME.get(mapped, mapped), UNKNOWN)

    def of_text(self, element: Any) -> Colour | None:
        """Return the colour of a `w:color`, None for the automatic one, which is always seen."""
        return self._said(element, "val", "theme")

    def of_shading(self, element: Any) -> Colour | None:
        """Return the colour of a `w:shd`, None if it is clear."""
        if element is None:
            return None
        pattern = element.get(qn("w:val"), "clear")
        fill = self._said(element, "fill", "themeFill")
        if pattern in {"clear", "nil"}:
            return None if pattern == "nil" else fill
        ink = self._said(element, "color", "theme") or BLACK
        if pattern == "solid":
            return ink
        share = re.fullmatch(r"pct(\d{1,3})", pattern)
        if share is None or UNKNOWN in (ink, fill):
            return UNKNOWN
        part = int(share[1]) / 100
        red, green, blue = (
            round(part * here + (1 - part) * there) for here, there in zip(ink, fill or WHITE, strict=True)
        )
        return red, green, blue

    def _said(self, element: Any, plain: str, theme: str) -> Colour | None:
        """Return the colour of an attribute, or of the theme's colour that goes before it."""
        name = element.get(qn(f"w:{theme}Color")) if theme == "theme" else element.get(qn(f"w:{theme}"))
        if name and name != "none":
            colour = self.named(name)
            if colour != UNKNOWN:
                tint, shade = element.get(qn(f"w:{theme}Tint")), element.get(qn(f"w:{theme}Shade"))
                return _turned(colour, tint, shade)
        said = element.get(qn(f"w:{plain}"), "auto")
        return None if said == "auto" else (_hex(said) or UNKNOWN)

    def of_fill(self, properties: Any) -> Colour | None:
        """Return the colour of a drawing's solid fill, None if it has no fill, `UNKNOWN` for any other."""
        for child in properties if properties is not None else ():
            name = local_name(child)
            if name == "noFill":
                return None
            if name == "solidFill":
                return self._of_drawn(next(iter(child), None))
            if name in {"gradFill", "blipFill", "pattFill", "grpFill"}:
                return UNKNOWN
        return None

    def _of_drawn(self, said: Any) -> Colour:
        if said is None or len(said):  # with lightness or transparency of its own
            return UNKNOWN
        name = said.get("val") or said.get(qn("w14:val")) or ""
        return self.named(name) if local_name(said) == "schemeClr" else (_hex(name) or UNKNOWN)

    def of_text_fill(self, element: Any) -> Colour | None:
        """Return the colour of a `w14:textFill`; `UNKNOWN` if it is not judged, None if there is no fill at all."""
        for child in element:
            name = local_name(child)
            if name == "noFill":
                return None
            if name == "solidFill":
                return self._of_drawn(next(iter(child), None))
        return UNKNOWN


def highlight(element: Any) -> Colour | None:
    """Return the colour of a `w:highlight`, None if it has none."""
    number = _HIGHLIGHTS.get(element.get(qn("w:val"), "none"))
    return None if number is None else (number >> 16, number >> 8 & 255, number & 255)


def page_ground(document: Any, settings: Any) -> Colour:
    """Return what the pages are printed on: white, or the background that the settings switch on."""
    background = document.find(qn("w:background"))
    shown = settings is not None and settings.find(qn("w:displayBackgroundShape")) is not None
    if background is None or not shown or value(settings, "w:displayBackgroundShape") in {"0", "false"}:
        return WHITE
    return _hex(background.get(qn("w:color"))) or UNKNOWN


def _hex(text: str | None) -> Colour | None:
    if text is None or not _HEX.fullmatch(text):
        return None
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def _turned(colour: Colour, tint: str | None, shade: str | None) -> Colour:
    """Return a theme's colour made lighter or darker."""
    hue, light, full = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    for said, lighter in ((tint, True), (shade, False)):
        if said is not None and re.fullmatch(r"[0-9A-Fa-f]{2}", said):
            share = int(said, 16) / 255
            light = light * share + (1 - share if lighter else 0)
    red, green, blue = (round(part * 255) for part in colorsys.hls_to_rgb(hue, light, full))
    return red, green, blue
