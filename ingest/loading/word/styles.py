"""What the styles of a Word document say: of a paragraph whether it is a heading, a list item, a line of contents.

A style's own properties count first, then those of the style it is based on, each property by itself. Word keeps the
names of its built-in styles in English whatever language it runs in. How runs look is `looks`'; this module hands
it the chains. Knows nothing of text.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from ingest.loading.word.xml import integer, is_on, qn, value

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_TITLE = "title"
_MAX_BASES = 20  # styles based on each other in a ring would never end
_BODY_TEXT_LEVEL = 9  # an outline level that means "no heading"
_NO_HEADING = -1
_LAST_LEVEL = 6
_CONTENTS = re.compile(r"toc (\d|heading)|table of figures|index (\d|heading)|table of authorities", re.IGNORECASE)
_LISTS = re.compile(r"list (bullet|number)( \d)?", re.IGNORECASE)
_LEAST_LINE = 40  # twentieths of a point: text in exact lines of less than 2 points is cut off


@dataclass(frozen=True, slots=True)
class NumberingRef:
    """Which list a paragraph belongs to, and how deep (0 is outermost); `style` is the style that says so, or empty."""

    list_id: str
    depth: int | None
    style: str = ""


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """What a paragraph is.

    `heading_level` is 0 for the title, 1 to 6 for headings, None otherwise; `contents` marks the lines of a table of
    contents, which repeat the headings. `joins` says that the paragraph goes on in the next one: its mark is deleted or
    hidden, or it is a drop cap; `apart` that though it goes on in the same line, it is a heading of its own. `shading`
    is the `w:shd` that it stands on; `flat` says that its lines are too low to be seen.
    """

    style_id: str = ""
    heading_level: int | None = None
    numbering: NumberingRef | None = None
    contents: bool = False
    joins: bool = False
    apart: bool = False
    shading: Any = None
    flat: bool = False


class Styles:
    """The styles of one document; the root of their part, or None if it has none."""

    def __init__(self, root: Any) -> None:
        self._by_id: dict[str, Any] = {}
        self._usual: dict[str, str] = {}
        for style in root.iterchildren(qn("w:style")) if root is not None else ():
            name = style.get(qn("w:styleId"), "")
            self._by_id.setdefault(name, style)
            if style.get(qn("w:default"), "0") in {"1", "true", "on"}:
                self._usual.setdefault(style.get(qn("w:type"), "paragraph"), name)
        defaults = root.find(qn("w:docDefaults")) if root is not None else None
        self.run_defaults = defaults.find(f"{qn('w:rPrDefault')}/{qn('w:rPr')}") if defaults is not None else None
        self._known: dict[str, ParagraphStyle] = {}

    def usual(self, kind: str) -> str:
        """Return the style that paragraphs, characters or tables have that name none."""
        return self._usual.get(kind, "")

    def name(self, style_id: str) -> str:
        """Return the name of a style, in small letters."""
        return (value(self._by_id.get(style_id), "w:name") or "").lower()

    def chain(self, style_id: str) -> list[Any]:
        """Return a style and those it is based on, the first base first."""
        found: list[Any] = []
        style = self._by_id.get(style_id)
        while style is not None and style not in found and len(found) < _MAX_BASES:
            found.append(style)
            style = self._by_id.get(value(style, "w:basedOn") or "")
        return found[::-1]

    def of_paragraph(self, properties: Any) -> ParagraphStyle:
        """Return what a paragraph is, by its style and its own properties (`w:pPr`, or None)."""
        if properties is None:
            return self.of_style(self.usual("paragraph"))
        style = self.of_style(value(properties, "w:pStyle") or self.usual("paragraph"))
        if len(properties) < 2 and value(properties, "w:pStyle") is not None:  # noqa: PLR2004 - no more than its style
            return style
        style = _with(style, properties)
        level = _outline_level(properties)
        if level is not None:
            style = replace(style, heading_level=_heading_level(level))
        joins, apart = _joins(properties)
        return replace(style, joins=True, apart=apart) if joins else style

    def of_style(self, style_id: str) -> ParagraphStyle:
        """Return what a style says of its paragraphs."""
        if style_id not in self._known:
            self._known[style_id] = self._read(style_id)
        return self._known[style_id]

    def _read(self, style_id: str) -> ParagraphStyle:
        level: int | None = None
        found = ParagraphStyle(style_id=style_id)
        for style in self.chain(style_id):
            name = value(style, "w:name") or ""
            named = _level_of_name(name)
            level = level if named is None else named
            if _LISTS.fullmatch(name) and found.numbering is None:
                found = replace(found, numbering=NumberingRef(name, 0))
            found = replace(found, contents=found.contents or bool(_CONTENTS.fullmatch(name)))
            properties = style.find(qn("w:pPr"))
            if properties is not None:
                outline = _outline_level(properties) if named is None else None
                level = level if outline is None else outline
                found = _with(found, properties, style.get(qn("w:styleId"), ""))
        return replace(found, heading_level=_heading_level(level))


def _with(style: ParagraphStyle, properties: Any, style_id: str = "") -> ParagraphStyle:
    """Return a paragraph's style with what its properties say besides."""
    numbering = _numbering_ref(properties, style.numbering, style_id)
    shading = properties.find(qn("w:shd"))
    spacing = properties.find(qn("w:spacing"))
    flat = style.flat
    if spacing is not None and spacing.get(qn("w:line")) is not None:
        exact = spacing.get(qn("w:lineRule")) == "exact"
        flat = exact and 0 <= integer(spacing.get(qn("w:line")), _LEAST_LINE) < _LEAST_LINE
    shading = style.shading if shading is None else shading
    if numbering is style.numbering and shading is style.shading and flat == style.flat:
        return style
    return replace(style, numbering=numbering, shading=shading, flat=flat)


