"""What a page shows beside its characters: whether there is ink at all, scanned text, and text recognised in a scan.

A scan is a picture over half of the page on whose one ground lie dots in rows, as lines of text lie: a photograph has
no ground, a logo no rows. Characters that nobody sees count as recognised in a picture, and are read, if they lie over
such a picture, each word over ink of it, and hardly over ink elsewhere, on a page that shows next to no other text.
"""

from dataclasses import dataclass

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ingest.loading.pdf.cells import CELL, Bools, cells_of, covered_by, differ, summed, sums_of
from ingest.loading.pdf.drawing import Dots, Sheet, bounds_of
from ingest.loading.pdf.glyphs import Glyphs
from ingest.loading.pdf.ink import Ink, with_blanks

_EDGE = 40  # of 255: how much two dots beside each other differ where ink ends
_MIN_INK_CELLS = 20  # with fewer a page shows nothing
_MIN_INK_SPREAD = 5  # rows and columns of cells: a rule across the page has fewer of one
_SCAN_SHARE = 0.5  # of the page
_PICTURE_SHARE = 0.04  # of the page: smaller pictures are signs and ornaments
_STRIPS_POINTS = 72.0  # wide: lines of a scan that lies askew still part from each other
_LINE_POINTS = (3.0, 22.0)  # how high a line of text is
_ROW_INK = 3  # cells of a strip's row: fewer are specks
_LINE_PIECES = 12  # in all strips: fewer are no text
_GROUND_SHARE = 0.5  # of a scan's dots are its paper
_GROUND_RANGE = 24  # of 255, to both sides
_WHOLE_SHARE = 0.8  # of the page
_STAMP_WORDS, _CAPTION_WORDS = (
    120,
    40,
)  # so many words beside a picture of the whole page, or of half of it, are no text
_OTHER_WORDS = 0.25  # of the words recognised: a page may show so many others
_STANDS_OUT = 1.5  # how much denser ink is under the words than beside them
_RECOGNISED_SHARE = 0.6  # of the words have ink under them


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a page's pictures hold: `inked` says that the page shows something."""

    inked: bool
    scanned: bool  # a picture of text that no characters lie over is most of the page
    with_text: int  # smaller pictures that look like text
    recognised: Bools


def edges_of(dots: Dots) -> Bools:
    """Return the cells of a drawing in which dots beside each other differ."""
    height, width = dots.shape
    flat = dots.ravel()
    at = np.flatnonzero(flat[1:] != flat[:-1])
    at = at[differ(flat[at], flat[at + 1], _EDGE)]
    return cells_of(at[at % width != width - 1], height, width)


def pictures_of(ink: Ink, glyphs: Glyphs, out: Bools) -> Pictures:
    """Look at a page's pictures.

    Args:
        ink: what drawing the page said.
        glyphs: its characters.
        out: those that nobody sees.
    """
    nothing: Bools = np.zeros(len(glyphs), dtype=np.bool_)
    places = _places(ink)
    seen = ink.judged & ~out
    least = ink.changes.cells.size * _PICTURE_SHARE
    if sum((right - left) * (bottom - top) for left, top, right, bottom in places) < least:
        places = []
    if not places and seen.any():
        return Pictures(inked=True, scanned=False, with_text=0, recognised=nothing)
    edges = edges_of(ink.whole)
    inked = bool(seen.any()) or _shows(edges)
    covered = np.zeros(edges.shape, dtype=np.bool_)
    for left, top, right, bottom in places:
        covered[top:bottom, left:right] = True
    big = covered.mean() >= _SCAN_SHARE
    recognised = _recognised(ink, glyphs, out, edges & covered, covered) if big and out.any() else nothing
    read = ink.judged & (~out | recognised)
    rest = edges & covered & ~_under(ink.sheet, glyphs.boxes[read], edges.shape)
    words = len(np.unique(ink.words[read]))
    few = words <= (_STAMP_WORDS if covered.mean() >= _WHOLE_SHARE else _CAPTION_WORDS)
    text_like = big and _looks_like_text(rest, ink.sheet) and _has_ground(ink.whole, covered)
    scanned = bool(text_like and few)
    with_text = int(text_like and not few and _line_pieces(edges & covered & ~rest, ink.sheet) < _LINE_PIECES)
    if not big:
        for left, top, right, bottom in places:
            if (right - left) * (bottom - top) < least:
                continue
            part = np.zeros_like(covered)
            part[top:bottom, left:right] = True
            with_text += _looks_like_text(rest & part, ink.sheet) and _has_ground(ink.whole, part)
    return Pictures(inked, scanned, with_text, recognised)


