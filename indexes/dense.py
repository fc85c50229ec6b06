"""The dense index: inner-product search over half-precision vectors, with FAISS, memory-mapped.

Row numbers are the ids: a build never changes, so a vector's row is its passage's row for ever. The rows that may be
seen are given with each search and tested inside FAISS, before anything is ranked.

A *flat* index compares a question with every allowed vector. An *ivf* index puts each vector, in the same half
precision, into the list of its nearest centroid and looks into the lists nearest to the question: `probes` of them
where everything may be seen, more where less may, all of them where little may, so that a narrow scope misses nothing.
Which kind a build gets, and how many probes, is the writer's choice, by measuring.
"""

import math
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from indexes.errors import BuildDamagedError

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]
StoredVectors = NDArray[np.float32] | NDArray[np.float16]

# An ivf index looks into all its lists when no more rows than this may be seen. Among 1,000,000 that takes some 14 ms
# on one core: 8.5 ms to test every row, and 0.28 us for each allowed vector, which lie scattered.
EXACT_ROWS = 20_000
_CHUNK = 1 << 16  # vectors that are brought to float32 at once, 100 MB
_TRAINED_PER_LIST = 40  # vectors; FAISS asks for 39 or more
_ROUNDS = 10  # of k-means; more moved recall by less than 0.001


class DenseIndex:
    """Unit vectors by row; scores are cosines."""

    def __init__(self, index: faiss.Index) -> None:
        """Wrap a FAISS index; use `from_vectors`, `in_lists` or `read`."""
        self._index = index

    @classmethod
    def from_vectors(cls, vectors: StoredVectors) -> "DenseIndex":
        """Make a flat index of unit vectors, shape (rows, dimensions); zero rows are allowed."""
        index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        return cls(_filled(index, vectors, train=vectors[:1]))

    @classmethod
    def in_lists(cls, vectors: StoredVectors, *, lists: int) -> "DenseIndex":
        """Make an ivf index of unit vectors, shape (rows, dimensions), with as many rows as lists or more."""
        centroids = faiss.IndexFlatIP(vectors.shape[1])
        index = faiss.IndexIVFScalarQuantizer(
            centroids,
            vectors.shape[1],
            lists,
            faiss.ScalarQuantizer.QT_fp16,
            faiss.METRIC_INNER_PRODUCT,
            False,  # by_residual: the codes are the vectors themselves, so scores are exact
        )
        index.cp.niter, index.cp.spherical, index.cp.min_points_per_centroid = _ROUNDS, True, 1
        index.cp.max_points_per_centroid = _TRAINED_PER_LIST
        index.make_direct_map()  # where each row is, for `scores`
        sample = np.linspace(0, len(vectors) - 1, min(len(vectors), lists * _TRAINED_PER_LIST)).astype(np.int64)
        return cls(_filled(index, vectors, train=vectors[sample]))

    @classmethod
    def read(cls, path: Path) -> "DenseIndex":
        """Open an index, memory-mapped, from a file whose hash was checked before.

        Raises:
            BuildDamagedError: it is no such index.
        """
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise BuildDamagedError(f"{path} is not a FAISS index: {error}") from error
        if not isinstance(index, faiss.IndexScalarQuantizer | faiss.IndexIVFScalarQuantizer):
            raise BuildDamagedError(f"{path} is not a FAISS index of the expected kind: got {type(index).__name__}")
        return cls(index)

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

    @property
    def lists(self) -> int:
        """How many lists there are; 0 in a flat index."""
        return int(self._index.nlist) if isinstance(self._index, faiss.IndexIVFScalarQuantizer) else 0

    @property
    def probes(self) -> int:
        """How many lists are looked into where everything may be seen; 0 in a flat index."""
        return int(self._index.nprobe) if isinstance(self._index, faiss.IndexIVFScalarQuantizer) else 0

    @probes.setter
    def probes(self, probes: int) -> None:
        if isinstance(self._index, faiss.IndexIVFScalarQuantizer):
            self._index.nprobe = probes

    def search(self, vector: NDArray[np.float32], allowed: Mask, k: int) -> tuple[Rows, Scores]:
        """Return up to `k` allowed rows by falling cosine.

        Args:
            vector: a unit vector, shape (dimensions,).
            allowed: which rows may be seen, shape (rows,).
            k: at most this many.

        Returns:
            Rows and scores, both of length min(k, number of allowed rows); an ivf index may find fewer if more than
            `EXACT_ROWS` are allowed.
        """
        count = int(np.count_nonzero(allowed))
        k = min(k, count)
        if k == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits)) if count < len(allowed) else None
        parameters = self._parameters(self._probes_within(count), selector)
        faiss.omp_set_num_threads(1)  # for this thread: one question gains nothing from more, and others lose by it
        scores, rows = self._index.search(vector.reshape(1, -1), k, params=parameters)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def best_scores(self, vectors: NDArray[np.float32], k: int, *, probes: int) -> NDArray[np.float32]:
        """Return the `k` best cosines of all rows with each of some unit vectors, falling, shape (vectors, k).

        Args:
            vectors: shape (vectors, dimensions).
            k: at most as many as there are rows; what an ivf index does not find is the lowest float.
            probes: how many lists are looked into.
        """
        scores: NDArray[np.float32] = self._index.search(vectors, k, params=self._parameters(probes, None))[0]
        return scores

    def scores(self, vector: NDArray[np.float32], rows: Rows) -> Scores:
        """Return the cosine of each given row with a unit vector, shape (len(rows),), whatever the kind of index."""
        return cosines(self.vectors(rows), vector)

    def vectors(self, rows: Rows) -> NDArray[np.float32]:
        """Return the vectors of given rows as they are kept, shape (len(rows), dimensions)."""
        if not len(rows):
            return np.zeros((0, self.dimensions), np.float32)
        vectors: NDArray[np.float32] = self._index.reconstruct_batch(rows)
        return vectors

    def _probes_within(self, count: int) -> int:
        """Return how many lists to look into so that as many allowed vectors are compared as where all are allowed."""
        if not self.lists or count <= EXACT_ROWS:
            return self.lists
        return min(self.lists, math.ceil(self.probes * len(self) / count))

    def _parameters(self, probes: int, selector: faiss.IDSelectorBitmap | None) -> faiss.SearchParameters:
        fields = {"sel": selector} if selector else {}
        if self.lists:
            return faiss.SearchParametersIVF(nprobe=probes, **fields)  # type: ignore[call-arg]  # FAISS sets fields so
        return faiss.SearchParameters(**fields)


def cosines(vectors: NDArray[np.float32], vector: NDArray[np.float32]) -> Scores:
    """Return the cosine of each of some unit vectors, shape (vectors, dimensions), with another one.

    One by one: a product of matrices would share the work out among cores, whose threads then turn idly for a while and
    take time from other questions; and it would give equal vectors cosines that differ by where they stand.
    """
    scores: Scores = np.vecdot(vectors, vector)
    return scores


def _filled(index: faiss.Index, vectors: StoredVectors, *, train: StoredVectors) -> faiss.Index:
    index.train(np.ascontiguousarray(train, dtype=np.float32))
    for start in range(0, len(vectors), _CHUNK):
        index.add(np.ascontiguousarray(vectors[start : start + _CHUNK], dtype=np.float32))
    return index
