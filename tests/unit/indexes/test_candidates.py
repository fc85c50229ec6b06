"""Candidates from a build's own indexes: the best by meaning, then the best by words, and only what may be seen."""

import numpy as np

from indexes.candidates import LocalCandidates
from indexes.dense import DenseIndex
from indexes.lexical import LexicalIndex

VECTORS = np.eye(4, dtype=np.float32)
WORDS = [["tax"], ["tax", "fee"], ["fee"], ["rent"]]


def test_they_are_the_best_of_either_index_within_the_scope() -> None:
    dense, lexical = DenseIndex.from_vectors(VECTORS), LexicalIndex.from_terms(WORDS)
    candidates = LocalCandidates(dense, lexical)
    allowed = np.array([True, True, True, False])

    found = candidates.find(VECTORS[3] * 0.5 + VECTORS[2], ["fee", "rent"], lexical.scope(allowed), 1)

    assert found.tolist() == [2, 2]
    assert candidates.problem() is None


def test_nothing_is_found_where_nothing_may_be_seen() -> None:
    lexical = LexicalIndex.from_terms(WORDS)
    candidates = LocalCandidates(DenseIndex.from_vectors(VECTORS), lexical)
    assert candidates.find(VECTORS[0], ["tax"], lexical.scope(np.zeros(4, bool)), 5).tolist() == []
