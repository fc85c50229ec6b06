"""The collections of a folder of builds: made with a build, dropped when no build there names them any more.

Which ones were made stands in `collections/` beside the builds, an empty file each, written before the server is asked.
So one that a crash left is dropped by the next ingestion, and none that somebody else made is ever touched. A packed
build has none: it is looked at again by an exact search of its own vectors.

The alias `greenlit_live` follows the live build, for people who look into Milvus. Nothing here goes by it: a reader
opens the collection that the manifest of its build names.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexes.durable import sync_folder
from indexes.encoder import Vectors
from indexes.errors import BuildError, SearchUnavailableError
from indexes.manifest import CollectionInfo, DenseSetting, Manifest, read_manifest
from indexes.milvus import SCHEMA, Milvus
from ingest.collecting import Collected
from ingest.errors import PublishError
from ingest.index_collection import index_collection
from ingest.old_builds import newest_first

LEDGER = "collections"
ALIAS = "greenlit_live"


@dataclass(frozen=True, slots=True)
class BuildCollections:
    """The collections of the builds in a folder. Only whoever has the lock of ingestion calls."""

    milvus: Milvus
    builds: Path

    def wanted(self) -> CollectionInfo:
        """Return what the manifest of a new build says of its collection before that is made."""
        return CollectionInfo("", SCHEMA, 0, "flat", 0, recall_at_10=1.0, sampled_queries=0)

    def lost(self, manifest: Manifest) -> bool:
        """Tell whether a build's collection is no longer there as it was made.

        Raises:
            PublishError: the server does not say.
        """
        with _told():
            return manifest.collection is not None and self.milvus.problem(manifest.collection) is not None

    def make(
        self, collected: Collected, *, now: datetime, setting: DenseSetting, queries: Callable[[], Vectors]
    ) -> CollectionInfo:
        """Make the collection of a new build, after dropping what no build needs.

        Raises:
            PublishError: the server or the disk refuses.
        """
        self.drop_retired()
        name = f"greenlit_{now.astimezone(UTC):%Y%m%dT%H%M%SZ}_{secrets.token_hex(8)}"
        ledger = self.builds / LEDGER
        try:
            ledger.mkdir(exist_ok=True)
            (ledger / name).touch()
            sync_folder(ledger)
        except OSError as error:
            raise PublishError(f"{ledger} cannot be written ({error}); the previous build stays live") from error
        with _told():
            return index_collection(self.milvus, name, collected, setting=setting, queries=queries)

    def published(self, build_id: str) -> list[str]:
        """Let the alias follow the live build and drop what no build needs; return what went wrong, in words."""
        problems = self.drop_retired()
        try:
            if name := _collection_of(self.builds / build_id):
                self.milvus.point(ALIAS, name)
        except BuildError as error:
            problems.append(f"the alias {ALIAS} stays where it was, which changes no answer: {error}")
        return problems

    def drop_retired(self) -> list[str]:
        """Drop the collections that no build names any more; return what kept any from being dropped, in words."""
        problems = []
        try:
            made = sorted(path.name for path in (self.builds / LEDGER).glob("*"))
            named = {_collection_of(folder) for folder in newest_first(self.builds)}
            for name in made:
                if name not in named:
                    self.milvus.drop(name)
                    (self.builds / LEDGER / name).unlink()
        except (BuildError, OSError) as error:
            problems.append(f"a collection that no build needs stays in Milvus until the next ingestion: {error}")
        return problems


def _collection_of(folder: Path) -> str | None:
    """Return which collection a build names.

    Raises:
        BuildError: it cannot be read: nobody can say what it needs.
    """
    collection = read_manifest(folder).collection
    return collection.name if collection else None


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SearchUnavailableError as error:
        raise PublishError(f"{error}; the previous build stays live") from error
