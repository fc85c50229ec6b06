"""Text that a thin line runs through: struck out by drawing.

A line is thin, runs as the text does, and crosses letters between a fifth and a half of their size above the line they
stand on: lower runs what underlines, higher and lower run the rules of tables and the bars of fractions. It has to run
along a whole word, and to show beneath it: a rule that a white field parts before a title stands on it does not.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ingest.loading.pdf.cells import Bools
from ingest.loading.pdf.drawing import Matrix, Thing, bounds_of, joined, matrix_of
from ingest.loading.pdf.glyphs import Glyphs
from ingest.loading.pdf.ink import Ink
from ingest.loading.pdf.marks import Stroke

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

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines as boxes, of which the first `marked` are marks on the page, and show."""

    boxes: Floats
    marked: int


def struck_by_lines(ink: Ink, glyphs: Glyphs, strokes: Sequence[Stroke]) -> Bools:
    """Return the characters that lines run through.

    Args:
        ink: what drawing the page said.
        glyphs: its characters.
        strokes: lines that are marks on the page, beside those that the page draws.
    """
    struck: Bools = np.zeros(len(glyphs), dtype=np.bool_)
    marked = _straight(strokes)  # a mark shows, whether or not the file says how it looks
    drawn = _drawn_lines(ink.things)
    if not marked and not drawn:
        return struck
    lines = np.array([*marked, *drawn], dtype=np.float64)
    for turn in range(4):  # quarters: text that runs up the page has lines that do
        along = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)][turn], dtype=np.float64)
        off = np.hypot(np.cos(glyphs.angles) - along[0], np.sin(glyphs.angles) - along[1])
        at = np.flatnonzero(ink.judged & (off < _SLANT))
        if len(at):
            struck[at] |= _crossed(ink, glyphs, at, _Lines(lines, len(marked)), along)
    return _whole_words(ink, struck)


def _crossed(ink: Ink, glyphs: Glyphs, at: NDArray[np.intp], drawn: _Lines, along: Floats) -> Bools:
    """Tell of characters that all run one way which of them lines run through."""
    struck: Bools = np.zeros(len(at), dtype=np.bool_)
    lines = drawn.boxes
    up = np.array([-along[1], along[0]])
    middles = (glyphs.boxes[at, :2] + glyphs.boxes[at, 2:]) / 2 @ along
    base, size = glyphs.origins[at] @ up, np.maximum(glyphs.sizes[at], 0.1)
    starts, ends = _ordered(lines[:, :2] @ along, lines[:, 2:] @ along)
    lows, highs = _ordered(lines[:, :2] @ up, lines[:, 2:] @ up)
    thin = (highs - lows <= _MAX_THIN_POINTS) & (ends - starts >= _MIN_LONG_POINTS)
    for number in np.flatnonzero(thin).tolist():
        height = (lows[number] + highs[number]) / 2
        above = (height - base) / size
        crossed = (middles >= starts[number]) & (middles <= ends[number])
        crossed &= (above >= _CROSSES[0]) & (above <= _CROSSES[1])
        crossed &= highs[number] - lows[number] <= np.maximum(_THIN * size, _MIN_THIN_POINTS)
        if crossed.any():
            points = np.outer(middles[crossed], along) + height * up
            struck[crossed] |= number < drawn.marked or _shown(ink, points, np.outer(size[crossed], up))
    return struck


def _ordered(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    return np.minimum(one, other), np.maximum(one, other)


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


def _shown(ink: Ink, points: Floats, upwards: Floats) -> Bools:
    """Tell whether a line is seen at points in the middle of characters, once the page's text is away.

    Args:
        ink: what drawing the page said.
        points: where the line runs.
        upwards: from there up the character, as long as its type is large.
    """
    dot = upwards / np.linalg.norm(upwards, axis=1, keepdims=True) / ink.sheet.scale
    line = np.stack([_colours(ink, points + step * dot) for step in range(-2, 3)])
    above, below = (_colours(ink, points + side * (0.3 * upwards + 2 * dot)) for side in (1, -1))
    differs = np.minimum(np.abs(line - above).max(axis=2), np.abs(line - below).max(axis=2))
    shown: Bools = differs.max(axis=0) >= _SHOWN
    return shown


def _colours(ink: Ink, points: Floats) -> NDArray[np.int16]:
    """Return the colours of the page at points."""
    left, _, _, top = ink.sheet.box
    columns = np.clip(np.rint((points[:, 0] - left) * ink.sheet.scale), 0, ink.sheet.width - 1).astype(np.intp)
    rows = np.clip(np.rint((top - points[:, 1]) * ink.sheet.scale), 0, ink.sheet.height - 1).astype(np.intp)
    dots = ink.bare[rows, columns]
    return np.stack([(dots >> shift & 0xFF).astype(np.int16) for shift in (0, 8, 16)], axis=-1)


def _straight(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Return the strokes that are level, or upright, as boxes without a height, or without a width."""
    found = []
    for x, y, x_end, y_end in strokes:
        wide, tall = abs(x_end - x), abs(y_end - y)
        middle_x, middle_y = (x + x_end) / 2, (y + y_end) / 2
        if wide >= _MIN_LONG_POINTS and tall <= max(_LEVEL * wide, 0.5):
            found.append((x, middle_y, x_end, middle_y))
        elif tall >= _MIN_LONG_POINTS and wide <= max(_LEVEL * tall, 0.5):
            found.append((middle_x, y, middle_x, y_end))
    return found


def _drawn_lines(things: Sequence[Thing]) -> list[Stroke]:
    """Return the thin straight lines among a page's paths, as boxes."""
    lines: list[Stroke] = []
    segments = 0
    for thing in things:
        if thing.kind != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        bounds = bounds_of(thing)
        if bounds is None or max(bounds[2] - bounds[0], bounds[3] - bounds[1]) < _MIN_LONG_POINTS:
            continue
        if min(bounds[2] - bounds[0], bounds[3] - bounds[1]) <= _MAX_THIN_POINTS:
            lines.append(bounds)
            continue
        count = pdfium.FPDFPath_CountSegments(thing.handle)
        segments += count
        if segments <= _MAX_SEGMENTS:
            lines += _straight(_segments(thing, count, joined(matrix_of(thing.handle), thing.matrix)))
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
