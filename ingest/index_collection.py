"""Write the collection of a build into Milvus, and measure what its dense index finds.

A collection holds the vectors and words of the build's own indexes, so what is found there can be held against an exact
search here. A flat index finds all; an approximate one is asked the sentences of a sample, as in `index_vectors`, and
looks further until the tenth best passage is as good as the exact one's in nearly all places. If that does not suffice
it becomes flat. What came out is stated in the manifest.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.dense import DenseIndex
from indexes.encoder import Vectors
from indexes.manifest import CollectionInfo, DenseSetting
from indexes.milvus import DENSE, ROW, SCHEMA, WORDS, Milvus
from indexes.milvus_filter import CLASS, DOCUMENT, Filter
from indexes.milvus_words import passage_words
from ingest.collecting import Collected
from ingest.index_vectors import FLAT_ROWS, SAME, TARGET_RECALL, K

_EVERYTHING = Filter(None)
_ROWS_AT_ONCE = 1000  # some 3 MB; a server takes 64 MB at most
_FIRST_BREADTH, _MOST_BREADTH = 32, 1024


def index_collection(
    milvus: Milvus, name: str, collected: Collected, *, setting: DenseSetting, queries: Callable[[], Vectors]
) -> CollectionInfo:
    """Make the collection of a build, and return what the manifest says of it.

    Args:
        milvus: where.
        name: of the collection; there is none of that name.
        collected: what it holds.
        setting: "auto" chooses by size, flat or hnsw; "flat" and "ivf" are kinds.
        queries: makes unit vectors of sample queries, shape (queries, dimensions); called for an approximate index.

    Raises:
        SearchUnavailableError: the server refuses, or has not all that was written.
    """
    rows = len(collected.dense)
    milvus.make(name, dimensions=collected.dense.dimensions)
    for batch in _batches(collected):
        milvus.add(name, batch)
    kind: Any = "ivf" if setting == "ivf" else "hnsw" if setting == "auto" and rows > FLAT_ROWS else "flat"
    flat = CollectionInfo(name, SCHEMA, rows, "flat", 0, recall_at_10=1.0, sampled_queries=0)
    if kind != "flat" and rows >= K and len(sample := queries()):
        lists = round(2 * math.sqrt(rows))
        info = replace(flat, kind=kind)
        milvus.finish(info, lists=lists)
        if found := _wide_enough(milvus, info, collected.dense, sample):
            return found
    milvus.finish(flat, lists=0)
    return flat


def _wide_enough(milvus: Milvus, info: CollectionInfo, dense: DenseIndex, sample: Vectors) -> CollectionInfo | None:
    """Return the collection with the least breadth that finds enough, `None` if none does."""
    exact = dense.best_scores(sample, K, probes=dense.lists)[:, -1]
    breadth = _FIRST_BREADTH
    while breadth <= _MOST_BREADTH:
        info = replace(info, breadth=breadth)
        found = milvus.search(info, list(sample), within=_EVERYTHING, k=K, making=True)
        recall = recall_of(dense, sample, found, exact)
        if recall >= TARGET_RECALL:
            return replace(info, recall_at_10=round(recall, 4), sampled_queries=len(sample))
        breadth *= 2
    return None


def recall_of(
    dense: DenseIndex, vectors: Vectors, found: Sequence[NDArray[np.int64]], tenth: NDArray[np.float32]
) -> float:
    """Return the share of the ten places for each vector that are as good as those of an exact search.

    Args:
        dense: holds the vectors of rows.
        vectors: what was asked, shape (vectors, dimensions).
        found: up to ten rows for each.
        tenth: the tenth best cosine of an exact search for each, shape (vectors,).
    """
    good = [
        np.count_nonzero(dense.scores(vector, rows) >= least - SAME)
        for vector, rows, least in zip(vectors, found, tenth, strict=True)
    ]
    return float(np.sum(good)) / (K * len(vectors))


def _batches(collected: Collected) -> Iterator[list[dict[str, Any]]]:
    words = passage_words(collected.lexical)
    count = len(collected.dense)
    for start in range(0, count, _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, count))
        vectors, documents = collected.dense.vectors(rows), collected.documents[rows]
        yield [
            {ROW: row, DOCUMENT: document, CLASS: of, DENSE: vector, WORDS: next(words)}
            for row, document, of, vector in zip(
                rows.tolist(), documents.tolist(), collected.classes[documents].tolist(), vectors, strict=True
            )
        ]
