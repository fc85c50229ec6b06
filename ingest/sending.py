"""Brings a build into an object store and makes it live there; and, at the beginning, the live one from there to here.

Order: (1) `begin` asks the store what time it is, by writing, so that an account that may not write is told before
hours of work, notes what `current` is, and has the live build here to lend from. (2) `publish` sends each file that is
not there yet under its hash, (3) then the manifest, and what was removed before that was there, (4) then puts the id
into `current`, if that is still what it was in step 1. Cut off before step 4, nothing live has changed, and the next
ingestion sends only what is missing. Of two that come to step 4 one wins; the other is told, and nothing of either is
lost.

An object that is there counts if the live build has it too, or if it is young: an older one could be removed by another
ingestion at this moment (`sweeping`), so it is sent again, which makes it young. So is the manifest of the live build,
which may be an old one that somebody put back: replicas answer from it until they have the new one.
"""

import contextlib
import secrets
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
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
from indexes.objects.store import (
    BUILDS_PREFIX,
    CURRENT_BYTES,
    CURRENT_KEY,
    OBJECTS_PREFIX,
    manifest_key,
    object_key,
    time_there,
)
from ingest.errors import PublishError
from ingest.sweeping import SAFE_DELAY, manifest_in, sweep

_CONDITIONS_KEY = "conditions"
_WAIT_S = 600.0  # for a service here that fetches the live build
_AT_ONCE = 8  # small files wait for the store's answer, not for the wire
_ANEW = "what was live could not be had whole, so all was read and encoded anew"
_STAYS = "the previous build stays live"


class Sender:
    """Publishes to the store of a mirror. One ingestion at a time, which holds the lock of the mirror's folder."""

    def __init__(self, mirror: Mirror) -> None:
        """Take the mirror of the store; nothing is reached."""
        self._mirror = mirror
        self._store = mirror.store
        self._live = self._gives_way = ""
        self._tag: str | None = None
        self._keeps_conditions = False
        self.remarks: list[str] = []  # on what was live, worth knowing

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
        self._live, self._gives_way, self._tag, self.remarks = "", "", None, []
        try:
            time_there(self._store)
            content, self._tag = self._store.get(CURRENT_KEY, most_bytes=CURRENT_BYTES)
            live = build_id_in(content, f"{CURRENT_KEY} in {self._store.shown}")
            self._gives_way = live  # although it may be damaged, or of another version
            self._have(live)
            self._live = live
        except NoObjectError:
            return  # nothing was published yet
        except (BuildDamagedError, NoBuildError) as error:
            self.remarks = [f"{_ANEW}: {error}"]
        except ObjectStoreError as error:
            raise PublishError(f"{error}; {_STAYS}") from error

    def have_again(self) -> None:
        """Have the live build in the mirror once more, of which files there are not what they should be.

        Raises:
            BuildDamagedError: it cannot be had whole.
            PublishError: the store cannot be reached.
        """
        try:
            self._have(self._live, damaged=True)
        except (BuildDamagedError, NoBuildError) as error:
            self.remarks = [f"{_ANEW}: {error}"]
            raise
        except ObjectStoreError as error:
            raise PublishError(f"{error}; {_STAYS}") from error

    def publish(self, folder: Path) -> None:
        """Make a build live that was checked here.

        Raises:
            PublishError: the store refuses, or another ingestion was quicker; what is live there stays.
        """
        try:
            self._try_conditions()
            files, sure = read_manifest(folder).files, self._renew_live()
            self._send(files, lambda name: folder / name, sure=sure)
            self._store.put(manifest_key(folder.name), (folder / MANIFEST_FILE).read_bytes())
            self._send(files, lambda name: folder / name, sure=sure)  # nothing is removed any more that it names
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
            files, key = read_manifest(folder).files, manifest_key(self._live)
            self._send(files, find, sure=set(files.values()))
            if not [one for one in self._store.list(BUILDS_PREFIX) if one.key == key]:
                self._store.put(key, (folder / MANIFEST_FILE).read_bytes())
        except (BuildError, OSError) as error:
            return [f"the live build could not be made whole in {self._store.shown}: {error}"]
        return []

    def put_away_old(self, live: str) -> list[str]:
        """Remove old builds, there and here; return what kept any from being removed, in words."""
        self._mirror.let_go()
        return sweep(self._store, live=live)

    def _have(self, live: str, *, damaged: bool = False) -> None:
        self._mirror.follow(damaged=damaged, wait_s=_WAIT_S)
        if self._mirror.here() != live:
            raise ObjectStoreError(
                f"the build {live} of {self._store.shown} is not in {self._mirror.folder} yet, after {_WAIT_S:.0f} s: "
                "another process fetches it, or another ingestion was quicker; run greenlit ingest again"
            )

    def _send(self, files: Mapping[str, str], find: Callable[[str], Path], *, sure: Collection[str]) -> None:
        now = time_there(self._store)
        there = {stored.key: stored for stored in self._store.list(OBJECTS_PREFIX)}
        missing: dict[str, Path] = {}
        for name, sha256 in files.items():
            path, stored = find(name), there.get(object_key(sha256))
            young = stored is not None and now - stored.modified < SAFE_DELAY / 2
            if stored is None or stored.size != path.stat().st_size or not (young or sha256 in sure):
                missing[sha256] = path
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(lambda one: self._store.put(object_key(one[0]), one[1]), missing.items()):
                pass

    def _renew_live(self) -> set[str]:
        """Write the manifest of the live build again, which makes it young; return the hashes of its files."""
        if not self._gives_way:
            return set()
        key = manifest_key(self._gives_way)
        try:
            content, _ = self._store.get(key)
            named = manifest_in(content, f"{key} in {self._store.shown}")["files"]
        except (NoObjectError, BuildDamagedError):  # somebody removed it: it gives way, and nothing rests on it
            return set()
        self._store.put(key, content)
        return set(named.values())

    def _make_live(self, build_id: str) -> None:
        try:
            self._store.swap(CURRENT_KEY, f"{build_id}\n".encode("ascii"), tag=self._tag)
        except ObjectStoreError as error:
            try:
                now, _ = self._mirror.live()
            except (NoBuildError, BuildDamagedError):
                now = ""
            except BuildError as unknown:  # nothing of it is removed: it may be live
                raise PublishError(
                    f"nobody can say whether {build_id} is live now: {error}; {unknown}: run greenlit ingest again"
                ) from error
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
