"""A question as the indexes see it: its vector, its word pieces, its terms, how rare each is within the asker's scope.

*Coverage* is the share of a question's content terms, each weighing as much as it is rare, that a text holds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.encoder import Pieces
from indexes.pieces import QuestionPieces, projected
from indexes.sentences import Codes, codes
from indexes.words import content_terms, terms, terms_in_order
from service.answering.boundary import Scope
from service.answering.understanding.asker import of_the_asker

Held = NDArray[np.bool_]

# A capital letter after the first word, or a digit: what a question is about in particular.
_NAME = re.compile(r"(?<!^)\b[^\W\d_a-zß-öø-ÿ][\w'’-]*|\b\w*\d(?:[\w.,]|[/-](?=\d))*")
# A term that keeps its capitals or its figures, however the question writes them ("10 000", "W-8 BEN"), or that says on
# which side of a number something is ("under 18").
_WRITTEN_AS_NAME = re.compile(r"[A-Z\d<>]")
_WORDS = 1 << 12  # of questions, some 300 bytes each; most are common ones
_RUN = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the indexes see it.

    Attributes:
        vector: unit vector, shape (dimensions,).
        terms: its content terms, or all its terms if it has no others.
        rarity: their weights within the scope, shape (len(terms),).
        codes: their codes, shape (len(terms),).
        pairs: codes of the terms that stand side by side in it, shape (pairs, 2).
        named: which of its terms are names or numbers, and do not say who asks (`asker`), shape (len(terms),).
        pieces: the word pieces of its terms, each weighing its share of the term's rarity.
    """

    vector: NDArray[np.float32]
    terms: tuple[str, ...]
    rarity: NDArray[np.float64]
    codes: Codes
    pairs: NDArray[np.uint32]
    named: NDArray[np.bool_]
    pieces: QuestionPieces

    def coverage(self, held: Held) -> NDArray[np.float64]:
        """Return the coverage of texts, shape (texts,), by which terms they hold, shape (texts, len(terms))."""
        total = float(self.rarity.sum()) or 1.0
        shares: NDArray[np.float64] = np.vecdot(held, self.rarity / total)
        return shares


def asked(text: str, vector: NDArray[np.float32], pieces: Pieces, *, build: Build, scope: Scope) -> Asked:
    """Return a question as the indexes see it.

    Args:
        text: the question.
        vector: its vector.
        pieces: its word pieces; the encoder may have none.
        build: the build that is asked.
        scope: what the asker may see of it.
    """
    in_order = codes(terms_in_order(text))
    subject = tuple(content_terms(text)) or tuple(dict.fromkeys(terms(text)))
    pairs = np.stack([in_order[:-1], in_order[1:]], axis=1) if len(in_order) > 1 else np.zeros((0, 2), np.uint32)
    names = {term for name in _NAME.findall(text) for term in content_terms(name)}
    names.update(term for term in subject if _WRITTEN_AS_NAME.search(term))
    own = of_the_asker(text)
    is_own = np.array([term in own for term in subject], dtype=np.bool_)
    rarity = build.lexical.rarity(subject, scope.lexical)
    return Asked(
        vector=vector,
        terms=subject,
        rarity=rarity,
        codes=codes(subject),
        pairs=pairs,
        named=np.array([term in names for term in subject], dtype=np.bool_) & ~is_own,
        pieces=_pieces(text, pieces, dict(zip(subject, rarity.tolist(), strict=True)), build),
    )


def _pieces(text: str, pieces: Pieces, rarity: Mapping[str, float], build: Build) -> QuestionPieces:
    """Return the word pieces of a question's terms, weighed; all alike where none can be told to belong to a term.

    A term's rarity is shared out among the pieces of the words that it comes of.
    """
    weights = np.zeros(len(pieces.spans))
    spans = pieces.spans.tolist()
    shared: dict[str, list[int]] = {}
    for word in _RUN.finditer(text):
        first, last = word.span()
        inside = [at for at, (start, end) in enumerate(spans) if start >= first and end <= last]
        for term in filter(rarity.__contains__, _terms_of(word.group())):
            shared.setdefault(term, []).extend(inside)
    for term, places in shared.items():
        weights[places] += rarity[term] / max(len(places), 1)
    if not weights.any():
        weights[:] = 1
    chosen = np.flatnonzero(weights)
    share = weights[chosen] / (weights.sum() or 1)
    return QuestionPieces(projected(pieces.vectors[chosen], build.pieces.projection), share.astype(np.float32))


@lru_cache(maxsize=_WORDS)
def _terms_of(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(word)))