def _places(ink: Ink) -> list[tuple[int, int, int, int]]:
    """Return where pictures stand on the page, in cells: left, top, right, bottom."""
    boxes = [
        box for thing in ink.things if thing.kind == pdfium.FPDF_PAGEOBJ_IMAGE and (box := bounds_of(thing)) is not None
    ]
    if not boxes:
        return []
    rows, columns = ink.changes.cells.shape
    dots = ink.sheet.dots_of(np.array(boxes, dtype=np.float64)) / CELL
    limits = np.array([columns, rows, columns, rows])
    cells = np.clip(np.nan_to_num(np.rint(dots)), 0, limits).astype(int)
    return [(left, top, right, bottom) for left, top, right, bottom in cells.tolist() if right > left and bottom > top]


def _shows(edges: Bools) -> bool:
    if int(edges.sum()) < _MIN_INK_CELLS:
        return False
    return min(int(edges.any(axis=0).sum()), int(edges.any(axis=1).sum())) >= _MIN_INK_SPREAD


def _under(sheet: Sheet, boxes: NDArray[np.float64], shape: tuple[int, ...]) -> Bools:
    """Return the cells that boxes cover, with one more on each side."""
    rows, columns = shape
    cells = np.nan_to_num(sheet.dots_of(boxes) / CELL)
    wider = np.concatenate([np.floor(cells[:, :2]) - 1, np.ceil(cells[:, 2:]) + 1], axis=1)
    under: Bools = covered_by(np.clip(wider, 0, (columns, rows, columns, rows)).astype(np.intp), shape) > 0
    return under


def _line_pieces(edges: Bools, sheet: Sheet) -> int:
    """Return how many pieces of lines, as text has them, stand in strips of a drawing."""
    points = CELL / sheet.scale
    strip = max(int(_STRIPS_POINTS / points), 1)
    low, high = (length / points for length in _LINE_POINTS)
    pieces = 0
    for left in range(0, edges.shape[1], strip):
        filled = edges[:, left : left + strip].sum(axis=1) >= _ROW_INK
        turns = np.flatnonzero(np.diff(np.concatenate([[False], filled, [False]])))
        lengths = turns[1::2] - turns[::2]
        pieces += int(((lengths >= low) & (lengths <= high)).sum())
    return pieces


def _looks_like_text(edges: Bools, sheet: Sheet) -> bool:
    return _line_pieces(edges, sheet) >= _LINE_PIECES


def _has_ground(whole: Dots, covered: Bools) -> bool:
    """Tell whether most of what pictures show is of one lightness, as paper is."""
    green = (whole[::CELL, ::CELL] >> 8).astype(np.uint8)
    counts = np.bincount(green[covered], minlength=256)
    ground = int(counts.argmax())
    near = counts[max(ground - _GROUND_RANGE, 0) : ground + _GROUND_RANGE + 1]
    return bool(near.sum() >= _GROUND_SHARE * counts.sum())


def _recognised(ink: Ink, glyphs: Glyphs, out: Bools, edges: Bools, covered: Bools) -> Bools:
    """Return the unseen characters that were recognised in a picture: its ink stands where they are, and not beside."""
    nothing: Bools = np.zeros(len(glyphs), dtype=np.bool_)
    hidden = np.flatnonzero(out & ink.judged)
    if not len(hidden):
        return nothing
    sums = sums_of(edges)
    boxes = ink.sheet.dots_of(glyphs.boxes[hidden]) / CELL
    inked = summed(sums, boxes) > 0
    words, which = np.unique(ink.words[hidden], return_inverse=True)
    found = np.bincount(which, inked) * 2 > np.bincount(which)
    others = len(np.unique(ink.words[ink.judged & ~out]))
    if found.mean() < _RECOGNISED_SHARE or others > _OTHER_WORDS * found.sum():
        return nothing
    under = _under(ink.sheet, glyphs.boxes[hidden], edges.shape) & covered
    inside, outside = edges[under].mean(), edges[covered & ~under].mean() if (covered & ~under).any() else 0.0
    if inside < _STANDS_OUT * outside:
        return nothing
    read = np.isin(ink.words, words[found])
    return with_blanks(read & out, ink.words >= 0)
