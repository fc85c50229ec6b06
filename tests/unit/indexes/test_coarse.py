"""Vectors in fewer bits: they point where they did, and are stored alike every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.coarse import from_bytes, from_half_bytes, in_bytes, in_half_bytes, width_in_half_bytes
from indexes.stretches import unit


def _drawn(count: int, dimensions: int) -> np.ndarray:
    return unit(np.random.default_rng(dimensions).standard_normal((count, dimensions)).astype(np.float32))


@pytest.mark.parametrize("dimensions", [2, 3, 64, 384, 768])
def test_a_vector_points_where_it_did(dimensions: int) -> None:
    vectors = _drawn(200, dimensions)
    read = from_bytes(in_bytes(vectors))
    np.testing.assert_allclose(np.linalg.norm(read, axis=1), 1, atol=1e-6)
    assert np.vecdot(vectors, read).min() > 0.9999
    coarse = from_half_bytes(in_half_bytes(vectors), dimensions)
    assert coarse.shape == vectors.shape
    if dimensions >= 64:
        assert np.vecdot(unit(coarse), vectors).mean() > 0.994
        assert np.square(coarse - vectors).sum(axis=1).mean() == pytest.approx(0.011, abs=0.001)


def test_lengths_are_no_matter_in_bytes_and_zeros_stay() -> None:
    vectors = np.array([[3, 4], [0.003, 0.004], [0, 0]], np.float16)
    assert from_bytes(in_bytes(vectors)) == pytest.approx(np.array([[0.6, 0.8], [0.6, 0.8], [0, 0]]), abs=0.005)
    assert from_half_bytes(in_half_bytes(np.zeros((1, 5), np.float32)), 5).tolist() == [[0] * 5]


def test_two_numbers_share_a_byte_the_first_in_its_lower_half() -> None:
    stored = in_half_bytes(np.array([[9, -9, 0]], np.float32))
    assert stored.dtype == np.uint8
    assert stored.tolist() == [[14 | 0 << 4, 7 | 7 << 4]]
    read = from_half_bytes(stored, 3)[0]
    assert read[0] == -read[1] == pytest.approx(2.68563 / 3**0.5)
    assert read[2] == 0


def test_no_vectors_are_none() -> None:
    empty = np.zeros((0, 6), np.float32)
    assert from_bytes(in_bytes(empty)).shape == (0, 6)
    assert in_half_bytes(empty).shape == (0, width_in_half_bytes(6)) == (0, 3)
    assert from_half_bytes(in_half_bytes(empty), 6).shape == (0, 6)


@given(numbers=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=9))
def test_what_was_read_is_stored_as_it_was(numbers: list[float]) -> None:
    vector = np.array([numbers], np.float32)
    stored = in_bytes(vector)
    np.testing.assert_array_equal(in_bytes(from_bytes(stored)), stored)
    half = in_half_bytes(vector)
    np.testing.assert_array_equal(in_half_bytes(from_half_bytes(half, len(numbers))), half)
