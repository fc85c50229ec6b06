"""Finds a quote among the characters that a page draws, and the stretches of its lines that are to be marked.

Only letters and digits are compared, so blanks, line ends, hyphens and ligatures make no difference. Where the same
words stand on the page several times, what stands in front of the quote tells which are meant. A quote that is not
there in one piece (a column between, a footnote's number within) is looked for in pieces; if most of it is found, those
are marked, and otherwise nothing is: a wrong mark is worse than none.
"""

import unicodedata
from collections.abc import Iterator, Sequence

from ingest.loading.pdf.glyphs import Glyphs

Box = tuple[float, float, float, float]  # left, bottom, right, top
_PIECE = 10  # letters: shorter ones stand anywhere
_ENOUGH = 0.8  # of the quote's letters
_MOST_LETTERS = 4_000  # of a quote
_SAME_LINE = 0.5  # of the lower one's height
_GAP = 1.5  # heights between characters of one stretch


def lines_of(glyphs: Glyphs, quote: str, before: str = "") -> list[Box]:
    """Return a box for each stretch of a line that shows some of the quote, in points; none if it is not there.

    Args:
        glyphs: the characters of the page.
        quote: the stored text that is quoted.
        before: the page's stored text in front of it.
    """
    letters = [(letter, at) for at, char in enumerate(glyphs.chars) for letter in _letters(char)]
    page, wanted = "".join(letter for letter, _ in letters), "".join(_letters(quote))[:_MOST_LETTERS]
    found = _found(page, wanted, "".join(_letters(before)))
    return list(_lines(glyphs, [letters[at][1] for start, end in found for at in range(start, end)]))


def _letters(text: str) -> Iterator[str]:
    return (letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _found(page: str, quote: str, before: str) -> list[tuple[int, int]]:
    if not quote:
        return []
    at = page.find(quote)
    if at < 0:
        pieces = list(_pieces(page, quote))
        return pieces if sum(end - start for start, end in pieces) >= _ENOUGH * len(quote) else []
    for _ in range(before.count(quote)):  # the same words that stand in front of it
        following = page.find(quote, at + len(quote))
        at = following if following >= 0 else at
    return [(at, at + len(quote))]


def _pieces(page: str, quote: str) -> Iterator[tuple[int, int]]:
    """Yield where stretches of a quote stand, the longest from each point on, rather behind the one before."""
    at, behind = 0, 0
    while at + _PIECE <= len(quote):
        fits, too_long = _PIECE - 1, len(quote) - at + 1
        while too_long - fits > 1:
            half = (fits + too_long) // 2
            fits, too_long = (half, too_long) if quote[at : at + half] in page else (fits, half)
        if fits < _PIECE:
            at += 1
            continue
        piece = quote[at : at + fits]
        start = page.find(piece, behind)
        start = start if start >= 0 else page.find(piece)
        behind = start + fits
        yield start, behind
        at += fits


def _lines(glyphs: Glyphs, numbers: Sequence[int]) -> Iterator[Box]:
    line: Box | None = None
    for number in dict.fromkeys(numbers):
        left, bottom, right, top = (float(value) for value in glyphs.boxes[number])
        if not (right > left and top > bottom):
            continue
        box = (left, bottom, right, top)
        if line is not None and _goes_on(line, box):
            line = (min(line[0], left), min(line[1], bottom), max(line[2], right), max(line[3], top))
            continue
        if line is not None:
            yield line
        line = box
    if line is not None:
        yield line


def _goes_on(line: Box, box: Box) -> bool:
    height = min(line[3] - line[1], box[3] - box[1])
    together = min(line[3], box[3]) - max(line[1], box[1])
    return together >= _SAME_LINE * height and -height <= box[0] - line[2] <= _GAP * (line[3] - line[1])
