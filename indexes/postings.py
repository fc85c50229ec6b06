"""The postings of the lexical index: which passage holds which term how often. Made, merged, written, opened.

`make_postings` turns passages into postings; `merge_postings` carries those of unchanged passages over from an older
build, so that only what is new is cut into terms. Both ways give the same files, byte for byte, and a term that no
passage holds any more is gone. Memory goes with the size of the result, some six bytes a posting, plus one block.

Term t, in the order of its UTF-8 bytes, is `vocabulary[term_starts[t]:term_starts[t + 1]]` and stands in
`rows[starts[t]:starts[t + 1]]`, rising, with `counts` beside. On disk each array is a NumPy file, memory-mapped.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from indexes.errors import BuildDamagedError
from indexes.mapped import mapped

Counts = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]

_BLOCK = 1 << 22  # postings that are put in order at once: some 100 MB of working memory
_SMALL_TYPES = (np.uint8, np.uint16, np.uint32)


@dataclass(frozen=True, slots=True)
class Postings:
    """The arrays of the module's docstring; `lengths` is the number of terms of each passage, shape (passages,)."""

    vocabulary: NDArray[np.uint8]
    term_starts: NDArray[np.int64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: Counts
    lengths: Counts

    def terms(self) -> list[str]:
        """Return every term, in order."""
        whole = self.vocabulary.tobytes()
        return [whole[start:end].decode() for start, end in pairwise(self.term_starts.tolist())]

    def find(self, term: str) -> int | None:
        """Return a term's number, by bisection; `None` if no passage holds it."""
        wanted = term.encode()
        low, high = 0, len(self.starts) - 1
        while low < high:
            middle = (low + high) // 2
            if self.vocabulary[self.term_starts[middle] : self.term_starts[middle + 1]].tobytes() < wanted:
                low = middle + 1
            else:
                high = middle
        found = low < len(self.starts) - 1
        held = self.vocabulary[self.term_starts[low] : self.term_starts[low + 1]].tobytes() if found else None
        return low if held == wanted else None

    def write(self, folder: Path) -> None:
        """Write the arrays into a new folder."""
        folder.mkdir()
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name), allow_pickle=False)


def read_postings(folder: Path) -> Postings:
    """Open postings, memory-mapped, from files whose hashes were checked before.

    Raises:
        BuildDamagedError: a file is missing or no such array, or the arrays do not fit together.
    """
    try:
        read = Postings(**{field.name: _mapped(folder / f"{field.name}.npy") for field in fields(Postings)})
    except (OSError, ValueError) as error:
        raise BuildDamagedError(f"{folder} is not a lexical index: {error}") from error
    sizes = (len(read.vocabulary), len(read.starts), len(read.rows))
    expected = (int(read.term_starts[-1]), len(read.term_starts), int(read.starts[-1]))
    if sizes != expected or len(read.counts) != len(read.rows):
        raise BuildDamagedError(f"{folder} is not a lexical index: expected sizes {expected}, got {sizes}")
    return read


def _mapped(path: Path) -> NDArray[Any]:
    found = mapped(path)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise ValueError(f"{path.name} should be a list of integers, got {found.dtype} of shape {found.shape}")
    return found


def make_postings(passages: Iterable[Sequence[str]]) -> Postings:
    """Return the postings of passages given as lists of terms, in row order; no passages are allowed."""
    numbers: dict[str, int] = {}  # by first use; put in order below
    held, counts, sizes, lengths = array("i"), array("I"), array("i"), array("I")
    for passage in passages:
        counted = Counter(passage)
        held.extend([numbers.setdefault(term, len(numbers)) for term in counted])
        counts.extend(counted.values())
        sizes.append(len(counted))
        lengths.append(len(passage))
    ordered = sorted(numbers)
    place = np.empty(len(ordered), np.int32)
    place[[numbers[term] for term in ordered]] = np.arange(len(ordered), dtype=np.int32)
    terms, by_passage = place[np.frombuffer(held, np.int32)], _smallest(np.frombuffer(counts, np.uint32))
    del held, counts  # gigabytes, in a large build
    starts = _sums(np.bincount(terms, minlength=len(ordered)))
    rows, by_term = np.empty(len(terms), np.int32), np.empty(len(terms), by_passage.dtype)
    ends = np.cumsum(np.frombuffer(sizes, np.int32), dtype=np.int64)
    free = starts[:-1].copy()
    for start in range(0, len(terms), _BLOCK):
        block = slice(start, start + _BLOCK)
        order = np.argsort(terms[block], kind="stable")
        sorted_terms = terms[block][order]
        found, firsts, many = np.unique(sorted_terms, return_index=True, return_counts=True)
        at = free[sorted_terms] + np.arange(len(order)) - np.repeat(firsts, many)
        row_of = np.searchsorted(ends, np.arange(start, start + len(order)), side="right")
        rows[at], by_term[at] = row_of[order], by_passage[block][order]
        free[found] += many
    vocabulary, term_starts = _joined(ordered)
    return Postings(vocabulary, term_starts, starts, rows, by_term, _smallest(np.frombuffer(lengths, np.uint32)))


