"""The lexical index: BM25 over the passages an asker may see, and over nothing else.

Published libraries bake the rarity of a word and the mean passage length over *all* passages into their scores, so
documents that an asker may not see would shift that asker's ranking. Here both are counted over the allowed rows at
question time: a hidden passage leaves no trace, not even in a word's weight (the tests compare with an index that never
held it). The rest is the textbook formula: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond", 2009, with the never-negative rarity ln(1 + (N - n + 0.5) / (n + 0.5)) that Lucene uses.

A search goes from the rarest word to the most common. Once the words that are left could not lift any other passage
among the best, they are looked up for the candidates alone (the idea of MaxScore: Turtle and Flood, "Query evaluation:
strategies and optimizations", 1995); the result is the same as without. A score is always added up in that one order,
so it is the same number, to the last bit, whichever way it was found.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.dense import Mask, Rows, Scores
from indexes.postings import Counts, Postings, make_postings, read_postings

K1 = 1.2  # term saturation, the customary value
B = 0.75  # length normalisation, the customary value
_ROUNDING = 1.0001  # what a sum of a few float32 weights may exceed its bound by, and far more
_ABOVE_ZERO = float(np.finfo(np.float32).tiny)
_BLOCK = 256  # rows whose best score is looked at first when the best of all are picked
_WORTH_PRUNING = 1 << 15  # postings left; fewer are added up sooner than candidates are picked
_LOOK_UP_COST = 8  # finding a row among a term's postings takes as long as adding up this many, measured
_FEW = 4  # times as many candidates as are wanted: fewer are not worth thinning out
_KEPT_COUNTS = 1 << 14  # words whose place, and whose postings within a scope, are remembered; some 100 bytes each


@dataclass(frozen=True, slots=True, weakref_slot=True)
class LexicalScope:
    """The allowed rows with what BM25 needs to know of them; made once for many questions.

    `holding` remembers how many allowed rows hold a word that was asked for; it belongs to the index.
    """

    allowed: Mask
    count: int
    mean_length: float
    norms: NDArray[np.float32]  # what BM25 adds to the count of a term, by length of the passage
    holding: dict[str, int] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A term of a query that some allowed passage holds."""

    rarity: np.float32
    rows: NDArray[np.int32]
    counts: Counts

    @property
    def most(self) -> float:
        """What the term adds to a score at most: its part grows with the count towards this and never reaches it."""
        return float(self.rarity) * (K1 + 1) * _ROUNDING


