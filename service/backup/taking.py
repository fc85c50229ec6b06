"""Takes a copy of an installation while it runs; nobody is kept waiting, and nothing of it is changed.

1  see that there is room
2  copy the keys, and what the signer remembers; then the log, which holds at least what was signed; then the rest of
   the state, in which the holds are those of the records; then what the library decided. If a key came or went
   meanwhile, begin again: the log in the copy must find the keys that it names
3  copy the builds, if asked to. If one came or went meanwhile, copy them again: a build may move into the pack, or an
   original go, while builds are copied
4  check the copy, write what it holds into `backup.json`, and only then give it its name

A copy that was cut off has no name that counts, and is removed by the next one.
"""

import contextlib
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from indexes.durable import sync_folder
from indexes.private_files import make_private_folder
from service.backup.account import Account, File, read_account, write_account
from service.backup.checking import check_log
from service.backup.copying import copy_database, copy_file, hash_of
from service.backup.errors import BackupError
from service.backup.places import BUILDS, KEYS, LIBRARY, LOG, STATE, Found, Places, files_of, links_of

_HALF = ".half-"
_MEMORY = "signed-"  # how the names of what the signer remembers begin
_QUICK_TRIES = 100  # of reading a small file that has another name with each checkpoint
_TRIES = 5  # of a copy whose keys or builds changed meanwhile: a month begins, keys are changed, a build is made
_SPARE_BYTES = 64 << 20  # room that is left to whatever else is on the disk


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy that was made: where, what it says of itself, and the links that were not followed."""

    folder: Path
    account: Account
    links: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What a copy is made of, and by what.

    Attributes:
        places: of the installation.
        log_name: the first part of the log's origins.
        version: of this program.
        builds: whether builds are copied too.
        clock: the time, in microseconds since 1970, UTC.
    """

    places: Places
    log_name: str
    version: str
    builds: bool
    clock: Callable[[], int]

    def into(self, folder: Path) -> Taken:
        """Make a copy in a folder of copies, under a name of its own.

        Args:
            folder: holds copies; made with mode 0700 if missing.

        Raises:
            BackupError: there is nothing to copy, no room, or the copy is not whole. No copy is left then.
        """
        try:
            self._expect_something()
            self._expect_apart(folder)
            make_private_folder(folder)
            with _one_at_a_time(folder):
                remove_halves(folder)
                self._expect_room(folder)
                return self._made(folder)
        except OSError as error:
            raise BackupError(f"no copy can be made in {folder} ({error.strerror}): nothing is left of it") from error

    def _made(self, folder: Path) -> Taken:
        began, made_us, number = time.monotonic(), self.clock(), secrets.token_hex(8)
        half = folder / f"{_HALF}{number}"
        try:
            files = self._copied(half)
            account = Account(
                id=number,
                made_us=made_us,
                version=self.version,
                log_name=self.log_name,
                records=check_log(half, log_name=self.log_name),
                seconds=round(time.monotonic() - began, 3),
                files=files,
            )
            write_account(half, account)
            named = folder / f"{datetime.fromtimestamp(made_us // 1_000_000, UTC):%Y-%m-%dT%H%M%SZ}-{number[:4]}"
            half.rename(named)
            sync_folder(folder)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
        return Taken(named, account, tuple(links_of(self.places)))

    def _expect_something(self) -> None:
        if not (self.places.state / STATE_LOG).exists() and not files_of(self.places, KEYS):
            raise BackupError(
                f"expected the log in {self.places.state} and its keys in {self.places.keys}, got neither; "
                "set GREENLIT_STATE and GREENLIT_KEYS as greenlit serve has them"
            )

    def _expect_apart(self, folder: Path) -> None:
        for place in (self.places.state, self.places.keys, self.places.library, self.places.builds):
            if folder.absolute().is_relative_to(place.absolute()):
                raise BackupError(f"expected a folder outside of the installation, got {folder} in {place}")

    def _expect_room(self, folder: Path) -> None:
        needed = sum(_size(one) for part in self._parts() for one in files_of(self.places, part)) + _SPARE_BYTES
        if (free := shutil.disk_usage(folder).free) < needed:
            raise BackupError(
                f"expected {needed >> 20} MiB free in {folder}, got {free >> 20}: make room, or take another place"
            )

    def _parts(self) -> tuple[str, ...]:
        return (KEYS, STATE, LIBRARY, BUILDS) if self.builds else (KEYS, STATE, LIBRARY)

    def _copied(self, half: Path) -> dict[str, File]:
        for _ in range(_TRIES):
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(mode=0o700)
            files: dict[str, File] = {}
            for part in self._parts():
                found = files_of(self.places, part) if part != BUILDS else []
                files |= _copies(sorted(found, key=lambda one: one.name != LOG), half)
                if part == KEYS:
                    files |= self._memory(files, half)
            if _keys_in(files) == self._keys_now() and self._memory_is_in(files):
                return files | self._copied_builds(half)
        raise _changed("the keys of the log")

    def _copied_builds(self, half: Path) -> dict[str, File]:
        for _ in range(_TRIES):
            shutil.rmtree(half / BUILDS, ignore_errors=True)
            builds = self._builds_now()
            files = _copies(files_of(self.places, BUILDS), half) if self.builds else {}
            if builds == self._builds_now():
                return files
        raise _changed("builds")

    def _memory(self, files: dict[str, File], half: Path) -> dict[str, File]:
        """Copy what the signer remembers, before the log, if it had another name before it was read: it is small."""
        more: dict[str, File] = {}
        for _ in range(_QUICK_TRIES):
            if self._memory_is_in(files | more):
                break
            found = [one for one in files_of(self.places, KEYS) if one.path.name.startswith(_MEMORY)]
            more |= _copies(found, half)
        return more

    def _memory_is_in(self, files: dict[str, File]) -> bool:
        """Tell whether what the signer remembers is in the copy: a file that was found may give way to a newer one."""
        there = any(one.path.name.startswith(_MEMORY) for one in files_of(self.places, KEYS))
        return not there or any(name.startswith(f"{KEYS}/{_MEMORY}") for name in files)

    def _builds_now(self) -> dict[str, tuple[int, int, int]]:
        """Return of each file of builds that is to be copied what tells that it is another than before."""
        now: dict[str, tuple[int, int, int]] = {}
        for one in files_of(self.places, BUILDS) if self.builds else ():
            with contextlib.suppress(FileNotFoundError):
                status = one.path.stat()
                now[one.name] = (status.st_ino, status.st_size, status.st_mtime_ns)
        return now

    def _keys_now(self) -> dict[str, str]:
        return {one.name: hash_of(one.path) for one in files_of(self.places, KEYS) if one.path.suffix == ".key"}


