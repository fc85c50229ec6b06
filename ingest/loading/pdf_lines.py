"""One page of a PDF to lines: characters with their measured places, put together by where they stand on the paper.

A line is a run of characters on one baseline, in the order in which the page draws them; its cells are what wide gaps
part. Where each character is raised or lowered is told, not judged: `pdf_raised` does. Not taken: characters that the
caller names (nobody sees them), text too small to see, text outside the page, slanted watermarks, and what is written
twice at one place to look bold. Does not join lines: `pdf_blocks` does.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ingest.characters import clean
from ingest.loading.pdf_glyphs import Glyphs

Box = tuple[float, float, float, float]
_Places = dict[tuple[str, int, int], list[tuple[float, float, int]]]

_MIN_SIZE = 2.0  # points: smaller text is for machines
_CELL_GAP = 1.3  # of the type size: a space is about a quarter, so this is five spaces
_LEFTWARD_CELL_GAP = 4.0  # the same, where writing runs to the left: figures in it are read the other way round
_FIRST_LEFTWARD = "\u0590"  # Hebrew, Arabic; scripts beyond them have wide characters
_WORD_GAP = 0.3  # of the type size: no font kerns letters that far apart, and most blanks are narrower only by a little
_PIECE_GAP = 0.1  # the same, between texts that the page draws by themselves
_NO_SPACE_BEFORE = frozenset(",.;:!?)]}%’”")
_LEVEL = 0.5  # of the type size: characters whose baselines differ by less stand on one line
_RAISED_LEVEL = 0.65  # the same, for small type beside large
_SMALL = 0.85  # of the type size of the text beside it
_RAISED = 0.15  # of the type size: small characters this much above the line are raised
_LOWERED = 0.06
_FAR_RAISED = 0.3  # the same, of characters that are not small
_SLANT = 0.05  # sine of the angle
_TWICE = 0.12  # of the type size: the same character no further away is written twice
_JUST_BEFORE = 3  # characters
_UNDER = 0.25  # of its width
_SQUARE = 8.0  # points, in which characters are looked up
_BOLD = 600
_WIDE_BLANK = 0.7  # of the type size: a gutter may be as narrow
_SPACED_LETTERS = 4  # words of one letter in a line that is spaced out, at least
_SPACED_SHARE = 0.75  # of its words
_SPACED_GAP = 1.7  # times the usual distance of letters: between words
_RAISED_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LAM, _ALEFS = "\u0644", frozenset("\u0622\u0623\u0625\u0627")
_MARK = re.compile(
    r"[-–—•‣▪◦●○■□➢➤✓*·\x7f\uf000-\uf0ff]|o|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d+(?:[.-]\d+)*\.?"
)


@dataclass(frozen=True, slots=True)
class Raised:
    """A stretch `[start, end)` of a line's text that is raised, or lowered."""

    start: int
    end: int
    lowered: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """White between two words of a line, at a place of its text, that is wider than blanks are."""

    at: int
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page, or one cell of it, in points.

    `x` runs along the line of writing, `y` upwards; `in_row` says that it stands on the same line as the one before,
    beyond a wide gap. `first_word` is how wide its first word is, 0 if that is not known.
    """

    text: str
    x: float
    x_end: float
    y: float
    size: float
    bold: bool
    in_row: bool
    first_word: float = 0.0
    raised: tuple[Raised, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(slots=True)
class _Glyph:
    char: str
    origin: float
    left: float
    right: float
    base: float
    size: float
    bold: bool
    space: bool  # a blank stands before it


def read_lines(glyphs: Glyphs, *, leave_out: NDArray[np.bool_] | None = None, box: Box | None = None) -> list[Line]:
    """Return a page's lines in the order in which they are drawn; none if it holds no text.

    Args:
        glyphs: its characters.
        leave_out: those that nobody sees.
        box: what of the page is shown: left, bottom, right, top.
    """
    taken = _taken(glyphs, leave_out, box)
    along, across, left, right = _turned(glyphs)
    sizes, bold = glyphs.sizes.tolist(), (glyphs.weights >= _BOLD).tolist()
    turns = np.round(np.degrees(glyphs.angles)).astype(int).tolist()
    page = _Page()
    space = broken = False
    seen: _Places = {}
    for at, char in enumerate(_in_reading_order(glyphs)):
        if not taken[at]:
            space = space or not char.strip()
            broken = broken or char == "\n"
            continue
        one = _Glyph(char, along[at], left[at], right[at], across[at], sizes[at], bold[at], space)
        if _written_twice(seen, one, at):
            continue
        page.add(one, turns[at], broken=broken)
        space = broken = False
    page.end_line()
    return page.lines


def _taken(glyphs: Glyphs, leave_out: NDArray[np.bool_] | None, box: Box | None) -> list[bool]:
    slanted = np.minimum(np.abs(np.sin(glyphs.angles)), np.abs(np.cos(glyphs.angles))) >= _SLANT
    blank = np.array([not char.strip() for char in glyphs.chars], dtype=np.bool_)
    taken = ~(glyphs.generated | blank | slanted) & (glyphs.sizes >= _MIN_SIZE)
    if box is not None:
        x, y = glyphs.origins[:, 0], glyphs.origins[:, 1]
        taken &= (x >= box[0] - 1) & (x <= box[2] + 1) & (y >= box[1] - 1) & (y <= box[3] + 1)
    if leave_out is not None:
        taken &= ~leave_out
    return list(taken.tolist())


def _in_reading_order(glyphs: Glyphs) -> list[str]:
    """Return the characters; of an Arabic ligature, which is one sign, the lam stands before the alef."""
    chars = list(glyphs.chars)
    for at in range(1, len(chars)):
        if chars[at] == _LAM and chars[at - 1] in _ALEFS and (glyphs.boxes[at] == glyphs.boxes[at - 1]).all():
            chars[at - 1], chars[at] = chars[at], chars[at - 1]
    return chars


def _turned(glyphs: Glyphs) -> tuple[list[float], list[float], list[float], list[float]]:
    """Return each character's place as its line runs: its origin along and across, and the ends of its box."""
    quarter = np.round(glyphs.angles / (math.pi / 2)) * (math.pi / 2)
    cos, sin = np.round(np.cos(quarter)), np.round(np.sin(quarter))
    x, y = glyphs.origins[:, 0], glyphs.origins[:, 1]
    one = glyphs.boxes[:, 0] * cos + glyphs.boxes[:, 1] * sin
    other = glyphs.boxes[:, 2] * cos + glyphs.boxes[:, 3] * sin
    ends = np.minimum(one, other), np.maximum(one, other)
    return (x * cos + y * sin).tolist(), (y * cos - x * sin).tolist(), ends[0].tolist(), ends[1].tolist()


