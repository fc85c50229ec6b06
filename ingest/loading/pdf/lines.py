"""One page of a PDF to lines: characters with their measured places, put together by where they stand on the paper.

A line is a run of characters on one baseline, in the order in which the page draws them; its cells are what wide gaps
part. Where each stretch is raised or lowered is told, not judged: `raised` does. Not taken: characters that the
caller names (nobody sees them), and what `pieces` does not take. Does not join lines: `blocks` does.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ingest.characters import clean
from ingest.loading.pdf.glyphs import Glyphs
from ingest.loading.pdf.pieces import RAISED_DIGITS, Box, Piece, pieces_of

_CELL_GAP = 1.3  # of the type size: a space is about a quarter, so this is five spaces
_LEFTWARD_CELL_GAP = 4.0  # the same, where writing runs to the left: figures in it are read the other way round
_FIRST_LEFTWARD = "\u0590"  # Hebrew, Arabic; scripts beyond them have wide characters
_WORD_GAP = 0.45  # of the type size: narrow figures ("11") stand up to a third apart
_PIECE_GAP = 0.1  # the same, between texts that the page draws by themselves
_NO_SPACE_BEFORE = frozenset(",.;:!?)]}%’”")
_LEVEL = 0.5  # of the type size: pieces whose baselines differ by less stand on one line
_RAISED_LEVEL = 0.65  # the same, for small type beside large
_SMALL = 0.85  # of the type size of the text beside it
_RAISED = 0.15  # of the type size: small characters this much above the line are raised
_LOWERED = 0.06
_FAR_RAISED = 0.3  # the same, of characters that are not small
_MAX_RAISED_CHARS = 40
_WIDE_BLANK = 0.7  # of the type size: a gutter may be as narrow
_SPACED_LETTERS = 4  # words of one letter in a line that is spaced out, at least
_SPACED_SHARE = 0.75  # of its words
_SPACED_WORDS = 2.5  # times the usual distance of letters, and a blank
_SPACED_GAP = 1.7  # times the usual distance of letters: between words
_MARK = re.compile(
    r"[-–—•‣▪◦●○■□➢➤✓*·\x7f\uf000-\uf0ff]|o|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d+(?:[ .-]\d+)*\.?"
)
_FIGURES = re.compile(r"[\d ]+")
_MAX_MARK_CHARS = 12


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


def read_lines(glyphs: Glyphs, *, leave_out: NDArray[np.bool_] | None = None, box: Box | None = None) -> list[Line]:
    """Return a page's lines in the order in which they are drawn; none if it holds no text.

    Args:
        glyphs: its characters.
        leave_out: those that nobody sees.
        box: what of the page is shown: left, bottom, right, top.
    """
    page = _Page()
    for piece in pieces_of(glyphs, leave_out=leave_out, box=box):
        page.add(piece)
    page.end_line()
    return page.lines


class _Page:
    """Puts pieces together to lines as they come."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._cells: list[list[Piece]] = []  # of the current line

    def add(self, one: Piece) -> None:
        """Take the next piece."""
        last = self._cells[-1][-1] if self._cells else None
        if last is None or one.turn != last.turn or not _same_line(last, one):
            self.end_line()
            self._cells = [[one]]
            return
        size = max(last.size, one.size)
        gap = _gap(last, one)
        leftward = one.text[0] > _FIRST_LEFTWARD or last.text[-1] > _FIRST_LEFTWARD
        if gap > (_LEFTWARD_CELL_GAP if leftward else _CELL_GAP) * size and not self._is_mark(one):
            self._cells.append([one])
            return
        raised_start = last.size < _SMALL * one.size and len(self._cells[-1]) == 1 and len(last.text) <= _MAX_MARK_CHARS
        apart = one.broken and gap > _PIECE_GAP * last.size and one.text[0] not in _NO_SPACE_BEFORE
        one.space = (one.space and not one.broken) or gap > _WORD_GAP * size or raised_start or apart
        self._cells[-1].append(one)

    def _is_mark(self, following: Piece) -> bool:
        """Tell whether the line so far is only the mark of a list item, or a heading's number; figures are no mark."""
        if len(self._cells) > 1 or len(self._cells[0]) > _MAX_MARK_CHARS:
            return False
        text = "".join(f" {piece.text}" if piece.space else piece.text for piece in self._cells[0]).strip()
        if len(text) > _MAX_MARK_CHARS or (_FIGURES.fullmatch(text) and not following.text[0].isalpha()):
            return False
        return bool(_MARK.fullmatch(text))

    def end_line(self) -> None:
        """Put the line so far with the others."""
        for number, cell in enumerate(_one_cell(self._cells)):
            line = _line(cell, in_row=number > 0)
            if line.text:
                self.lines.append(line)
        self._cells = []


def _gap(last: Piece, one: Piece) -> float:
    """Return how far apart two pieces stand; writing may run to the left."""
    return max(one.first_left - last.last_right, last.last_left - one.first_right)


def _same_line(last: Piece, one: Piece) -> bool:
    """Tell whether a piece goes on with the line: on its baseline, or small and raised, and further right."""
    small = min(last.size, one.size) < _SMALL * max(last.size, one.size)
    if abs(one.base - last.base) >= (_RAISED_LEVEL if small else _LEVEL) * max(last.size, one.size):
        return False
    return not one.broken or one.first_left > last.last_right - last.size


