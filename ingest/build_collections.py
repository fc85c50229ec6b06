"""The collections of builds: made with a build, dropped when no build needs them any more.

Which ones were made, and which are needed, says the ledger beside the builds (`collection_ledger`), so one that a crash
left is dropped by a later ingestion, and none that somebody else made is ever touched. A packed build has none: it is
looked at again by an exact search of its own vectors.

The alias `greenlit_live` follows the live build, for people who look into Milvus. Nothing here goes by it: a reader
opens the collection that the manifest of its build names.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from indexes.encoder import Vectors
from indexes.errors import BuildError, SearchUnavailableError
from indexes.manifest import CollectionInfo, DenseSetting, Manifest
from indexes.milvus import SCHEMA, Milvus
from ingest.collecting import Collected
from ingest.collection_ledger import Ledger
from ingest.errors import PublishError
from ingest.index_collection import index_collection

ALIAS = "greenlit_live"


@dataclass(frozen=True, slots=True)
class BuildCollections:
    """The collections of the builds of one place. Only whoever has the lock of ingestion on this machine calls.

    One that does not make any drops those that were made before, as builds stop needing them.
    """

    milvus: Milvus
    ledger: Ledger
    makes: bool = True

    def wanted(self) -> CollectionInfo | None:
        """Return what the manifest of a new build says of its collection before that is made."""
        if not self.makes:
            return None
        return CollectionInfo("", SCHEMA, 0, "flat", 0, recall_at_10=1.0, sampled_queries=0)

    def lost(self, manifest: Manifest) -> bool:
        """Tell whether a build's collection is no longer there as it was made.

        Raises:
            PublishError: the server does not say.
        """
        with _told():
            return (
                self.makes and manifest.collection is not None and self.milvus.problem(manifest.collection) is not None
            )

    def make(
        self, collected: Collected, *, now: datetime, setting: DenseSetting, queries: Callable[[], Vectors]
    ) -> CollectionInfo | None:
        """Make the collection of a new build, after dropping what no build needs.

        Raises:
            PublishError: the server or the disk refuses.
        """
        if not self.makes:
            return None
        self.drop_retired()
        name = f"greenlit_{now.astimezone(UTC):%Y%m%dT%H%M%SZ}_{secrets.token_hex(8)}"
        try:
            self.ledger.note(name)
        except (BuildError, OSError) as error:
            raise PublishError(f"a collection cannot be noted ({error}); the previous build stays live") from error
        with _told():
            return index_collection(self.milvus, name, collected, setting=setting, queries=queries)

    def published(self, build_id: str) -> list[str]:
        """Let the alias follow the live build and drop what no build needs; return what went wrong, in words."""
        problems = self.drop_retired()
        try:
            if name := self.ledger.collection_of(build_id):
                self.milvus.point(ALIAS, name)
        except BuildError as error:
            problems.append(f"the alias {ALIAS} stays where it was, which changes no answer: {error}")
        return problems

    def drop_retired(self) -> list[str]:
        """Drop the collections that no build needs any more; return what kept any from being dropped, in words."""
        try:
            self._drop(self.ledger.retired())
        except (BuildError, OSError) as error:
            return [_stays(error)]
        return []

    def removing(self, build_id: str) -> Callable[[], list[str]]:
        """Return what drops the collection of a build that is about to be removed, as `Collecting.removing`."""
        try:
            name = self.ledger.collection_of(build_id)
            made_here = [name] if name and name in self.ledger.noted() else []
        except (BuildError, OSError) as error:
            problems = [_stays(error)]
            return lambda: problems

        def drop() -> list[str]:
            try:
                self._drop(made_here)
            except (BuildError, OSError) as error:
                return [_stays(error)]
            return []

        return drop

    def left(self) -> list[str]:
        """Return nothing: what cannot be dropped is a problem of `published`, and tried again."""
        return []

    def _drop(self, names: Iterable[str]) -> None:
        for name in names:
            self.milvus.drop(name)
            self.ledger.forget(name)


def _stays(error: Exception) -> str:
    return f"a collection that no build needs stays in Milvus until a later ingestion: {error}"


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SearchUnavailableError as error:
        raise PublishError(f"{error}; the previous build stays live") from error
