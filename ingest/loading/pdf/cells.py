"""Dots of a drawn page, counted by cells: squares of two dots, one point of the paper where it is drawn as usual.

All of it on whole pages at once: a page has some two million dots and 3,000 characters.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CELL = 2  # dots
Bools = NDArray[np.bool_]
_COLOURS = np.frombuffer(bytes([255, 255, 255, 0]), dtype=np.uint32)  # of a dot's four bytes, the three that are drawn


def differ(one: NDArray[np.uint32], other: NDArray[np.uint32], least: int) -> Bools:
    """Tell of each two dots whether they differ by `least` or more, of 255, in the colour that differs most."""
    first, second = one.view(np.uint8), other.view(np.uint8)
    far = np.maximum(first, second) - np.minimum(first, second) >= least
    marked: Bools = (far.view(np.uint32) & _COLOURS) != 0
    return marked


def cells_of(at: NDArray[np.intp], height: int, width: int) -> Bools:
    """Return the cells that hold one of the dots, which are counted along the rows of a drawing."""
    tall, wide = -(-height // CELL) * CELL, -(-width // CELL) * CELL
    dots = np.zeros((tall, wide), dtype=np.bool_)
    if wide == width:
        dots.ravel()[at] = True
    else:
        dots[at // width, at % width] = True
    rows = dots[0::CELL] | dots[1::CELL]
    cells: Bools = rows[:, 0::CELL] | rows[:, 1::CELL]
    return cells


def sums_of(cells: NDArray[Any]) -> NDArray[np.int32]:
    """Return, for each corner of a cell, what stands above and to the left of it."""
    flat = np.cumsum(cells.ravel(), dtype=np.int32).reshape(cells.shape)  # much quicker than row by row
    sums = np.zeros((cells.shape[0] + 1, cells.shape[1] + 1), dtype=np.int32)
    sums[1:, 1:] = flat
    sums[2:, 1:] -= flat[:-1, -1:]
    for row in range(1, len(sums)):
        np.add(sums[row], sums[row - 1], out=sums[row])
    return sums


def summed(sums: NDArray[np.int32], boxes: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return what stands in each box; left, top, right, bottom, in cells, of which parts count as whole."""
    rows, columns = sums.shape
    limits = np.array([columns - 1, rows - 1, columns - 1, rows - 1])
    bounded = np.clip(boxes, 0, limits)
    left, top = np.floor(bounded[:, 0]).astype(np.intp), np.floor(bounded[:, 1]).astype(np.intp)
    right, bottom = np.ceil(bounded[:, 2]).astype(np.intp), np.ceil(bounded[:, 3]).astype(np.intp)
    right, bottom = np.maximum(right, left), np.maximum(bottom, top)
    return sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]


def covered_by(boxes: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return how many boxes each cell lies in; left, top, right, bottom, in whole cells within the page."""
    rows, columns = shape
    width = columns + 1
    left, top, right, bottom = boxes.T
    corners = np.concatenate([top * width + left, bottom * width + right, top * width + right, bottom * width + left])
    signs = np.repeat([1.0, -1.0], 2 * len(boxes))
    edges = np.bincount(corners, signs, (rows + 1) * width).reshape(rows + 1, width).astype(np.int32)
    return sums_of(edges)[1 : rows + 1, 1 : columns + 1]
