"""Brings a build into an object store and makes it live there; and, at the beginning, the live one from there to here.

Order: (1) `begin` asks the store what time it is, by writing, so that an account that may not write is told before
hours of work, notes what `current` is, and has the live build here to lend from. (2) `publish` sends each file that is
not there yet under its hash, (3) then the manifest, (4) then puts the id into `current`, if that is still what it was
in step 1. Cut off before step 4, nothing live has changed, and the next ingestion sends only what is missing. Of two
that come to step 4 one wins; the other is told, and nothing of either is lost.

An object that is there counts if the live build has it too, or if it is young: an older one could be removed by another
ingestion at this moment (`sweeping`), so it is sent again, which makes it young.
"""

import contextlib
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from indexes.builds import ORIGINALS_FOLDER, Originals
from indexes.errors import (
    BuildDamagedError,
    BuildError,
    ChangedError,
    NoBuildError,
    NoObjectError,
    ObjectStoreError,
)
from indexes.live import build_id_in
from indexes.manifest import MANIFEST_FILE, read_manifest
from indexes.objects.mirror import Mirror
from indexes.objects.store import CURRENT_KEY, OBJECTS_PREFIX, manifest_key, object_key, time_there
from ingest.errors import PublishError
from ingest.sweeping import SAFE_DELAY, sweep

_CONDITIONS_KEY = "conditions"
_WAIT_S = 600.0  # for a service here that fetches the live build
_AT_ONCE = 8  # small files wait for the store's answer, not for the wire
_STAYS = "the previous build stays live"


class Sender:
    """Publishes to the store of a mirror. One ingestion at a time, which holds the lock of the mirror's folder."""

    def __init__(self, mirror: Mirror) -> None:
        """Take the mirror of the store; nothing is reached."""
        self._mirror = mirror
        self._store = mirror.store
        self._live = ""
        self._tag: str | None = None
        self._began_at = datetime.min.replace(tzinfo=UTC)
        self._keeps_conditions = False

    def live(self) -> str:
        """Return the id of the build that was live when the ingestion began, and is in the mirror.

        Raises:
            NoBuildError: there was none that can be had whole.
        """
        if not self._live:
            raise NoBuildError(f"no whole build in {self._store.shown}")
        return self._live

    @property
    def originals(self) -> Originals:
        """Gives originals of the live build."""
        return self._mirror.original

    def begin(self) -> None:
        """Note what is live, and have it in the mirror, if it can be had whole.

        Raises:
            PublishError: the store cannot be written, or cannot be reached.
        """
        self._live, self._tag = "", None
        try:
            self._began_at = time_there(self._store)
            with contextlib.suppress(NoObjectError, BuildDamagedError, NoBuildError):  # then a whole one is made
                content, self._tag = self._store.get(CURRENT_KEY)
                live = build_id_in(content, f"{CURRENT_KEY} in {self._store.shown}")
                self._mirror.follow(wait_s=_WAIT_S)
                self._live = live
        except ObjectStoreError as error:
            raise PublishError(f"{error}; {_STAYS}") from error

    def publish(self, folder: Path) -> None:
        """Make a build live that was checked here.

        Raises:
            PublishError: the store refuses, or another ingestion was quicker; what is live there stays.
        """
        try:
            self._try_conditions()
            files = read_manifest(folder).files
            self._send(files, lambda name: folder / name)
            self._store.put(manifest_key(folder.name), (folder / MANIFEST_FILE).read_bytes())
            self._make_live(folder.name)
        except (BuildError, OSError) as error:
            raise PublishError(f"the new build cannot be brought to its place: {error}; {_STAYS}") from error

    def complete(self, originals: Path) -> list[str]:
        """Send what is missing there of the live build, as somebody may have removed it.

        Args:
            originals: a folder with the approved bytes of its documents, by hash.

        Returns:
            What could not be, in words; empty if all is there.
        """
        folder = self._mirror.folder / self._live

        def find(name: str) -> Path:
            return originals.parent / name if name.startswith(f"{ORIGINALS_FOLDER}/") else folder / name

        try:
            self._send(read_manifest(folder).files, find)
        except (BuildError, OSError) as error:
            return [f"the live build could not be made whole in {self._store.shown}: {error}"]
        return []

    def put_away_old(self, live: str) -> list[str]:
        """Remove old builds, there and here; return what kept any from being removed, in words."""
        self._mirror.let_go()
        return sweep(self._store, live=live)

    def _send(self, files: Mapping[str, str], find: Callable[[str], Path]) -> None:
        there = {stored.key: stored for stored in self._store.list(OBJECTS_PREFIX)}
        sure = self._files_of_live()
        missing: dict[str, Path] = {}
        for name, sha256 in files.items():
            path, stored = find(name), there.get(object_key(sha256))
            young = stored is not None and self._began_at - stored.modified < SAFE_DELAY / 2
            if stored is None or stored.size != path.stat().st_size or not (young or sha256 in sure):
                missing[sha256] = path
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(lambda one: self._store.put(object_key(one[0]), one[1]), missing.items()):
                pass

    def _files_of_live(self) -> set[str]:
        if not self._live:
            return set()
        return set(read_manifest(self._mirror.folder / self._live).files.values())

    def _make_live(self, build_id: str) -> None:
        try:
            self._store.swap(CURRENT_KEY, f"{build_id}\n".encode("ascii"), tag=self._tag)
        except ObjectStoreError as error:
            now = ""
            with contextlib.suppress(BuildError):
                now, _ = self._mirror.live()
            if now == build_id:
                return  # it was done, and only the answer did not come
            if isinstance(error, ChangedError):
                with contextlib.suppress(ObjectStoreError):
                    self._store.delete([manifest_key(build_id)])
                raise ObjectStoreError(
                    f"another ingestion has made {now or 'another build'} live in {self._store.shown} meanwhile, so "
                    "this one, made of what it saw before, is not: run greenlit ingest again"
                ) from error
            raise

    def _try_conditions(self) -> None:
        """Find out whether the store keeps the condition of a write: some take it and write all the same."""
        if self._keeps_conditions:
            return
        self._store.put(_CONDITIONS_KEY, secrets.token_bytes(16))
        _, tag = self._store.get(_CONDITIONS_KEY)
        self._store.put(_CONDITIONS_KEY, secrets.token_bytes(16))
        for expected in (None, tag):
            with contextlib.suppress(ChangedError):
                self._store.swap(_CONDITIONS_KEY, secrets.token_bytes(16), tag=expected)
                raise ObjectStoreError(
                    f"{self._store.shown} takes conditional writes and does not keep the condition, so two ingestions "
                    "could undo each other: use a store that does, such as S3"
                )
        self._keeps_conditions = True
