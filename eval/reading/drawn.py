"""A PDF as it is drawn: the characters that PDFium finds on each page, of which only those count that left ink.

A look by other code than the loader's, though both ask PDFium for characters: nothing of the loader is used here. Each
page is drawn in grey; a character is seen if what is drawn in its box is not all of one brightness. So white text, text
under a bar, in a layer that is switched off and beyond the page's edge is not seen, without following how it was
hidden. Not recognised: text that other text was written over, and text so small that it is a grey line. Pictures of
text hold no characters.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGE = "pypdfium2"
_SCALE = 2.0  # 144 dots an inch: a letter of six points is some twelve dots high
_MOST_DOTS = 40_000_000  # of a page: a poster is drawn smaller
_INK = 25  # of 255: how much brightness has to vary in a character's box
_EDGE = 1.0  # dots around a box: thin letters stand on its edge
_LAST_BMP = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """One page: the text that is seen, line by line, and how many characters there are that nobody sees."""

    text: str
    unseen: int


def can_look() -> bool:
    """Tell whether pages can be drawn here."""
    return find_spec(PACKAGE) is not None


def drawn_pages(path: Path) -> Iterator[DrawnPage]:
    """Draw a PDF page by page; one page at a time is in memory."""
    pdfium = import_module(PACKAGE)
    document = pdfium.PdfDocument(path)
    try:
        for number in range(len(document)):
            page = document[number]
            try:
                yield _look(page, pdfium.raw)
            finally:
                page.close()
    finally:
        document.close()


def _look(page: Any, raw: Any) -> DrawnPage:
    page.set_rotation(0)  # boxes of characters are those of the page as it was before it was turned
    left, bottom, right, top = page.get_bbox()
    scale = min(_SCALE, (_MOST_DOTS / max((right - left) * (top - bottom), 1)) ** 0.5)
    dots: NDArray[np.uint8] = page.render(scale=scale, grayscale=True).to_numpy()
    dots = dots.reshape(dots.shape[0], dots.shape[1])
    textpage = page.get_textpage()
    box = [ctypes.c_double() for _ in range(4)]
    pieces: list[str] = []
    unseen = 0
    for at in range(raw.FPDFText_CountChars(textpage)):
        char = _char(raw.FPDFText_GetUnicode(textpage, at))
        if raw.FPDFText_IsHyphen(textpage, at) == 1:
            pieces.append("\xad")  # parts a word at a line's end
        elif not char or char.isspace() or raw.FPDFText_IsGenerated(textpage, at) == 1:
            pieces.append(char)
        elif raw.FPDFText_GetCharBox(textpage, at, *map(ctypes.byref, box)):
            x, x_end, low, high = (value.value for value in box)
            if _has_ink(dots, ((x - left) * scale, (x_end - left) * scale, (top - high) * scale, (top - low) * scale)):
                pieces.append(char)
            else:
                unseen += 1
    textpage.close()
    return DrawnPage(_joined("".join(pieces)), unseen)


def _char(code: int) -> str:
    return "" if code in _SURROGATES or not 0 < code <= _LAST_BMP else chr(code)


def _has_ink(dots: NDArray[np.uint8], box: tuple[float, float, float, float]) -> bool:
    x, x_end, y, y_end = box
    part = dots[max(int(y - _EDGE), 0) : max(int(y_end + _EDGE) + 1, 0), max(int(x), 0) : max(int(x_end) + 1, 0)]
    return part.size > 0 and int(part.max()) - int(part.min()) >= _INK


def _joined(text: str) -> str:
    """Put words together that were parted at a line's end."""
    head, *rest = text.split("\xad")
    return head + "".join(piece.lstrip("\r\n") for piece in rest)
