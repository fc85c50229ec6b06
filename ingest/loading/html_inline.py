"""The text within one block of a web page, and the things that stand in it: pictures, fields, embedded pages."""

import re

from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.loading.raised import fraction, lowered, raised

INLINE = frozenset(
    (
        "a abbr acronym b bdi bdo big blink button center cite code data del dfn em font i ins kbd label mark nobr "
        "output picture q rb rp rt rtc ruby s samp slot small span strike strong time tspan tt u var wbr sub sup "
        "meter progress"
    ).split()
)
THINGS = frozenset("br img math svg input select textarea iframe object embed video audio canvas applet hr".split())
AROUND = {"q": ("“", "”"), "rt": ("(", ")")}
_FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?)", re.IGNORECASE)
_FIELDS = frozenset(["text", "number", "date", "email", "tel", "url", "time", "month", "week", "datetime-local"])
_SMALL_PX = 64  # icons
_TAIL_CHARS = 60
_MAX_LABELS = 2_000


class Inline:
    """The text of a paragraph that is being read."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.holds_last = True  # whether the last raised or lowered text was written
        self._above = ""  # a raised number: the first half of a fraction, if a stroke follows

    def add(self, text: str) -> None:
        """Add text."""
        if text:
            self._pieces.append(text)

    def take(self) -> str:
        """Return the text, and begin anew."""
        text = "".join(self._pieces)
        self._pieces.clear()
        return text

    def raise_(self, text: str, *, linked: bool, notes: frozenset[str]) -> None:
        """Add raised text."""
        before = self._before()
        written = raised(text, before, linked=linked, notes=notes)
        if text[:1].isdigit() and not before.strip():
            written += " "  # the number of a note before its text
        self.holds_last = bool(written)
        self._above = text if text.isdigit() and not linked else ""
        self._pieces.append(written)

    def lower(self, text: str) -> None:
        """Add lowered text; after a raised number and a stroke it is the other half of a fraction."""
        stroke = "".join(self._pieces[-1:]).strip()
        self.holds_last = True
        if self._above and stroke in {"/", "⁄"} and text.isdigit() and len(self._pieces) > 1:
            del self._pieces[-2:]
            self._pieces.append(fraction(self._above, text, self._before()))
        else:
            self._pieces.append(lowered(text, self._before()))

    def _before(self) -> str:
        found = ""
        for piece in reversed(self._pieces):
            found = piece + found
            if len(found) >= _TAIL_CHARS:
                break
        return found[-_TAIL_CHARS:]


def heading_level(element: HtmlElement) -> int:
    """Return the level of what is a heading by its role; 0 if it is none."""
    if element.get("role") != "heading":
        return 0
    level = element.get("aria-level", "2")
    return int(level) if level in {"1", "2", "3", "4", "5", "6"} else 2


def alternative(picture: HtmlElement) -> str:
    """Return what is written for a picture: its description, unless that is the name of a file."""
    text = clean(picture.get("alt", ""))
    return "" if _FILE_NAME.fullmatch(text) else text.replace("\n", " ")


def is_silent_picture(picture: HtmlElement) -> bool:
    """Tell whether a picture may show something that is written nowhere: no icon, no decoration, no description."""
    if alternative(picture) or (picture.get("alt") == "" and picture.get("data-written") is None):
        return False
    if picture.get("role") in {"presentation", "none"} or picture.get("aria-hidden") == "true":
        return False
    sizes = [picture.get(name, "").removesuffix("px") for name in ("width", "height")]
    return not any(size.isascii() and size.isdigit() and int(size) <= _SMALL_PX for size in sizes)


def unread(element: HtmlElement) -> str:
    """Return the kind of note for a thing that is shown and not read; empty if nothing is lost with it."""
    tag = element.tag
    if tag in {"iframe", "object", "embed", "applet", "video", "audio", "canvas"}:
        sizes = (element.get("width", ""), element.get("height", ""))
        return "" if any(size in {"0", "1", "0px", "1px"} for size in sizes) else "embedded"
    if tag == "input":
        kind = element.get("type", "text").lower()
        return "form_fields" if kind in _FIELDS and element.get("value", "").strip() else ""
    if tag == "textarea":
        return "form_fields" if (element.text or "").strip() else ""
    if tag == "select":
        chosen = [option for option in element.iter("option") if "selected" in option.attrib]
        return "form_fields" if chosen and clean(str(chosen[0].text_content())) else ""
    return ""


def labels(drawing: HtmlElement) -> list[str]:
    """Return the texts of a drawing (SVG), each label by itself."""
    found = []
    for element in drawing.iter("text", "foreignobject"):
        pieces = [element.text or ""]
        for child in element.iterdescendants():
            if isinstance(child.tag, str) and child.tag not in {"title", "desc", "style", "script"}:
                pieces.append(" " if any(name in child.attrib for name in ("x", "y", "dy")) else "")
                pieces.append(child.text or "")
            pieces.append(child.tail or "")
        if text := clean("".join(pieces)):
            found.append(text)
        if len(found) >= _MAX_LABELS:
            break
    return found
