"""Which characters of a PDF page leave no ink where they stand: white on white, unpainted, covered, outside.

The page is drawn in grey once; a character is seen if what is drawn in its box is not all of one brightness.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.loading.pdf_glyphs import Glyphs

_SCALE = 1.5  # 108 dots an inch
_MOST_DOTS = 20_000_000  # of a page: a poster is drawn smaller
_INK = 25  # of 255: how much brightness has to vary in a character's box
_EDGE = 1.0  # dots around a box: thin letters stand on its edge


def unseen(page: Any, glyphs: Glyphs) -> NDArray[np.bool_]:
    """Return which characters nobody sees; blanks are not among them.

    Args:
        page: PDFium's page.
        glyphs: its characters.
    """
    left, bottom, right, top = page.get_bbox()
    scale = min(_SCALE, (_MOST_DOTS / max((right - left) * (top - bottom), 1)) ** 0.5)
    turn = page.get_rotation()
    page.set_rotation(0)  # boxes are those of the page as it was before it was turned
    dots: NDArray[np.uint8] = page.render(scale=scale, grayscale=True).to_numpy()
    page.set_rotation(turn)
    dots = dots.reshape(dots.shape[0], dots.shape[1])
    x = (glyphs.boxes[:, [0, 2]] - left) * scale
    y = (top - glyphs.boxes[:, [3, 1]]) * scale
    edges = np.stack([x[:, 0] - _EDGE, x[:, 1] + _EDGE + 1, y[:, 0] - _EDGE, y[:, 1] + _EDGE + 1], axis=1)
    sides = np.clip(edges, 0, max(dots.shape)).astype(int).tolist()
    found = np.zeros(len(glyphs), dtype=np.bool_)
    for at, (one, other, above, below) in enumerate(sides):
        if not glyphs.generated[at] and glyphs.chars[at].strip():
            part = dots[above:below, one:other]
            found[at] = part.size == 0 or int(part.max()) - int(part.min()) < _INK
    return found