def _changed(what: str) -> BackupError:
    return BackupError(f"{what} changed while each of {_TRIES} copies was made: try again in some minutes")


STATE_LOG = LOG.removeprefix(f"{STATE}/")


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep two from copying into one folder: each would take the other's half for one that was cut off."""
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise BackupError(f"another copy is being made in {folder}: wait for it, or take another folder") from error


def remove_halves(folder: Path) -> None:
    """Remove what copies left that were cut off."""
    for half in folder.glob(f"{_HALF}*"):
        if half.is_dir() and not half.is_symlink():
            shutil.rmtree(half, ignore_errors=True)


def whole_backups(folder: Path) -> list[Path]:
    """Return the copies in a folder that say what they hold, the newest last."""
    made: list[tuple[int, Path]] = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.name.startswith("."):
            with contextlib.suppress(BackupError):
                made.append((read_account(path).made_us, path))
    return [path for _, path in sorted(made)]


def remove_older(folder: Path, keep: int) -> list[Path]:
    """Remove all copies but the newest `keep`; return those that went.

    Raises:
        BackupError: one cannot be removed.
    """
    older = whole_backups(folder)[:-keep]
    for path in older:
        try:
            doomed = path.rename(path.with_name(f"{_HALF}{path.name}"))  # half a copy must not look like one
            shutil.rmtree(doomed)
        except OSError as error:
            raise BackupError(f"the older copy {path} cannot be removed ({error.strerror})") from error
    return older


def _copies(found: Iterable[Found], half: Path) -> dict[str, File]:
    files: dict[str, File] = {}
    shared: dict[tuple[int, int], str] = {}  # names of files that builds share, by what tells a file from any other
    for one in found:
        target = half / one.name
        try:
            status = one.path.stat()
            same = shared.setdefault((status.st_dev, status.st_ino), one.name) if status.st_nlink > 1 else one.name
            if same != one.name and same in files:
                make_private_folder(target.parent)
                target.hardlink_to(half / same)
                files[one.name] = files[same]
                continue
            sha256 = copy_database(one.path, target) if one.is_database else copy_file(one.path, target)
        except FileNotFoundError:  # such as the signer's memory, which has another name by now, or a build that went
            target.unlink(missing_ok=True)
            continue
        files[one.name] = File(sha256, target.stat().st_size)
    return files


def _keys_in(files: dict[str, File]) -> dict[str, str]:
    return {name: file.sha256 for name, file in files.items() if name.startswith(f"{KEYS}/") and name.endswith(".key")}


def _size(one: Found) -> int:
    beside = (one.path.with_name(f"{one.path.name}-wal"),) if one.is_database else ()
    size = 0
    for path in (one.path, *beside):
        with contextlib.suppress(FileNotFoundError):  # it may go at any moment: what the signer remembers does
            size += path.stat().st_size
    return size
