"""Choose the kind of the dense index, by measuring: flat while that is quick, else ivf with enough probes.

An ivf index is asked the sentences of a sample of the build's own documents, as the nearest thing to the questions
people will ask; its answers are compared with those of an exact search. Probes are doubled until the tenth best passage
is as good as the exact one's in nearly all places; if looking into half of all lists does not suffice, the index is
flat after all. What came out is stated in the manifest.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from indexes.dense import DenseIndex, StoredVectors
from indexes.encoder import Vectors
from indexes.manifest import DenseInfo, DenseSetting
from indexes.passages import SplitDocument

# A flat search takes 35 ns a vector of 384 on one core (7 ms for 200,000), an ivf one of 1,000,000 some 2 ms: up to
# here the exact search costs less than encoding the question does, and needs no training.
FLAT_ROWS = 200_000
SAMPLED_QUERIES = 200
# What is promised is 0.99 for any question; the sample is asked for more, as it is small and has no questions in it.
TARGET_RECALL = 0.995
K = 10
_FIRST_PROBES = 8
SAME = 1e-6  # cosines this near are the same: passages that repeat each other are as good as one another


def index_vectors(
    vectors: StoredVectors, *, setting: DenseSetting, queries: Callable[[], Vectors]
) -> tuple[DenseIndex, DenseInfo]:
    """Return the dense index of a build, and what the manifest says of it.

    Args:
        vectors: unit vectors, shape (rows, dimensions).
        setting: "auto" chooses by size; "flat" and "ivf" are kinds.
        queries: makes unit vectors of sample queries, shape (queries, dimensions); called for an ivf index only.
    """
    if len(vectors) >= K and (setting == "ivf" or (setting == "auto" and len(vectors) > FLAT_ROWS)):
        index = DenseIndex.in_lists(vectors, lists=_lists(len(vectors)))
        sample = queries()
        if len(sample):
            exact = index.best_scores(sample, K, probes=index.lists)
            probes = min(_FIRST_PROBES, index.lists)
            while probes <= max(index.lists // 2, 1):
                recall = float(np.mean(index.best_scores(sample, K, probes=probes) >= exact[:, -1:] - SAME))
                if recall >= TARGET_RECALL:
                    index.probes = probes
                    return index, DenseInfo(setting, "ivf", index.lists, probes, round(recall, 4), len(sample))
                probes *= 2
    return DenseIndex.from_vectors(vectors), DenseInfo(setting, "flat", 0, 0, 1.0, 0)


def sample_sentences(documents: Sequence[SplitDocument], count: int = SAMPLED_QUERIES) -> list[str]:
    """Return up to `count` sentences, evenly spaced over all documents."""
    sums = np.cumsum([len(split.units) for split in documents])
    total = int(sums[-1]) if len(sums) else 0
    sampled = []
    for at in np.unique(np.linspace(0, total - 1, min(count, total)).astype(np.int64)).tolist():
        number = int(np.searchsorted(sums, at, side="right"))
        split = documents[number]
        start, end = split.units[at - int(sums[number]) + len(split.units)].span
        sampled.append(split.document.text[start:end])
    return sampled


def _lists(rows: int) -> int:
    """Return a power of two near twice the square root of the rows: 2,048 for 1,000,000."""
    return 1 << max(0, min(round(math.log2(2 * math.sqrt(rows))), int(math.log2(rows))))
