"""The dense index finds what comparing with every vector would find, and never a row that may not be seen."""

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexes import dense
from indexes.dense import DenseIndex, Mask, StoredVectors, cosines
from indexes.errors import BuildDamagedError

DIMENSIONS = 16


def _unit_vectors(rows: int, seed: int = 1) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).standard_normal((rows, DIMENSIONS)).astype(np.float32)
    unit = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    half: NDArray[np.float32] = unit.astype(np.float16).astype(np.float32)  # as the writer keeps them
    return half


def _all(rows: int) -> Mask:
    return np.ones(rows, dtype=np.bool_)


@settings(max_examples=60)
@given(rows=st.integers(1, 120), seed=st.integers(0, 2**16), share=st.floats(0, 1), k=st.integers(1, 150))
def test_law_2_search_equals_comparing_every_allowed_vector_and_shows_no_other(
    rows: int, seed: int, share: float, k: int
) -> None:
    vectors, (question,) = _unit_vectors(rows, seed), _unit_vectors(1, seed + 1)
    allowed: Mask = np.random.default_rng(seed).random(rows) < share
    found, scores = DenseIndex.from_vectors(vectors).search(question, allowed, k)
    cosines = vectors @ question
    expected = np.sort(cosines[allowed])[::-1][:k]
    assert allowed[found].all()
    assert len(set(found.tolist())) == len(found) == min(k, int(allowed.sum()))
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    np.testing.assert_allclose(cosines[found], expected, atol=1e-5)


@settings(max_examples=40)
@given(rows=st.integers(8, 300), seed=st.integers(0, 2**16), share=st.floats(0, 1), k=st.integers(1, 40))
def test_law_2_a_search_in_lists_within_little_equals_comparing_every_allowed_vector(
    rows: int, seed: int, share: float, k: int
) -> None:
    vectors, (question,) = _unit_vectors(rows, seed), _unit_vectors(1, seed + 1)
    allowed: Mask = np.random.default_rng(seed).random(rows) < share
    index = DenseIndex.in_lists(vectors, lists=8)
    index.probes = 1
    found, scores = index.search(question, allowed, k)
    assert allowed[found].all()
    assert len(set(found.tolist())) == len(found) == min(k, int(allowed.sum()))
    np.testing.assert_allclose(scores, np.sort((vectors @ question)[allowed])[::-1][:k], atol=1e-5)


@pytest.mark.parametrize(("share", "expected"), [(1.0, 4), (0.5, 8), (0.1, 40), (0.05, 64), (0.001, 64)])
def test_the_less_may_be_seen_the_more_lists_are_looked_into(
    monkeypatch: pytest.MonkeyPatch, share: float, expected: int
) -> None:
    monkeypatch.setattr(dense, "EXACT_ROWS", 150)
    index = DenseIndex.in_lists(_unit_vectors(2000), lists=64)
    index.probes = 4
    assert index._probes_within(int(share * 2000)) == expected


def test_law_2_a_search_in_some_lists_shows_no_hidden_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "EXACT_ROWS", 10)
    vectors = _unit_vectors(3000)
    index = DenseIndex.in_lists(vectors, lists=32)
    index.probes = 4
    allowed = np.random.default_rng(3).random(3000) < 0.5
    for row in range(0, 3000, 100):
        found, scores = index.search(vectors[row], allowed, 10)
        assert allowed[found].all()
        assert (found[0] == row) == bool(allowed[row])
        np.testing.assert_allclose(scores, (vectors @ vectors[row])[found], atol=1e-5)


