"""The characters of one PDF page, as PDFium reads them: what they are, and where they stand on the paper.

In the order in which the page draws them, which is nearly always the order of reading. Boxes are measured, in points of
the page before it is turned; `generated` are the blanks and line ends that PDFium puts between, which stand nowhere.
What holds for all characters of one piece of text (its type) is asked once a piece, and PDFium writes places straight
into the table: a page of 3,000 characters takes some 10 ms. Does not say which of them anybody sees (`ink`), joins
no lines (`lines`).
"""

import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_HYPHEN_CODE = 2  # what PDFium puts in the place of a hyphen that parts a word at a line's end
_SOFT_HYPHEN = "\xad"
_BOLD_WEIGHT = 700
_BOLD_NAME = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_MAX_NAME_BYTES = 200
_SOFT_HYPHENS = frozenset([b"\xfe\xff\x00\xad", b"\xad", b"\xef\xbb\xbf\xc2\xad"])  # as a file writes it
_MAX_TEXT_BYTES = 8
_MAX_MARKS = 20  # a character's text stands in few
_DOUBLE = 8  # bytes
_COLUMNS = 6  # left, bottom, right, top, and where the baseline begins


def _bare(function: Any, result: Any, *arguments: Any) -> Any:
    """Return a function of PDFium that takes addresses as numbers: no objects are made for a call."""
    return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_PAGE, _AT, _TO = ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
_code_at = _bare(pdfium.FPDFText_GetUnicode, ctypes.c_uint, _PAGE, _AT)
_object_at = _bare(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, _PAGE, _AT)
_box_at = _bare(pdfium.FPDFText_GetCharBox, ctypes.c_int, _PAGE, _AT, _TO, _TO, _TO, _TO)
_origin_at = _bare(pdfium.FPDFText_GetCharOrigin, ctypes.c_int, _PAGE, _AT, _TO, _TO)
_is_generated = _bare(pdfium.FPDFText_IsGenerated, ctypes.c_int, _PAGE, _AT)
_is_hyphen = _bare(pdfium.FPDFText_IsHyphen, ctypes.c_int, _PAGE, _AT)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One page's characters, `n` of them: `chars[i]` is drawn in `boxes[i]`.

    `boxes` (n, 4) float64: left, bottom, right, top. `origins` (n, 2) float64: where the baseline begins. `sizes` (n,)
    float64: the type's, in points on the paper. `angles` (n,) float64: of the writing, in radians, against the clock.
    `weights` (n,) int32: 700 is bold, -1 not known. `hyphens`: parts a word at a line's end; its character is "-", or
    a soft hyphen where the file says that it is one. `chars[i]` is "" for a code that is none.
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


_Type = tuple[float, float, int]  # size, angle, weight


def glyphs_of(textpage: Any) -> Glyphs:
    """Return a page's characters.

    Args:
        textpage: PDFium's text page, as a raw handle or as `pypdfium2.PdfPage.get_textpage` returns it.
    """
    count = max(pdfium.FPDFText_CountChars(textpage), 0)
    page = ctypes.cast(getattr(textpage, "raw", textpage), ctypes.c_void_p).value
    codes = _codes(textpage, page, count)
    chars = [_char(code) for code in codes]
    places = np.zeros((count, _COLUMNS), dtype=np.float64)
    types: dict[int, _Type] = {}
    known: list[_Type] = []
    generated, hyphens = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    to = places.ctypes.data
    for at in range(count):
        piece = _object_at(page, at)
        if piece is None or (codes[at] <= ord(" ") and _is_generated(page, at) == 1):
            generated[at] = True
            known.append((0.0, 0.0, -1))
        else:
            if piece not in types:
                types[piece] = _type(textpage, at)
            known.append(types[piece])
            _box_at(page, at, to, to + 2 * _DOUBLE, to + _DOUBLE, to + 3 * _DOUBLE)
            _origin_at(page, at, to + 4 * _DOUBLE, to + 5 * _DOUBLE)
            if codes[at] == _HYPHEN_CODE and _is_hyphen(page, at) == 1:
                hyphens[at] = True
                chars[at] = _SOFT_HYPHEN if _marked_soft(piece) else "-"
        to += _COLUMNS * _DOUBLE
    columns = np.array(known, dtype=np.float64).reshape(count, 3)
    return Glyphs(
        chars=tuple(chars),
        boxes=places[:, :4],
        origins=places[:, 4:],
        sizes=columns[:, 0],
        angles=columns[:, 1],
        weights=columns[:, 2].astype(np.int32),
        generated=generated,
        hyphens=hyphens,
    )


def _codes(textpage: Any, page: int | None, count: int) -> list[int]:
    """Return the characters' codes: all at once, if each takes one place in UTF-16."""
    room = (ctypes.c_ushort * (count + 1))()
    if count and pdfium.FPDFText_GetText(textpage, 0, count, room) == count + 1:
        codes = list(room)[:count]
        if not any(code in _SURROGATES for code in codes):
            return [_HYPHEN_CODE if code == 0xFFFE else code for code in codes]  # noqa: PLR2004 - the same, in a text
    return [_code_at(page, at) for at in range(count)]


def _char(code: int) -> str:
    return "" if code in _SURROGATES or not 0 < code <= _LAST else chr(code)


def _type(textpage: Any, at: int) -> _Type:
    """Return what holds for all characters of the piece of text in which one stands."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, at, ctypes.byref(matrix))
    size = pdfium.FPDFText_GetFontSize(textpage, at) * math.hypot(matrix.c, matrix.d)
    weight = int(pdfium.FPDFText_GetFontWeight(textpage, at))
    name = ctypes.create_string_buffer(_MAX_NAME_BYTES)
    length = pdfium.FPDFText_GetFontInfo(textpage, at, name, _MAX_NAME_BYTES, None)
    if 0 < length <= _MAX_NAME_BYTES and _BOLD_NAME.search(name.value.decode("utf-8", "replace")):
        weight = max(weight, _BOLD_WEIGHT)
    return size, math.atan2(matrix.b, matrix.a), weight


def _marked_soft(piece: int) -> bool:
    """Tell whether the file says of a piece of text that it stands for a soft hyphen (ActualText)."""
    handle = ctypes.cast(piece, pdfium.FPDF_PAGEOBJECT)
    for number in range(min(pdfium.FPDFPageObj_CountMarks(handle), _MAX_MARKS)):
        mark = pdfium.FPDFPageObj_GetMark(handle, number)
        room, length = (ctypes.c_ubyte * _MAX_TEXT_BYTES)(), ctypes.c_ulong()
        found = pdfium.FPDFPageObjMark_GetParamBlobValue(  # as a string PDFium gives nothing for it
            mark, b"ActualText", room, _MAX_TEXT_BYTES, ctypes.byref(length)
        )
        if found and bytes(room)[: length.value] in _SOFT_HYPHENS:
            return True
    return False


def unpainted(textpage: Any, glyphs: Glyphs) -> NDArray[np.bool_]:
    """Return which characters are in a mode that paints nothing: so a scan holds the text recognised in it."""
    page = ctypes.cast(getattr(textpage, "raw", textpage), ctypes.c_void_p).value
    modes: dict[int, bool] = {}
    found = np.zeros(len(glyphs), dtype=np.bool_)
    for at in np.flatnonzero(~glyphs.generated).tolist():
        piece = _object_at(page, at)
        if piece is not None and piece not in modes:
            mode = pdfium.FPDFTextObj_GetTextRenderMode(ctypes.cast(piece, pdfium.FPDF_PAGEOBJECT))
            modes[piece] = mode == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
        found[at] = piece is not None and modes[piece]
    return found
