"""The words of passages as sparse vectors, whose inner product with a question's is BM25, all but one detail.

Milvus has a BM25 of its own, but it cuts texts otherwise than `indexes.words`, and weighs words by all documents, those
too that an asker may not see (`indexes.lexical` says why that matters). So a passage's vector holds what BM25 makes of
how often a term stands there and how long the passage is, and the question's holds how rare each term is among what its
asker may see. The detail: how long passages are on average is not known before there is an asker, so a fixed length
stands in for it. It moves scores a little and, with them, who is among the best; so more are asked for than are wanted,
and those are weighed exactly (`indexes.milvus_candidates`).
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csc_array

from indexes.lexical import K1, B, LexicalIndex, LexicalScope

Sparse = dict[int, float]

TYPICAL_LENGTH = 100  # terms of a passage


def passage_words(lexical: LexicalIndex) -> Iterator[Sparse]:
    """Yield the vector of each passage, in order: the number of each of its terms, and what BM25 makes of the count."""
    postings = lexical.postings
    counts = np.asarray(postings.counts, np.float32)
    lengths = np.asarray(postings.lengths, np.float32)
    norms = (K1 * (1 - B + B * lengths / TYPICAL_LENGTH)).astype(np.float32)
    weights = counts * np.float32(K1 + 1) / (counts + norms[postings.rows])
    shape = (len(lexical), len(postings.starts) - 1)
    by_row = csc_array((weights, postings.rows, postings.starts), shape=shape).tocsr()
    for start, end in pairwise(by_row.indptr.tolist()):
        yield dict(zip(by_row.indices[start:end].tolist(), by_row.data[start:end].tolist(), strict=True))


def question_words(terms: Sequence[str], lexical: LexicalIndex, scope: LexicalScope) -> Sparse:
    """Return the vector of a question: how rare each of its terms is among the allowed rows, without those unknown.

    What hidden rows alone hold is unknown too: a server that is asked for it would take longer, and tell by that.
    """
    return lexical.held(terms, scope)
