"""Names and values in the XML of Word documents: `qn("w:p")`, values of properties, measures, and where text stands.

Elements are lxml's, which have no useful types. Knows no file and no text.
"""

import re
from functools import cache
from typing import Any

_OPEN = "http://schemas.openxmlformats.org/"
_OFFICE = "http://schemas.microsoft.com/office/"
_NAMESPACES = {
    "a": f"{_OPEN}drawingml/2006/main",
    "c": f"{_OPEN}drawingml/2006/chart",
    "dgm": f"{_OPEN}drawingml/2006/diagram",
    "m": f"{_OPEN}officeDocument/2006/math",
    "mc": f"{_OPEN}markup-compatibility/2006",
    "o": "urn:schemas-microsoft-com:office:office",
    "pic": f"{_OPEN}drawingml/2006/picture",
    "r": f"{_OPEN}officeDocument/2006/relationships",
    "v": "urn:schemas-microsoft-com:vml",
    "w": f"{_OPEN}wordprocessingml/2006/main",
    "w14": f"{_OFFICE}word/2010/wordml",
    "wp": f"{_OPEN}drawingml/2006/wordprocessingDrawing",
    "wps": f"{_OFFICE}word/2010/wordprocessingShape",
}
_MEASURE = re.compile(r"(-?\d+(?:\.\d+)?)(pt|mm|cm|in|pc|pi)")
_POINTS = {"pt": 1.0, "mm": 72 / 25.4, "cm": 72 / 2.54, "in": 72.0, "pc": 12.0, "pi": 12.0}
_MAX_DIGITS = 9


@cache
def qn(name: str) -> str:
    """Return a name with its namespace, as lxml writes it."""
    prefix, local = name.split(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


_VALUE = qn("w:val")


def local_name(element: Any) -> str:
    """Return an element's name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def is_on(element: Any) -> bool:
    """Tell whether an on/off property is set; an absent one is off."""
    return element is not None and element.get(_VALUE, "true") not in {"0", "false", "off", "none"}


def value(parent: Any, name: str) -> str | None:
    """Return the value of a property of `parent`, or None if it has none."""
    element = parent.find(qn(name)) if parent is not None else None
    said = element.get(_VALUE) if element is not None else None
    return None if said is None else str(said)


def integer(text: str | None, otherwise: int) -> int:
    """Return a whole number of a sensible size, or `otherwise`."""
    if text is None or len(text) > _MAX_DIGITS:
        return otherwise
    return int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() else otherwise


def points(text: str | None, parts: int) -> float | None:
    """Return a measure in points: a number of `parts` of a point, or one with its unit, as strict documents have it."""
    if text is None:
        return None
    named = _MEASURE.fullmatch(text)
    if named:
        return float(named[1]) * _POINTS[named[2]]
    number = integer(text, -1)
    return None if number < 0 else number / parts
