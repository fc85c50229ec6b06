"""The lexical index: BM25 over the passages an asker may see, and over nothing else.

Published libraries bake the rarity of a word and the mean passage length over *all* passages into their scores, so
documents that an asker may not see would shift that asker's ranking. Here both are counted over the allowed rows at
question time: a hidden passage leaves no trace, not even in a word's weight (the tests compare with an index that never
held it). The rest is the textbook formula: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond", 2009, with the never-negative rarity ln(1 + (N - n + 0.5) / (n + 0.5)) that Lucene uses.

On disk: a sorted vocabulary (JSON) and, per term, the rows that hold it and their counts (NumPy, memory-mapped).
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.dense import Mask, Scores
from indexes.errors import BuildDamagedError

_K1 = 1.2  # term saturation, the customary value
_B = 0.75  # length normalisation, the customary value
_ARRAYS = ("starts", "rows", "counts", "lengths")


@dataclass(frozen=True, slots=True)
class LexicalScope:
    """The allowed rows with what BM25 needs to know of them; made once for many questions."""

    allowed: Mask
    count: int
    mean_length: float


class LexicalIndex:
    """Postings in compressed sparse columns: term t holds `rows[starts[t]:starts[t+1]]`, with `counts` beside."""

    def __init__(self, vocabulary: dict[str, int], arrays: dict[str, NDArray[np.int64] | NDArray[np.int32]]) -> None:
        """Wrap the parts; use `from_terms` or `read`."""
        self._vocabulary = vocabulary
        self._arrays = arrays
        self._starts, self._rows = arrays["starts"], arrays["rows"]
        self._counts, self._lengths = arrays["counts"], arrays["lengths"]

    @classmethod
    def from_terms(cls, passages: Iterable[Sequence[str]]) -> "LexicalIndex":
        """Index passages given as lists of terms, in row order; none are allowed."""
        postings: dict[str, tuple[list[int], list[int]]] = {}
        lengths: list[int] = []
        for row, passage_terms in enumerate(passages):
            lengths.append(len(passage_terms))
            for term, count in Counter(passage_terms).items():
                rows, counts = postings.setdefault(term, ([], []))
                rows.append(row)
                counts.append(count)
        ordered = sorted(postings)
        sizes = [len(postings[term][0]) for term in ordered]
        arrays: dict[str, NDArray[np.int64] | NDArray[np.int32]] = {
            "starts": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            "rows": np.fromiter((row for term in ordered for row in postings[term][0]), np.int32, sum(sizes)),
            "counts": np.fromiter((count for term in ordered for count in postings[term][1]), np.int32, sum(sizes)),
            "lengths": np.asarray(lengths, np.int32),
        }
        return cls({term: number for number, term in enumerate(ordered)}, arrays)

    @classmethod
    def read(cls, folder: Path) -> "LexicalIndex":
        """Open an index, memory-mapped, from files whose hashes were checked before."""
        try:
            terms = json.loads((folder / "vocabulary.json").read_bytes())
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
        except (OSError, ValueError) as error:
            raise BuildDamagedError(f"{folder} is not a lexical index: {error}") from error
        return cls({term: number for number, term in enumerate(terms)}, arrays)

    def write(self, folder: Path) -> None:
        """Write the index into a new folder."""
        folder.mkdir()
        (folder / "vocabulary.json").write_text(
            json.dumps(list(self._vocabulary), ensure_ascii=False), encoding="utf-8"
        )
        for name, array in self._arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)

    def __len__(self) -> int:
        return len(self._lengths)

    def scope(self, allowed: Mask) -> LexicalScope:
        """Return what BM25 needs to know of the allowed rows, shape (rows,)."""
        lengths = self._lengths[allowed]
        return LexicalScope(allowed, len(lengths), float(lengths.mean()) if len(lengths) else 0.0)

    def rarity(self, terms: Sequence[str], scope: LexicalScope) -> NDArray[np.float64]:
        """Return each term's rarity among the allowed rows, shape (len(terms),); highest for a term that none has."""
        holding = np.array([len(self._postings(term, scope)[0]) for term in terms], dtype=np.float64)
        return np.log1p((scope.count - holding + 0.5) / (holding + 0.5))

    def scores(self, terms: Sequence[str], scope: LexicalScope) -> Scores:
        """Return the BM25 score of every row, shape (rows,), float32; zero where nothing matches or is not allowed."""
        totals = np.zeros(len(self), dtype=np.float32)
        for term in dict.fromkeys(terms):
            rows, counts = self._postings(term, scope)
            if len(rows):
                rarity = np.log1p((scope.count - len(rows) + 0.5) / (len(rows) + 0.5))
                norm = _K1 * (1 - _B + _B * self._lengths[rows] / scope.mean_length)
                totals[rows] += (rarity * counts * (_K1 + 1) / (counts + norm)).astype(np.float32)
        return totals

    def _postings(self, term: str, scope: LexicalScope) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        number = self._vocabulary.get(term)
        if number is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        part = slice(int(self._starts[number]), int(self._starts[number + 1]))
        rows, counts = self._rows[part], self._counts[part]
        seen = scope.allowed[rows]
        return rows[seen].astype(np.int64), counts[seen].astype(np.int64)
