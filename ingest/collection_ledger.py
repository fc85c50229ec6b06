"""Which collections were made for the builds of one place, and which of them no build there needs any more.

What is noted stands beside the builds, where every machine that makes builds sees it: an empty file each in a folder,
an empty object each in an object store. It is noted before the server is asked. So one that a crash left is found by
the next ingestion, and one that somebody else made is in nobody's way. Drops nothing itself (`build_collections`).

In a folder one ingestion runs at a time, so what no build names is needed by none. In an object store another machine
may be making a collection whose build is not there yet, and replicas go over to a new build each in its time: only what
was noted a day ago goes, and what a build names stays as long as that is live, the newest besides, or was in use within
a day. A build that is only held for what it answered needs none: it is asked again by an exact search of its vectors.
"""

from datetime import datetime
from pathlib import Path
from typing import Protocol

from indexes.durable import sync_folder
from indexes.manifest import read_manifest
from indexes.objects.store import COLLECTIONS_PREFIX, ObjectStore, manifest_key, time_there
from ingest.old_builds import newest_first
from ingest.sweeping import SAFE_DELAY, builds_there, collection_in, kept_there, live_there, manifest_there

LEDGER = "collections"


class Ledger(Protocol):
    """Raises `BuildError` or OSError where what is there cannot be read or written: then nobody can say."""

    @property
    def shown(self) -> str:
        """Where what is noted stands."""
        ...

    def note(self, name: str) -> None:
        """Note that a collection is about to be made; durable on return."""
        ...

    def forget(self, name: str) -> None:
        """Note that a collection is gone."""
        ...

    def noted(self) -> list[str]:
        """Return the collections that were noted and not forgotten, by name."""
        ...

    def retired(self) -> list[str]:
        """Return those of them that no build needs any more."""
        ...

    def collection_of(self, build_id: str) -> str | None:
        """Return the collection that a build names, `None` if it has none or is packed."""
        ...


class FolderLedger:
    """Beside the builds of a folder. Only whoever has the lock of ingestion calls."""

    def __init__(self, builds: Path) -> None:
        """Take the folder of builds; nothing is looked at."""
        self._builds = builds
        self._folder = builds / LEDGER

    @property
    def shown(self) -> str:
        """Where what is noted stands."""
        return str(self._folder)

    def note(self, name: str) -> None:
        """Note that a collection is about to be made, as `Ledger`."""
        self._folder.mkdir(exist_ok=True)
        (self._folder / name).touch()
        sync_folder(self._folder)

    def forget(self, name: str) -> None:
        """Note that a collection is gone, as `Ledger`."""
        (self._folder / name).unlink(missing_ok=True)

    def noted(self) -> list[str]:
        """Return what was noted, as `Ledger`."""
        return sorted(path.name for path in self._folder.glob("*"))

    def retired(self) -> list[str]:
        """Return what no build needs any more, as `Ledger`."""
        noted = self.noted()
        named = {self.collection_of(folder.name) for folder in newest_first(self._builds)} if noted else set()
        return [name for name in noted if name not in named]

    def collection_of(self, build_id: str) -> str | None:
        """Return the collection that a build names, as `Ledger`."""
        folder = self._builds / build_id
        if not folder.is_dir():
            return None
        collection = read_manifest(folder).collection
        return collection.name if collection else None


class StoreLedger:
    """In an object store, for every machine that makes builds of it. Any of them may call at any time."""

    def __init__(self, store: ObjectStore) -> None:
        """Take the store; nothing is reached."""
        self._store = store
        self._known: dict[str, str | None] = {}  # a manifest never changes

    @property
    def shown(self) -> str:
        """Where what is noted stands."""
        return f"{self._store.shown}/{COLLECTIONS_PREFIX}"

    def note(self, name: str) -> None:
        """Note that a collection is about to be made, as `Ledger`."""
        self._store.put(f"{COLLECTIONS_PREFIX}{name}", b"made for a build\n")

    def forget(self, name: str) -> None:
        """Note that a collection is gone, as `Ledger`."""
        self._store.delete([f"{COLLECTIONS_PREFIX}{name}"])

    def noted(self) -> list[str]:
        """Return what was noted, as `Ledger`."""
        return sorted(one.key.removeprefix(COLLECTIONS_PREFIX) for one in self._store.list(COLLECTIONS_PREFIX))

    def retired(self) -> list[str]:
        """Return what no build needs any more, as `Ledger`."""
        noted = self._store.list(COLLECTIONS_PREFIX)  # before the builds: what is published meanwhile was noted before
        if not noted:
            return []
        now = time_there(self._store)
        old = [one.key.removeprefix(COLLECTIONS_PREFIX) for one in noted if now - one.modified >= SAFE_DELAY]
        if not old:
            return []
        needed = self._needed(now)
        self._known = {build_id: name for build_id, name in self._known.items() if build_id in needed}
        named = {self.collection_of(build_id) for build_id in needed}
        return [name for name in old if name not in named]

    def collection_of(self, build_id: str) -> str | None:
        """Return the collection that a build names, as `Ledger`."""
        if build_id not in self._known:
            self._known[build_id] = collection_in(manifest_there(self._store, manifest_key(build_id)))
        return self._known[build_id]

    def _needed(self, now: datetime) -> set[str]:
        live = live_there(self._store)
        return kept_there(builds_there(self._store), live=next(iter(live), ""), held=(), now=now) - {""}