def merge_postings(
    kept: Postings, kept_to: NDArray[np.int64], fresh: Postings, fresh_to: NDArray[np.int64]
) -> Postings:
    """Return the postings of passages of which some are carried over and the others are new.

    Args:
        kept: postings of an older build.
        kept_to: the new row of each of its rows, -1 for a passage that goes, shape (passages of `kept`,).
        fresh: postings of the new passages.
        fresh_to: the new row of each of its rows, shape (passages of `fresh`,).
    """
    lengths = np.zeros(int(np.count_nonzero(kept_to >= 0)) + len(fresh_to), np.uint32)
    lengths[kept_to[kept_to >= 0]] = kept.lengths[kept_to >= 0]
    lengths[fresh_to] = fresh.lengths
    old, new = kept.terms(), fresh.terms()
    union = sorted({*old, *new})
    number = {term: at for at, term in enumerate(union)}
    parts = (
        (kept, np.array([number[term] for term in old], np.int64), kept_to),
        (fresh, np.array([number[term] for term in new], np.int64), fresh_to),
    )
    sizes = np.zeros(len(union), np.int64)
    for postings, terms, _ in parts:
        sizes[terms] += np.diff(postings.starts)
    many, rows, counts = np.zeros(len(union), np.int64), [], []
    for first, last in _blocks(sizes):
        keys, values = [], []
        for postings, terms, row_to in parts:
            within = slice(*np.searchsorted(terms, [first, last]))
            starts = postings.starts[within.start : within.stop + 1]
            part = slice(int(starts[0]), int(starts[-1]))
            to = row_to[postings.rows[part]]
            term_of = np.repeat(terms[within], np.diff(starts))
            keys.append((term_of * len(lengths) + to)[to >= 0])
            values.append(postings.counts[part][to >= 0].astype(np.uint32))
        key = np.concatenate(keys)
        order = np.argsort(key, kind="stable")
        key = key[order]
        many += np.bincount(key // max(len(lengths), 1), minlength=len(union))
        rows.append((key % max(len(lengths), 1)).astype(np.int32))
        counts.append(_smallest(np.concatenate(values)[order]))
    vocabulary, term_starts = _joined([term for term, size in zip(union, many.tolist(), strict=True) if size])
    return Postings(
        vocabulary,
        term_starts,
        _sums(many[many > 0]),
        np.concatenate([np.zeros(0, np.int32), *rows]),
        _smallest(np.concatenate([np.zeros(0, np.uint8), *counts])),
        _smallest(lengths),
    )


def _blocks(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut terms into runs `[first, last)` of about `_BLOCK` postings, at least one term each."""
    sums, first = np.cumsum(sizes), 0
    while first < len(sizes):
        before = int(sums[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(sums, before + _BLOCK, side="right")))
        yield first, last
        first = last


def _joined(terms: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    encoded = [term.encode() for term in terms]
    return np.frombuffer(b"".join(encoded), np.uint8), _sums(np.array([len(term) for term in encoded], np.int64))


def _sums(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _smallest(values: NDArray[np.uint32] | NDArray[np.uint8]) -> Counts:
    """Return values in the smallest type that holds them: most counts are below 256."""
    largest = int(values.max()) if len(values) else 0
    kind = next(kind for kind in _SMALL_TYPES if largest <= np.iinfo(kind).max)
    return cast("Counts", values.astype(kind))
