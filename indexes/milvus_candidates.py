"""Candidates from Milvus: the collection of a build is asked by meaning and by words, within a scope.

1. the scope becomes a filter (`milvus_filter`) that goes into both searches; 2. the two are asked side by side, for
somewhat more than is wanted; 3. every row that comes back is held against the scope once more: a server that gives one
from outside of it did not filter, so nothing of what it gave is used; 4. what came is weighed with the build's own
vectors and words, exactly, and the best are kept. So Milvus says which rows to look at, and nothing else.

A server that is away is told of in words, again at once for two seconds, so that questions do not queue up for it.
"""

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexes.dense import DenseIndex, Rows, Scores
from indexes.errors import BuildFormError, SearchUnavailableError
from indexes.lexical import LexicalIndex, LexicalScope
from indexes.manifest import CollectionInfo
from indexes.milvus import SCHEMA, Milvus
from indexes.milvus_filter import Filter, filter_of
from indexes.milvus_words import Sparse, question_words

_MORE_DENSE, _MORE_WORDS = 10, 60  # rows beyond those wanted; words are weighed by another length there
_KEPT_FILTERS = 64  # one for each combination of groups; with 5,000 documents revoked, 200 kB
_REST_S = 2.0
_LOOK_S = 5.0  # /readyz asks the server this often at most
_SEARCHES = 16  # by words, at once


@dataclass(frozen=True, slots=True)
class MilvusCollections:
    """The collections in one database of a Milvus server (`indexes.candidates.Collections`)."""

    milvus: Milvus
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_SEARCHES, "milvus"))

    def candidates(
        self,
        info: CollectionInfo,
        *,
        dense: DenseIndex,
        lexical: LexicalIndex,
        documents: NDArray[np.int64],
        classes: NDArray[np.int32],
    ) -> "MilvusCandidates":
        """Return what finds candidates in a collection, as `Collections.candidates`.

        Raises:
            BuildFormError: another version made the collection.
        """
        if info.schema != SCHEMA:
            raise BuildFormError(
                f"the collection {info.name} has form {info.schema}, expected {SCHEMA}: another version of Greenlit "
                "made it; run greenlit ingest to make a new one"
            )
        return MilvusCandidates(self, info, _Parts(dense, lexical, documents, classes))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What of a build is needed beside its collection."""

    dense: DenseIndex
    lexical: LexicalIndex
    documents: NDArray[np.int64]
    classes: NDArray[np.int32]


class MilvusCandidates:
    """Finds candidates in the collection of one build. Safe to call from several threads."""

    def __init__(self, collections: MilvusCollections, info: CollectionInfo, parts: _Parts) -> None:
        """Use `MilvusCollections.candidates`."""
        self._milvus = collections.milvus
        self._pool = collections.pool
        self._info = info
        self._parts = parts
        self._lock = threading.Lock()
        self._filters: OrderedDict[int, tuple[weakref.ref[LexicalScope], Filter]] = OrderedDict()
        self._whole = False  # whether the collection was seen to be all there since the server was last away
        self._away: tuple[float, str] | None = None  # until when questions are told so at once
        self._looked: tuple[float, str | None] | None = None

    def find(self, vector: NDArray[np.float32], terms: Sequence[str], scope: LexicalScope, k: int) -> Rows:
        """Return the candidates of a scope, as `Candidates.find`.

        Raises:
            SearchUnavailableError: Milvus is away, slow, without the whole collection, or gave what may not be seen.
        """
        within = self._filter(scope)
        if within.is_empty:
            return np.zeros(0, np.int64)
        if (away := self._away) and time.monotonic() < away[0]:
            raise SearchUnavailableError(away[1])
        words = question_words(terms, self._parts.lexical, scope)
        try:
            self._expect_whole()
            waiting = self._pool.submit(self._by_words, words, within, k + _MORE_WORDS) if words else None
            (by_meaning,) = self._milvus.search(self._info, [vector], within=within, k=k + _MORE_DENSE)
            by_words = waiting.result() if waiting else np.zeros(0, np.int64)
            dense, lexical = self._inside(by_meaning, scope), self._inside(by_words, scope)
        except SearchUnavailableError as error:
            self._whole, self._away = False, (time.monotonic() + _REST_S, str(error))
            raise
        cosines = self._parts.dense.scores(vector, dense)
        weighed = self._parts.lexical.scores_of(terms, scope, lexical)
        return np.concatenate([_best(dense, cosines, k), _best(lexical[weighed > 0], weighed[weighed > 0], k)])

    def problem(self) -> str | None:
        """Return in words what is wrong with the server or the collection; asks at most every five seconds."""
        looked = self._looked
        if looked is None or time.monotonic() - looked[0] >= _LOOK_S:
            try:
                wrong = self._milvus.problem(self._info)
            except SearchUnavailableError as error:
                wrong = str(error)
            if wrong:
                self._whole = False
            looked = self._looked = (time.monotonic(), wrong)
        return looked[1]

    def _by_words(self, words: Sparse, within: Filter, k: int) -> Rows:
        (rows,) = self._milvus.search(self._info, [words], within=within, k=k)
        return rows

    def _expect_whole(self) -> None:
        if not self._whole:
            if wrong := self._milvus.problem(self._info):
                raise SearchUnavailableError(wrong)
            self._whole = True

    def _inside(self, rows: Rows, scope: LexicalScope) -> Rows:
        """Return rows if every one of them is allowed: the boundary, checked again."""
        known = (rows >= 0) & (rows < len(scope.allowed))
        if not known.all() or not scope.allowed[rows].all():
            raise SearchUnavailableError(
                f"Milvus at {self._milvus.shown} gave what was not asked for (collection {self._info.name}), so "
                "nothing of what it gave is used: run greenlit ingest to make the collection again"
            )
        return np.unique(rows)

    def _filter(self, scope: LexicalScope) -> Filter:
        """Return the filter of a scope, which is drawn once: a scope serves many questions, and is not kept by this."""
        with self._lock:
            known = self._filters.get(id(scope))
            if known is None or known[0]() is not scope:
                drawn = filter_of(scope.allowed, self._parts.documents, self._parts.classes)
                known = self._filters[id(scope)] = (weakref.ref(scope), drawn)
                if len(self._filters) > _KEPT_FILTERS:
                    self._filters.popitem(last=False)
            return known[1]


def _best(rows: Rows, scores: Scores, k: int) -> Rows:
    """Return the `k` best of some rows, given rising, by falling score; ties go to the lower row."""
    best: Rows = rows[np.argsort(-scores, kind="stable")[:k]]
    return best
