"""Finds a quote in a stored text: word for word, or, for texts in another markup, by its sequence of words.

Stored text differs from an original in white space (a newline ends a block) and, for Markdown, in all that is markup.
"""

import re
from difflib import SequenceMatcher

Span = tuple[int, int]

# Of the words of a text in another markup, the share that has to be found in order, and how far they may spread.
# Chosen by looking: at these, all 134 answers of the 18F handbook are found, and those looked at are the right ones.
_LEAST_FOUND = 0.8
_MOST_SPREAD = 1.3
_WORD = re.compile(r"\w+")


def find_quote(text: str, quote: str) -> list[Span]:
    """Return every place where a text holds the words of a quote, any white space taken as one blank."""
    pieces = quote.split()
    if not pieces:
        return []
    pattern = re.compile(r"\s+".join(re.escape(piece) for piece in pieces))
    return [match.span() for match in pattern.finditer(text)]


def find_words(text: str, passage: str) -> Span | None:
    """Return the stretch of a text that holds nearly all words of a passage in order; `None` if there is none.

    Args:
        text: a stored text.
        passage: the same words with other marks between them, such as Markdown's.
    """
    places = [match.span() for match in _WORD.finditer(text)]
    here = [text[start:end].casefold() for start, end in places]
    wanted = [word.casefold() for word in _WORD.findall(passage)]
    if not wanted or not here:
        return None
    anchor = SequenceMatcher(None, here, wanted, autojunk=False).find_longest_match()
    slack = round(len(wanted) * (_MOST_SPREAD - 1)) + 1
    low = max(0, anchor.a - anchor.b - slack)
    high = min(len(here), anchor.a - anchor.b + len(wanted) + slack)
    blocks = SequenceMatcher(None, here[low:high], wanted, autojunk=False).get_matching_blocks()
    matched = [block for block in blocks if block.size]
    if sum(block.size for block in matched) < _LEAST_FOUND * len(wanted):
        return None
    first, last = low + matched[0].a, low + matched[-1].a + matched[-1].size - 1
    if last - first + 1 > _MOST_SPREAD * len(wanted):
        return None
    return places[first][0], places[last][1]