def _line(cell: list[Piece], *, in_row: bool) -> Line:
    if _is_spaced_out(cell):
        cell = _closed_up(cell)
    size, base = _usual(cell)
    pieces: list[str] = []
    length = 0
    raised: list[Raised] = []
    gaps: list[Gap] = []
    for number, one in enumerate(cell):
        text = _plain(one.text) if number == 0 else one.text
        if one.space and pieces:
            if (gap := _gap(cell[number - 1], one)) > _WIDE_BLANK * size:
                gaps.append(Gap(length, cell[number - 1].last_right, cell[number - 1].last_right + gap))
            text = f" {text}"
        level = _level(one, base, size)
        if level:
            _stretch(raised, Raised(length + len(text) - len(one.text), length + len(text), lowered=level < 0))
        pieces.append(text)
        length += len(text)
    text, at = _readable("".join(pieces))
    leftward = cell[0].first_left > cell[-1].last_right
    return Line(
        text=text,
        x=min(one.last_left for one in cell) if leftward else cell[0].origin,
        x_end=max(max(one.first_right, one.last_right) for one in cell),
        y=base,
        size=size,
        bold=all(one.bold for one in cell if any(map(str.isalnum, one.text))) and any(one.bold for one in cell),
        in_row=in_row,
        first_word=_first_word(cell),
        raised=tuple(Raised(at(one.start + 1) - 1, at(one.end), one.lowered) for one in raised),
        gaps=tuple(Gap(at(gap.at), gap.left, gap.right) for gap in gaps),
    )


def _usual(cell: list[Piece]) -> tuple[float, float]:
    """Return the size of a line's type, and its baseline."""
    sizes: Counter[float] = Counter()
    for one in cell:
        sizes[round(one.size, 1)] += len(one.text)
    size = max(sizes, key=lambda key: (sizes[key], key))
    longest = max((one for one in cell if round(one.size, 1) == size), key=lambda one: len(one.text))
    return size, longest.base


def _first_word(cell: list[Piece]) -> float:
    """Return how wide a line's first word is."""
    end = cell[0].first_right
    for number, one in enumerate(cell):
        if number and one.space:
            break
        if one.word_right is not None:
            end = one.word_right
            break
        end = one.last_right
    return max(end - cell[0].first_left, 0.0)


def _level(one: Piece, base: float, size: float) -> int:
    """Return 1 for a raised piece, -1 for a lowered one."""
    if one.text[0] in RAISED_DIGITS:
        return 1
    if len(one.text) > _MAX_RAISED_CHARS or not any(map(str.isalnum, one.text)):
        return 0
    up = (one.base - base) / size
    small = one.size < _SMALL * size
    if (small and up > _RAISED) or up > _FAR_RAISED:
        return 1
    return -1 if small and up < -_LOWERED else 0


def _stretch(raised: list[Raised], more: Raised) -> None:
    """Add a raised piece to the stretch before, if it goes on with it."""
    if raised and raised[-1].end == more.start and raised[-1].lowered == more.lowered:
        raised[-1] = Raised(raised[-1].start, more.end, more.lowered)
    else:
        raised.append(more)


def _is_spaced_out(cell: list[Piece], *, few: bool = False) -> bool:
    """Tell whether a line's letters are spaced out, so that blanks between them part no words."""
    text = "".join(f" {one.text}" if one.space else one.text for one in cell)
    words = text.split()
    single = sum(len(word) == 1 for word in words)
    return (few or single >= _SPACED_LETTERS) and single >= _SPACED_SHARE * len(words)


def _one_cell(cells: list[list[Piece]]) -> list[list[Piece]]:
    """Return a line's cells; if all its letters are spaced out, wider gaps are between words, and it is one cell."""
    pieces = [one for cell in cells for one in cell]
    if len(cells) < 2 or not all(_is_spaced_out([one], few=True) for one in pieces):  # noqa: PLR2004 - two are a row
        return cells
    letters = [letter for one in pieces for letter in _letters(one)]
    gaps = [_gap(one, other) for one, other in pairwise(letters)]
    usual = median(gaps)
    if len(letters) < _SPACED_LETTERS or max(gaps) > _SPACED_WORDS * usual + pieces[0].size:
        return cells
    return [letters]


def _closed_up(cell: list[Piece]) -> list[Piece]:
    """Return a spaced-out line with blanks only where the letters stand further apart than usual."""
    letters = [letter for one in cell for letter in _letters(one)]
    gaps = [_gap(one, other) for one, other in pairwise(letters)]
    usual = median(gaps)
    if usual > 0:
        for gap, one in zip(gaps, letters[1:], strict=True):
            one.space = gap > _SPACED_GAP * usual
    return letters


def _letters(one: Piece) -> Iterator[Piece]:
    text = one.text.replace(" ", "")
    for number, char in enumerate(text):
        lefts, rights = one.lefts[number : number + 1], one.rights[number : number + 1]
        left, right = float(lefts[0]), float(rights[0])
        single = replace(one, text=char, origin=left, space=True, broken=False, word_right=None)
        single.first_left, single.first_right, single.last_left, single.last_right = left, right, left, right
        single.lefts, single.rights = lefts, rights
        yield single


def _plain(text: str) -> str:
    """Return a line's beginning; the bullets of symbol fonts become ordinary ones."""
    if text[0] == "\x7f":
        return f"•{text[1:]}"  # a code that WinAnsi fonts draw as a bullet
    return f"• {text[1:]}" if "\uf000" <= text[0] <= "\uf0ff" else text  # what symbol fonts get when nothing maps them


def _readable(text: str) -> tuple[str, Callable[[int], int]]:
    """Return a line's text cleaned, and where in it a place of the text as it was has come to stand.

    A soft hyphen at its end stays, for it says that a word is parted there.
    """
    cleaned = clean(text)
    soft = "\xad" if text.endswith("\xad") else ""
    if len(cleaned) == len(text):
        return cleaned, lambda place: place
    return cleaned + soft, lambda place: len(clean(text[:place]))
