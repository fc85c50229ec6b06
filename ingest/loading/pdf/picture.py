"""A page of a PDF as a picture, with a quote marked on it: what a reader of the document sees.

The steps: open the page by PDFium, draw it at 110 dots an inch (a large page with fewer, so that it stays within a
bound), find the quote and lay yellow over it, as a marker would, with a line below for who does not see the colour;
write a PNG, and draw it smaller if that is too large. Fields that are filled in and notes on the page are drawn as they
look. Runs in the child process only; takes no password and runs no script (PDFium is built without).
"""

import contextlib
import ctypes
import struct
import zlib

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from indexes.drawn import MAX_DOTS, MAX_PNG_BYTES, DrawnPage, PageWanted
from ingest.errors import LoadError
from ingest.loading.pdf.glyphs import glyphs_of
from ingest.loading.pdf.marking import Box, lines_of

_SCALE = 110 / 72  # dots a point
_MOST_CHARS = 60_000  # of a page: to look at more takes longer than anybody waits, and then nothing is marked
_SMALLER = 0.75
_TRIES = 6
_YELLOW = np.array([255, 235, 130], dtype=np.uint16)
_LINE = np.array([176, 125, 0], dtype=np.uint8)
_AROUND = 2  # dots around letters

_Dots = NDArray[np.uint8]


def picture(content: bytes, wanted: PageWanted) -> DrawnPage | None:
    """Return a page as a picture; `None` if the document has no such page.

    Raises:
        LoadError: it cannot be drawn.
    """
    try:
        with contextlib.closing(pypdfium2.PdfDocument(content)) as document:
            if not 1 <= wanted.page <= len(document):
                return None
            with contextlib.suppress(pypdfium2.PdfiumError):
                document.init_forms()  # or what is filled in stays invisible
            with contextlib.closing(document[wanted.page - 1]) as page:
                return _drawn(page, wanted)
    except pypdfium2.PdfiumError as error:
        raise LoadError("expected a page that can be drawn, got a damaged or locked one") from error


def _drawn(page: pypdfium2.PdfPage, wanted: PageWanted) -> DrawnPage:
    width, height = page.get_size()
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise LoadError("expected a page with a size, got one without")
    boxes = _boxes(page, wanted) if wanted.quote else []
    scale = min(_SCALE, (MAX_DOTS / (width * height)) ** 0.5)
    for _ in range(_TRIES):
        dots: _Dots = page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3].copy()
        _mark(dots, [_on_picture(page, box, dots) for box in boxes])
        png = _png(dots)
        if dots.shape[0] * dots.shape[1] <= 1.1 * MAX_DOTS and len(png) <= MAX_PNG_BYTES:
            return DrawnPage(png, dots.shape[1], dots.shape[0], bool(boxes))
        scale *= _SMALLER
    raise LoadError("expected a page that makes a picture of a bounded size, got another")


def _boxes(page: pypdfium2.PdfPage, wanted: PageWanted) -> list[Box]:
    with contextlib.closing(page.get_textpage()) as textpage:
        if pdfium.FPDFText_CountChars(textpage) > _MOST_CHARS:
            return []
        return lines_of(glyphs_of(textpage), wanted.quote, wanted.before)


def _on_picture(page: pypdfium2.PdfPage, box: Box, dots: _Dots) -> tuple[int, int, int, int]:
    """Return a box as left, upper, right and lower edge in dots, whichever way the page is turned."""
    height, width = dots.shape[:2]
    at = [ctypes.c_int(), ctypes.c_int()]
    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, *map(ctypes.byref, at))
        corners.append((at[0].value, at[1].value))
    (left, lower), (right, upper) = corners
    return min(left, right), min(lower, upper), max(left, right), max(lower, upper)


def _mark(dots: _Dots, boxes: list[tuple[int, int, int, int]]) -> None:
    marked = np.zeros(dots.shape[:2], dtype=np.bool_)
    below = np.zeros(dots.shape[:2], dtype=np.bool_)
    for left, upper, right, lower in boxes:
        columns = slice(max(left - _AROUND, 0), max(right + _AROUND, 0))
        marked[max(upper - _AROUND, 0) : max(lower + _AROUND, 0), columns] = True
        below[max(lower + _AROUND - 1, 0) : max(lower + _AROUND + 1, 0), columns] = True
    dots[marked] = dots[marked].astype(np.uint16) * _YELLOW // 255
    dots[below] = _LINE


def _png(dots: _Dots) -> bytes:
    """Write eight-bit RGB, each row as what differs from the one above: paper is mostly the same."""
    height, width = dots.shape[:2]
    rows = dots.reshape(height, width * 3)
    differs = rows.copy()
    differs[1:] -= rows[:-1]
    lines = np.hstack([np.full((height, 1), 2, dtype=np.uint8), differs])
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
