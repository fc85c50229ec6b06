"""One page of a PDF to lines: pieces of text with their place, put together by where they stand on the paper.

pypdf reports pieces in the order in which the page draws them, which is nearly always the order of reading. A line is a
run of pieces on one baseline; its cells are what wide gaps part. Not taken: text that nobody sees (`pdf_paint`) on a
page that also shows text, text too small to see, text outside the page, slanted watermarks. Does not join lines:
`pdf_blocks` does.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject

from ingest.characters import clean
from ingest.loading.pdf_paint import Paint

_MIN_SIZE = 2.0  # points: smaller text is for machines
_CELL_GAP = 1.3  # of the type size: a space is about a quarter, so this is five spaces
_WIDTH_ERROR = 0.12  # of a piece's estimated width: how far estimates were off in Times, Arial and Calibri
_WORD_GAP = 0.1  # of the type size
_NO_SPACE_BEFORE = frozenset(",.;:!?)]}%’”")
_LEVEL = 0.5  # of the type size: pieces whose baselines differ by less stand on one line
_RAISED = 0.65  # the same, for a note's number beside text
_SMALL = 0.8  # of the type size of the text beside it
_SLANT = 0.05  # sine of the angle
# Advance widths of Helvetica for the characters 32 to 126, in 1/1000 of the size (Adobe Font Metrics, 1990).
_HELVETICA = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_OTHER_WIDTH = 0.556
_WIDTHS = {chr(32 + number): width / 1000 for number, width in enumerate(_HELVETICA)}
_WIDTHS |= {"‘": 0.222, "’": 0.222, "“": 0.333, "”": 0.333, "•": 0.35, "—": 1.0, "…": 1.0}
_NARROW = re.compile(r"times|garamond|calibri|serif|roman|minion|condensed|narrow", re.IGNORECASE)
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_MARK = re.compile(
    r"[-–—•‣▪◦●○■□➢➤✓*·\x7f\uf000-\uf0ff]|o|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d+(?:[.-]\d+)*\.?"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page, or one cell of it, in points.

    `x` runs along the line of writing, `y` upwards, `x_end` is an estimate; `in_row` says that it stands on the same
    line as the one before, beyond a wide gap.
    """

    text: str
    x: float
    x_end: float
    y: float
    size: float
    bold: bool
    in_row: bool


@dataclass(slots=True)
class _Piece:
    text: str
    reported_x: float
    x: float
    x_end: float
    y: float
    size: float
    bold: bool
    measured: bool = False  # x_end is no estimate


def read_lines(page: PageObject) -> list[Line]:
    """Return a page's lines in the order in which they are drawn; none if it holds no text."""
    reading = _Reading(page, with_unseen=False)
    if not reading.lines and reading.skipped_unseen:
        reading = _Reading(page, with_unseen=True)  # a scan with the text that was recognised in it
    return reading.lines


def text_width(text: str, size: float, *, narrow: bool = False) -> float:
    """Estimate the width of a text in points, from the widths of Helvetica."""
    width = sum(_WIDTHS.get(char, _OTHER_WIDTH) for char in text) * size
    return width * 0.9 if narrow else width


