"""The characters of one PDF page, as PDFium reads them: what they are, and where they stand on the paper.

In the order in which the page draws them, which is nearly always the order of reading. Boxes are measured, in points of
the page before it is turned; `generated` are the blanks and line ends that PDFium puts between, which stand nowhere.
Does not say which of them anybody sees (`pdf_ink`), joins no lines (`pdf_lines`).
"""

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_MATRIX = pdfium.FS_MATRIX
_Row = tuple[float, float, float, float, float, float, float, float, float, bool, bool]
_GENERATED: _Row = (0, 0, 0, 0, 0, 0, 0, 0, -1, True, False)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One page's characters, `n` of them: `chars[i]` is drawn in `boxes[i]`.

    `boxes` (n, 4) float64: left, bottom, right, top. `origins` (n, 2) float64: where the baseline begins. `sizes` (n,)
    float64: the type's, in points on the paper. `angles` (n,) float64: of the writing, in radians. `weights` (n,)
    int32: 700 is bold, -1 not known. `hyphens`: parts a word at a line's end. `chars[i]` is "" for a code that is none.
    """

    chars: tuple[str, ...]
    boxes: NDArray[np.float64]
    origins: NDArray[np.float64]
    sizes: NDArray[np.float64]
    angles: NDArray[np.float64]
    weights: NDArray[np.int32]
    generated: NDArray[np.bool_]
    hyphens: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.chars)


def glyphs_of(textpage: Any) -> Glyphs:
    """Return a page's characters.

    Args:
        textpage: PDFium's text page, as a raw handle or as `pypdfium2.PdfPage.get_textpage` returns it.
    """
    count = max(pdfium.FPDFText_CountChars(textpage), 0)
    box, origin, matrix = [ctypes.c_double() for _ in range(4)], (ctypes.c_double(), ctypes.c_double()), _MATRIX()
    to_box, to_origin, to_matrix = [*map(ctypes.byref, box)], [*map(ctypes.byref, origin)], ctypes.byref(matrix)
    left, right, bottom, top = box  # in the order in which PDFium gives them
    chars: list[str] = []
    rows: list[_Row] = []
    for at in range(count):
        chars.append(_char(pdfium.FPDFText_GetUnicode(textpage, at)))
        if pdfium.FPDFText_IsGenerated(textpage, at) == 1:
            rows.append(_GENERATED)
            continue
        pdfium.FPDFText_GetCharBox(textpage, at, *to_box)
        pdfium.FPDFText_GetCharOrigin(textpage, at, *to_origin)
        pdfium.FPDFText_GetMatrix(textpage, at, to_matrix)
        rows.append(
            (
                *(left.value, bottom.value, right.value, top.value, origin[0].value, origin[1].value),
                pdfium.FPDFText_GetFontSize(textpage, at) * math.hypot(matrix.c, matrix.d),
                pdfium.FPDFText_GetCharAngle(textpage, at),
                pdfium.FPDFText_GetFontWeight(textpage, at),
                False,
                pdfium.FPDFText_IsHyphen(textpage, at) == 1,
            )
        )
    table = np.array(rows, dtype=np.float64).reshape(count, len(_GENERATED))
    return Glyphs(
        chars=tuple(chars),
        boxes=table[:, :4],
        origins=table[:, 4:6],
        sizes=table[:, 6],
        angles=table[:, 7],
        weights=table[:, 8].astype(np.int32),
        generated=table[:, 9] > 0,
        hyphens=table[:, 10] > 0,
    )


def _char(code: int) -> str:
    return "" if code in _SURROGATES or not 0 < code <= _LAST else chr(code)
