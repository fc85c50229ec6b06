"""The lines of a PDF page to blocks: paragraphs, list items, rows of a table.

A line goes on with the paragraph above it if it stands where a next line would: same size of type, usual distance,
under it, no new list mark, and the line above did not end early. Words that were parted at a line's end are put
together by what the rest of the document says. Cells that stand side by side are a row unless one of them goes on
below, in which case each is a column's text. Lines of a table of contents are dropped. Every rule is a guess: when in
doubt a line goes on, if it begins in lower case, and else begins anew.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ingest.loading.pdf_lines import Line, text_width

_SAME_SIZE = 0.12  # sizes that differ by less, relatively, are one size
_LOOSE_LEADING = 1.25  # times the usual distance of lines: more is a gap between paragraphs
_DEFAULT_LEADING = 1.2  # times the type size, where a document has too few lines to tell
_LEADING_RANGE = (0.7, 2.6)  # times the type size: distances that may be those of lines in a paragraph
_INDENT = 0.8  # of the type size
_MIN_SAMPLES = 8  # distances of lines: fewer tell nothing of a habit
_LEVEL = 2.0  # points: lines whose starts differ by less begin at one place
_EARLY = 0.06  # of the column's width: a line that would have had room for a word and this much more ended early
_SHORT = 0.7  # of the column's width

_BULLET = re.compile(r"[•‣▪◦●○■□➢➤✓·\u0336](?:\s+|(?=\S))|[-–—*]\s+|o\s+(?=[A-Z(])")
_NUMBER = re.compile(r"\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})[.)](?:\s+(?=\S)|(?=[A-Z]))|\(\d{1,2}\)\s*(?=\S)")
_ONLY_BULLET = re.compile(r"[•‣▪◦●○■□➢➤✓·\u0336]")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
_ITEM_END = re.compile(r"(?:[.!?:;,][\"'”’)\]]*|\b(?:and|or))$")
_CONTENTS_LINE = re.compile(r"(?:\.\s?){4,}\s*[\divxlcIVXLC-]+$")
_SPACE_BEFORE_STOP = re.compile(r"(?<=\w) (?=[,.](?:\s|$))")  # left by fine adjustments between letters
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HYPHEN_AT_END = re.compile(r"([^\W\d_]+)[-‐]$")
_WORD_AT_START = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list item (without its bullet) or a row; `x` is that of its last line, `first_x` of its first."""

    kind: Literal["paragraph", "item", "row"]
    text: str
    size: float
    first_x: float
    x: float


@dataclass(frozen=True, slots=True)
class Habits:
    """What is usual in one document: the distance of lines (by size of type, relative to it), and its words."""

    leading: Mapping[float, float]
    words: frozenset[str]

    def max_distance(self, size: float) -> float:
        """Return how far apart, in points, two lines of a paragraph may stand."""
        return self.leading.get(_size_class(size), _DEFAULT_LEADING) * size * _LOOSE_LEADING


def habits_of(pages: Iterable[list[Line]]) -> Habits:
    """Learn the habits of a document from the lines of all its pages."""
    distances: dict[float, Counter[float]] = defaultdict(Counter)
    words: set[str] = set()
    for lines in pages:
        for above, below in pairwise(lines):
            distance = (above.y - below.y) / below.size
            if _one_size(above, below) and _LEADING_RANGE[0] < distance < _LEADING_RANGE[1] and _overlap(above, below):
                distances[_size_class(below.size)][round(distance, 1)] += 1
        for line in lines:
            words.update(_WORD.findall(line.text.lower()))
    usual = {size: counts.most_common(1)[0][0] for size, counts in distances.items() if counts.total() >= _MIN_SAMPLES}
    return Habits(usual, frozenset(words))


def blocks_of(lines: list[Line], habits: Habits) -> list[Block]:
    """Return a page's blocks in order."""
    groups: list[list[Line]] = []
    rows: set[int] = set()
    edges = _right_edges(lines, habits)
    for unit in _units(_with_bullets(lines)):
        if len(unit) > 1:
            rows.add(len(groups))
            groups.append(unit)
        elif groups and len(groups) - 1 not in rows and _goes_on(groups[-1], unit[0], edges, habits):
            groups[-1].append(unit[0])
        else:
            groups.append(unit)
    blocks = (_block(group, habits, is_row=number in rows) for number, group in enumerate(groups))
    return [block for block in blocks if block.text and not _CONTENTS_LINE.search(block.text)]


def joined(text: str, more: str, words: frozenset[str]) -> str:
    """Return two lines of a paragraph as one; a word parted between them is put together.

    Args:
        text: the lines so far.
        more: the next line.
        words: the document's words in lower case, compounds with their hyphens.
    """
    parted, rest = _HYPHEN_AT_END.search(text), _WORD_AT_START.match(more)
    if parted and rest:
        head, tail = parted[1].lower(), rest[0].lower()
        keep = not rest[0][0].islower() or (
            head + tail not in words and (f"{head}-{tail}" in words or (head in words and tail in words))
        )
        return text + more if keep else text[:-1] + more
    if text[-1:] in {"-", "‐", "/"} and text[-2:-1].strip() and more[:1].isalnum():
        return text + more
    return f"{text} {more}"


