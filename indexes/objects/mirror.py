"""The folder here that mirrors an object store of builds, so that whatever reads a folder of builds reads this one.

`Mirror.follow` looks which build is live there and, if it is another than here, fetches its files into a folder aside,
holds each against its hash, gives the folder its name and only then replaces `current` here: a build is never there in
part, and `current` never names one that is not there. A file that a build here holds already is not fetched again, and
what was fetched before it was cut off is kept for the next time. Originals, which no question needs, are fetched one by
one when somebody opens a page (`original`). A build that cannot be fetched leaves all as it is.

Kept here are the live build, the one before, and what an ingestion on this machine made last.
"""

import contextlib
import hashlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from indexes.builds import ORIGINALS_FOLDER, PASSAGES_FILE
from indexes.durable import linked_or_copied, replace_file
from indexes.errors import BuildDamagedError, BuildError, NoBuildError, NoObjectError, ObjectStoreError
from indexes.live import CURRENT_FILE, build_id_in, current_build_id
from indexes.manifest import MANIFEST_FILE, Manifest, read_manifest
from indexes.objects.store import CURRENT_BYTES, CURRENT_KEY, ObjectStore, manifest_key, object_key
from indexes.private_files import make_private_folder

FETCHING_PREFIX = ".fetching-"
_GOING_PREFIX = ".going-"
_PART_SUFFIX = ".part"
_KEPT_BUILDS = 2
_SHA256_HEX = 64
_LOCK_FILE = ".fetching.lock"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 10.0, 300.0  # before what could not be fetched is tried again