def _written_twice(seen: _Places, one: _Glyph, number: int) -> bool:
    """Tell whether the same character stands at nearly the same place already, as programs do that have no bold type.

    The one just before may be as near because it is narrow: it has to lie under this one.
    """
    x, y, reach = one.origin, one.base, max(one.size * _TWICE, 0.1)
    for square in {int((x + i) // _SQUARE) for i in (-reach, reach)}:
        for other in {int((y + i) // _SQUARE) for i in (-reach, reach)}:
            for left, base, before in seen.get((one.char, square, other), ()):
                far = abs(left - x)
                apart = number - before <= _JUST_BEFORE and far > _UNDER * (one.right - one.left)
                if far < reach and abs(base - y) < reach and not apart:
                    return True
    seen.setdefault((one.char, int(x // _SQUARE), int(y // _SQUARE)), []).append((x, y, number))
    return False


class _Page:
    """Puts characters together to lines as they come."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._cells: list[list[_Glyph]] = []  # of the current line
        self._turn = 0

    def add(self, one: _Glyph, turn: int, *, broken: bool) -> None:
        """Take the next character.

        Args:
            one: the character.
            turn: of its writing, in degrees.
            broken: PDFium ends a line before it.
        """
        last = self._cells[-1][-1] if self._cells else None
        if last is None or turn != self._turn or not _same_line(last, one, broken=broken):
            self.end_line()
            self._cells, self._turn = [[one]], turn
            return
        size = max(last.size, one.size)
        gap = max(one.left - last.right, last.left - one.right)  # the second, where writing runs to the left
        leftward = one.char > _FIRST_LEFTWARD or last.char > _FIRST_LEFTWARD
        if gap > (_LEFTWARD_CELL_GAP if leftward else _CELL_GAP) * size and not self._is_mark():
            self._cells.append([one])
            return
        raised_start = last.size < _SMALL * one.size and len(self._cells[-1]) == 1
        apart = broken and gap > _PIECE_GAP * last.size and one.char not in _NO_SPACE_BEFORE
        one.space = (one.space and not broken) or gap > _WORD_GAP * size or raised_start or apart
        self._cells[-1].append(one)

    def _is_mark(self) -> bool:
        """Tell whether the line so far is only the mark of a list item, or a heading's number."""
        return len(self._cells) == 1 and bool(_MARK.fullmatch("".join(one.char for one in self._cells[0][:12])))

    def end_line(self) -> None:
        """Put the line so far with the others."""
        for number, cell in enumerate(self._cells):
            line = _line(cell, in_row=number > 0)
            if line.text:
                self.lines.append(line)
        self._cells = []


def _same_line(last: _Glyph, one: _Glyph, *, broken: bool) -> bool:
    """Tell whether a character goes on with the line: on its baseline, or small and raised, and further right."""
    small = min(last.size, one.size) < _SMALL * max(last.size, one.size)
    if abs(one.base - last.base) >= (_RAISED_LEVEL if small else _LEVEL) * max(last.size, one.size):
        return False
    return not broken or one.left > last.right - last.size


def _line(cell: list[_Glyph], *, in_row: bool) -> Line:
    sizes = Counter(round(one.size, 1) for one in cell)
    size = max(sizes, key=lambda key: (sizes[key], key))
    main = [one for one in cell if round(one.size, 1) == size]
    base = median(one.base for one in main)
    _close_up(cell)
    pieces: list[str] = []
    length = 0
    raised: list[Raised] = []
    gaps: list[Gap] = []
    end = math.inf
    for one in cell:
        if one.space and pieces:
            if one.left - end > _WIDE_BLANK * size:
                gaps.append(Gap(length, end, one.left))
            pieces.append(" ")
            length += 1
        end = one.right
        start, char = length, _plain(one.char) if length == 0 else one.char
        pieces.append(char)
        length += len(char)
        level = _level(one, base, size)
        if level:
            _stretch(raised, Raised(start, length, lowered=level < 0))
    text, at = _readable("".join(pieces))
    letters = [one for one in cell if one.char.isalnum()] or cell
    word_end = next((before.right for before, one in pairwise(cell) if one.space), cell[-1].right)
    return Line(
        text=text,
        x=cell[0].origin if cell[0].left <= cell[-1].right else cell[-1].left,
        x_end=max(cell[-1].right, cell[0].right),
        y=base,
        size=size,
        bold=all(one.bold for one in letters),
        in_row=in_row,
        first_word=max(word_end - cell[0].left, 0.0),
        raised=tuple(Raised(at(one.start + 1) - 1, at(one.end), one.lowered) for one in raised),
        gaps=tuple(Gap(at(gap.at), gap.left, gap.right) for gap in gaps),
    )


def _level(one: _Glyph, base: float, size: float) -> int:
    """Return 1 for a raised character, -1 for a lowered one."""
    if one.char in "⁰¹²³⁴⁵⁶⁷⁸⁹":
        return 1
    if not one.char.isalnum() and one.char not in ",/⁄-–":
        return 0
    up = (one.base - base) / size
    small = one.size < _SMALL * size
    if (small and up > _RAISED) or up > _FAR_RAISED:
        return 1
    return -1 if small and up < -_LOWERED else 0


def _stretch(raised: list[Raised], more: Raised) -> None:
    """Add a raised character to the stretch before, if it goes on with it."""
    if raised and raised[-1].end == more.start and raised[-1].lowered == more.lowered:
        raised[-1] = Raised(raised[-1].start, more.end, more.lowered)
    else:
        raised.append(more)


def _close_up(cell: list[_Glyph]) -> None:
    """Take out the blanks of a line whose letters are spaced out: only wider gaps are between its words."""
    words = [len(word) for word in _words(cell)]
    single = sum(length == 1 for length in words)
    if single < _SPACED_LETTERS or single < _SPACED_SHARE * len(words):
        return
    gaps = [one.left - before.right for before, one in pairwise(cell)]
    usual = median(gaps)
    if usual <= 0:
        return
    for gap, one in zip(gaps, cell[1:], strict=True):
        one.space = gap > _SPACED_GAP * usual


def _words(cell: list[_Glyph]) -> list[list[_Glyph]]:
    words: list[list[_Glyph]] = []
    for one in cell:
        if one.space or not words:
            words.append([])
        words[-1].append(one)
    return words


def _plain(char: str) -> str:
    """Return a line's first character; the bullets of symbol fonts become ordinary ones."""
    if char == "\x7f":
        return "•"  # a code that WinAnsi fonts draw as a bullet
    return "• " if "\uf000" <= char <= "\uf0ff" else char  # the codes that symbol fonts get when nothing maps them


def _readable(text: str) -> tuple[str, Callable[[int], int]]:
    """Return a line's text cleaned, and where in it a place of the text as it was has come to stand.

    A soft hyphen at its end stays, for it says that a word is parted there.
    """
    cleaned = clean(text)
    soft = "\xad" if text.endswith("\xad") else ""
    if len(cleaned) == len(text):
        return cleaned, lambda place: place
    return cleaned + soft, lambda place: len(clean(text[:place]))