def _size_class(size: float) -> float:
    return round(size * 2) / 2


def _one_size(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= _SAME_SIZE * max(one.size, other.size)


def _overlap(one: Line, other: Line) -> bool:
    return one.x < other.x_end and other.x < one.x_end


def _with_bullets(lines: list[Line]) -> list[Line]:
    """Return the lines with each bullet that was drawn by itself put before the line it belongs to."""
    found: list[Line] = []
    for line in lines:
        if found and _ONLY_BULLET.fullmatch(found[-1].text):
            bullet = found.pop()
            line = Line(f"• {line.text}", bullet.x, line.x_end, line.y, line.size, line.bold, bullet.in_row)  # noqa: PLW2901
        found.append(line)
    return found


def _units(lines: list[Line]) -> list[list[Line]]:
    """Return the lines one by one, and the cells of a row together.

    Cells side by side are no row if the line that follows stands under a cell other than the first, and not under the
    first: then each cell is the beginning, or the end, of the text of a column.
    """
    units: list[list[Line]] = []
    number = 0
    while number < len(lines):
        end = number + 1
        while end < len(lines) and lines[end].in_row:
            end += 1
        row = lines[number:end]
        below = lines[end] if end < len(lines) else None
        goes_down = below is not None and any(
            abs(below.x - cell.x) < cell.size and 0 < cell.y - below.y < 2 * cell.size for cell in row[1:]
        )
        units.extend([[line] for line in row] if goes_down else [row])
        number = end
    return units


def _right_edges(lines: list[Line], habits: Habits) -> dict[int, float]:
    """Return, by the identity of a line, the right edge of the run of lines that a line stands in."""
    edges: dict[int, float] = {}
    run: list[Line] = []
    for line in [*lines, None]:
        if line is None or not run or not _near(run[-1], line, habits):
            edge = max((member.x_end for member in run), default=0.0)
            edges.update({id(member): edge for member in run})
            run = []
        if line is not None:
            run.append(line)
    return edges


def _near(above: Line, below: Line, habits: Habits) -> bool:
    """Tell whether a line stands where the next line of a paragraph would."""
    distance = above.y - below.y
    return (
        _one_size(above, below)
        and 0.3 * below.size < distance <= habits.max_distance(below.size)
        and _overlap(above, below)
    )


def _goes_on(group: list[Line], line: Line, edges: Mapping[int, float], habits: Habits) -> bool:
    """Tell whether a line goes on with the block above it."""
    first, last = group[0], group[-1]
    if not _near(last, line, habits) or _CONTENTS_LINE.search(last.text) or _BULLET.match(line.text):
        return False
    ended = bool(_SENTENCE_END.search(last.text))
    lower = line.text[0].islower()
    if lower and not ended:
        return not _NUMBER.match(line.text)
    marked = bool(_BULLET.match(first.text) or _NUMBER.match(first.text))
    shift = line.x - last.x
    if _NUMBER.match(line.text) and (_ITEM_END.search(last.text) or abs(shift) > _INDENT * line.size):
        hanging = marked and last.x - first.x > _INDENT * line.size and abs(shift) < _LEVEL
        return hanging and not _ended_early(group, line, edges.get(id(last), 0.0), ended=ended)
    if all(member.bold for member in group) != line.bold and (ended or not line.bold):
        return False
    indented = shift > _INDENT * line.size and not (marked and len(group) == 1)
    outdented = shift < -_INDENT * line.size and (marked or len(group) > 1)
    return not indented and not outdented and not _ended_early(group, line, edges.get(id(last), 0.0), ended=ended)


def _ended_early(group: list[Line], line: Line, edge: float, *, ended: bool) -> bool:
    """Tell whether the last line ended before it had to: the next word would have fitted."""
    left = min(member.x for member in group)
    last = group[-1]
    if len(group) > 1:
        edge = max(member.x_end for member in group)  # the text may flow around a box that the rest of the run has not
    width = edge - left
    word = text_width(f" {line.text.split(' ', 1)[0]}", line.size)
    early = last.x_end + word < edge - _EARLY * width
    return early and (ended or last.x_end - left < _SHORT * width)


def _block(group: list[Line], habits: Habits, *, is_row: bool) -> Block:
    first, last = group[0], group[-1]
    if is_row:
        return Block("row", "; ".join(cell.text for cell in group), first.size, first.x, first.x)
    text = first.text
    for line in group[1:]:
        text = joined(text, line.text, habits.words)
    text = _SPACE_BEFORE_STOP.sub("", text)
    bullet = _BULLET.match(text)
    kind: Literal["paragraph", "item"] = "item" if bullet else "paragraph"
    return Block(kind, text[bullet.end() :] if bullet else text, first.size, first.x, last.x)