class Mirror:
    """A folder of builds that follows an object store. Any thread may call; other processes may share the folder."""

    def __init__(self, store: ObjectStore, folder: Path, *, clock_s: Callable[[], float]) -> None:
        """Take the store and the folder, which is made when it is needed; nothing is looked at.

        Args:
            store: where the builds are.
            folder: the mirror.
            clock_s: a steady clock, in seconds.
        """
        self.store = store
        self.folder = folder
        self.there = ""  # the build that was live in the store when somebody looked last
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._failed: tuple[str, float, float, BuildError] | None = None  # build, tried again at, pause, why
        self._looked_through = ""  # the build whose files here were found to be right

    def live(self) -> tuple[str, str]:
        """Return the id of the build that is live in the store, and the tag of what names it.

        Raises:
            NoBuildError: none was published there yet.
            BuildDamagedError: what is there names no build.
            ObjectStoreError: the store cannot be read.
        """
        try:
            content, tag = self.store.get(CURRENT_KEY, most_bytes=CURRENT_BYTES)
        except NoObjectError as error:
            raise NoBuildError(f"no current build in {self.store.shown}: run greenlit ingest") from error
        self.there = build_id_in(content, f"{CURRENT_KEY} in {self.store.shown}")
        return self.there, tag

    def follow(self, *, damaged: bool = False, wait_s: float = 0.0) -> str:
        """Have the live build here, and return its id; nothing is done if another process fetches it all the while.

        Args:
            wait_s: how long is waited for another process that fetches it, in seconds.
            damaged: whether the build here cannot be opened as it is: its files are looked through, and those that are
                not as they should be are fetched again.

        Raises:
            BuildError: see `live`; or the build cannot be fetched, which is not tried again for a while.
        """
        with self._lock:
            build_id, _ = self.live()
            if not damaged:
                self._looked_through = ""  # it was opened: damaged again, it is looked through again
            damaged = damaged and self._looked_through != build_id
            if build_id == self.here() and not damaged:
                return build_id
            if self._failed and self._failed[0] == build_id and self._clock_s() < self._failed[1]:
                raise self._failed[3]
            try:
                self._take(build_id, afresh=damaged, wait_s=wait_s)
            except BuildError as error:
                pause_s = self._failed[2] * 2 if self._failed and self._failed[0] == build_id else _FIRST_PAUSE_S
                pause_s = min(pause_s, _LONGEST_PAUSE_S)
                self._failed = (build_id, self._clock_s() + pause_s, pause_s, error)
                raise
            self._failed, self._looked_through = None, build_id if damaged else ""
            return build_id

    def here(self) -> str:
        """Return the id of the build that is live here, whatever is live in the store by now; empty without one."""
        try:
            build_id = current_build_id(self.folder)
        except BuildError:
            return ""
        return build_id if (self.folder / build_id / MANIFEST_FILE).is_file() else ""

    def original(self, sha256: str) -> bytes:
        """Return the bytes of an original, checked by their hash.

        Raises:
            BuildError: the store cannot be read, or what is there is not it.
        """
        content, _ = self.store.get(object_key(sha256))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BuildDamagedError(self._not_it(sha256))
        return content

    def past(self, build_id: str, into: Path, *, only: str | None = None) -> Path:
        """Fetch a build that may not be live into a folder of its own name, without its originals.

        Args:
            build_id: the id of the build.
            into: the folder in which the build's folder is made.
            only: the one file of it that is wanted, by its path in the build.

        Returns:
            The folder of the build.

        Raises:
            NoBuildError: there is none of that id.
            BuildError: it cannot be fetched whole.
            OSError: the disk refuses.
        """
        folder = into / build_id
        folder.mkdir()
        manifest = self._manifest(build_id, folder)
        for name, sha256 in manifest.files.items():
            if name == only or (only is None and not _is_original(name)):
                self._have(folder / name, sha256, known=[self.folder / build_id / name])
        (folder / ORIGINALS_FOLDER).mkdir(exist_ok=True)
        return folder

    def past_passages(self, build_id: str, into: Path) -> Path:
        """Fetch the file of stored texts of a build alone; see `past`."""
        return self.past(build_id, into, only=PASSAGES_FILE) / PASSAGES_FILE

    def let_go(self) -> None:
        """Remove the builds here that are neither live nor among the newest; what cannot be removed stays."""
        with contextlib.suppress(OSError):
            found = sorted(self.folder.glob(f"*/{MANIFEST_FILE}"), key=lambda path: path.stat().st_mtime, reverse=True)
            kept = {self.here(), *(path.parent.name for path in found[:_KEPT_BUILDS])}
            for path in found:
                if path.parent.name not in kept:
                    _remove(path.parent)

    def _take(self, build_id: str, *, afresh: bool, wait_s: float) -> None:
        try:
            make_private_folder(self.folder)
            with FileLock(self.folder / _LOCK_FILE, timeout=wait_s):
                before = self.here()
                if before == build_id and not afresh:
                    return
                self._fetch(build_id, before=before)
                replace_file(self.folder / CURRENT_FILE, f"{build_id}\n".encode("ascii"), mode=0o600)
                self.let_go()
        except Timeout:
            return  # another process fetches, and this one sees what came of it
        except OSError as error:
            raise ObjectStoreError(
                f"the build {build_id} of {self.store.shown} cannot be kept in {self.folder} ({error}): make room, or "
                "let this account write there"
            ) from error

    def _fetch(self, build_id: str, *, before: str) -> None:
        """Put a build together aside and give it its name; whatever is wrong of one that has that name is replaced."""
        for other in (*self.folder.glob(f"{FETCHING_PREFIX}*"), *self.folder.glob(f"{_GOING_PREFIX}*")):
            if other.name != f"{FETCHING_PREFIX}{build_id}" and other.is_dir():
                shutil.rmtree(other, ignore_errors=True)
        for other in self.folder.glob(f".{'[0-9a-f]' * _SHA256_HEX}.*"):  # an original that was not kept (`builds`)
            other.unlink(missing_ok=True)
        aside = self.folder / f"{FETCHING_PREFIX}{build_id}" / build_id
        (aside / ORIGINALS_FOLDER).mkdir(parents=True, exist_ok=True)
        manifest = self._manifest(build_id, aside)
        known: dict[str, list[Path]] = {}
        for folder in dict.fromkeys((self.folder / build_id, self.folder / (before or build_id))):
            for name, sha256 in _files(folder).items():
                known.setdefault(sha256, []).append(folder / name)
        for name, sha256 in manifest.files.items():
            self._have(aside / name, sha256, known=known.get(sha256, ()), fetch=not _is_original(name))
        for path in [path for path in aside.rglob("*") if path.is_file()]:
            if path.relative_to(aside).as_posix() not in {*manifest.files, MANIFEST_FILE}:
                path.unlink()
        if (self.folder / build_id).exists():
            _remove(self.folder / build_id)
        aside.rename(self.folder / build_id)
        aside.parent.rmdir()

    def _manifest(self, build_id: str, folder: Path) -> Manifest:
        try:
            self.store.fetch(
                manifest_key(build_id), folder / MANIFEST_FILE
            )  # in parts: it has a line for each document
        except NoObjectError as error:
            raise NoBuildError(f"the build {build_id} is not in {self.store.shown}") from error
        manifest = read_manifest(folder)
        for name, sha256 in manifest.files.items():
            if not (_is_within(name) and _is_hash(sha256)):
                raise BuildDamagedError(
                    f"the build {build_id} in {self.store.shown} names a file outside of it, or one without its hash"
                )
        return manifest

    def _have(self, path: Path, sha256: str, *, known: Iterable[Path], fetch: bool = True) -> None:
        """Have a file with this hash at a path: it is there, a build here holds it, or it is fetched."""
        if _is(path, sha256):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        for one in known:
            if _is(one, sha256):
                linked_or_copied(one, path)
                return
        if not fetch:
            return
        part = path.with_name(f"{path.name}{_PART_SUFFIX}")
        try:
            self.store.fetch(object_key(sha256), part)
        except NoObjectError as error:
            raise BuildDamagedError(
                f"{self.store.shown} holds no {object_key(sha256)}, which is {path.name} of a build that it names: run "
                "greenlit ingest, which sends what is missing"
            ) from error
        if not _is(part, sha256):
            part.unlink()
            raise BuildDamagedError(self._not_it(sha256))
        part.rename(path)

    def _not_it(self, sha256: str) -> str:
        return (
            f"{object_key(sha256)} in {self.store.shown} is not what was put there, by its hash: remove that object "
            "and run greenlit ingest, which sends it again"
        )


def _is_original(name: str) -> bool:
    return name.startswith(f"{ORIGINALS_FOLDER}/")


def _is_within(name: str) -> bool:
    """Tell whether a manifest may call a file so: a path in its build, and not the manifest's own."""
    strange = {"", ".", ".."} & set(name.split("/"))
    return name.isprintable() and not strange and name != MANIFEST_FILE


def _is_hash(sha256: object) -> bool:
    return isinstance(sha256, str) and len(sha256) == _SHA256_HEX and set(sha256) <= set("0123456789abcdef")


def _is(path: Path, sha256: str) -> bool:
    """Tell whether a file is there and has this hash."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _files(folder: Path) -> dict[str, str]:
    try:
        return read_manifest(folder).files
    except BuildError:
        return {}


def _remove(folder: Path) -> None:
    """Remove a folder: its name goes in one step, and then its files."""
    going = Path(tempfile.mkdtemp(prefix=_GOING_PREFIX, dir=folder.parent))
    folder.rename(going / folder.name)
    shutil.rmtree(going, ignore_errors=True)
