"""Characters that stand on each other: which of them are seen, and which are the same letter drawn twice.

Where a page looks otherwise without its text, it cannot be said which of two texts in one place is seen. So the page is
drawn without each of them in turn; those that do not lie on each other may be left out together. A letter that is drawn
twice in one place, as makeshift bold or shadow is, is no hidden text, but it is read once. Where more lies on each
other than a few drawings tell, it is taken as seen.
"""

from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ingest.loading.pdf.cells import CELL, Bools, covered_by
from ingest.loading.pdf.drawing import draw, without
from ingest.loading.pdf.glyphs import Glyphs
from ingest.loading.pdf.ink import ENOUGH, MAGENTA, Changes, Ink, address_of, own_count, thing_address

_SQUARE = 2 * CELL  # dots: coarse, for this is asked of each page
_CORE = 0.15  # of a box's width and height, left away on each side: neighbours touch
_OVERLAP = 0.5  # of a character's box: with more, another stands on it
_SAME = 0.4  # of the place that two boxes take together: with more, equal letters are one drawn twice
_MAX_LOOKED_AT = 4_000  # characters under or over others, of one page
_MAX_PAIRS = 20_000_000  # boxes to be held against each other
_MAX_DRAWINGS = 12


def overlaid(ink: Ink, textpage: Any, glyphs: Glyphs) -> Bools:
    """Return which characters are drawn a second time; mark in `ink.unseen` those that others hide.

    Raises:
        OutOfTimeError: it took too long.
    """
    doubled: Bools = np.zeros(len(glyphs), dtype=np.bool_)
    lower, upper, alike = _pairs(ink, glyphs)
    if not len(lower):
        return doubled
    same = alike >= _SAME
    same &= np.array([glyphs.chars[one] == glyphs.chars[other] for one, other in zip(lower, upper, strict=True)])
    first, second = np.minimum(lower, upper)[same], np.maximum(lower, upper)[same]
    others = ~same & ~np.isin(lower, np.concatenate([first, second]))
    if others.any():
        _draw_without_each(ink, textpage, glyphs, lower[others], upper[others])
    doubled[second[~ink.unseen[first]]] = True
    return doubled


def _pairs(ink: Ink, glyphs: Glyphs) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return which characters another stands on, that other, and how much of their common place is of both."""
    nothing = np.zeros(0, dtype=np.intp)
    boxes = glyphs.boxes
    under = _crowded(ink, glyphs)
    if not len(under):
        return nothing, nothing, np.zeros(0)
    at = np.flatnonzero(ink.judged)
    under = under[: min(_MAX_LOOKED_AT, max(_MAX_PAIRS // len(at), 1))]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    lower, upper, alike = [nothing], [nothing], [np.zeros(0)]
    for one in under:
        low, high = np.maximum(boxes[one, :2], boxes[at, :2]), np.minimum(boxes[one, 2:], boxes[at, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        found = (common >= _OVERLAP * area[one]) & (at != one)
        lower.append(np.full(int(found.sum()), one))
        upper.append(at[found])
        alike.append((common / np.maximum(area[one] + area[at] - common, 1e-9))[found])
    return np.concatenate(lower), np.concatenate(upper), np.concatenate(alike)


def _crowded(ink: Ink, glyphs: Glyphs) -> NDArray[np.intp]:
    """Return the characters in whose middle another stands too."""
    rows, columns = -(-ink.sheet.height // _SQUARE), -(-ink.sheet.width // _SQUARE)
    at = np.flatnonzero(ink.judged)
    cells = ink.sheet.dots_of(glyphs.boxes[at]) / _SQUARE
    inset = (cells[:, 2:] - cells[:, :2]) * _CORE
    low = np.clip(np.ceil(cells[:, :2] + inset - 0.5), 0, (columns, rows)).astype(np.intp)
    high = np.clip(np.floor(cells[:, 2:] - inset - 0.5) + 1, 0, (columns, rows)).astype(np.intp)
    filled = (high > low).all(axis=1)
    depth = covered_by(np.concatenate([low[filled], high[filled]], axis=1), (rows, columns))
    middle = np.floor((cells[:, :2] + cells[:, 2:]) / 2).astype(np.intp)
    inside = ((middle >= 0) & (middle < (columns, rows))).all(axis=1)
    itself = np.zeros(len(at), dtype=np.int32)
    itself[filled] = ((middle >= low) & (middle < high)).all(axis=1)[filled]
    others = np.zeros(len(at), dtype=np.int32)
    others[inside] = depth[middle[inside, 1], middle[inside, 0]] - itself[inside]
    return at[others > 0]


def _draw_without_each(
    ink: Ink, textpage: Any, glyphs: Glyphs, lower: NDArray[np.intp], upper: NDArray[np.intp]
) -> None:
    """Draw the page without the objects that lie on each other, those together that do not; mark what is not missed.

    An object of which nothing is missed stays left out: of two that are alike, one is seen.
    """
    at = np.flatnonzero(ink.judged)
    objects = np.array([address_of(textpage, int(one)) for one in at])
    handles = {thing_address(thing.handle): thing.handle for thing in ink.things}
    places = {int(one): int(address) for one, address in zip(at, objects, strict=True)}
    turns = _turns([(places[int(one)], places[int(other)]) for one, other in zip(lower, upper, strict=True)])
    gone: list[Any] = []
    for turn in range(min(max(turns.values(), default=-1) + 1, _MAX_DRAWINGS)):
        out = {address: handles[address] for address, its_turn in turns.items() if its_turn == turn}
        with without(gone):
            before = draw(ink.sheet) if gone else ink.whole
            with without([*out.values()]):
                after = draw(ink.sheet)
        rest = [handle for address, handle in handles.items() if address not in out]
        with without([handle for handle in rest if pdfium.FPDFPageObj_GetType(handle) != pdfium.FPDF_PAGEOBJ_FORM]):
            own = draw(ink.sheet, ground=MAGENTA, marks=False)
        mine = at[np.isin(objects, [*out])]
        shown = Changes(ink.sheet, before, after).count(glyphs.boxes[mine])
        missed = shown >= np.maximum(ENOUGH * own_count(ink.sheet, own, glyphs.boxes[mine]), 1)
        ink.unseen[mine] = ~missed
        of = objects[np.isin(at, mine)]
        gone += [handle for address, handle in out.items() if not missed[of == address].any()]


def _turns(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """Return for each object when it is left out; no two that lie on each other at once."""
    on_each_other: dict[int, set[int]] = {}
    for here, there in pairs:
        if here and there and here != there:
            on_each_other.setdefault(here, set()).add(there)
            on_each_other.setdefault(there, set()).add(here)
    turns: dict[int, int] = {}
    for address, others in on_each_other.items():
        taken = {turns[other] for other in others if other in turns}
        turns[address] = next(turn for turn in range(len(taken) + 1) if turn not in taken)
    return turns
