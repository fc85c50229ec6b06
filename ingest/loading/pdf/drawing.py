"""Draw a PDF page, or parts of it: with all that is on it, without its text, without some of it.

Bounded: a page has at most so many dots (a page of 200 inches is drawn smaller), and drawing is given up at a moment
that the caller names. What an object looks like in memory is the page's own; it is as it was afterwards.
Does not say what the dots mean: `ink` does.
"""

import ctypes
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

Dots = NDArray[np.uint32]  # rows of dots: blue, green, red and nothing, of one byte each
Box = tuple[float, float, float, float]  # left, bottom, right, top

WHITE = 0xFFFFFFFF
_SCALE = 2.0  # 144 dots an inch: a letter of six points is some twelve dots high
_MOST_DOTS = 40_000_000
_MAX_DEPTH = 40  # of forms within forms
_MAX_OBJECTS = 300_000
_PAUSE = pdfium.IFSDK_PAUSE
_LATE = type(_PAUSE().NeedToPauseNow)
_TO_POINTS = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

Matrix = tuple[float, float, float, float, float, float]


class OutOfTimeError(Exception):
    """Drawing a page would take longer than it may."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that a page draws: its handle, its kind (`FPDF_PAGEOBJ_...`), what moves its points to the page's."""

    handle: Any
    kind: int
    matrix: Matrix
    in_layer: bool  # it, or what holds it, belongs to a layer
    depth: int  # of the forms that it is in


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page to draw on: its size in dots, and how points become dots."""

    page: Any
    box: Box
    scale: float
    width: int
    height: int
    marks: bool  # whether annotations are drawn
    until: float  # of this process's own time, in seconds: drawing is given up then

    def dots_of(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return boxes in dots: left, top, right, bottom, where rows count from the top."""
        left, _, _, top = self.box
        sides = [boxes[:, 0] - left, top - boxes[:, 3], boxes[:, 2] - left, top - boxes[:, 1]]
        return np.nan_to_num(np.stack(sides, axis=1) * self.scale)


def sheet_of(page: Any, until: float, *, marks: bool) -> Sheet:
    """Return what a page is drawn on.

    Args:
        page: PDFium's page; it is not turned while it is drawn, for the places of characters are those of the paper.
        marks: whether annotations are drawn on it.
        until: of `time.process_time`.
    """
    left, bottom, right, top = page.get_bbox()
    width, height = max(right - left, 0.01), max(top - bottom, 0.01)
    scale = min(_SCALE, (_MOST_DOTS / (width * height)) ** 0.5)
    longest = max(width, height) * scale
    scale *= min(1.0, _MOST_DOTS / 1_000 / longest)
    size = max(int(width * scale), 1), max(int(height * scale), 1)
    return Sheet(page, (left, bottom, right, top), scale, *size, marks, until)


def draw(sheet: Sheet, *, ground: int = WHITE, marks: bool | None = None) -> Dots:
    """Return what a page looks like.

    Args:
        sheet: the page.
        ground: the colour of the paper.
        marks: whether annotations are drawn too, if not as the sheet says.

    Raises:
        OutOfTimeError: it took too long.
    """
    dots = np.empty((sheet.height, sheet.width), dtype=np.uint32)
    rotation = sheet.page.get_rotation()
    bitmap = pdfium.FPDFBitmap_CreateEx(
        sheet.width, sheet.height, pdfium.FPDFBitmap_BGRx, dots.ctypes.data_as(ctypes.c_void_p), sheet.width * 4
    )
    try:
        sheet.page.set_rotation(0)
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, sheet.width, sheet.height, ground)
        _render(bitmap, sheet, pdfium.FPDF_ANNOT if (sheet.marks if marks is None else marks) else 0)
    finally:
        sheet.page.set_rotation(rotation)
        pdfium.FPDFBitmap_Destroy(bitmap)
    return dots


def _render(bitmap: Any, sheet: Sheet, flags: int) -> None:
    pause = _PAUSE()
    pause.version = 1
    pause.NeedToPauseNow = _LATE(lambda _: time.process_time() > sheet.until)
    if time.process_time() > sheet.until:
        raise OutOfTimeError
    page = sheet.page
    try:
        status = pdfium.FPDF_RenderPageBitmap_Start(
            bitmap, page, 0, 0, sheet.width, sheet.height, 0, flags | pdfium.FPDF_RENDER_LIMITEDIMAGECACHE, pause
        )
    finally:
        pdfium.FPDF_RenderPage_Close(page)
    if status == pdfium.FPDF_RENDER_TOBECONTINUED:
        raise OutOfTimeError


def things_of(page: Any) -> list[Thing]:
    """Return all that a page draws, in the order in which it does, what is in forms included; annotations are not."""
    found: list[Thing] = []
    count = pdfium.FPDFPage_CountObjects(page)
    handles = (pdfium.FPDFPage_GetObject(page, at) for at in range(count))
    _gather(handles, _TO_POINTS, in_layer=False, found=found, depth=0)
    return found


def _gather(handles: Iterator[Any], matrix: Matrix, *, in_layer: bool, found: list[Thing], depth: int) -> None:
    for handle in handles:
        if len(found) >= _MAX_OBJECTS:
            raise OutOfTimeError
        kind = pdfium.FPDFPageObj_GetType(handle)
        layer = in_layer or _has_layer(handle)
        found.append(Thing(handle, kind, matrix, layer, depth))
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MAX_DEPTH:
            count = pdfium.FPDFFormObj_CountObjects(handle)
            inner = (pdfium.FPDFFormObj_GetObject(handle, at) for at in range(max(count, 0)))
            _gather(inner, joined(matrix_of(handle), matrix), in_layer=layer, found=found, depth=depth + 1)


def _has_layer(handle: Any) -> bool:
    count = pdfium.FPDFPageObj_CountMarks(handle)
    return any(_mark_name(pdfium.FPDFPageObj_GetMark(handle, at)) == "OC" for at in range(max(min(count, 50), 0)))


def _mark_name(mark: Any) -> str:
    buffer = (ctypes.c_ushort * 3)()  # longer names are not asked for: only "OC" is
    length = ctypes.c_ulong()
    if not pdfium.FPDFPageObjMark_GetName(mark, buffer, ctypes.sizeof(buffer), ctypes.byref(length)):
        return ""
    return "".join(map(chr, buffer)).rstrip("\0") if length.value == ctypes.sizeof(buffer) else ""


def matrix_of(handle: Any) -> Matrix:
    """Return what moves an object's own points to those of what holds it."""
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(handle, matrix):
        return _TO_POINTS
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def joined(first: Matrix, then: Matrix) -> Matrix:
    """Return one matrix that moves points as two do, one after the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def bounds_of(thing: Thing) -> Box | None:
    """Return where a thing stands on the page, in points; None if it says nothing."""
    numbers = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(thing.handle, *map(ctypes.byref, numbers)):
        return None
    left, bottom, right, top = (number.value for number in numbers)
    a, b, c, d, e, f = thing.matrix
    corners = [(left, bottom), (left, top), (right, bottom), (right, top)]
    xs = [x * a + y * c + e for x, y in corners]
    ys = [x * b + y * d + f for x, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


@contextmanager
def without(handles: Sequence[Any]) -> Iterator[None]:
    """Leave objects out of what is drawn meanwhile."""
    try:
        for handle in handles:
            pdfium.FPDFPageObj_SetIsActive(handle, False)
        yield
    finally:
        for handle in handles:
            pdfium.FPDFPageObj_SetIsActive(handle, True)
