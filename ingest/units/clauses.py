"""Cut a sentence that is too long to be quoted into clauses that cover it.

Cuts are sought where a reader pauses most: before enumerated letters and after semicolons, then before words that open
a clause, then at commas. A stretch without any of them stays whole, and cannot be quoted.
"""

import re
from itertools import pairwise

from indexes.units import MOST_CHARS, Span

_LEAST_CHARS = (60, 60, 160)  # of a clause, by the rank of its cuts: commas part words too
_LEAST_WORDS = 5
_OPENERS = (  # no relative ones: "which ends in May" says nothing without what it is about
    "and|or|but|nor|yet|so|where|when|while|if|unless|until|because|although|except|save|provided|subject|"
    "und|oder|aber|sondern|wobei|wenn|falls|sofern|soweit|es sei denn|weil|obwohl|"
    "et|ou|mais|si|sauf|lorsque|y|o|pero|cuando|salvo"
)
# By rank: where the next clause begins.
_CUTS = (
    re.compile(r"(?:(?<=;)|(?<=[;,:] and)|(?<=[;,:] or)|(?<=[;,:]))\s+(?=\([a-zA-Z]{1,4}\)\s)|(?<=;)\s+"),
    re.compile(rf"(?<=[,:])\s+(?=(?:{_OPENERS})\b)|(?<=:)\s+"),
    re.compile(r"(?<=,)\s+|\s+(?=[–—]\s)"),
)


def clauses(text: str, *, offset: int = 0) -> list[Span]:
    """Return the spans of a text's clauses, in order, each of at most `MOST_CHARS` where the text can be cut.

    Args:
        text: a sentence of more than that.
        offset: added to every span.
    """
    found = _cut(text, 0, len(text), 0)
    return [(offset + start, offset + end) for start, end in found]


def _cut(text: str, start: int, end: int, rank: int) -> list[Span]:
    if rank == len(_CUTS) or (end - start <= MOST_CHARS and rank > 0):
        return [(start, end)]
    pieces = _joined(text, _pieces(text, start, end, rank), _LEAST_CHARS[rank])
    return [clause for piece in pieces for clause in _cut(text, *piece, rank + 1)]


def _pieces(text: str, start: int, end: int, rank: int) -> list[Span]:
    cuts = [(start, start), *(found.span() for found in _CUTS[rank].finditer(text, start, end)), (end, end)]
    return [(before[1], after[0]) for before, after in pairwise(cuts) if after[0] > before[1]]


def _joined(text: str, pieces: list[Span], least: int) -> list[Span]:
    """Put what is too short to say something to what follows it, the last to what stands before."""
    joined: list[Span] = []
    for start, end in pieces:
        if joined and _is_short(text, *joined[-1], least) and end - joined[-1][0] <= MOST_CHARS:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    if len(joined) > 1 and _is_short(text, *joined[-1], least) and joined[-1][1] - joined[-2][0] <= MOST_CHARS:
        joined[-2:] = [(joined[-2][0], joined[-1][1])]
    return joined


def _is_short(text: str, start: int, end: int, least: int) -> bool:
    return end - start < least or len(text[start:end].split()) < _LEAST_WORDS