def test_an_index_of_lists_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    vectors = _unit_vectors(400)
    index = DenseIndex.in_lists(vectors, lists=16)
    index.probes = 3
    index.write(tmp_path / "dense.faiss")
    read = DenseIndex.read(tmp_path / "dense.faiss")
    assert (len(read), read.dimensions, read.lists, read.probes) == (400, DIMENSIONS, 16, 3)
    rows = np.array([399, 0, 7])
    np.testing.assert_array_equal(read.vectors(rows), vectors[rows])
    np.testing.assert_allclose(read.scores(vectors[4], rows), vectors[rows] @ vectors[4], atol=1e-6)
    for before, after in zip(
        index.search(vectors[4], _all(400), 5), read.search(vectors[4], _all(400), 5), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_the_same_vectors_make_the_same_lists(tmp_path: Path) -> None:
    for name in ("one", "two"):
        DenseIndex.in_lists(_unit_vectors(400), lists=16).write(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("lists", [0, 4])
def test_half_and_single_precision_make_the_same_index(tmp_path: Path, lists: int) -> None:
    both: dict[str, StoredVectors] = {"one": _unit_vectors(100), "two": _unit_vectors(100).astype(np.float16)}
    for name, vectors in both.items():
        index = DenseIndex.in_lists(vectors, lists=lists) if lists else DenseIndex.from_vectors(vectors)
        index.write(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_file_with_another_kind_of_index_is_damage(tmp_path: Path) -> None:
    faiss.write_index(faiss.IndexFlatIP(4), str(tmp_path / "dense.faiss"))
    with pytest.raises(BuildDamagedError, match="not a FAISS index of the expected kind: got IndexFlatIP"):
        DenseIndex.read(tmp_path / "dense.faiss")


def test_law_2_the_best_row_is_not_found_when_it_is_hidden() -> None:
    vectors = _unit_vectors(50)
    allowed = _all(50)
    allowed[7] = False
    rows, _ = DenseIndex.from_vectors(vectors).search(vectors[7], allowed, 50)
    assert 7 not in rows
    assert len(rows) == 49


def test_more_rows_are_asked_for_than_may_be_seen() -> None:
    allowed = np.zeros(50, dtype=np.bool_)
    allowed[[3, 41]] = True
    rows, scores = DenseIndex.from_vectors(_unit_vectors(50)).search(_unit_vectors(1)[0], allowed, 10)
    assert sorted(rows.tolist()) == [3, 41]
    assert scores[0] >= scores[1]


def test_nothing_allowed_finds_nothing() -> None:
    rows, scores = DenseIndex.from_vectors(_unit_vectors(5)).search(_unit_vectors(1)[0], ~_all(5), 10)
    assert (rows.shape, scores.shape) == ((0,), (0,))


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = DenseIndex.from_vectors(np.zeros((0, DIMENSIONS), dtype=np.float32))
    index.write(tmp_path / "dense.faiss")
    read = DenseIndex.read(tmp_path / "dense.faiss")
    assert (len(read), read.dimensions) == (0, DIMENSIONS)
    assert len(read.search(_unit_vectors(1)[0], _all(0), 10)[0]) == 0


def test_scores_of_given_rows_are_cosines_in_the_order_asked() -> None:
    vectors, (question,) = _unit_vectors(9), _unit_vectors(1, seed=5)
    index = DenseIndex.from_vectors(vectors)
    rows = np.array([8, 0, 8, 3], dtype=np.int64)
    np.testing.assert_allclose(index.scores(question, rows), (vectors @ question)[rows], atol=1e-6)
    assert index.scores(question, np.zeros(0, dtype=np.int64)).shape == (0,)


def test_an_index_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    vectors = _unit_vectors(30)
    index = DenseIndex.from_vectors(vectors)
    index.write(tmp_path / "dense.faiss")
    read = DenseIndex.read(tmp_path / "dense.faiss")
    assert (len(read), read.dimensions) == (30, DIMENSIONS)
    for before, after in zip(index.search(vectors[4], _all(30), 5), read.search(vectors[4], _all(30), 5), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("content", [b"", b"not an index", b"IxSQ" + bytes(20)])
def test_a_file_that_is_no_index_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dense.faiss").write_bytes(content)
    with pytest.raises(BuildDamagedError, match=r"dense\.faiss is not a FAISS index"):
        DenseIndex.read(tmp_path / "dense.faiss")


def test_a_disk_that_refuses_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"dense\.faiss cannot be written"):
        DenseIndex.from_vectors(_unit_vectors(1)).write(tmp_path / "nowhere" / "dense.faiss")


def test_equal_vectors_get_equal_cosines_wherever_they_stand() -> None:
    drawn = np.random.default_rng(3)
    vectors = drawn.standard_normal((701, 384)).astype(np.float32)
    vectors[[5, 333, 700]] = vectors[0]
    found = cosines(vectors, vectors[1])
    assert len({float(found[at]) for at in (0, 5, 333, 700)}) == 1
    np.testing.assert_allclose(found, vectors @ vectors[1], rtol=1e-4, atol=1e-3)
