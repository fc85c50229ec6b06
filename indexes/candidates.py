"""Candidates for a question: the best rows of a build by meaning and by words, before anything is ranked.

A port with two adapters: the build's own indexes, here, and a collection in Milvus (`indexes.milvus_candidates`).
Either gives row numbers and nothing else. What a row has in common with a question is counted afterwards from the
build's own files, so candidates that came from elsewhere decide what is looked at and never how good it is.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.dense import DenseIndex, Rows
from indexes.lexical import LexicalIndex, LexicalScope
from indexes.manifest import CollectionInfo


class Candidates(Protocol):
    """Finds candidates in one build. Safe to call from several threads."""

    def find(self, vector: NDArray[np.float32], terms: Sequence[str], scope: LexicalScope, k: int) -> Rows:
        """Return the `k` best rows of a scope by meaning, then the `k` best by words; a row may be both.

        Args:
            vector: the question's unit vector, shape (dimensions,).
            terms: the question's terms.
            scope: the allowed rows; no other is returned.
            k: at most this many of either kind, 1 or more.

        Raises:
            SearchUnavailableError: what finds them is away; nothing was found out.
        """
        ...

    def problem(self) -> str | None:
        """Return in words what keeps candidates from being found, if anything does."""
        ...


class Collections(Protocol):
    """Where the collections of builds are (`indexes.milvus_candidates.MilvusCollections`)."""

    def candidates(
        self,
        info: CollectionInfo,
        *,
        dense: DenseIndex,
        lexical: LexicalIndex,
        documents: NDArray[np.int64],
        classes: NDArray[np.int32],
    ) -> Candidates:
        """Return what finds candidates in the collection of a build; nothing is called before the first question.

        Args:
            info: what the manifest says of the collection.
            dense: the build's vectors.
            lexical: the build's words.
            documents: the number of each row's document, rising, shape (rows,).
            classes: the class of each document (`indexes.milvus_filter`), shape (documents,).

        Raises:
            BuildFormError: another version made the collection.
        """
        ...


class LocalCandidates:
    """Candidates from a build's own indexes."""

    def __init__(self, dense: DenseIndex, lexical: LexicalIndex) -> None:
        """Take the indexes of a build."""
        self._dense = dense
        self._lexical = lexical

    def find(self, vector: NDArray[np.float32], terms: Sequence[str], scope: LexicalScope, k: int) -> Rows:
        """Return the candidates of a scope, as `Candidates.find`; this never fails."""
        dense, _ = self._dense.search(vector, scope.allowed, k)
        lexical, _ = self._lexical.search(terms, scope, k)
        return np.concatenate([dense, lexical]).astype(np.int64)

    def problem(self) -> str | None:
        """Return nothing: the files were checked when the build was opened."""
        return None
