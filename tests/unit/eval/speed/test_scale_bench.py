"""The benchmark of size prints a figure for each thing it measures; what it measures is real."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from eval.speed import scale_bench as module
from eval.speed.made_build import Base, make_build
from eval.speed.scale_bench import recall_at_10, resident_mb, scale_bench
from indexes.dense import DenseIndex
from tests.support.fakes import HashingEncoder

ENCODER = HashingEncoder()


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask in this process, with a small encoder and few questions."""
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {"ask": module._ask, "plain": module._plain}
    monkeypatch.setattr(module, "load_encoder", lambda _: ENCODER)
    monkeypatch.setattr(module, "fresh", lambda what, root: json.loads(json.dumps(parts[what](root))))
    monkeypatch.setattr(module, "_QUESTIONS", 20)
    monkeypatch.setattr(module, "_WARM_UP", 2)


@pytest.mark.usefixtures("in_this_process")
def test_every_size_has_its_figures() -> None:
    written = StringIO()
    scale_bench(Console(file=written, width=300), [120, 300], data=None)
    said = written.getvalue()
    for size in ("120", "300"):
        assert f"\n{size} passages (flat; build: dense " in said
    assert said.count("retrieval, everything seen") == said.count("plain FAISS float32 flat, no words") == 2
    assert said.count("retrieval, 100 passages seen") == 2
    assert said.count("recall@10 of the dense index: all 1.0000, tenth 1.0000, hundredth 1.0000") == 2
    assert said.count("opened in ") == 2


def _base(rows: int) -> Base:
    drawn = np.random.default_rng(4).standard_normal((rows, ENCODER.dimensions)).astype(np.float32)
    unit = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    titles, sentences = [f"T{row}" for row in range(rows)], [[f"Sentence {row}."] for row in range(rows)]
    pieces = [np.full((row % 5, 8), row, np.uint8) for row in range(rows)]
    return Base(titles, sentences, unit, pieces, np.ones((ENCODER.dimensions, 8), np.float32))


def test_recall_is_the_share_of_the_ten_best_that_were_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = _base(50)
    made = make_build(base, 700, root=tmp_path, encoder=ENCODER)
    assert recall_at_10(made.folder, made.vectors, base.vectors[:5]) == {"all": 1, "tenth": 1, "hundredth": 1}
    worst = np.full(10, -1, np.float32)
    search = DenseIndex.search

    def half(self: DenseIndex, *asked: Any) -> tuple[Any, Any]:
        rows, scores = search(self, *asked)
        return rows, np.where(np.arange(len(scores)) < 5, scores, worst[: len(scores)])

    monkeypatch.setattr(DenseIndex, "search", half)
    assert recall_at_10(made.folder, made.vectors, base.vectors[:5])["all"] == 0.5


def test_memory_that_is_no_file_is_a_part_of_what_is_resident() -> None:
    memory = resident_mb()
    assert 0 < memory["anonymous"] <= memory["resident"]
