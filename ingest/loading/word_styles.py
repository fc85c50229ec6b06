"""What the styles and the numbering of a Word document say about a paragraph: heading, list item, hidden.

A style's own properties count first, then those of the style it is based on. Word keeps the names of its built-in
styles in English whatever language it runs in. Knows nothing of text.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from docx.oxml.ns import qn

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_TITLE = "title"
_MAX_BASES = 20  # styles based on each other in a ring would never end
_BODY_TEXT_LEVEL = 9  # an outline level that means "no heading"
_NO_HEADING = -1
_CONTENTS = re.compile(r"toc (\d|heading)|table of figures", re.IGNORECASE)
_LISTS = re.compile(r"list (bullet|number)( \d)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NumberingRef:
    """Which list a paragraph belongs to, and how deep (0 is outermost)."""

    list_id: str
    depth: int


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """What a paragraph is.

    `heading_level` is 0 for the title, 1 to 6 for headings, None otherwise; `contents` marks the lines of a table of
    contents, which repeat the headings.
    """

    heading_level: int | None = None
    numbering: NumberingRef | None = None
    hidden: bool = False
    contents: bool = False


def is_on(element: Any) -> bool:
    """Tell whether an on/off property is set; an absent one is off."""
    return element is not None and element.get(qn("w:val"), "true") not in {"0", "false", "off", "none"}


class Styles:
    """The styles of one document."""

    def __init__(self, styles_xml: Any) -> None:
        self._by_id = {style.get(qn("w:styleId")): style for style in styles_xml.iterchildren(qn("w:style"))}
        self._known: dict[str, ParagraphStyle] = {}
        self._run_hidden: dict[str, bool] = {}

    def of_paragraph(self, paragraph: Any) -> ParagraphStyle:
        """Return what a paragraph is, by its style and its own properties."""
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return ParagraphStyle()
        name = properties.find(qn("w:pStyle"))
        style = self._of_style(name.get(qn("w:val"))) if name is not None else ParagraphStyle()
        level = _outline_level(properties)
        if level is not None:
            style = replace(style, heading_level=_heading_level(level))
        own = _numbering_ref(properties)
        return style if own is None else replace(style, numbering=own)

    def hides_run(self, run: Any, *, otherwise: bool) -> bool:
        """Tell whether a run is hidden or struck out; `otherwise` is what its paragraph's style says."""
        properties = run.find(qn("w:rPr"))
        if properties is None:
            return otherwise
        own = _hides(properties)
        if own is not None:
            return own
        name = properties.find(qn("w:rStyle"))
        return otherwise or (name is not None and self._of_style(name.get(qn("w:val"))).hidden)

    def _of_style(self, style_id: str) -> ParagraphStyle:
        if style_id not in self._known:
            self._known[style_id] = self._read(style_id)
        return self._known[style_id]

    def _read(self, style_id: str) -> ParagraphStyle:
        level: int | None = None
        found = ParagraphStyle()
        hidden: bool | None = None
        style = self._by_id.get(style_id)
        for _ in range(_MAX_BASES):
            if style is None:
                break
            name = _value(style, "w:name") or ""
            level = _level_of_name(name) if level is None else level
            properties = style.find(qn("w:pPr"))
            if properties is not None:
                level = _outline_level(properties) if level is None else level
                found = replace(found, numbering=found.numbering or _numbering_ref(properties))
            if found.numbering is None and _LISTS.fullmatch(name):
                found = replace(found, numbering=NumberingRef(name, 0))
            found = replace(found, contents=found.contents or bool(_CONTENTS.fullmatch(name)))
            run = style.find(qn("w:rPr"))
            hidden = _hides(run) if hidden is None and run is not None else hidden
            style = self._by_id.get(_value(style, "w:basedOn"))
        return replace(found, heading_level=_heading_level(level), hidden=bool(hidden))


class Numbering:
    """The lists of one document, and how far each has counted."""

    def __init__(self, numbering_xml: Any) -> None:
        self._formats: dict[tuple[str, int], tuple[str, int]] = {}  # (list, depth): (format, first number)
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        if numbering_xml is None:
            return
        abstract = {
            definition.get(qn("w:abstractNumId")): definition
            for definition in numbering_xml.iterchildren(qn("w:abstractNum"))
        }
        for number in numbering_xml.iterchildren(qn("w:num")):
            reference = number.find(qn("w:abstractNumId"))
            definition = abstract.get(reference.get(qn("w:val"))) if reference is not None else None
            for level in () if definition is None else definition.iterchildren(qn("w:lvl")):
                depth = _integer(level.get(qn("w:ilvl")), 0)
                key = (number.get(qn("w:numId")), depth)
                self._formats[key] = (_value(level, "w:numFmt") or "decimal", _integer(_value(level, "w:start"), 1))

    def marker(self, reference: NumberingRef | None) -> str | None:
        """Return the mark of the next item of a list ("-", "1.", "a."), or None for what is no list item."""
        if reference is None or reference.list_id == "0":  # list 0 takes a paragraph out of its style's list
            return None
        kind, first = self._formats.get((reference.list_id, reference.depth), ("bullet", 1))
        counts = self._counts[reference.list_id]
        count = counts.get(reference.depth, first - 1) + 1
        counts[reference.depth] = count
        for deeper in [depth for depth in counts if depth > reference.depth]:
            del counts[deeper]
        if kind in {"bullet", "none"}:
            return "-"
        if kind in {"lowerLetter", "upperLetter"} and count <= 26:  # noqa: PLR2004 - letters of the alphabet
            return f"{chr(ord('a' if kind == 'lowerLetter' else 'A') + count - 1)}."
        return f"{count}."


def _level_of_name(name: str) -> int | None:
    if name.lower() == _TITLE:
        return 0
    found = _HEADING.fullmatch(name)
    return min(max(int(found[1]), 1), 6) if found else None


def _outline_level(properties: Any) -> int | None:
    """Return 1 to 6 for an outline level, `_NO_HEADING` for "body text", None when nothing is said."""
    value = _value(properties, "w:outlineLvl")
    if value is None or not value.isdigit():
        return None
    level = int(value)
    return _NO_HEADING if level >= _BODY_TEXT_LEVEL else min(level + 1, 6)


def _heading_level(level: int | None) -> int | None:
    return None if level == _NO_HEADING else level


def _numbering_ref(properties: Any) -> NumberingRef | None:
    numbering = properties.find(qn("w:numPr"))
    list_id = _value(numbering, "w:numId") if numbering is not None else None
    return NumberingRef(list_id, _integer(_value(numbering, "w:ilvl"), 0)) if list_id is not None else None


def _hides(properties: Any) -> bool | None:
    """Return whether run properties hide or strike out text; None when they say nothing of it."""
    found = [properties.find(qn(name)) for name in ("w:vanish", "w:webHidden", "w:strike", "w:dstrike")]
    said = [element for element in found if element is not None]
    return any(map(is_on, said)) if said else None


def _value(parent: Any, name: str) -> str | None:
    element = parent.find(qn(name))
    value = element.get(qn("w:val")) if element is not None else None
    return None if value is None else str(value)


def _integer(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 10 else otherwise  # noqa: PLR2004 - no such list