class LexicalIndex:
    """Postings, and the search over them."""

    def __init__(self, postings: Postings) -> None:
        """Wrap postings; use `from_terms` or `read`."""
        self.postings = postings
        self._lengths = np.array(postings.lengths)  # looked up for every posting: kept in memory, a byte or two each
        self._find = lru_cache(maxsize=_KEPT_COUNTS)(postings.find)

    @classmethod
    def from_terms(cls, passages: Iterable[Sequence[str]]) -> "LexicalIndex":
        """Index passages given as lists of terms, in row order; none are allowed."""
        return cls(make_postings(passages))

    @classmethod
    def read(cls, folder: Path) -> "LexicalIndex":
        """Open an index, memory-mapped, from files whose hashes were checked before.

        Raises:
            BuildDamagedError: the files are no such index.
        """
        return cls(read_postings(folder))

    def write(self, folder: Path) -> None:
        """Write the index into a new folder."""
        self.postings.write(folder)

    def __len__(self) -> int:
        return len(self._lengths)

    def scope(self, allowed: Mask) -> LexicalScope:
        """Return what BM25 needs to know of the allowed rows, shape (rows,)."""
        lengths = self._lengths[allowed]
        mean = float(lengths.sum(dtype=np.int64)) / len(lengths) if len(lengths) else 0.0
        longest = int(lengths.max()) if len(lengths) else 0
        norms = K1 * (1 - B + B * np.arange(longest + 1) / (mean or 1.0))
        return LexicalScope(allowed, len(lengths), mean, norms.astype(np.float32))

    def rarity(self, terms: Sequence[str], scope: LexicalScope) -> NDArray[np.float64]:
        """Return each term's rarity among the allowed rows, shape (len(terms),); highest for a term that none has."""
        return _rarity([self._holding(term, scope) for term in terms], scope)

    def held(self, terms: Sequence[str], scope: LexicalScope) -> dict[int, float]:
        """Return the rarity of each term that allowed rows hold, by its place in the vocabulary.

        A term that hidden rows alone hold is as one that nobody knows: in what is returned, and in what is done.
        """
        holding = {term: self._holding(term, scope) for term in dict.fromkeys(terms)}
        held = {number: count for term, count in holding.items() if count and (number := self._find(term)) is not None}
        rarities = _rarity([*held.values()], scope)
        return dict(zip(held, rarities.tolist(), strict=True))

    def search(self, terms: Sequence[str], scope: LexicalScope, k: int) -> tuple[Rows, Scores]:
        """Return up to `k` allowed rows by falling BM25 score, ties to the lower row; a score of zero is none.

        Args:
            terms: the query; repeats count once.
            scope: the allowed rows.
            k: at most this many, 1 or more.
        """
        asked = self._asked(terms, scope)
        left = sum(len(term.rows) for term in asked)
        totals = np.zeros(len(self), np.float32)
        bound = sum(term.most for term in asked)
        for number, term in enumerate(asked):
            if number and left > _WORTH_PRUNING and (least := _least_of_best(totals, k)) > bound:
                rows = np.flatnonzero(totals >= least - bound)  # whatever is below cannot get as far as the k-th
                if len(rows) * _LOOK_UP_COST < left:
                    return self._finished(asked[number:], scope, rows, totals[rows], k)
            rows_of_term, counts = _within(term, scope)
            totals[rows_of_term] += self._weights(term.rarity, rows_of_term, counts, scope)
            left -= len(term.rows)
            bound -= term.most
        rows = np.flatnonzero(totals >= max(_least_of_best(totals, k), _ABOVE_ZERO))
        return _best(rows, totals[rows], k)

    def _finished(
        self, left: Sequence[_Asked], scope: LexicalScope, rows: Rows, scores: Scores, k: int
    ) -> tuple[Rows, Scores]:
        """Return the best of some candidates, given as rows in rising order, after the terms that are left."""
        bound = sum(term.most for term in left)
        for term in left:
            if len(rows) > _FEW * k:
                reach = scores >= np.partition(scores, -k)[-k] - bound
                rows, scores = rows[reach], scores[reach]
            self._add_at(scores, rows, term, scope)
            bound -= term.most
        return _best(rows, scores, k)

    def scores_of(self, terms: Sequence[str], scope: LexicalScope, rows: Rows) -> Scores:
        """Return the BM25 scores of given rows, shape (len(rows),); zero where nothing matches or is not allowed."""
        scores = np.zeros(len(rows), np.float32)
        for term in self._asked(terms, scope):
            self._add_at(scores, rows, term, scope)
        return scores

    def scores(self, terms: Sequence[str], scope: LexicalScope) -> Scores:
        """Return the BM25 score of every row, shape (rows,), float32; zero where nothing matches or is not allowed."""
        return self.scores_of(terms, scope, np.arange(len(self), dtype=np.int64))

    def _asked(self, terms: Sequence[str], scope: LexicalScope) -> list[_Asked]:
        """Return the terms that allowed passages hold, the rarest among them first: the order of every sum."""
        known = ((self._holding(term, scope), term) for term in dict.fromkeys(terms))
        held = sorted((holding, term) for holding, term in known if holding)
        rarities = _rarity([holding for holding, _ in held], scope).astype(np.float32)
        return [_Asked(rarity, *self._postings_of(term)) for (_, term), rarity in zip(held, rarities, strict=True)]

    def _holding(self, term: str, scope: LexicalScope) -> int:
        known = scope.holding.get(term)
        if known is None:
            rows, _ = self._postings_of(term)
            whole = scope.count == len(self)
            known = len(rows) if whole else int(np.count_nonzero(scope.allowed[rows]))
            if len(scope.holding) >= _KEPT_COUNTS:
                scope.holding.clear()
            scope.holding[term] = known
        return known

    def _postings_of(self, term: str) -> tuple[NDArray[np.int32], Counts]:
        number = self._find(term)
        starts = self.postings.starts
        part = slice(0, 0) if number is None else slice(int(starts[number]), int(starts[number + 1]))
        return self.postings.rows[part], self.postings.counts[part]

    def _add_at(self, scores: Scores, rows: Rows, term: _Asked, scope: LexicalScope) -> None:
        """Add a term's part to the scores of some rows."""
        at = np.minimum(term.rows.searchsorted(rows.astype(np.int32)), len(term.rows) - 1)
        held = (term.rows[at] == rows) & scope.allowed[rows]
        scores[held] += self._weights(term.rarity, rows[held], term.counts[at[held]], scope)

    def _weights(
        self,
        rarity: np.float32,
        rows: NDArray[np.int64] | NDArray[np.int32],
        counts: Counts,
        scope: LexicalScope,
    ) -> Scores:
        count = counts.astype(np.float32)
        norm = scope.norms[self._lengths[rows]]
        norm += count
        count *= rarity * np.float32(K1 + 1)
        count /= norm
        return count


def _rarity(holding: Sequence[int], scope: LexicalScope) -> NDArray[np.float64]:
    """Return the rarity of terms by how many of the allowed rows hold each."""
    rows = np.array(holding, dtype=np.float64)
    return np.log1p((scope.count - rows + 0.5) / (rows + 0.5))


def _within(term: _Asked, scope: LexicalScope) -> tuple[NDArray[np.int32], Counts]:
    """Return the postings of a term that are allowed."""
    if scope.count == len(scope.allowed):
        return term.rows, term.counts
    seen = scope.allowed[term.rows]
    return term.rows[seen], term.counts[seen]


def _least_of_best(totals: Scores, k: int) -> float:
    """Return a score that at least `k` rows reach, or zero: the k-th of the best scores of blocks of rows."""
    whole = len(totals) // _BLOCK * _BLOCK
    tops = np.append(totals[:whole].reshape(-1, _BLOCK).max(axis=1), totals[whole:].max(initial=0.0))
    return float(np.partition(tops, -k)[-k]) if len(tops) >= k else 0.0


def _best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """Return the `k` best of some rows in rising order, above zero, by falling score; ties go to the lower row."""
    if len(rows) > k:
        least = np.partition(scores, -k)[-k]
        reach = scores >= least
        rows, scores = rows[reach], scores[reach]
    order = np.argsort(-scores, kind="stable")[:k]
    order = order[scores[order] > 0]
    return rows[order], scores[order]
