"""Which characters of a PDF page anybody sees: those without which the page would look otherwise.

The steps:
1. draw the page, and once more without its text; where dots differ by enough in any colour, text shows;
2. a character is seen if that is so in most of its box: white on white, under a bar or a picture, in a layer that is
   switched off, clipped, off the page, in a mode that paints nothing: it is never so;
3. where characters stand on each other, the page is drawn without the one (`overlaid`);
4. decide for whole words: a thin full stop, or one letter under a stamp's edge, does not drop out of a word that is
   seen. A word is parted where what drew it changes, so that a digit that nobody sees does not stay in a number; and a
   number of which not all digits are seen is not seen.

Colours count, not lightness alone: red on a green of the same lightness is seen. Too pale counts as not seen, and so
does type under two points. Not judged, and so taken as seen: a script for which no font is at hand (the page was
drawn without it, and would not be elsewhere). Knows nothing of lines, and not what kind of hiding it was.
"""

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ingest.loading.pdf.cells import CELL, Bools, cells_of, differ, summed, sums_of
from ingest.loading.pdf.drawing import Dots, Sheet, Thing, draw, things_of, without
from ingest.loading.pdf.glyphs import Glyphs

_PALE = 20  # of 255, in the colour that differs most: text that differs less from its ground is too pale to see
MIN_SIZE = 2.0  # points: smaller text is for machines
_LEAST_DOTS = 3.0  # of the type size: what is drawn smaller, on a poster, is not judged
_BANDS = 3  # of a character's box, from top to bottom; ink has to stand in two of them
ENOUGH = 0.5  # of a character's own ink, where it stands in fewer
_WIDE = 0x2E80  # from here on scripts are written without blanks: each character is a word
_LATIN_GREEK_CYRILLIC = 0x0530  # below, PDFium has a font of its own for what is not embedded
_CLIPS = range(4, 8)  # modes in which text is what something else is seen through
_UNPAINTED = 3
MAGENTA = 0xFFFF00FF


