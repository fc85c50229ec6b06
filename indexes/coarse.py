"""Vectors in fewer bits, and back: a byte a number for those of sentences, half a byte for those of word pieces.

*In bytes* a vector keeps its direction: its largest number becomes 127 or -127, and it is a unit vector again when it
is read. Its cosines move by some 0.001.

*In half bytes* each number becomes the nearest of 15 levels, two to a byte, the first one in the lower half. They are
the levels that round a normally distributed number with the least error squared (J. Max, 1960), as the numbers of a
unit vector in d dimensions nearly are, with a deviation of 1 / sqrt(d); 0 is one of them. Of the vector's length
squared 0.011 go into the error. Nothing is fitted, so a vector is stored alike wherever and whenever that is done.
"""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
InBytes = NDArray[np.int8]
InHalfBytes = NDArray[np.uint8]

_LARGEST = 127
_ABOVE = np.array([0.27555859, 0.55797111, 0.85579457, 1.18088325, 1.55324287, 2.01251251, 2.68563061])
_LEVELS = np.concatenate([-_ABOVE[::-1], [0.0], _ABOVE]).astype(np.float32)
_BETWEEN = (_LEVELS[1:] + _LEVELS[:-1]) / 2
_HALF = 4  # bits
# Both numbers of each byte, as one number of 64 bits, so that they are looked up together; the 16th level is none.
_PAIRS = np.array([[(*_LEVELS, 0)[byte & 15], (*_LEVELS, 0)[byte >> _HALF]] for byte in range(256)], np.float32).view(
    np.uint64
)[:, 0]


def in_bytes(vectors: NDArray[np.floating]) -> InBytes:
    """Return the directions of vectors, shape (vectors, dimensions); a vector of zeros stays one."""
    widest = np.abs(vectors).max(axis=1, keepdims=True, initial=0).astype(np.float32)
    scaled = vectors.astype(np.float32) / np.where(widest > 0, widest, 1) * _LARGEST
    whole: InBytes = np.rint(scaled).astype(np.int8)
    return whole


def from_bytes(stored: InBytes) -> Vectors:
    """Return the unit vectors of directions, shape (vectors, dimensions)."""
    wide = stored.astype(np.float32)
    lengths = np.sqrt(np.vecdot(wide, wide))[:, None]
    unit: Vectors = wide / np.maximum(lengths, 1)  # one that is not zero has a number of 127
    return unit


def width_in_half_bytes(dimensions: int) -> int:
    """Return how many bytes a vector takes in half bytes."""
    return (dimensions + 1) // 2


def in_half_bytes(vectors: Vectors) -> InHalfBytes:
    """Return unit vectors in half bytes, shape (vectors, bytes)."""
    count, dimensions = vectors.shape
    levels = np.full((count, 2 * width_in_half_bytes(dimensions)), len(_ABOVE), np.uint8)
    levels[:, :dimensions] = np.searchsorted(_BETWEEN, vectors * np.float32(np.sqrt(dimensions)))
    stored: InHalfBytes = levels[:, ::2] | levels[:, 1::2] << np.uint8(_HALF)
    return stored


def from_half_bytes(stored: InHalfBytes, dimensions: int) -> Vectors:
    """Return vectors of about unit length, shape (vectors, dimensions)."""
    wide = np.take(_PAIRS, stored).view(np.float32)
    vectors: Vectors = wide[:, :dimensions] / np.float32(np.sqrt(dimensions))
    return vectors
