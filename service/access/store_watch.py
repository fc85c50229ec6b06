"""Looks whether a store in an SQLite file changed, for every request that needs it: in microseconds, without waiting.

Sees what another process did, and that another file lies there. The store has a table of changes, whose numbers grow.
What the rows mean is the business of the store.
"""

import sqlite3
import threading
from pathlib import Path

from indexes.private_sqlite import connected
from service.access.private_database import newest_change


class StoreWatch:
    """Looks at one file; a `Watch`."""

    def __init__(self, path: Path, changes: str) -> None:
        """Open the file that is there now, in which `changes` is the table of changes.

        Raises:
            OSError: it is gone.
            sqlite3.Error: it cannot be opened.
        """
        self._path = path
        self._changes = changes
        self._file = file_id(path)
        self._looking = threading.Lock()  # held for microseconds
        self._connection = connected(path, timeout_s=0.0)
        self._seen: tuple[int, int] = (-1, -1)  # SQLite's version of the data, and the newest change in it

    def newest(self) -> int:
        """Return the number of the newest change; -1 if another file lies there, or nobody can say now."""
        try:
            with self._looking:
                if self._file is None or self._file != file_id(self._path):
                    return -1
                version = self._connection.execute("PRAGMA data_version").fetchone()[0]
                if version != self._seen[0]:
                    self._seen = (version, newest_change(self._connection, self._changes))
                return self._seen[1]
        except sqlite3.Error:
            return -1

    def close(self) -> None:
        """Close the file."""
        with self._looking:
            self._connection.close()


def file_id(path: Path) -> tuple[int, int] | None:
    """Return what is another when another file lies there; `None` if none can be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
