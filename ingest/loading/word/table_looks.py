"""What tables look like: what their style says of runs and grounds in each region, and the shading of cells.

A region is the whole table, a first or last row or column, or a band. Which regions count is what the table says
(`tblLook`). Bands are not counted out: where a style shades them, the ground of their text is not known.
"""

from dataclasses import dataclass, field
from typing import Any

from ingest.loading.word.colours import UNKNOWN, Colour, Theme
from ingest.loading.word.looks import Said, said
from ingest.loading.word.styles import Styles
from ingest.loading.word.xml import qn, value

_BANDS = {"noHBand": ("band1Horz", "band2Horz"), "noVBand": ("band1Vert", "band2Vert")}
_BITS = {
    "firstRow": 0x20,
    "lastRow": 0x40,
    "firstColumn": 0x80,
    "lastColumn": 0x100,
    "noHBand": 0x200,
    "noVBand": 0x400,
}
_REGIONS = {"firstColumn": "firstCol", "lastColumn": "lastCol"}


@dataclass(slots=True)
class _Region:
    said: Said = field(default_factory=dict)
    shading: Any = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands: first or last row, first or last column."""

    first_row: bool
    last_row: bool
    first_column: bool
    last_column: bool


class TableLook:
    """The look of one table."""

    def __init__(self, regions: dict[str, _Region], on: frozenset[str], theme: Theme, own: Any) -> None:
        self._regions = regions
        self._on = on
        self._theme = theme
        self._own = own
        self._known: dict[Place, tuple[tuple[tuple[str, Any], ...], Colour | None]] = {}

    def of_cell(self, properties: Any, place: Place) -> tuple[tuple[tuple[str, Any], ...], Colour | None]:
        """Return what the table says of runs in a cell, and the cell's ground, None if it has none of its own."""
        if place not in self._known:
            self._known[place] = self._at(place)
        table, ground = self._known[place]
        own = properties.find(qn("w:shd")) if properties is not None else None
        return table, (ground if own is None else self._theme.of_shading(own))

    def _at(self, place: Place) -> tuple[tuple[tuple[str, Any], ...], Colour | None]:
        merged: Said = {}
        ground = self._theme.of_shading(self._own)
        for name in self._named(place):
            region = self._regions.get(name)
            if region is None:
                continue
            merged |= region.said
            if region.shading is not None:
                ground = UNKNOWN if name.startswith("band") else self._theme.of_shading(region.shading)
        merged.pop("style", None)
        return tuple(merged.items()), ground

    def _named(self, place: Place) -> list[str]:
        names = ["wholeTable"]
        for switch, bands in _BANDS.items():
            names += [] if switch in self._on else bands
        here = {
            "firstColumn": place.first_column,
            "lastColumn": place.last_column,
            "firstRow": place.first_row,
            "lastRow": place.last_row,
        }
        return names + [_REGIONS.get(name, name) for name, is_there in here.items() if is_there and name in self._on]


class TableLooks:
    """The looks of a document's tables."""

    def __init__(self, styles: Styles, theme: Theme) -> None:
        self._styles = styles
        self._theme = theme
        self._known: dict[str, dict[str, _Region]] = {}

    def of_table(self, table: Any) -> TableLook:
        """Return the look of a `w:tbl`."""
        properties = table.find(qn("w:tblPr"))
        style_id = value(properties, "w:tblStyle") or self._styles.usual("table")
        if style_id not in self._known:
            self._known[style_id] = self._read(style_id)
        own = properties.find(qn("w:shd")) if properties is not None else None
        return TableLook(self._known[style_id], _switched_on(properties), self._theme, own)

    def _read(self, style_id: str) -> dict[str, _Region]:
        regions: dict[str, _Region] = {}
        for style in self._styles.chain(style_id):
            _add(regions, "wholeTable", style)
            for part in style.iterchildren(qn("w:tblStylePr")):
                _add(regions, part.get(qn("w:type"), ""), part)
        return regions


def _add(regions: dict[str, _Region], name: str, element: Any) -> None:
    region = regions.setdefault(name, _Region())
    region.said |= said(element.find(qn("w:rPr")))
    for path in (f"{qn('w:tblPr')}/{qn('w:shd')}", f"{qn('w:tcPr')}/{qn('w:shd')}"):
        shading = element.find(path)
        region.shading = region.shading if shading is None else shading


def _switched_on(properties: Any) -> frozenset[str]:
    look = properties.find(qn("w:tblLook")) if properties is not None else None
    if look is None:
        return frozenset(["noHBand", "noVBand"])
    bits = look.get(qn("w:val"))
    number = int(bits, 16) if bits and len(bits) == 4 and bits.isalnum() and _is_hex(bits) else 0  # noqa: PLR2004
    found = set()
    for name, bit in _BITS.items():
        attribute = look.get(qn(f"w:{name}"))
        on = bool(number & bit) if attribute is None else attribute in {"1", "true", "on"}
        found |= {name} if on else set()
    return frozenset(found)


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdefABCDEF" for char in text)
