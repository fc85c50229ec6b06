"""A collection is exact or approximate as the build's size and the settings say, and what it finds is measured."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("pymilvus", reason="needs pip install 'greenlit[milvus]'")

from indexes.dense import DenseIndex
from indexes.encoder import Vectors
from indexes.lexical import LexicalIndex
from indexes.manifest import DenseSetting
from indexes.milvus_filter import Filter
from ingest import index_collection as indexing
from ingest.collecting import Collected
from ingest.index_vectors import TARGET_RECALL

if TYPE_CHECKING:
    from indexes.milvus import Milvus
    from tests.support.milvus_server import Server

ROWS, QUERIES = 120, 12
_DRAWN = np.random.default_rng(7).standard_normal((ROWS, 8))
VECTORS: Vectors = (_DRAWN / np.linalg.norm(_DRAWN, axis=1, keepdims=True)).astype(np.float32)
COLLECTED = Collected(
    DenseIndex.from_vectors(VECTORS),
    LexicalIndex.from_terms([[f"w{row % 9}"] for row in range(ROWS)]),
    documents=np.arange(ROWS, dtype=np.int64),
    classes=np.zeros(ROWS, np.int32),
)
NAME = "measured"


@pytest.fixture
def milvus(milvus_server: "Server") -> Iterator["Milvus"]:
    milvus = milvus_server.collections().milvus
    yield milvus
    milvus.drop(NAME)
    milvus.close()


def _sample() -> Vectors:
    return VECTORS[:QUERIES]


def _never() -> Vectors:
    raise AssertionError("an exact index needs no sample")


@pytest.mark.parametrize(("setting", "kind"), [("ivf", "ivf"), ("auto", "hnsw")])
def test_an_approximate_collection_finds_what_an_exact_search_does_as_far_as_it_says(
    milvus: "Milvus", monkeypatch: pytest.MonkeyPatch, setting: DenseSetting, kind: str
) -> None:
    monkeypatch.setattr(indexing, "FLAT_ROWS", ROWS - 1)
    info = indexing.index_collection(milvus, NAME, COLLECTED, setting=setting, queries=_sample)
    assert (info.kind, info.rows, info.sampled_queries) == (kind, ROWS, QUERIES)
    assert info.breadth >= 1
    assert TARGET_RECALL <= info.recall_at_10 <= 1.0
    assert milvus.problem(info) is None
    found = milvus.search(info, list(_sample()), within=Filter(None), k=10)
    tenth = COLLECTED.dense.best_scores(_sample(), 10, probes=COLLECTED.dense.lists)[:, -1]
    assert round(indexing.recall_of(COLLECTED.dense, _sample(), found, tenth), 4) == info.recall_at_10


def test_one_that_would_find_too_little_becomes_exact(milvus: "Milvus", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "TARGET_RECALL", 1.1)
    monkeypatch.setattr(indexing, "_MOST_BREADTH", 32)
    info = indexing.index_collection(milvus, NAME, COLLECTED, setting="ivf", queries=_sample)
    assert (info.kind, info.breadth, info.recall_at_10, info.sampled_queries) == ("flat", 0, 1.0, 0)
    (rows,) = milvus.search(info, [VECTORS[5]], within=Filter(None), k=1)
    assert list(rows) == [5]


def test_a_small_build_is_searched_exactly_and_nothing_is_sampled(milvus: "Milvus") -> None:
    info = indexing.index_collection(milvus, NAME, COLLECTED, setting="auto", queries=_never)
    assert (info.kind, info.recall_at_10) == ("flat", 1.0)
