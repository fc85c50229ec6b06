"""An SQLite file for its owner only, as sessions, API keys and pushed people are kept: opened when needed, guarded.

Knows how such a file is opened, read and written safely; what its rows mean is the business of the store over it.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from service.access.errors import AccessError
from service.access.store_watch import connected, file_id

_BUSY_TIMEOUT_S = 2.0  # another process writes one row


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept in a file: `prepare` makes its tables, `failed` makes the error of a reason in words."""

    prepare: Callable[[sqlite3.Connection], None]
    failed: Callable[[str], AccessError]


class PrivateDatabase:
    """The file. Any thread may use it; one at a time does."""

    def __init__(self, path: Path, kept: Kept) -> None:
        """Remember where it is; it is made, for its owner only, if it is not there."""
        self.path = path
        self._kept = kept
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection.

        Raises:
            AccessError: the file cannot be read or written, as `failed` says it.
        """
        try:
            with self._lock:
                if self._connection is not None and self._file != file_id(self.path):
                    self._close()  # another file lies there now, such as one from a backup
                self._connection = self._connection or self._open()
                yield self._connection
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or getattr(error, "sqlite_errorname", None) or str(error)
            raise self._kept.failed(reason) from error

    @contextlib.contextmanager
    def at_one_moment(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for several questions about one moment; see `reading`."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Write all or nothing, one after the other, whichever process it is; see `reading`.

        Args:
            durable: wait for the disk.
        """
        with self.reading() as connection:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; closing twice is fine, and whoever comes later opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        connection = connected(self.path, timeout_s=_BUSY_TIMEOUT_S)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            self._kept.prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._file = file_id(self.path)
        return connection