class Changes:
    """Where two drawings of a page differ, counted by cells."""

    def __init__(self, sheet: Sheet, one: Dots, other: Dots) -> None:
        self._sheet = sheet
        at = np.flatnonzero(one != other)
        at = at[differ(one.ravel()[at], other.ravel()[at], _PALE)]
        self.cells = cells_of(at, sheet.height, sheet.width)
        self._sums = sums_of(self.cells)

    def bands(self, boxes: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return in how many bands of each box something differs."""
        dots = self._sheet.dots_of(boxes) / CELL
        height = (dots[:, 3] - dots[:, 1]) / _BANDS
        found = np.zeros(len(boxes), dtype=np.intp)
        for band in range(_BANDS):
            part = dots.copy()
            part[:, 1] = dots[:, 1] + band * height
            part[:, 3] = part[:, 1] + height
            found += summed(self._sums, part) > 0
        return found

    def count(self, boxes: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return how many cells of each box differ."""
        return summed(self._sums, self._sheet.dots_of(boxes) / CELL)


@dataclass(frozen=True, slots=True)
class Ink:
    """What drawing a page says of its characters, and what is needed to ask more."""

    sheet: Sheet
    things: list[Thing]
    whole: Dots
    bare: Dots  # without text
    changes: Changes
    words: NDArray[np.intp]  # the word that each character belongs to, -1 for blanks
    judged: Bools  # characters that should leave ink
    unseen: Bools


def look(sheet: Sheet, textpage: Any, glyphs: Glyphs) -> Ink:
    """Draw a page and say which of its characters nobody sees.

    Args:
        sheet: the page, to be drawn.
        textpage: PDFium's text page.
        glyphs: its characters.

    Raises:
        OutOfTimeError: it took too long.
    """
    whole = draw(sheet)  # 1
    things = things_of(sheet.page)
    texts = [thing.handle for thing in things if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT]
    with without(texts):
        bare = draw(sheet) if texts else whole
    changes = Changes(sheet, whole, bare)
    words, judged = _words(glyphs)
    judged &= (glyphs.sizes * sheet.scale >= _LEAST_DOTS) | (glyphs.sizes < MIN_SIZE)
    unseen = judged & (changes.bands(glyphs.boxes) < _BANDS - 1)  # 2
    unseen |= judged & (glyphs.sizes < MIN_SIZE)
    ink = Ink(sheet, things, whole, bare, changes, words, judged, unseen)
    if unseen.any():
        _doubtful(ink, textpage, glyphs)
    return ink


def by_words(ink: Ink, textpage: Any, glyphs: Glyphs) -> Bools:
    """Return which characters are no text, whole words at a time; blanks between two such words are none either."""
    unseen, words = ink.unseen, ink.words.copy()
    if not unseen.any():
        return unseen.copy()
    whole = _voted(glyphs, words, ink.judged, unseen)
    members = words >= 0
    mixed = np.unique(words[members & (whole != unseen) & ink.judged])
    mixed = np.union1d(mixed, np.unique(words[members & whole & ~unseen & ink.judged]))
    at = np.flatnonzero(np.isin(words, mixed) & members)
    if len(at):
        parts = np.array([address_of(textpage, int(one)) for one in at])
        new = np.concatenate([[True], (np.diff(parts) != 0) | (np.diff(words[at]) != 0)])
        words[at] = len(glyphs) + np.cumsum(new)
        _, words[members] = np.unique(words[members], return_inverse=True)
        parted = _voted(glyphs, words, ink.judged, unseen)
        letters = np.fromiter((char.isalnum() for char in glyphs.chars), np.bool_, len(glyphs))
        silent = members & (np.bincount(words[members], letters[members])[np.maximum(words, 0)] == 0)
        whole = np.where(silent, whole, parted)
    return with_blanks(whole, members)


def address_of(textpage: Any, at: int) -> int:
    """Return which object draws a character, as a number; 0 if none does."""
    return thing_address(pdfium.FPDFText_GetTextObject(textpage, at))


def thing_address(handle: Any) -> int:
    """Return an object as a number; 0 if it is none."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def own_count(sheet: Sheet, alone: Dots, boxes: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return how many cells of each box have ink in a drawing on magenta, a colour that no text has."""
    return Changes(sheet, alone, np.full_like(alone, MAGENTA)).count(boxes)


def _words(glyphs: Glyphs) -> tuple[NDArray[np.intp], Bools]:
    """Return the word of each character, and which characters should leave ink."""
    count = len(glyphs)
    blank = glyphs.generated | np.fromiter((not char.strip() and char != "" for char in glyphs.chars), np.bool_, count)
    wide = np.fromiter((char >= chr(_WIDE) for char in glyphs.chars), np.bool_, count)
    parted = np.concatenate([[True], blank[:-1] | wide[:-1] | glyphs.hyphens[:-1]]) if count else blank
    words = np.where(blank, -1, np.cumsum(~blank & (parted | wide)) - 1)
    sized = (glyphs.boxes[:, 2] > glyphs.boxes[:, 0]) & (glyphs.boxes[:, 3] > glyphs.boxes[:, 1])
    return words, ~blank & sized & ~glyphs.hyphens


def _voted(glyphs: Glyphs, words: NDArray[np.intp], judged: Bools, unseen: Bools) -> Bools:
    """Return for each character whether its word is unseen: by half of its letters, or by one of its digits."""
    members = words >= 0
    if not members.any():
        return np.zeros(len(words), dtype=np.bool_)
    ids, count = words[members], int(words.max()) + 1
    letters = np.fromiter((char.isalnum() for char in glyphs.chars), np.bool_, len(glyphs)) & judged
    digits = np.fromiter((char.isdigit() for char in glyphs.chars), np.bool_, len(glyphs)) & judged

    def counted(what: Bools) -> NDArray[Any]:
        return np.bincount(ids, what[members], count)

    lettered = counted(letters)
    has_letters = lettered > 0
    total = np.where(has_letters, lettered, counted(judged))
    gone = np.where(has_letters, counted(letters & unseen), counted(judged & unseen))
    verdict = ((gone * 2 >= total) & (total > 0)) | (counted(digits & unseen) > 0)
    result: Bools = np.zeros(len(words), dtype=np.bool_)
    result[members] = verdict[ids]
    return result


def with_blanks(out: Bools, members: Bools) -> Bools:
    """Return `out` with the blanks that stand between two characters that are out; `members` are no blanks."""
    at = np.flatnonzero(members)
    if not len(at) or not out.any():
        return out
    after = np.searchsorted(at, np.arange(len(out)))
    before_out = out[at[np.clip(after - 1, 0, len(at) - 1)]] & (after > 0)
    after_out = out[at[np.clip(after, 0, len(at) - 1)]] & (after < len(at))
    return out | (~members & before_out & after_out)


def _doubtful(ink: Ink, textpage: Any, glyphs: Glyphs) -> None:
    """Look again at characters that left some ink, or for which there may be no font: draw the text alone."""
    others = [thing.handle for thing in ink.things if thing.kind not in _HOLD_TEXT]
    with without(others):
        alone = draw(ink.sheet, ground=MAGENTA, marks=False)
    at = np.flatnonzero(ink.unseen & (glyphs.sizes >= MIN_SIZE))
    shown, possible = ink.changes.count(glyphs.boxes[at]), own_count(ink.sheet, alone, glyphs.boxes[at])
    ink.unseen[at[(shown > 0) & (shown >= ENOUGH * possible)]] = False
    for one in at[possible == 0]:
        char = glyphs.chars[one]
        if char >= chr(_LATIN_GREEK_CYRILLIC) and _has_no_font(pdfium.FPDFText_GetTextObject(textpage, int(one))):
            ink.unseen[one] = False


_HOLD_TEXT = frozenset([pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_FORM])


def _has_no_font(text: Any) -> bool:
    if not text or pdfium.FPDFTextObj_GetTextRenderMode(text) == _UNPAINTED:
        return False
    font = pdfium.FPDFTextObj_GetFont(text)
    return bool(font) and pdfium.FPDFFont_GetIsEmbedded(font) == 0
