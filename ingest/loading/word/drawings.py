"""What a drawing, a picture or an embedded object of a Word document holds: text boxes to be read, and what is said.

Text boxes are handed out with the ground that their text stands on: their fill, or the page where they have none. Where
other drawings stand in the same paragraph a box without a fill may lie on one of them: its ground is not known.
Pictures, charts, diagrams and embedded objects are counted; descriptions of pictures are no text of the page.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ingest.loading.word.colours import UNKNOWN, WHITE, Colour, Theme
from ingest.loading.word.xml import local_name, qn

_PICTURES = frozenset(["pic", "imagedata", "contentPart", "ink"])
_CHARTS = frozenset(["chart", "relIds"])
_OBJECTS = frozenset(["OLEObject", "control", "objectEmbed", "objectLink"])
_SHAPES = frozenset(["wsp", "shape", "rect", "roundrect", "oval"])
_HEX = re.compile(r"#?([0-9A-Fa-f]{6})")
_NAMED = {"white": "FFFFFF", "black": "000000", "window": "FFFFFF", "windowtext": "000000"}


@dataclass(slots=True)
class Box:
    """A text box: its `w:txbxContent`, and the ground of its text."""

    content: Any
    ground: Colour


@dataclass(slots=True)
class Drawn:
    """What a drawing holds; `lines` are texts of drawings of other programs, one a paragraph."""

    boxes: list[Box] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    hidden: bool = False


def drawn(element: Any, theme: Theme, *, alone: bool) -> Drawn:
    """Look through a `w:drawing`, `w:pict` or `w:object`.

    Args:
        element: the drawing.
        theme: the colours.
        alone: no other drawing stands in its paragraph.
    """
    found = Drawn()
    shapes = 0
    stack = [element]
    while stack:
        node = stack.pop()
        name = local_name(node)
        if name == "txbxContent":
            found.boxes.append(Box(node, _ground(node, theme)))
            continue
        if name == "docPr" and node.get("hidden", "0") in {"1", "true"}:
            found.hidden = True
        if node.tag == qn("a:p") or (name == "textpath" and node.get("string")):
            found.lines.append(node)
            continue
        shapes += name in _SHAPES
        kind = _kind(node, name)
        if kind:
            found.things.append(kind)
        stack.extend(reversed(node))
    if any(kind == "embedded" for kind in found.things):  # what shows beside it is its picture
        found.things = [kind for kind in found.things if kind != "pictures"]
    others = shapes > 1 or bool(found.things) or not alone
    for box in found.boxes:
        box.ground = UNKNOWN if others and box.ground is WHITE else box.ground
    return found


def _kind(node: Any, name: str) -> str:
    if name in _PICTURES:
        return "pictures"
    if name in _CHARTS and len(node.attrib):
        return "charts"
    return "embedded" if name in _OBJECTS else ""


def _ground(content: Any, theme: Theme) -> Colour:
    """Return what the text of a box stands on; `WHITE` itself, not merely as white, where the box has no fill."""
    shape = next((above for above in content.iterancestors() if local_name(above) in _SHAPES), None)
    if shape is None:
        return WHITE
    if local_name(shape) != "wsp":
        if shape.get("filled", "t") in {"f", "false"}:
            return WHITE
        said = shape.get("fillcolor", "white").partition(" ")[0].lower()
        found = _HEX.fullmatch(_NAMED.get(said, said))
        return _colour(found[1]) if found else UNKNOWN
    properties = next((child for child in shape if local_name(child) == "spPr"), None)
    if properties is not None and any(local_name(child).endswith("Fill") for child in properties):
        return theme.of_fill(properties) or WHITE
    style = next((child for child in shape if local_name(child) == "style"), None)
    fill = style.find(qn("a:fillRef")) if style is not None else None
    return UNKNOWN if fill is not None and fill.get("idx", "0") != "0" else WHITE


def _colour(text: str) -> Colour:
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)
