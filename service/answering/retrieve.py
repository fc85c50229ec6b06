"""Hybrid retrieval within a scope: dense and lexical candidates, scored by both, fused.

Each index is asked only for rows of the scope. Candidates of either get both scores exactly; each score is scaled to
0..1 over the candidates (min-max), and the fused score is their plain mean.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.dense import Scores
from indexes.documents import Passage
from indexes.encoder import Encoder
from indexes.words import content_terms, terms
from service.answering.boundary import Scope

CANDIDATES = 50  # of each index, before fusing
DENSE_WEIGHT = 0.5
KIND = "hybrid-minmax"


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. `score` is fused, in [0, 1]; `dense` a cosine; `lexical` a BM25 score."""

    rank: int
    row: int
    passage: Passage
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What retrieval knows of a question: hits by falling score, and the question as the indexes see it.

    `terms` are the question's content terms and `rarity` their weights, counted within the scope.
    """

    hits: tuple[Hit, ...]
    vector: NDArray[np.float32]
    terms: tuple[str, ...]
    rarity: NDArray[np.float64]


def retrieve(text: str, *, build: Build, scope: Scope, encoder: Encoder, k: int) -> Retrieved:
    """Return the `k` best passages of a scope for a question's text."""
    vector = encoder.encode([text])[0]
    subject = tuple(content_terms(text))
    lexical_scores = build.lexical.scores(subject or terms(text), scope.lexical)
    dense_rows, _ = build.dense.search(vector, scope.rows, CANDIDATES)
    rows = np.union1d(dense_rows, _best_rows(lexical_scores, CANDIDATES))
    dense = build.dense.scores(vector, rows)
    lexical = lexical_scores[rows]
    fused = DENSE_WEIGHT * _scaled(dense) + (1 - DENSE_WEIGHT) * _scaled(lexical)
    order = np.lexsort((rows, -fused))[:k]
    passages = build.passages.passages([int(row) for row in rows[order]])
    hits = tuple(
        Hit(rank, int(rows[at]), passage, float(fused[at]), float(dense[at]), float(lexical[at]))
        for rank, (at, passage) in enumerate(zip(order, passages, strict=True), 1)
    )
    return Retrieved(hits, vector, subject, build.lexical.rarity(subject, scope.lexical))


def _best_rows(scores: Scores, count: int) -> NDArray[np.int64]:
    """Return the rows of the `count` best scores above zero, in no order; ties go to the lower row."""
    found = np.flatnonzero(scores > 0)
    if len(found) > count:
        found = found[np.argsort(-scores[found], kind="stable")[:count]]
    return found


def _scaled(scores: Scores) -> Scores:
    """Scale to 0..1 over the candidates; all ones where they are equal."""
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.ones_like(scores)
