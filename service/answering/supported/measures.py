"""What of a sentence is said by a statement and by everything cited, in figures that `support` weighs.

Nothing here is a yes or no: numbers, names and negations are held against the base by themselves.
"""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from service.answering.supported.alike import is_modal, nearly
from service.answering.supported.said import Said
from service.answering.supported.statements import Statement

MEASURES = (
    "covered",  # share of the content that the base or what stands over it holds
    "covered_by_all",  # share of it that the cited passages hold
    "missed",  # how much of it the base lacks, a count up to 6, in sixths
    "strange",  # how much of it nothing cited holds, likewise
    "strange_share",  # and as a share of the content
    "pairs",  # share of neighbouring words that are neighbours in the base
    "words",  # share of words, stop words too but not those of modality, that the base holds
    "words_of_all",  # that the cited passages hold
    "log_words",  # the logarithm of how many words there are
    "log_content",  # of how many with content
    "opinion",  # 1 for somebody who speaks of himself, or doubts, where the base does not
    "asks",  # 1 for a question
    "opens",  # 1 for one that begins by agreeing ("yes", "sure"), which no passage does
)
_MOST_MISSED = 6
_NEARLY = 0.8  # what a word counts whose stem begins another
_OPINION = frozenset(
    """i me my mine i'm i've i'd i'll think believe guess hope love like feel probably
    maybe perhaps""".split()
)
_OPENS = frozenset("yes yeah yea no well sure oh absolutely ok okay lol wow so and".split())
_ASKS = re.compile(r"\?\s*[\"”']?\s*$|\?\s")


def covered(said: Said, held: frozenset[str]) -> float:
    """Return how much of the content of a sentence some terms hold, in [0, words with content]."""
    return sum(1.0 if term in held else _NEARLY * nearly(term, held) for term in said.content)


def measures(text: str, said: Said, base: Statement, cited: Sequence[Statement]) -> list[float]:
    """Return the figures of a sentence in the order of `MEASURES`."""
    held = base.said.held | base.above
    everything = held.union(*(one.said.held for one in cited))
    count = max(len(said.content), 1)
    in_base = covered(said, held)
    strange = sum(term not in everything and not nearly(term, everything) for term in said.content)
    plain = [
        term for word, term in zip(said.words, said.terms, strict=True) if word not in _OPENS and not is_modal(word)
    ]
    return [
        in_base / count,
        covered(said, everything) / count,
        min(len(said.content) - in_base, _MOST_MISSED) / _MOST_MISSED,
        min(strange, _MOST_MISSED) / _MOST_MISSED,
        strange / count,
        _share_of_pairs(said.terms, base.said.terms),
        sum(term in held for term in plain) / max(len(plain), 1),
        sum(term in everything for term in plain) / max(len(plain), 1),
        math.log1p(len(said.terms)),
        math.log1p(len(said.content)),
        float(any(word in _OPINION and word not in base.said.words for word in said.words)),
        float(_ASKS.search(text) is not None),
        float(said.words[0] in _OPENS and said.words[0] not in base.said.words),
    ]


def _share_of_pairs(terms: Sequence[str], base: Sequence[str]) -> float:
    held, pairs = frozenset(pairwise(base)), list(pairwise(terms))
    return sum(pair in held for pair in pairs) / len(pairs) if pairs else 0.0
