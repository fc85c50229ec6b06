"""What an ingestion asks of whoever makes collections; without a server of Milvus, nobody does.

Nobody drops any then either: those that were made before are told of when no build needs them any more. Knows no client
of Milvus: the adapter is `ingest.build_collections`, which is imported only where one is configured.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.counting import counted
from indexes.dense import DenseIndex
from indexes.encoder import Vectors
from indexes.errors import BuildError
from indexes.lexical import LexicalIndex
from indexes.manifest import CollectionInfo, DenseSetting, Manifest
from indexes.milvus_filter import classes_of
from indexes.passages import SplitDocument
from ingest.collection_ledger import Ledger

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Collected:
    """What goes into the collection of a build.

    `documents` are the numbers of the rows' documents, shape (rows,); `classes` those of the documents' readers, shape
    (documents,).
    """

    dense: DenseIndex
    lexical: LexicalIndex
    documents: NDArray[np.int64]
    classes: NDArray[np.int32]


def collected_of(
    documents: Sequence[SplitDocument], dense: DenseIndex, lexical: LexicalIndex, *, readers: Mapping[str, Hashable]
) -> Collected:
    """Put together what goes into a collection; `readers` says of each document's id who may read it now."""
    sizes = [len(split.passages) for split in documents]
    classes = classes_of([readers[split.document.document] for split in documents])
    return Collected(dense, lexical, np.repeat(np.arange(len(sizes)), sizes), classes)


class Collecting(Protocol):
    """Makes and drops the collections of builds."""

    def wanted(self) -> CollectionInfo | None:
        """Return what the manifest of a new build says of its collection before that is made; `None`: it has none."""
        ...

    def lost(self, manifest: Manifest) -> bool:
        """Tell whether a build's collection is no longer as it was made, or raise `PublishError`."""
        ...

    def make(
        self, collected: Collected, *, now: datetime, setting: DenseSetting, queries: Callable[[], Vectors]
    ) -> CollectionInfo | None:
        """Make the collection of a new build, or raise `PublishError`."""
        ...

    def published(self, build_id: str) -> list[str]:
        """Drop what no build needs now that this one is live; return what went wrong, in words."""
        ...

    def removing(self, build_id: str) -> Callable[[], list[str]]:
        """Return what drops the collection of a build, to be called once that is removed; says what went wrong."""
        ...

    def left(self) -> list[str]:
        """Return, in words, what no build needs and nobody here can drop."""
        ...


class NoCollections:
    """Where candidates come from the builds' own indexes."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        """Take what says which collections were made here before, if anything does."""
        self._ledger = ledger

    def wanted(self) -> None:
        """Return nothing."""

    def lost(self, manifest: Manifest) -> bool:  # noqa: ARG002  (the port's)
        """Return that nothing is lost."""
        return False

    def make(
        self,
        collected: Collected,
        *,
        now: datetime,
        setting: DenseSetting,
        queries: Callable[[], Vectors],
    ) -> None:
        """Make nothing."""

    def published(self, build_id: str) -> list[str]:  # noqa: ARG002  (the port's)
        """Return that nothing went wrong."""
        return []

    def removing(self, build_id: str) -> Callable[[], list[str]]:
        """Return what drops nothing, and says so of a build that has a collection."""
        try:
            name = self._ledger.collection_of(build_id) if self._ledger else None
            stay = [name] if self._ledger and name and name in self._ledger.noted() else []
        except (BuildError, OSError) as error:
            problems = [_unknown(error)]
            return lambda: problems
        return lambda: self._stays(stay)

    def left(self) -> list[str]:
        """Return what was made here before and no build needs any more."""
        try:
            return self._stays(self._ledger.retired()) if self._ledger else []
        except (BuildError, OSError) as error:
            return [_unknown(error)]

    def _stays(self, names: Sequence[str]) -> list[str]:
        if not names or not self._ledger:
            return []
        some = ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
        words = (
            f"no build needs {counted(len(names), 'collection')} in Milvus any more ({some}), and nothing here drops "
            "what is there: name GREENLIT_MILVUS_URI, whatever GREENLIT_INDEX is, and the next ingestion does; or drop "
            f"it by hand, and remove the name from {self._ledger.shown}"
        )
        return [words]


def _unknown(error: Exception) -> str:
    return f"whether collections are left in Milvus cannot be told: {error}"


NO_COLLECTIONS = NoCollections()
