"""The characters of a PDF page to pieces: what stands on one baseline, in one type, without a wide gap.

Most of a page's work is done here, for all characters at once. Not taken: blanks, text too small to see, text outside
the page, slanted watermarks, and what is written a second time at one place, as programs do that have no bold type.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.loading.pdf.glyphs import Glyphs

Box = tuple[float, float, float, float]
RAISED_DIGITS = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹")

_MIN_SIZE = 2.0  # points: smaller text is for machines
_SLANT = 0.05  # sine of the angle
_WORD_GAP = 0.45  # of the type size: narrow figures ("11") stand up to a third apart
_WIDE_BLANK = 0.7  # the same: where a line may be parted
_ONE_LEVEL = 0.03  # of the type size: baselines that differ by less are one
_ONE_SIZE = 0.05  # points
_TWICE = 0.12  # of the type size: the same character no further away is written twice
_UNDER = 0.25  # of its width: how near the character just before has to be, which may be as near because it is narrow
_JUST_BEFORE = 3  # characters
_BOLD = 600
_LAM, _ALEFS = "\u0644", frozenset("\u0622\u0623\u0625\u0627")
_EMPTY = np.zeros(0, dtype=np.float64)


@dataclass(slots=True)
class Piece:
    """A run of characters; `origin` is where its baseline begins, the others are the ends of boxes along the line.

    `space`: a blank stands before it; `broken`: a line's end does. `word_right` is where its first word ends, if it has
    another. `lefts` and `rights` are the ends of each character's box.
    """

    text: str
    origin: float
    first_left: float
    first_right: float
    last_left: float
    last_right: float
    base: float
    size: float
    bold: bool
    turn: int
    space: bool
    broken: bool
    word_right: float | None = None
    lefts: NDArray[np.float64] = field(default_factory=lambda: _EMPTY)
    rights: NDArray[np.float64] = field(default_factory=lambda: _EMPTY)


@dataclass(slots=True)
class _Row:
    """The characters that are taken, each along its line."""

    chars: list[str]
    origin: NDArray[np.float64]
    base: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    size: NDArray[np.float64]
    bold: NDArray[np.bool_]
    turn: NDArray[np.int64]
    space: NDArray[np.bool_]
    broken: NDArray[np.bool_]


def pieces_of(glyphs: Glyphs, *, leave_out: NDArray[np.bool_] | None, box: Box | None) -> Iterator[Piece]:
    """Give a page's pieces in the order in which they are drawn; arguments as `read_lines`."""
    at = np.flatnonzero(_taken(glyphs, leave_out, box))
    if not len(at):
        return
    row = _row(glyphs, at)
    if leave_out is not None:
        _reach_over(row, glyphs, at, leave_out)
    gap = np.maximum(row.left[1:] - row.right[:-1], row.left[:-1] - row.right[1:])
    size = np.maximum(row.size[1:], row.size[:-1])
    raised = np.fromiter((char in RAISED_DIGITS for char in row.chars), np.bool_, len(row.chars))
    goes_on = (
        ~row.broken[1:]
        & (row.turn[1:] == row.turn[:-1])
        & (np.abs(row.base[1:] - row.base[:-1]) <= _ONE_LEVEL * size)
        & (np.abs(row.size[1:] - row.size[:-1]) <= _ONE_SIZE)
        & (row.bold[1:] == row.bold[:-1])
        & (gap <= _WIDE_BLANK * size)
        & (raised[1:] == raised[:-1])
    )
    apart = np.concatenate([[False], row.space[1:] | (gap > _WORD_GAP * size)])
    starts = np.concatenate([[0], np.flatnonzero(~goes_on) + 1]).tolist()
    spaces = np.flatnonzero(apart)
    words = [f" {char}" if blank else char for char, blank in zip(row.chars, apart.tolist(), strict=True)]
    for start, end in zip(starts, [*starts[1:], len(row.chars)], strict=True):
        yield _piece(row, words, start, end, spaces)


def _piece(row: _Row, words: list[str], start: int, end: int, spaces: NDArray[np.intp]) -> Piece:
    number = int(np.searchsorted(spaces, start, side="right"))
    second = int(spaces[number]) if number < len(spaces) else end
    return Piece(
        text="".join([row.chars[start], *words[start + 1 : end]]),
        origin=float(row.origin[start]),
        first_left=float(row.left[start]),
        first_right=float(row.right[start]),
        last_left=float(row.left[end - 1]),
        last_right=float(row.right[end - 1]),
        base=float(row.base[start]),
        size=float(row.size[start]),
        bold=bool(row.bold[start]),
        turn=int(row.turn[start]),
        space=bool(row.space[start]),
        broken=bool(row.broken[start]),
        word_right=float(row.right[second - 1]) if second < end else None,
        lefts=row.left[start:end],
        rights=row.right[start:end],
    )


