"""Opens an SQLite file for its owner only, in which several processes write a row now and then.

Whoever opens makes the file and its tables if need be; of several that do it at once, one makes them and the others
find them. Commits wait for the disk, and readers do not wait for a writer (WAL). What the rows mean, and the words of
an error, are the caller's.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

_BUSY_TIMEOUT_S = 2.0  # another process writes one row, or makes the tables
_AGAIN_S = 0.005


def opened(path: Path, prepare: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    """Open a file, or make it; the folder is made too. Any thread may use the connection, one at a time.

    Args:
        path: the file; never a link.
        prepare: makes the tables, or brings them up, within one transaction that nobody else writes beside.

    Raises:
        OSError, sqlite3.Error: it cannot be opened; and whatever `prepare` raises, which then changed nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    connection = connected(path, timeout_s=_BUSY_TIMEOUT_S)
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        prepare(connection)
        connection.execute("COMMIT")
    except BaseException:
        connection.close()  # which takes back what was not committed
        raise
    return connection


def connected(path: Path, *, timeout_s: float) -> sqlite3.Connection:
    """Return a connection to the file that waits so long for another's lock."""
    return sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)


def run(connection: sqlite3.Connection, script: str) -> None:
    """Run several statements in the transaction that is open, which sqlite3's own `executescript` would end first."""
    statement = ""
    for part in script.split(";")[:-1]:
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Set the mode, once for the file. SQLite does not wait for a lock here: who reads just then makes it fail."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN_S)
        else:
            return