def _joins(properties: Any) -> tuple[bool, bool]:
    """Return whether a paragraph goes on in the next one, and whether it is a heading of its own though."""
    frame = properties.find(qn("w:framePr"))
    if frame is not None and frame.get(qn("w:dropCap")) in {"drop", "margin"}:
        return True, False
    mark = properties.find(qn("w:rPr"))
    if mark is None:
        return False, False
    if mark.find(qn("w:del")) is not None or mark.find(qn("w:moveFrom")) is not None:
        return True, False
    return is_on(mark.find(qn("w:vanish"))), is_on(mark.find(qn("w:specVanish")))


def _level_of_name(name: str) -> int | None:
    if name.lower() == _TITLE:
        return 0
    found = _HEADING.fullmatch(name)
    return min(max(int(found[1]), 1), _LAST_LEVEL) if found else None


def _outline_level(properties: Any) -> int | None:
    """Return 1 to 6 for an outline level, `_NO_HEADING` for "body text", None when nothing is said."""
    said = integer(value(properties, "w:outlineLvl"), -1)
    if said < 0:
        return None
    return _NO_HEADING if said >= _BODY_TEXT_LEVEL else min(said + 1, _LAST_LEVEL)


def _heading_level(level: int | None) -> int | None:
    return None if level == _NO_HEADING else level


def _numbering_ref(properties: Any, inherited: NumberingRef | None, style_id: str) -> NumberingRef | None:
    """Return the list that properties name; the list and the depth are inherited each by itself."""
    numbering = properties.find(qn("w:numPr"))
    if numbering is None:
        return inherited
    list_id, said = value(numbering, "w:numId"), value(numbering, "w:ilvl")
    depth = integer(said, 0) if said is not None else None
    if list_id is None:
        if inherited is None or depth is None:
            return inherited
        return NumberingRef(inherited.list_id, depth, style_id)
    if depth is None and inherited is not None and not style_id:
        depth = inherited.depth if inherited.list_id == list_id else 0
    return NumberingRef(list_id, depth, style_id)
