"""The word pieces of each passage, made at ingest, and how well they match those of a question.

*Token match*: the sum over a question's word pieces, by weight, of the best cosine with any word piece that stands in a
sentence, both as the encoder's last layer has them, the sentence within its passage (after ColBERT's MaxSim, Khattab
and Zaharia, 2020). So choosing among sentences costs a question no further encoding.

Vectors are kept in fewer dimensions than the encoder's, in half bytes (`coarse`); a build keeps the projection that its
own were made with, and a question is projected likewise. An encoder that has no vectors of tokens leaves a
build without word pieces: token match is 0 for every sentence then.

On disk: NumPy arrays, memory-mapped. Pieces lie row by row, those of row r are `first[r]:first[r+1]`; those of sentence
n are `places[n, 0]:places[n, 1]`. Makes no vectors, and knows no text.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from indexes.coarse import InHalfBytes, from_half_bytes, in_half_bytes, width_in_half_bytes
from indexes.dense import Scores
from indexes.errors import BuildDamagedError
from indexes.mapped import mapped
from indexes.stretches import Vectors, unit

Stored = InHalfBytes
# Each array's type and number of dimensions.
_KINDS = {"projection": ("float32", 2), "vectors": ("uint8", 2), "first": ("int64", 1), "places": ("int64", 2)}


@dataclass(frozen=True, slots=True)
class QuestionPieces:
    """The word pieces of a question: unit vectors as a build has them, shape (P, dimensions), and their weights.

    The weights, shape (P,), sum to 1; a question may have no pieces.
    """

    vectors: Vectors
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PassagePieces:
    """The word pieces of one passage, shape (pieces, bytes), and `[start, end)` of each of its sentences' in them.

    `vectors` are as a build keeps them; `places` has shape (sentences, 2); what lies in no sentence is not kept.
    """

    vectors: Stored
    places: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PieceIndex:
    """The arrays; see the module. `projection` has shape (the encoder's dimensions, dimensions)."""

    projection: Vectors
    vectors: Stored
    first: NDArray[np.int64]
    places: NDArray[np.int64]

    @classmethod
    def read(cls, folder: Path) -> "PieceIndex":
        """Open an index, memory-mapped, from files whose hashes were checked before.

        Raises:
            BuildDamagedError: the files are no such index.
        """
        try:
            index = cls(**{name: _mapped(folder / f"{name}.npy", *kind) for name, kind in _KINDS.items()})
            expected = (int(index.first[-1]), width_in_half_bytes(index.projection.shape[1]), 2, True)
            within = not index.places.size or (index.places.min() >= 0 and index.places.max() <= len(index.vectors))
        except (OSError, ValueError, IndexError) as error:
            raise BuildDamagedError(f"{folder} is not an index of word pieces: {error}") from error
        got = (*index.vectors.shape, index.places.shape[1], bool(within))
        if got != expected:
            raise BuildDamagedError(
                f"{folder} is not an index of word pieces: expected {expected} as numbers of pieces, of bytes each, "
                f"of ends of a sentence, and whether all sentences lie within; got {got}"
            )
        return index

    def __len__(self) -> int:
        """Return how many passages there are."""
        return len(self.first) - 1

    @property
    def sentences(self) -> int:
        """How many sentences there are."""
        return len(self.places)

    def of_row(self, row: int, sentences: slice) -> PassagePieces:
        """Return the word pieces of one passage, whose sentences have these numbers, as they were given."""
        first, end = int(self.first[row]), int(self.first[row + 1])
        return PassagePieces(self.vectors[first:end], self.places[sentences] - first)

    def token_match(self, question: QuestionPieces, numbers: NDArray[np.int64]) -> Scores:
        """Return the token match of sentences with a question, shape (len(numbers),), in [-1, 1].

        0 for a sentence without word pieces, and for all where the question has none.
        """
        starts, ends = self.places[numbers, 0], self.places[numbers, 1]
        found = np.zeros(len(starts), np.float32)
        holding = np.flatnonzero(ends > starts)
        if not len(holding) or not len(question.vectors):
            return found
        sizes = (ends - starts)[holding]
        begins = np.concatenate([[0], np.cumsum(sizes)])
        taken = np.arange(begins[-1]) + np.repeat(starts[holding] - begins[:-1], sizes)
        cosines = self._wide(np.take(self.vectors, taken, axis=0)) @ question.vectors.T
        best = np.maximum.reduceat(cosines, begins[:-1], axis=0)
        found[holding] = np.clip(best @ question.weights, -1, 1)  # a level is a little off
        return found

    def passage_match(self, question: QuestionPieces, row: int) -> float:
        """Return the token match of the sentences of one passage together, in [-1, 1]; 0 as in `token_match`."""
        vectors = self.vectors[int(self.first[row]) : int(self.first[row + 1])]
        if not len(vectors) or not len(question.vectors):
            return 0.0
        best = (self._wide(vectors) @ question.vectors.T).max(axis=0)
        return float(np.clip(best @ question.weights, -1, 1))

    def _wide(self, stored: Stored) -> Vectors:
        return from_half_bytes(stored, self.projection.shape[1])


def projected(vectors: NDArray[np.float16] | Vectors, projection: Vectors) -> Vectors:
    """Return unit vectors of word pieces in the dimensions of a build, shape (pieces, dimensions)."""
    return unit(vectors.astype(np.float32) @ projection)


def stored(vectors: NDArray[np.float16] | Vectors, projection: Vectors) -> Stored:
    """Return vectors of word pieces as a build keeps them."""
    return in_half_bytes(projected(vectors, projection))


def write_pieces(folder: Path, passages: Iterable[PassagePieces], *, projection: Vectors) -> None:
    """Write the index of some passages, given in row order, into a new folder; vectors are never all in memory.

    Args:
        folder: the folder.
        passages: no passages are allowed.
        projection: what the vectors were made with.

    Raises:
        OSError: the disk refuses.
    """
    folder.mkdir()
    firsts, places = array("q", [0]), array("q")
    with _Rows(folder / "vectors.npy", width_in_half_bytes(projection.shape[1])) as rows:
        for one in passages:
            places.frombytes(np.ascontiguousarray(one.places + firsts[-1], np.int64).tobytes())
            rows.add(one.vectors)
            firsts.append(firsts[-1] + len(one.vectors))
    arrays: dict[str, NDArray[Any]] = {
        "projection": np.ascontiguousarray(projection, np.float32),
        "first": np.frombuffer(firsts, np.int64),
        "places": np.frombuffer(places, np.int64).reshape(-1, 2),
    }
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values, allow_pickle=False)


class _Rows:
    """A file of rows that is written from beginning to end; how many they are is known when it is closed."""

    def __init__(self, path: Path, width: int) -> None:
        self._path = path
        self._width = width
        self._written = 0

    def __enter__(self) -> Self:
        self._file: BinaryIO = self._path.open("xb")
        self._write_header()
        return self

    def add(self, rows: Stored) -> None:
        self._file.write(np.ascontiguousarray(rows, np.uint8).tobytes())
        self._written += len(rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if error is None:
                self._file.seek(0)
                self._write_header()

    def _write_header(self) -> None:
        """NumPy leaves room in a header for a larger number of rows, so it is as long for any."""
        header = {"descr": "|u1", "fortran_order": False, "shape": (self._written, self._width)}
        np.lib.format.write_array_header_2_0(self._file, header)


def _mapped(path: Path, kind: str, dimensions: int) -> NDArray[Any]:
    found = mapped(path)
    if found.dtype != np.dtype(kind) or found.ndim != dimensions:
        raise ValueError(
            f"{path.name} should have {dimensions} dimensions of {kind}, got {found.dtype} of shape {found.shape}"
        )
    return found
