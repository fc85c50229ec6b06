"""Hybrid retrieval within a scope: candidates of both indexes and those beside them, ranked.

Each index is asked only for rows of the scope. A candidate's neighbours belong to the same version of the same
document, so whoever may see one may see the others. `features` counts what a candidate has in common with the question,
`ranking` weighs it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.dense import Rows
from indexes.documents import Passage
from indexes.encoder import Encoder
from indexes.words import content_terms
from service.answering.boundary import Scope
from service.answering.finding.features import Matches, match, passage_features
from service.answering.finding.ranking import Ranking
from service.answering.understanding.asked import Asked, asked
from service.answering.understanding.wanted import Want, wanted

CANDIDATES = 30  # of each index, before their neighbours; 60 to 200 found no more on the tuned halves, and took longer
KIND = "hybrid-linear"
_DIGITS = 5  # of a weighed sum; equal passages differ beyond them by rounding, and go by row


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    `score` is the probability, as the ranking sees it, that of all candidates this is the one, in [0, 1]; `weighed` the
    sum it comes from; `dense` a cosine; `lexical` a BM25 score.
    """

    rank: int
    row: int
    passage: Passage
    score: float
    weighed: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What retrieval knows of a question: hits by falling score, the question as the indexes see it, what ties the two.

    `has_subject` tells whether the question holds a word that can be looked up; `matches` is `None` without hits;
    `wants` are the kinds of answer it asks for. Of a question of several parts, `parts` are what was found for each,
    `hits` all of it in one ranking, without `matches`.
    """

    hits: tuple[Hit, ...]
    question: Asked
    has_subject: bool
    matches: Matches | None
    wants: frozenset[Want] = frozenset()
    parts: tuple["Retrieved", ...] = ()


def retrieve(text: str, *, build: Build, scope: Scope, encoder: Encoder, ranking: Ranking, k: int) -> Retrieved:
    """Return the `k` best passages of a scope for a question's text."""
    (vector,), (pieces,) = encoder.encode_with_pieces([text])
    question = asked(text, vector, pieces, build=build, scope=scope)
    has_subject = bool(content_terms(text))
    rows = _candidates(question, build, scope)
    if not len(rows):
        return Retrieved((), question, has_subject, None, wanted(text))
    matches = match(question, rows, build=build, scope=scope)
    weighed = ranking.weigh_passages(passage_features(question, matches))
    scores = softmax(weighed)
    order = np.lexsort((rows, -np.round(weighed, _DIGITS)))[:k]
    passages = build.passages.passages([int(row) for row in rows[order]])
    hits = tuple(
        Hit(
            rank=rank,
            row=int(rows[at]),
            passage=passage,
            score=float(scores[at]),
            weighed=float(weighed[at]),
            dense=float(matches.dense[at]),
            lexical=float(matches.lexical[at]),
        )
        for rank, (at, passage) in enumerate(zip(order, passages, strict=True), 1)
    )
    return Retrieved(hits, question, has_subject, matches, wanted(text))


def _candidates(question: Asked, build: Build, scope: Scope) -> Rows:
    """Return the best rows of either index and those right beside them in the same document, rising."""
    found = build.candidates.find(question.vector, question.terms, scope.lexical, CANDIDATES)
    beside = [found]
    for step in (-1, 1):
        rows = found + step
        inside = (rows >= 0) & (rows < len(build.document_of_row))
        same = build.document_of_row[rows[inside]] == build.document_of_row[found[inside]]
        beside.append(rows[inside][same])
    return np.unique(np.concatenate(beside))


def softmax(weighed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shares of a softmax, shape (len(weighed),); they sum to 1."""
    powers = np.exp(weighed - weighed.max())
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares
