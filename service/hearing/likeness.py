"""Puts what is alike into groups, by the mean cosine between their members.

In order: (1) find the pairs that are alike, (2) each joins the group that it is most like, if it is like enough, else
it begins one; (3) whoever is still alone tries once more, for groups have grown; (4) groups that are like enough, as
wholes, become one, the likest first. What the numbers stand for is not known here.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from indexes.encoder import Vectors

ALIKE = 0.425  # of 20 questions written five ways each, 16 come together; measured as DECISIONS.md, 57, says
_BLOCK = 512  # rows whose cosines to all others are held at once: 10 MB at 5,000

_Rows = NDArray[np.int64]


def grouped(vectors: Vectors, *, alike: float = ALIKE) -> list[list[int]]:
    """Return groups of row numbers, the largest first; what is like nothing else is a group of one.

    Args:
        vectors: unit vectors, shape (texts, dimensions).
        alike: the least mean cosine of a group's members to one that joins it.
    """
    near = list(_near(vectors, alike))  # 1
    groups = _Groups(vectors, alike)
    for row in range(len(vectors)):  # 2
        groups.add(row, near[row])
    for row in range(len(vectors)):  # 3
        if groups.is_alone(row):
            groups.take_out(row)
            groups.add(row, near[row])
    groups.merge()  # 4
    return sorted((members for members in groups.members if members), key=lambda members: (-len(members), members))


def _near(vectors: Vectors, alike: float) -> Iterator[_Rows]:
    """Give, for each row, the others that are alike: a group of like mean has one of them among its members."""
    for begin in range(0, len(vectors), _BLOCK):
        block = vectors[begin : begin + _BLOCK] @ vectors.T >= alike
        for row, is_near in enumerate(block, begin):
            is_near[row] = False
            yield np.flatnonzero(is_near)


class _Groups:
    """Groups that grow: the members of each, and the sum of their vectors."""

    def __init__(self, vectors: Vectors, alike: float) -> None:
        self.members: list[list[int]] = []
        self._vectors = vectors
        self._alike = alike
        self._of = np.full(len(vectors), -1)  # which group a row is in
        self._sums = np.zeros((2 * len(vectors), *vectors.shape[1:]), vectors.dtype)  # a row can begin two groups
        self._counts = np.zeros(2 * len(vectors), np.float32)

    def add(self, row: int, near: _Rows) -> None:
        """Put a row into the group that it is most like, or into one of its own."""
        at = self._most_like(row, np.unique(self._of[near]))
        if at is None:
            at = len(self.members)
            self.members.append([])
        self.members[at].append(row)
        self._of[row] = at
        self._sums[at] += self._vectors[row]
        self._counts[at] += 1

    def is_alone(self, row: int) -> bool:
        """Tell whether a row is in a group of its own."""
        return len(self.members[self._of[row]]) == 1

    def take_out(self, row: int) -> None:
        """Take a row that is alone out of its group, which is none any more."""
        at = self._of[row]
        self.members[at].clear()
        self._of[row], self._sums[at], self._counts[at] = -1, 0, 0

    def merge(self) -> None:
        """Make groups of several one, as long as two are like enough."""
        several = [at for at, members in enumerate(self.members) if len(members) > 1]
        if not several:
            return
        sums, counts = self._sums[several], self._counts[several]
        likeness = (sums @ sums.T) / np.outer(counts, counts)
        np.fill_diagonal(likeness, -1)
        while likeness.max() >= self._alike:
            one, other = divmod(int(likeness.argmax()), len(several))
            self.members[several[one]] += self.members[several[other]]
            self.members[several[other]] = []
            sums[one] += sums[other]
            counts[one] += counts[other]
            sums[other] = 0  # like nothing any more
            likeness[one] = likeness[:, one] = (sums @ sums[one]) / (counts * counts[one])
            likeness[other] = likeness[:, other] = likeness[one, one] = -1

    def _most_like(self, row: int, groups: _Rows) -> int | None:
        known = [at for at in groups if at >= 0]
        if not known:
            return None
        means = (self._sums[known] @ self._vectors[row]) / self._counts[known]
        best = int(means.argmax())
        return int(known[best]) if means[best] >= self._alike else None
