"""What an ingestion asks of whoever makes collections; without a server of Milvus, nobody does.

Knows no client of Milvus: the adapter is `ingest.build_collections`, which is imported only where one is configured.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.dense import DenseIndex
from indexes.encoder import Vectors
from indexes.lexical import LexicalIndex
from indexes.manifest import CollectionInfo, DenseSetting, Manifest
from indexes.milvus_filter import classes_of
from indexes.passages import SplitDocument


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


class NoCollections:
    """Where candidates come from the builds' own indexes."""

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

    def removing(self, build_id: str) -> Callable[[], list[str]]:  # noqa: ARG002  (the port's)
        """Return what drops nothing."""
        return list


NO_COLLECTIONS = NoCollections()
