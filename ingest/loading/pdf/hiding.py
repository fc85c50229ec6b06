"""By what characters are hidden that nobody sees: in a layer that is switched off, covered, or otherwise.

Told apart as far as a page says: what belongs to a layer and is not drawn is taken as switched off; what a path, a
picture or a shading lies on that is drawn later, or a mark on the page, as covered; the rest (white, pale, clipped,
tiny, beyond the page) as unseen. Only the count of words is kept.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ingest.loading.pdf.cells import Bools
from ingest.loading.pdf.drawing import Box, Thing, bounds_of
from ingest.loading.pdf.glyphs import Glyphs
from ingest.loading.pdf.ink import MIN_SIZE, Ink, address_of, thing_address

_COVERS = frozenset([pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING])
_MAX_WORDS = 20_000  # of a page; more are counted as unseen


def hidden_words(
    ink: Ink, out: Bools, textpage: Any, glyphs: Glyphs, covers: Sequence[Box], *, layered_forms: bool
) -> Counter[str]:
    """Return how many words are hidden, by kind of note.

    Args:
        ink: what drawing the page said.
        out: the characters that nobody sees.
        textpage: the page's text page.
        glyphs: its characters.
        covers: marks that may cover text.
        layered_forms: the page draws forms that belong to a layer, of which nothing else tells.
    """
    counts: Counter[str] = Counter()
    hidden = np.flatnonzero(out & ink.judged)
    _, first = np.unique(ink.words[hidden], return_index=True)
    of_words = hidden[first]
    counts["unseen_text"] += max(len(of_words) - _MAX_WORDS, 0)
    order = {thing_address(thing.handle): number for number, thing in enumerate(ink.things)}
    places, numbers = _covering(ink.things)
    marks = np.array(covers, dtype=np.float64).reshape(-1, 4)
    for one in of_words[:_MAX_WORDS]:
        number = order.get(address_of(textpage, int(one)), -1)
        middle = (glyphs.boxes[one, :2] + glyphs.boxes[one, 2:]) / 2
        if number >= 0 and _in_layer(ink.things[number], layered_forms=layered_forms):
            counts["hidden_layer"] += 1
            continue
        covered = _within(middle, places[numbers > number]) or _within(middle, marks)
        covered = covered or (number >= 0 and _under_text(ink, int(one), glyphs))
        counts["covered_text" if covered else "unseen_text"] += 1
    return counts


def _in_layer(thing: Thing, *, layered_forms: bool) -> bool:
    return thing.in_layer or (layered_forms and thing.depth > 0)


def _covering(things: list[Thing]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the places of what may cover text, and its number in the order of drawing."""
    found = [(box, at) for at, thing in enumerate(things) if thing.kind in _COVERS and (box := bounds_of(thing))]
    places = np.array([box for box, _ in found], dtype=np.float64).reshape(-1, 4)
    return places, np.array([at for _, at in found], dtype=np.intp)


def _within(point: NDArray[np.float64], boxes: NDArray[np.float64]) -> bool:
    return bool(((boxes[:, :2] <= point) & (point <= boxes[:, 2:])).all(axis=1).any())


def _under_text(ink: Ink, one: int, glyphs: Glyphs) -> bool:
    """Tell whether ink of other characters stands where one that is not seen does, though it is not too small."""
    return bool(glyphs.sizes[one] >= MIN_SIZE and ink.changes.bands(glyphs.boxes[one : one + 1])[0] >= 2)  # noqa: PLR2004 - of three
