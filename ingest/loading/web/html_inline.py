"""The text within one block of a web page, and the things that stand in it: pictures, fields, embedded pages."""

import re
import unicodedata

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
AROUND = {"q": ("“", "”"), "rt": ("(", ")"), "button": (" ", " ")}
_ABOVE = re.compile(r"(?<=[^\W_])(?<!m)[⁰¹²³⁴-⁹]{1,2}")
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


def without_marks(text: str, notes: frozenset[str]) -> tuple[str, str]:
    """Return a text without the small raised digits that are numbers of the page's notes; and these digits."""
    dropped: list[str] = []

    def put(found: re.Match[str]) -> str:
        if unicodedata.normalize("NFKC", found[0]) not in notes:
            return found[0]
        dropped.append(found[0])
        return ""

    return (_ABOVE.sub(put, text) if notes else text), " ".join(dropped)


def heading_level(element: HtmlElement) -> int:
    """Return the level of what is a heading by its role; 0 if it is none."""
    if element.get("role") != "heading":
        return 0
    level = element.get("aria-level", "2")
    return int(level) if level in {"1", "2", "3", "4", "5", "6"} else 2


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
