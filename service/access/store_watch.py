"""Looks whether a store in SQLite changed, for every request that needs it: in microseconds, without waiting.

Sees what another process did, and that another file lies there. The store has a table `changes`, whose numbers grow.
What the rows mean is the business of the store.
"""

import sqlite3
from pathlib import Path


class StoreWatch:
    """Looks at one file. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file that is there now.

        Raises:
            OSError: it is gone.
            sqlite3.Error: it cannot be opened.
        """
        self._path = path
        self._file = file_id(path)
        self._connection = connected(path, timeout_s=0.0)
        self._seen: tuple[int, int] = (-1, -1)  # SQLite's version of the data, and the newest change in it

    def newest(self) -> int:
        """Return the number of the newest change; -1 if another file lies there, or nobody can say now."""
        try:
            if self._file is None or self._file != file_id(self._path):
                return -1
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._seen[0]:
                self._seen = (version, newest_change(self._connection))
            return self._seen[1]
        except sqlite3.Error:
            return -1

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def connected(path: Path, *, timeout_s: float) -> sqlite3.Connection:
    """Return a connection to the file."""
    return sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)


def newest_change(connection: sqlite3.Connection) -> int:
    """Return the number of the newest change; 0 if there was none."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM changes").fetchone()[0])


def file_id(path: Path) -> tuple[int, int] | None:
    """Return what is another when another file lies there; `None` if none can be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
