"""Which kind of dense index a build gets: flat while small, else lists with enough probes, as measured."""

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes import dense
from indexes.documents import Document, Locator, Passage, Section
from indexes.manifest import DenseInfo, DenseSetting
from indexes.passages import SplitDocument
from indexes.units import Unit
from ingest import index_vectors as module
from ingest.index_vectors import index_vectors, sample_sentences

DIMENSIONS = 16


def _vectors(rows: int, seed: int = 1, *, groups: int = 0) -> NDArray[np.float32]:
    """Return unit vectors, drawn around so many centres if any."""
    drawn = np.random.default_rng(seed).standard_normal((rows, DIMENSIONS))
    if groups:
        drawn = drawn * 0.1 + np.random.default_rng(99).standard_normal((groups, DIMENSIONS))[np.arange(rows) % groups]
    unit = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    half: NDArray[np.float32] = unit.astype(np.float16).astype(np.float32)  # as the index keeps them
    return half


def _none() -> NDArray[np.float32]:
    raise AssertionError("an exact index needs no sample")


@pytest.mark.parametrize(("setting", "rows"), [("flat", 500), ("auto", 200), ("ivf", 9), ("ivf", 0), ("auto", 0)])
def test_a_small_index_or_one_that_has_to_be_exact_is_flat(
    monkeypatch: pytest.MonkeyPatch, setting: DenseSetting, rows: int
) -> None:
    monkeypatch.setattr(module, "FLAT_ROWS", 200)
    index, info = index_vectors(_vectors(rows), setting=setting, queries=_none)
    assert (len(index), index.lists) == (rows, 0)
    assert info == DenseInfo(setting, "flat", lists=0, probes=0, recall_at_10=1.0, sampled_queries=0)


@pytest.mark.parametrize("setting", ["auto", "ivf"])
def test_a_large_index_has_lists_and_as_many_probes_as_it_takes(
    monkeypatch: pytest.MonkeyPatch, setting: DenseSetting
) -> None:
    monkeypatch.setattr(module, "FLAT_ROWS", 200)
    monkeypatch.setattr(module, "_FIRST_PROBES", 1)
    monkeypatch.setattr(dense, "EXACT_ROWS", 10)
    vectors, queries = _vectors(5000, groups=40), _vectors(100, seed=2, groups=40)
    index, info = index_vectors(vectors, setting=setting, queries=lambda: queries)
    assert (info.kind, info.lists, info.probes, info.sampled_queries) == ("ivf", index.lists, index.probes, 100)
    assert index.lists == 128
    assert 1 <= index.probes <= 64
    assert info.recall_at_10 >= 0.995
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    found = [index.search(query, np.ones(5000, np.bool_), 10)[0] for query in queries]
    shares = [len(set(best) & set(rows)) / 10 for best, rows in zip(exact.tolist(), found, strict=True)]
    assert np.mean(shares) == pytest.approx(info.recall_at_10, abs=0.01)


def test_vectors_that_are_harder_to_part_take_more_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PROBES", 1)
    _, easy = index_vectors(_vectors(5000, groups=40), setting="ivf", queries=lambda: _vectors(100, seed=2, groups=40))
    _, hard = index_vectors(_vectors(5000), setting="ivf", queries=lambda: _vectors(100, seed=2))
    assert hard.probes > easy.probes


def test_an_index_that_would_have_to_look_into_most_lists_is_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TARGET_RECALL", 1.1)
    index, info = index_vectors(_vectors(500), setting="ivf", queries=lambda: _vectors(20, seed=2))
    assert (index.lists, info) == (0, DenseInfo("ivf", "flat", 0, 0, 1.0, 0))


def test_an_index_that_cannot_be_measured_is_flat() -> None:
    _, info = index_vectors(_vectors(500), setting="ivf", queries=lambda: np.zeros((0, DIMENSIONS), np.float32))
    assert info.kind == "flat"


def test_passages_that_repeat_each_other_are_as_good_as_one_another() -> None:
    vectors = np.repeat(_vectors(20), 50, axis=0)
    _, info = index_vectors(vectors, setting="ivf", queries=lambda: _vectors(20, seed=2))
    assert info.recall_at_10 == 1.0


@pytest.mark.parametrize("rows", [10, 1000, 200_001, 1_000_000])
def test_there_are_never_more_lists_than_rows(rows: int) -> None:
    assert 1 <= module._lists(rows) <= rows
    assert module._lists(1_000_000) == 2048


def _document(name: str, sentences: int) -> SplitDocument:
    text = "".join(f"{name}{number:03}" for number in range(sentences))
    units = tuple(Unit(at * 4, at * 4 + 4) for at in range(sentences))
    whole = Document(name, "a" * 64, "T", text, (Section(0, len(text), Locator("document")),))
    return SplitDocument(whole, tuple[Passage, ...](), units)


def test_sentences_are_sampled_evenly_over_all_documents() -> None:
    documents = [_document("a", 30), _document("b", 0), _document("c", 60), _document("d", 10)]
    sampled = sample_sentences(documents, 10)
    assert [sentence[0] for sentence in sampled] == ["a"] * 3 + ["c"] * 6 + ["d"]
    assert (sampled[0], sampled[-1]) == ("a000", "d009")
    assert sample_sentences(documents) == [
        f"{n}{at:03}" for n, size in (("a", 30), ("c", 60), ("d", 10)) for at in range(size)
    ]
    assert sample_sentences([]) == sample_sentences([_document("b", 0)]) == []
