"""The SQLite file of deliveries: its tables, and how it is opened so that a commit outlives the power.

For its owner only; what its rows mean is in `deliveries`. There is no column for a text.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from indexes.private_sqlite import opened, run

_SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    delivery TEXT PRIMARY KEY, kind TEXT NOT NULL, team TEXT NOT NULL, enterprise TEXT, channel TEXT NOT NULL,
    user TEXT NOT NULL, ts TEXT, thread_ts TEXT, response_url TEXT, is_shared INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('taken', 'sending', 'done', 'given_up')),
    taken_s REAL NOT NULL, changed_s REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_message ON deliveries (channel, ts) WHERE ts IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_state ON deliveries (state, changed_s);
CREATE TABLE IF NOT EXISTS seen (key BLOB PRIMARY KEY, until_s REAL NOT NULL) STRICT, WITHOUT ROWID;
"""


class DeliveryFile:
    """The file, open. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            OSError, sqlite3.Error: it cannot be opened.
        """
        self._file = opened_file(path)

    def commit(self, batch: Sequence[tuple[str, Sequence[Any]]]) -> list[int]:
        """Write all of it or nothing, durably; return how many rows each statement changed."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            changed = [self._file.execute(statement, values).rowcount for statement, values in batch]
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise
        return changed

    sessions = 1  # nobody else works over it while it is open

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of a query."""
        return self._file.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def opened_file(path: Path) -> sqlite3.Connection:
    """Open the file, or make it.

    Raises:
        OSError, sqlite3.Error: it cannot be opened.
    """
    return opened(path, _prepare)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA secure_delete = ON")
    run(connection, _SCHEMA)
