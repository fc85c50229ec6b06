"""When quotes hold a gold: the one rule that answers, sentences and units are measured by.

It compares spans of the same document's stored text, never words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.quality.question_sets import Gold

SHORT_GOLD_CHARS = 80  # a shorter gold has to lie wholly in one quote; of a longer one, half has to be quoted


@dataclass(frozen=True, slots=True)
class SeenQuote:
    """A quote of an answer at `[start, end)`; `sentence` is the number of the sentence it supports, from 0."""

    sentence: int
    document: str
    where: str
    page: int | None
    start: int
    end: int
    text: str


def holds(quotes: Sequence[SeenQuote], gold: Gold) -> bool:
    """Return whether quotes hold a gold: a short one wholly in one quote, of a longer one at least half together."""
    if any(quote.document == gold.document and quote.start <= gold.start and gold.end <= quote.end for quote in quotes):
        return True
    if gold.end - gold.start < SHORT_GOLD_CHARS:
        return False
    covered = {at for quote in quotes for at in overlap(quote, gold)}
    return 2 * len(covered) >= gold.end - gold.start


def overlap(quote: SeenQuote, gold: Gold) -> range:
    """Return the characters that a quote shares with a gold; an empty range where there are none."""
    same = quote.document == gold.document
    return range(max(quote.start, gold.start), min(quote.end, gold.end)) if same else range(0)
