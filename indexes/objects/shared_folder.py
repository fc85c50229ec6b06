"""An object store in a folder that several machines share (`file://`): a file an object, written beside and renamed.

`current` is replaced under a lock in that folder, so the share has to know locks, as NFS and SMB do. The folder is
never made: one that is missing is a share that is not mounted.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from indexes.durable import replace_file, sync_folder, written_beside
from indexes.errors import ChangedError, NoObjectError, ObjectStoreError
from indexes.objects.store import CURRENT_BYTES, Stored

_LOCK_S = 10.0  # `current` is replaced in milliseconds; longer means that something is stuck
_AT_ONCE_BYTES = 1 << 20
_MODE = 0o640  # whoever answers may run as another account than whoever ingests, in one group


class SharedFolder:
    """Objects as files. See `ObjectStore` for what each does."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is looked at."""
        self._folder = folder

    @property
    def shown(self) -> str:
        """Its address, without anything secret."""
        return f"file://{self._folder}"

    def get(self, key: str, *, most_bytes: int | None = None) -> tuple[bytes, str]:
        """Return a small object and its tag."""
        with self._words(key), self._path(key).open("rb") as file:
            content = file.read() if most_bytes is None else file.read(max(most_bytes, CURRENT_BYTES))
            size = os.fstat(file.fileno()).st_size
        return content[:most_bytes], f"{size} {hashlib.sha256(content[:CURRENT_BYTES]).hexdigest()}"

    def fetch(self, key: str, path: Path) -> None:
        """Write an object to a file here."""
        with self._words(key):
            source = self._path(key).open("rb")
        with source, path.open("wb") as file:
            while True:
                with self._words(key):  # what the share refuses is not told as this disk's
                    content = source.read(_AT_ONCE_BYTES)
                if not content:
                    return
                file.write(content)

    def stat(self, key: str) -> Stored:
        """Tell of an object."""
        with self._words(key):
            return _stored(key, self._path(key).stat())

    def put(self, key: str, content: bytes | Path) -> None:
        """Write an object."""
        with self._words(key, write=True):
            path = self._made(key)
            if isinstance(content, bytes):
                replace_file(path, content, mode=_MODE)
                return
            with written_beside(path, b"", mode=_MODE) as beside:
                shutil.copyfile(content, beside)
                with beside.open("rb") as file:
                    os.fsync(file.fileno())
                beside.replace(path)
            sync_folder(path.parent)

    def swap(self, key: str, content: bytes, *, tag: str | None) -> None:
        """Write an object in the place of the one with a tag."""
        with self._words(key, write=True):
            path = self._made(key)
            try:
                with FileLock(self._folder / f".{key}.lock", timeout=_LOCK_S):
                    if tag != self._tag(key):
                        raise ChangedError(f"{key} in {self.shown} is another one by now")
                    replace_file(path, content, mode=_MODE)
            except Timeout as error:
                raise ObjectStoreError(
                    f"{self.shown} has been locked for {_LOCK_S:.0f} s: see which process holds .{key}.lock there"
                ) from error

    def list(self, prefix: str) -> list[Stored]:
        """Return the objects whose keys begin so."""
        with self._words(prefix):
            return sorted(self._under(self._folder / prefix, prefix), key=lambda stored: stored.key)

    def delete(self, keys: Collection[str]) -> None:
        """Remove objects."""
        for key in keys:
            with self._words(key, write=True):
                self._path(key).unlink(missing_ok=True)

    def _tag(self, key: str) -> str | None:
        try:
            return self.get(key)[1]
        except NoObjectError:
            return None

    def _path(self, key: str) -> Path:
        if not self._folder.is_dir():
            raise ObjectStoreError(f"{self.shown} is not there: mount the share, or make the folder")
        return self._folder / key

    def _made(self, key: str) -> Path:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _under(self, folder: Path, prefix: str) -> Iterator[Stored]:
        self._path("")
        if not folder.is_dir():
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):  # what a crash left beside
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from self._under(folder / entry.name, f"{prefix}{entry.name}/")
                else:
                    with contextlib.suppress(FileNotFoundError):  # it went away meanwhile
                        yield _stored(f"{prefix}{entry.name}", entry.stat())

    @contextlib.contextmanager
    def _words(self, key: str, *, write: bool = False) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NoObjectError(f"{self.shown} holds no {key}") from error
        except PermissionError as error:
            may = "write" if write else "read"
            raise ObjectStoreError(f"{self.shown} denies access to {key}: let this account {may} there") from error
        except OSError as error:
            does = "written" if write else "read"
            raise ObjectStoreError(f"{key} in {self.shown} cannot be {does}: {error.strerror}") from error


def _stored(key: str, status: os.stat_result) -> Stored:
    return Stored(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
