"""The benchmark of candidates says of both what was found, and leaves nothing at the server."""

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console

pytest.importorskip("pymilvus", reason="needs pip install 'greenlit[milvus]'")

from eval.speed.milvus_bench import made, memory_mb, milvus_bench, recall_at_10

if TYPE_CHECKING:
    from tests.support.milvus_server import Server


def test_both_are_asked_within_all_and_half_and_the_collection_goes(milvus_server: "Server") -> None:
    said = io.StringIO()
    milvus_bench(Console(file=said, width=200), milvus_server.url, 200, questions=3, setting="flat")
    lines = said.getvalue().splitlines()
    told = [line.split(":")[0].strip() for line in lines if "recall@10" in line]
    assert told == ["FAISS, all", "FAISS, half", "Milvus, all", "Milvus, half"]
    assert all(line.endswith("recall@10 1.000") for line in lines if "recall@10" in line)
    milvus = milvus_server.collections().milvus
    with milvus._calling("look") as client:
        assert [name for name in client.list_collections() if name.startswith("bench_")] == []
    milvus.close()


def test_recall_is_the_share_of_the_nearest_that_were_found() -> None:
    passages = made(100, 1)
    everything = np.ones(100, np.bool_)
    nearest = np.argsort(-(passages.vectors @ passages.questions[0]), kind="stable")
    assert recall_at_10([nearest[:10]], passages, everything) == 1.0
    assert recall_at_10([nearest[5:15]], passages, everything) == 0.5
    assert recall_at_10([nearest[:10]], passages, ~np.isin(np.arange(100), nearest[:10])) == 0.0


def test_memory_is_that_of_the_process_that_is_named() -> None:
    assert memory_mb() > 1
    assert memory_mb(1) >= 0
