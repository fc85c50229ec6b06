"""An SQLite file for its owner only, as sessions, API keys and pushed people are kept on one machine.

A `PrivateDatabase`: opened when needed, guarded; one thread at a time uses it. A file that was moved into a database is
not begun anew: it lies there under another name.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from indexes.private_sqlite import opened
from service.access.private_database import Keep, Kept
from service.access.store_watch import StoreWatch, file_id

MOVED = ".moved"  # ends the name of a file whose rows are in a database by now


def in_folder(state: Path) -> Keep:
    """Return the place of an installation that keeps everything in files of a folder."""
    return lambda kept: PrivateFile(state / kept.file, kept)


class PrivateFile:
    """The file; see `PrivateDatabase`."""

    def __init__(self, path: Path, kept: Kept) -> None:
        """Remember where it is; it is made, for its owner only, if it is not there."""
        self.path = path
        self._kept = kept
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    waits = False

    @property
    def place(self) -> str:
        """See `PrivateDatabase`."""
        return str(self.path)

    def exists(self) -> bool:
        """See `PrivateDatabase`."""
        return self.path.exists() or self.path.is_symlink() or moved_from(self.path).exists()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """See `PrivateDatabase`."""
        try:
            with self._lock:
                if self._connection is not None and self._file != file_id(self.path):
                    self._close()  # another file lies there now, such as one from a backup
                self._connection = self._connection or self._open()
                yield self._connection
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or getattr(error, "sqlite_errorname", None) or str(error)
            raise self._kept.failed(self.place, reason) from error

    @contextlib.contextmanager
    def at_one_moment(self) -> Iterator[sqlite3.Connection]:
        """See `PrivateDatabase`."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """See `PrivateDatabase`."""
        with self.reading() as connection:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Do nothing: one service has the files of a folder."""
        yield

    def watching(self) -> StoreWatch:
        """See `PrivateDatabase`."""
        with self.reading():  # made, if need be
            return StoreWatch(self.path, self._kept.changes)

    def close(self) -> None:
        """See `PrivateDatabase`."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if moved_from(self.path).exists() and not self.path.exists():
            raise self._kept.failed(
                self.place,
                "it was moved into a database: set GREENLIT_DATABASE_URL to its address, or, to go on without what "
                f"changed there, rename {moved_from(self.path).name} to {self.path.name}",
            )
        connection = opened(self.path, self._kept.prepare)
        self._file = file_id(self.path)
        return connection


def moved_from(path: Path) -> Path:
    """Return what a file is called once its rows are in a database."""
    return path.with_name(path.name + MOVED)
