"""Text that a thin line runs through: struck out by drawing.

A line is thin, level, and crosses letters between a fifth and a half of their size above the line they stand on: lower
runs what underlines, higher and lower run the rules of tables and the bars of fractions. It has to run along a whole
word, and to show beneath it: a rule that a white field parts before a title stands on it does not.
"""

import ctypes
from collections.abc import Sequence

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ingest.loading.pdf_cells import Bools
from ingest.loading.pdf_drawing import Dots, Matrix, Thing, bounds_of, joined, matrix_of
from ingest.loading.pdf_glyphs import Glyphs
from ingest.loading.pdf_ink import Ink
from ingest.loading.pdf_marks import Stroke

_THIN = 0.3  # of the type size: how high a struck line is at most
_MIN_THIN_POINTS = 1.2
_MAX_THIN_POINTS = 6.0
_MIN_LONG_POINTS = 3.0
_LEVEL = 0.08  # how much a line may rise, of its length
_CROSSES = (0.15, 0.5)  # of the type size above the line that letters stand on
_WORD_SHARE = 0.6  # of a word's letters have to be crossed
_SHOWN = 40  # of 255: how much a line differs from what is above and below it
_MAX_SEGMENTS = 20_000  # of a page
_SLANT = 0.05  # radians


def struck_by_lines(ink: Ink, glyphs: Glyphs, strokes: Sequence[Stroke]) -> Bools:
    """Return the characters that lines run through.

    Args:
        ink: what drawing the page said.
        glyphs: its characters.
        strokes: lines that are marks on the page, beside those that the page draws.
    """
    struck: Bools = np.zeros(len(glyphs), dtype=np.bool_)
    marked = _level(strokes)  # a mark shows, whether or not the file says how it looks
    lines = np.array([*marked, *_drawn_lines(ink.things)], dtype=np.float64).reshape(-1, 4)
    at = np.flatnonzero(ink.judged & (np.abs(np.sin(glyphs.angles)) < _SLANT))
    if not len(lines) or not len(at):
        return struck
    middles = (glyphs.boxes[at, 0] + glyphs.boxes[at, 2]) / 2
    base, size = glyphs.origins[at, 1], glyphs.sizes[at]
    for number, (left, low, right, high) in enumerate(lines):
        above = ((low + high) / 2 - base) / np.maximum(size, 0.1)
        crossed = (middles >= left) & (middles <= right) & (above >= _CROSSES[0]) & (above <= _CROSSES[1])
        crossed &= high - low <= np.maximum(_THIN * size, _MIN_THIN_POINTS)
        if crossed.any():
            found = at[crossed]
            shown = number < len(marked) or _shown(ink, glyphs, found, (low + high) / 2)
            struck[found[shown]] = True
    return _whole_words(ink, struck)


def _whole_words(ink: Ink, struck: Bools) -> Bools:
    if not struck.any():
        return struck
    members = ink.words >= 0
    words = ink.words[members]
    total = np.bincount(words, ink.judged[members])
    share = np.bincount(words, struck[members]) / np.maximum(total, 1)
    whole: Bools = np.zeros(len(struck), dtype=np.bool_)
    whole[members] = share[words] >= _WORD_SHARE
    return whole


def _shown(ink: Ink, glyphs: Glyphs, at: NDArray[np.intp], y: float) -> Bools:
    """Tell where a line is seen in the middle of a character, once the page's text is away."""
    left, _, _, top = ink.sheet.box
    scale, last = ink.sheet.scale, ink.sheet.height - 1
    row = round((top - y) * scale)
    middles = (glyphs.boxes[at, 0] + glyphs.boxes[at, 2]) / 2
    columns = np.clip(np.rint((middles - left) * scale), 0, ink.sheet.width - 1).astype(np.intp)
    away = np.rint(0.3 * glyphs.sizes[at] * scale).astype(np.intp) + 2
    line = _colours(ink.bare[np.clip(np.arange(row - 2, row + 3), 0, last)][:, columns])
    above = _colours(ink.bare[np.clip(row - away, 0, last), columns])
    below = _colours(ink.bare[np.clip(row + away, 0, last), columns])
    differs = np.minimum(np.abs(line - above).max(axis=2), np.abs(line - below).max(axis=2))
    shown: Bools = differs.max(axis=0) >= _SHOWN
    return shown


def _colours(dots: Dots) -> NDArray[np.int16]:
    return np.stack([(dots >> shift & 0xFF).astype(np.int16) for shift in (0, 8, 16)], axis=-1)


def _level(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Return level strokes as boxes of no height."""
    found = []
    for x, y, x_end, y_end in strokes:
        if abs(y_end - y) <= max(_LEVEL * abs(x_end - x), 0.5) and abs(x_end - x) >= _MIN_LONG_POINTS:
            middle = (y + y_end) / 2
            found.append((min(x, x_end), middle, max(x, x_end), middle))
    return found


def _drawn_lines(things: Sequence[Thing]) -> list[Stroke]:
    """Return the thin level lines among a page's paths, as boxes."""
    lines: list[Stroke] = []
    segments = 0
    for thing in things:
        if thing.kind != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        bounds = bounds_of(thing)
        if bounds is None or bounds[2] - bounds[0] < _MIN_LONG_POINTS:
            continue
        if bounds[3] - bounds[1] <= _MAX_THIN_POINTS:
            lines.append(bounds)
            continue
        count = pdfium.FPDFPath_CountSegments(thing.handle)
        segments += count
        if segments <= _MAX_SEGMENTS:
            lines += _level(_segments(thing, count, joined(matrix_of(thing.handle), thing.matrix)))
    return lines


def _segments(thing: Thing, count: int, matrix: Matrix) -> list[Stroke]:
    """Return a path's straight lines on the page."""
    x, y = ctypes.c_float(), ctypes.c_float()
    a, b, c, d, e, f = matrix
    last: tuple[float, float] | None = None
    found: list[Stroke] = []
    for at in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(thing.handle, at)
        if not pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
            return found
        point = (x.value * a + y.value * c + e, x.value * b + y.value * d + f)
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_LINETO and last is not None:
            found.append((*last, *point))
        last = point
    return found
