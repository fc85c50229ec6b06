"""The units of each passage, made at ingest: where they stand, what they are, their vectors, their terms.

So choosing among them costs a question no encoding and no splitting. Most units are sentences, and the code says
"sentence" where it means any unit (`indexes.units`).
A unit's vector is pooled from the passage's own pass through the encoder (`Encoder.encode_with_spans`), so it knows
what stands around it. A unit that lies in two overlapping passages has an entry in each. A passage that holds no
whole unit has one entry: all of it. Terms are kept as 32-bit codes in the order of the text: two different terms
share a code once in four billion pairs, and a code decides nothing but a rank.

On disk: NumPy arrays, memory-mapped. Sentence numbers run through the build; those of row r are `first[r]:first[r+1]`.
"""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from indexes.coarse import InBytes, Vectors, from_bytes
from indexes.dense import Rows, Scores, cosines
from indexes.errors import BuildDamagedError
from indexes.mapped import mapped

Codes = NDArray[np.uint32]
# Each array's type and number of dimensions.
_KINDS = {
    "first": ("int64", 1),
    "spans": ("int32", 2),
    "kinds": ("uint8", 1),
    "labels": ("int32", 2),
    "series": ("int32", 1),
    "vectors": ("int8", 2),
    "starts": ("int64", 1),
    "terms": ("uint32", 1),
    "label_starts": ("int64", 1),
    "label_terms": ("uint32", 1),
    "context_starts": ("int64", 1),
    "context": ("uint32", 1),
}
_SHAPES = {1: (-1,), 2: (-1, 2)}


@dataclass(frozen=True, slots=True)
class PassageSentences:
    """The units of one passage, at least one.

    `spans` are `[start, end)` in the document's text, shape (sentences, 2); `kinds` are `UnitKind`s, shape
    (sentences,); `labels` where their labels stand, shape (sentences, 2), (-1, -1) for none; `series` the numbers of
    their series in the document, -1 for none; `vectors` has shape (sentences, dimensions), in bytes (`coarse`);
    `sizes` are the numbers of codes of each sentence in `terms`, `label_sizes` those of each one's label in
    `label_terms`; `context` holds those of title and heading.
    """

    spans: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    labels: NDArray[np.int32]
    series: NDArray[np.int32]
    vectors: InBytes
    sizes: NDArray[np.int64]
    terms: Codes
    label_sizes: NDArray[np.int64]
    label_terms: Codes
    context: Codes


