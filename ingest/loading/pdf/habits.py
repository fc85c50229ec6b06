"""What is usual in one PDF: how far apart the lines of a paragraph stand, the size of its text, its words.

A distance is surely that of lines in a paragraph where a sentence goes on from one to the next; where a document is too
short to show a habit, those decide alone.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.loading.pdf.lines import Line
from ingest.loading.pdf.words import words_of

SAME_SIZE = 0.12  # sizes that differ by less, relatively, are one size
_LOOSE_LEADING = 1.25  # times the usual distance of lines: more is a gap between paragraphs
_DEFAULT_LEADING = 1.2  # times the type size, where a document has too few lines to tell
_LEADING_RANGE = (0.7, 2.6)  # times the type size: distances that may be those of lines in a paragraph
_SURE_RANGE = (0.7, 4.0)
_MIN_SAMPLES = 8  # distances of lines: fewer tell nothing of a habit
_MIN_SURE = 3
_ENDED = re.compile(r"[.!?:;][\"'”’)\]]*$")
_MIN_WORDS_A_LINE = 3


@dataclass(frozen=True, slots=True)
class Habits:
    """The distance of lines (by size of type, relative to it), the document's words, its pages, its size of type."""

    leading: Mapping[float, float]
    words: frozenset[str]
    pages: int = 0
    size: float = 0.0

    def max_distance(self, size: float) -> float:
        """Return how far apart, in points, two lines of a paragraph may stand."""
        return self.leading.get(size_class(size), _DEFAULT_LEADING) * size * _LOOSE_LEADING


def habits_of(pages: Sequence[list[Line]]) -> Habits:
    """Learn the habits of a document from the lines of all its pages."""
    distances: dict[float, Counter[float]] = defaultdict(Counter)
    sure: dict[float, Counter[float]] = defaultdict(Counter)
    sizes: Counter[float] = Counter()
    for lines in pages:
        _measure(lines, distances, sure)
        for line in lines:
            sizes[size_class(line.size)] += len(line.text)
    usual = {size: distance for size, counts in sure.items() if (distance := _most(counts))}
    for size, counts in distances.items():
        if counts.total() >= _MIN_SAMPLES and sure[size].total() < _MIN_SURE:
            usual[size] = _most(counts)
    words = words_of(line.text for lines in pages for line in lines)
    return Habits(usual, words, len(pages), sizes.most_common(1)[0][0] if sizes else 0.0)


def on_page(habits: Habits, lines: list[Line]) -> Habits:
    """Return the habits as they are on one page, which may be set wider than the others."""
    sure: dict[float, Counter[float]] = defaultdict(Counter)
    _measure(lines, defaultdict(Counter), sure)
    leading = dict(habits.leading)
    for size, counts in sure.items():
        if counts.total() >= _MIN_SURE:
            leading[size] = max(_most(counts), leading.get(size, 0.0))
    return Habits(leading, habits.words, habits.pages, habits.size)


def _measure(lines: list[Line], distances: dict[float, Counter[float]], sure: dict[float, Counter[float]]) -> None:
    for above, below in pairwise(lines):
        if not one_size(above, below) or not overlap(above, below):
            continue
        distance = (above.y - below.y) / below.size
        if _LEADING_RANGE[0] < distance < _LEADING_RANGE[1]:
            distances[size_class(below.size)][round(distance, 1)] += 1
        if _SURE_RANGE[0] < distance < _SURE_RANGE[1] and _surely_goes_on(above, below):
            sure[size_class(below.size)][round(distance, 1)] += 1


def _surely_goes_on(above: Line, below: Line) -> bool:
    """Tell whether a sentence goes on from one line to the next."""
    return (
        below.text[0].islower()
        and not _ENDED.search(above.text)
        and min(above.text.count(" "), below.text.count(" ")) + 1 >= _MIN_WORDS_A_LINE
        and not above.in_row
        and not below.in_row
    )


def _most(counts: Counter[float]) -> float:
    """Return what is usual; of what is equally usual, the wider."""
    return max(counts, key=lambda distance: (counts[distance], distance), default=0.0)


def size_class(size: float) -> float:
    """Return a size of type, in half points."""
    return round(size * 2) / 2


def one_size(one: Line, other: Line) -> bool:
    """Tell whether two lines are set in one size."""
    return abs(one.size - other.size) <= SAME_SIZE * max(one.size, other.size)


def overlap(one: Line, other: Line) -> bool:
    """Tell whether one line stands over the other."""
    return one.x < other.x_end and other.x < one.x_end


def widest(lines: Iterable[Line]) -> float:
    """Return where the line that goes furthest ends."""
    return max((line.x_end for line in lines), default=0.0)
