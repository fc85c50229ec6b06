"""The dense index: exact inner-product search over half-precision vectors, with FAISS.

Row numbers are the ids: a build never changes, so a vector's row is its passage's row for ever. The rows that may be
seen are given with each search and tested inside FAISS, before anything is ranked.
"""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from indexes.errors import BuildDamagedError

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]


class DenseIndex:
    """Unit vectors by row; scores are cosines."""

    def __init__(self, index: faiss.Index) -> None:
        """Wrap a FAISS index; use `from_vectors` or `read`."""
        self._index = index

    @classmethod
    def from_vectors(cls, vectors: NDArray[np.float32]) -> "DenseIndex":
        """Index unit vectors, shape (rows, dimensions); zero rows are allowed."""
        index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        index.train(vectors)
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> "DenseIndex":
        """Read an index from a file whose hash was checked before."""
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise BuildDamagedError(f"{path} is not a FAISS index: {error}") from error

    def write(self, path: Path) -> None:
        """Write the index to a file.

        Raises:
            OSError: the disk refuses.
        """
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise OSError(f"{path} cannot be written: {error}") from error

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self._index.d)

    def search(self, vector: NDArray[np.float32], allowed: Mask, k: int) -> tuple[Rows, Scores]:
        """Return up to `k` allowed rows by falling cosine.

        Args:
            vector: a unit vector, shape (dimensions,).
            allowed: which rows may be seen, shape (rows,).
            k: at most this many.

        Returns:
            Rows and scores, both of length min(k, number of allowed rows).
        """
        k = min(k, int(np.count_nonzero(allowed)))
        if k == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits))
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # FAISS sets fields by keyword
        scores, rows = self._index.search(vector.reshape(1, -1), k, params=parameters)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def scores(self, vector: NDArray[np.float32], rows: Rows) -> Scores:
        """Return the cosine of each given row with a unit vector, shape (len(rows),)."""
        if not len(rows):
            return np.zeros(0, np.float32)
        result: Scores = self._index.reconstruct_batch(rows) @ vector
        return result