def _taken(glyphs: Glyphs, leave_out: NDArray[np.bool_] | None, box: Box | None) -> NDArray[np.bool_]:
    slanted = np.minimum(np.abs(np.sin(glyphs.angles)), np.abs(np.cos(glyphs.angles))) >= _SLANT
    blank = np.fromiter((not char.strip() for char in glyphs.chars), np.bool_, len(glyphs))
    taken = ~(glyphs.generated | blank | slanted) & (glyphs.sizes >= _MIN_SIZE)
    if box is not None:
        x, y = glyphs.origins[:, 0], glyphs.origins[:, 1]
        taken &= (x >= box[0] - 1) & (x <= box[2] + 1) & (y >= box[1] - 1) & (y <= box[3] + 1)
    if leave_out is not None:
        taken &= ~leave_out
    return taken & ~_written_twice(glyphs, taken)


def _written_twice(glyphs: Glyphs, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which characters stand at nearly the same place as the same one before them.

    The characters are put in order by what they are and where, twice, with limits between heights at other places: so
    two that are near are neighbours at least once.
    """
    found = np.zeros(len(glyphs), dtype=np.bool_)
    at = np.flatnonzero(taken)
    codes = np.fromiter((ord(glyphs.chars[one][0]) for one in at.tolist()), np.int64, len(at))
    x, y = glyphs.origins[at, 0], glyphs.origins[at, 1]
    reach = np.maximum(glyphs.sizes[at] * _TWICE, 0.1)
    width = np.maximum(glyphs.boxes[at, 2] - glyphs.boxes[at, 0], 0.0)
    step = 2 * float(reach.max(initial=0.1))
    for shift in (0.0, 0.5):
        order = np.lexsort((at, x, np.floor(y / step + shift), codes))
        one, other = order[:-1], order[1:]
        far, just_before = np.abs(x[one] - x[other]), np.abs(at[one] - at[other]) <= _JUST_BEFORE
        near = (codes[one] == codes[other]) & (far < reach[other]) & (np.abs(y[one] - y[other]) < reach[other])
        near &= ~just_before | ((far > 0) & (far <= _UNDER * width[other]))  # at 0 it is one sign, as "ff"
        found[np.maximum(at[one[near]], at[other[near]])] = True
    return found


def _row(glyphs: Glyphs, at: NDArray[np.intp]) -> _Row:
    quarter = np.round(glyphs.angles[at] / (math.pi / 2))
    cos, sin = np.round(np.cos(quarter * math.pi / 2)), np.round(np.sin(quarter * math.pi / 2))
    x, y, boxes = glyphs.origins[at, 0], glyphs.origins[at, 1], glyphs.boxes[at]
    one, other = boxes[:, 0] * cos + boxes[:, 1] * sin, boxes[:, 2] * cos + boxes[:, 3] * sin
    chars = glyphs.chars
    blank = np.fromiter((not char.strip() for char in chars), np.bool_, len(glyphs))
    ends = np.fromiter((char == "\n" for char in chars), np.bool_, len(glyphs))
    return _Row(
        chars=_in_reading_order(glyphs, at.tolist()),
        origin=x * cos + y * sin,
        base=y * cos - x * sin,
        left=np.minimum(one, other),
        right=np.maximum(one, other),
        size=glyphs.sizes[at],
        bold=glyphs.weights[at] >= _BOLD,
        turn=(quarter % 4).astype(np.int64),
        space=_since(blank, at),
        broken=_since(ends, at),
    )


def _reach_over(row: _Row, glyphs: Glyphs, at: NDArray[np.intp], leave_out: NDArray[np.bool_]) -> None:
    """Let characters reach over those beside them that are left out: what is struck out leaves no table's gap."""
    counts = np.concatenate([[0], np.cumsum(leave_out)])
    for number in np.flatnonzero(counts[at[1:]] > counts[at[:-1]]).tolist():
        gone = np.flatnonzero(leave_out[at[number] : at[number + 1]]) + at[number]
        quarter = row.turn[number] * math.pi / 2
        cos, sin = round(math.cos(quarter)), round(math.sin(quarter))
        base = glyphs.origins[gone, 1] * cos - glyphs.origins[gone, 0] * sin
        ends = np.maximum(
            glyphs.boxes[gone, 0] * cos + glyphs.boxes[gone, 1] * sin,
            glyphs.boxes[gone, 2] * cos + glyphs.boxes[gone, 3] * sin,
        )
        beside = (np.abs(base - row.base[number]) <= _ONE_LEVEL * row.size[number]) & ~glyphs.generated[gone]
        beside &= (ends > row.right[number]) & (ends <= row.left[number + 1] + row.size[number])
        if beside.any():
            row.right[number] = ends[beside].max()


def _since(marked: NDArray[np.bool_], at: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return before which of the characters a marked one stands, after the last that is taken."""
    counts = np.concatenate([[0], np.cumsum(marked)])[at]
    return np.concatenate([counts[:1] > 0, np.diff(counts) > 0])


def _in_reading_order(glyphs: Glyphs, at: list[int]) -> list[str]:
    """Return the characters; of an Arabic ligature, which is one sign, the lam stands before the alef."""
    chars = [glyphs.chars[one] for one in at]
    for number in range(1, len(at)):
        turned = chars[number] == _LAM and chars[number - 1] in _ALEFS
        if turned and (glyphs.boxes[at[number]] == glyphs.boxes[at[number - 1]]).all():
            chars[number - 1], chars[number] = chars[number], chars[number - 1]
    return chars