@dataclass(frozen=True, slots=True)
class SentenceIndex:
    """The arrays: `starts[n]:starts[n+1]` are the places of sentence n's codes in `terms`.

    `label_starts` are the same for its label's in `label_terms`, `context_starts` by row in `context`.
    """

    first: NDArray[np.int64]
    spans: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    labels: NDArray[np.int32]
    series: NDArray[np.int32]
    vectors: InBytes
    starts: NDArray[np.int64]
    terms: Codes
    label_starts: NDArray[np.int64]
    label_terms: Codes
    context_starts: NDArray[np.int64]
    context: Codes

    @classmethod
    def read(cls, folder: Path) -> "SentenceIndex":
        """Open an index, memory-mapped, from files whose hashes were checked before.

        Raises:
            BuildDamagedError: the files are no such index.
        """
        try:
            index = cls(**{name: _mapped(folder / f"{name}.npy", *kind) for name, kind in _KINDS.items()})
            sentences, rows = int(index.first[-1]), len(index.first) - 1
            terms = (int(index.starts[-1]), int(index.label_starts[-1]), int(index.context_starts[-1]))
        except (OSError, ValueError, IndexError) as error:
            raise BuildDamagedError(f"{folder} is not a sentence index: {error}") from error
        expected = (*[sentences] * 7, 2, 2, rows, *terms)
        got = (
            *(len(index.spans), len(index.kinds), len(index.labels), len(index.series), len(index.vectors)),
            *(len(index.starts) - 1, len(index.label_starts) - 1),
            *(index.spans.shape[1], index.labels.shape[1], len(index.context_starts) - 1),
            *(len(index.terms), len(index.label_terms), len(index.context)),
        )
        if got != expected:
            raise BuildDamagedError(f"{folder} is not a sentence index: expected sizes {expected}, got {got}")
        return index

    def __len__(self) -> int:
        """Return how many passages there are."""
        return len(self.first) - 1

    @property
    def dimensions(self) -> int:
        """Of a vector."""
        return int(self.vectors.shape[1])

    def of_row(self, row: int) -> PassageSentences:
        """Return the sentences of one passage, as they were given."""
        first, end = int(self.first[row]), int(self.first[row + 1])
        context = slice(int(self.context_starts[row]), int(self.context_starts[row + 1]))
        return PassageSentences(
            spans=self.spans[first:end],
            kinds=self.kinds[first:end],
            labels=self.labels[first:end],
            series=self.series[first:end],
            vectors=self.vectors[first:end],
            sizes=np.diff(self.starts[first : end + 1]),
            terms=self.terms[int(self.starts[first]) : int(self.starts[end])],
            label_sizes=np.diff(self.label_starts[first : end + 1]),
            label_terms=self.label_terms[int(self.label_starts[first]) : int(self.label_starts[end])],
            context=self.context[context],
        )

    def of_rows(self, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the numbers of all sentences of some rows, row by row, and where each row's begin among them.

        Returns:
            Numbers, shape (sentences,), and places, shape (len(rows),).
        """
        return _ranges(self.first[rows], self.first[rows + 1])

    def cosines(self, vector: NDArray[np.float32], numbers: NDArray[np.int64]) -> Scores:
        """Return the cosine of each given sentence with a unit vector, shape (len(numbers),)."""
        return cosines(self.unit_vectors(numbers), vector)

    def unit_vectors(self, numbers: NDArray[np.int64]) -> Vectors:
        """Return the unit vector of each given sentence, shape (len(numbers), dimensions)."""
        return from_bytes(np.take(self.vectors, numbers, axis=0))

    def terms_of(self, number: int) -> Codes:
        """Return the codes of the terms of one sentence, in order."""
        return self.terms[int(self.starts[number]) : int(self.starts[number + 1])]

    def codes(self, numbers: NDArray[np.int64]) -> tuple[Codes, NDArray[np.int64]]:
        """Return the codes of the terms of given sentences, one after the other, and where each sentence's begin."""
        places, begins = _ranges(self.starts[numbers], self.starts[numbers + 1])
        return self.terms[places], begins

    def label_codes(self, numbers: NDArray[np.int64]) -> tuple[Codes, NDArray[np.int64]]:
        """Return the codes of the terms of given sentences' labels, as `codes` does; none for one without a label."""
        places, begins = _ranges(self.label_starts[numbers], self.label_starts[numbers + 1])
        return self.label_terms[places], begins

    def context_codes(self, rows: Rows) -> tuple[Codes, NDArray[np.int64]]:
        """Return the codes of the terms of given rows' contexts, one after the other, and where each row's begin."""
        places, begins = _ranges(self.context_starts[rows], self.context_starts[rows + 1])
        return self.context[places], begins


def write_sentences(folder: Path, passages: Iterable[PassageSentences], *, sentences: int, dimensions: int) -> None:
    """Write the index of some passages, given in row order, into a new folder; vectors are never all in memory.

    Args:
        folder: the folder.
        passages: no passages are allowed.
        sentences: how many sentences they have together.
        dimensions: of a vector.

    Raises:
        OSError: the disk refuses.
    """
    folder.mkdir()
    vectors = _Rows(folder / "vectors.npy", (sentences, dimensions))
    starts = {name: array("q", [0]) for name in ("first", "starts", "label_starts", "context_starts")}
    flat = {name: bytearray() for name in ("spans", "kinds", "labels", "series", "terms", "label_terms", "context")}
    with vectors:
        for one in passages:
            vectors.add(one.vectors)
            starts["first"].append(starts["first"][-1] + len(one.spans))
            starts["context_starts"].append(starts["context_starts"][-1] + len(one.context))
            for name, sizes in (("starts", one.sizes), ("label_starts", one.label_sizes)):
                starts[name].frombytes((starts[name][-1] + np.cumsum(sizes)).astype(np.int64).tobytes())
            for name, kept in flat.items():
                kept.extend(np.ascontiguousarray(getattr(one, name), _KINDS[name][0]).tobytes())
    whole: dict[str, array[int] | bytearray] = {**starts, **flat}
    for name, made in whole.items():
        kind, axes = _KINDS[name]
        np.save(folder / f"{name}.npy", np.frombuffer(made, kind).reshape(_SHAPES[axes]), allow_pickle=False)


class _Rows:
    """A file of rows of bytes that is written from beginning to end."""

    def __init__(self, path: Path, shape: tuple[int, int]) -> None:
        self._path = path
        self._shape = shape
        self._written = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("xb")
        header = {"descr": "|i1", "fortran_order": False, "shape": self._shape}
        np.lib.format.write_array_header_2_0(self._file, header)
        return self

    def add(self, rows: InBytes) -> None:
        self._file.write(np.ascontiguousarray(rows, np.int8).tobytes())
        self._written += len(rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if error is None and self._written != self._shape[0]:
            raise ValueError(f"expected {self._shape[0]} sentences, got {self._written}")


def codes(terms: Sequence[str]) -> Codes:
    """Return the code of each term, shape (len(terms),), uint32: the CRC-32 of its UTF-8 bytes."""
    return np.fromiter((zlib.crc32(term.encode()) for term in terms), np.uint32, len(terms))


def _ranges(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all numbers of the ranges `starts[i]:ends[i]`, one range after the other, and where each begins."""
    sizes = ends - starts
    begins = np.concatenate([[0], np.cumsum(sizes)])
    numbers = np.arange(begins[-1]) + np.repeat(starts - begins[:-1], sizes)
    return numbers, begins[:-1]


def _mapped(path: Path, kind: str, dimensions: int) -> NDArray[Any]:
    found = mapped(path)
    if found.dtype != np.dtype(kind) or found.ndim != dimensions:
        raise ValueError(
            f"{path.name} should have {dimensions} dimensions of {kind}, got {found.dtype} of shape {found.shape}"
        )
    return found