class _Reading:
    """Receives what pypdf reports of one page, and puts pieces together to lines as they come."""

    def __init__(self, page: PageObject, *, with_unseen: bool) -> None:
        self.lines: list[Line] = []
        self.skipped_unseen = False
        self._paint = Paint()
        self._fonts: dict[int, tuple[bool, bool]] = {}
        self._pieces: list[list[_Piece]] = []  # of the current line, by cell
        self._broken = False  # pypdf ended a line since the last piece
        self._space = False
        self._after_text = False  # the last report was of text
        box = page.cropbox
        self._box = (float(box.left), float(box.bottom), float(box.right), float(box.top))
        if with_unseen:
            page.extract_text(visitor_text=self._text)
        else:
            page.extract_text(
                visitor_operand_before=self._before, visitor_operand_after=self._after, visitor_text=self._text
            )
        self._end_line()

    def _before(self, operator: bytes, operands: list[Any], cm: Sequence[float], tm: Sequence[float]) -> None:
        """Take the text out of an operation that would show what nobody sees."""
        if self._paint.hides(operator, cm, tm) and operands:
            self.skipped_unseen = True
            operands.clear()
        else:
            self._paint.before(operator, operands, cm)

    def _after(self, operator: bytes, _operands: Any, _cm: Any, _tm: Any) -> None:
        self._paint.after(operator)

    def _text(self, text: str, cm: Sequence[float], tm: Sequence[float], font: Any, font_size: float) -> None:
        body = text.rstrip("\n")
        a = tm[0] * cm[0] + tm[1] * cm[2]
        b = tm[0] * cm[1] + tm[1] * cm[3]
        length = math.hypot(a, b)
        if not length:
            return
        along, up = a / length, b / length
        left = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        base = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        x, y = left * along + base * up, base * along - left * up
        height = math.hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3]) * font_size
        if not body.strip():
            self._blank(body, x, y)
        elif height >= _MIN_SIZE and min(abs(along), abs(up)) < _SLANT and self._on_page(left, base):
            bold, narrow = self._font(font)
            stripped = body.strip()
            self._space = self._space or body[0].isspace()
            width = text_width(stripped, height, narrow=narrow)
            self._add(_Piece(stripped, x, x, x + width, y, height, bold))
            self._space = body[-1].isspace()
            self._broken = False
        self._after_text = bool(body.strip())
        self._broken = self._broken or text.endswith("\n")

    def _blank(self, body: str, x: float, y: float) -> None:
        self._space = self._space or bool(body)
        if not body and self._pieces and self._after_text:  # an empty report tells where the last character stood
            last = self._pieces[-1][-1]
            if abs(y - last.y) < 1 and last.reported_x < x:
                last.x_end = x + text_width(last.text[-1], last.size)
                last.measured = True

    def _on_page(self, x: float, y: float) -> bool:
        left, bottom, right, top = self._box
        return left - 1 <= x <= right + 1 and bottom - 1 <= y <= top + 1

    def _font(self, font: Any) -> tuple[bool, bool]:
        """Return whether a font is bold, and whether it is narrow, by its name."""
        if id(font) not in self._fonts:
            name = str(font.get("/BaseFont", "")) if font else ""
            self._fonts[id(font)] = (bool(_BOLD.search(name)), bool(_NARROW.search(name)))
        return self._fonts[id(font)]

    def _add(self, piece: _Piece) -> None:
        last = self._pieces[-1][-1] if self._pieces else None
        if last is None or not self._same_line(last, piece):
            self._end_line()
            self._pieces = [[piece]]
            return
        size = max(last.size, piece.size)
        if not self._broken and (piece.reported_x == last.reported_x or piece.x < last.x):
            piece.x_end += last.x_end - piece.x  # pypdf does not move along a line whose font alone changes
            piece.x = last.x_end
        gap = piece.x - last.x_end
        error = 0.0 if last.measured else _WIDTH_ERROR * (last.x_end - last.x)
        wide = gap > _CELL_GAP * size + error
        if wide and not self._is_mark():
            self._pieces.append([piece])
            return
        if self._space or gap > _CELL_GAP * size or self._needs_space(last, piece, gap):
            piece.text = f" {piece.text}"
        self._pieces[-1].append(piece)

    def _needs_space(self, last: _Piece, piece: _Piece, gap: float) -> bool:
        """Tell whether two pieces are words apart where pypdf does not say; a raised note number at a start is one."""
        if last.size < _SMALL * piece.size and len(self._pieces[-1]) == 1:
            return True
        return self._broken and gap > _WORD_GAP * last.size and piece.text[0] not in _NO_SPACE_BEFORE

    def _same_line(self, last: _Piece, piece: _Piece) -> bool:
        """Tell whether a piece goes on with the line: on its baseline, or small and raised, and further right."""
        small = min(last.size, piece.size) < _SMALL * max(last.size, piece.size)
        if abs(piece.y - last.y) >= (_RAISED if small else _LEVEL) * max(last.size, piece.size):
            return False
        return not self._broken or piece.x > last.x_end - last.size - _WIDTH_ERROR * (last.x_end - last.x)

    def _is_mark(self) -> bool:
        """Tell whether the line so far is only the mark of a list item, or a heading's number."""
        return len(self._pieces) == 1 and bool(_MARK.fullmatch("".join(piece.text for piece in self._pieces[0])))

    def _end_line(self) -> None:
        for number, cell in enumerate(self._pieces):
            text = _readable("".join(piece.text for piece in cell))
            if not text:
                continue
            longest = max(cell, key=lambda piece: len(piece.text))
            self.lines.append(
                Line(
                    text=text,
                    x=cell[0].x,
                    x_end=cell[-1].x_end,
                    y=longest.y,
                    size=longest.size,
                    bold=all(piece.bold for piece in cell),
                    in_row=number > 0,
                )
            )
        self._pieces = []


def _readable(text: str) -> str:
    """Return a line's text cleaned; symbol fonts' bullets and a hyphen that was only allowed become ordinary ones."""
    text = text.strip().replace("\x7f", "•")  # a code that WinAnsi fonts draw as a bullet, and pypdf leaves as it is
    if text[:1] and "\uf000" <= text[0] <= "\uf0ff":  # the codes that symbol fonts get when nothing maps them
        text = f"• {text[1:]}"
    if text.endswith("\xad"):
        text = f"{text[:-1]}-"
    return clean(text)
