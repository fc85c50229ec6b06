"""The file in which sessions are kept, with the codes and logins that begin them and who signed in last.

Knows its form and how to write to it safely; what the rows mean is in `sessions`, `logins` and `seen`. Whoever may
write the file may sign in: it lies in the state folder, for its owner only. The command line puts codes there while the
service runs, which is why this is a file. A file of another form is emptied: nothing in it lasts longer than a day.
"""

import contextlib
import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from service.access.errors import SessionsUnavailableError

SESSIONS_FILE = "sessions.sqlite"
_BUSY_TIMEOUT_S = 2.0  # the command line writes one row
_FORM = 2
_TABLES = ("codes", "sessions", "logins", "people")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS codes (code_hash BLOB PRIMARY KEY, person TEXT NOT NULL, ends_s REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    id_hash BLOB PRIMARY KEY, person TEXT NOT NULL, email TEXT, name TEXT NOT NULL, groups TEXT NOT NULL,
    id_token TEXT, used_s REAL NOT NULL, ends_s REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS logins (
    id_hash BLOB PRIMARY KEY, state TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL, ends_s REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS people (
    person TEXT PRIMARY KEY, email TEXT, name TEXT NOT NULL, groups TEXT NOT NULL, seen_s REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS people_by_email ON people (email);
"""


class SessionFile:
    """The file, opened when it is first needed. Any thread may use it."""

    def __init__(self, *, path: Path, clock_s: Callable[[], float]) -> None:
        """Remember where it is.

        Args:
            path: the file; made, for its owner only, if it is not there.
            clock_s: seconds since 1970: an end outlives the process.
        """
        self._path = path
        self.clock_s = clock_s
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection.

        Raises:
            SessionsUnavailableError: the file cannot be read or written.
        """
        try:
            with self._lock:
                self._connection = self._connection or self._open()
                yield self._connection
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or getattr(error, "sqlite_errorname", None) or str(error)
            raise SessionsUnavailableError(
                f"sessions cannot be read or written in {self._path} ({reason}): free the disk, or remove the file, "
                "which signs every browser out"
            ) from error

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Write all or nothing. Begun as a writer, so that two who bring one code come one after the other.

        Args:
            durable: wait for the disk; what ended must not come back after a power cut.

        Raises:
            SessionsUnavailableError: the file cannot be read or written.
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

    def forget_ended(self, connection: sqlite3.Connection) -> None:
        """Take out what has ended; for whoever writes anyway."""
        now_s = self.clock_s()
        for table in ("codes", "sessions", "logins"):
            connection.execute(f"DELETE FROM {table} WHERE ends_s <= ?", (now_s,))  # nosec B608  # noqa: S608  (a name of ours)

    def close(self) -> None:
        """Close the file; closing twice is fine, and whoever comes later opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        connection = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA secure_delete = ON")
            if connection.execute("PRAGMA user_version").fetchone()[0] != _FORM:
                dropped = "".join(f"DROP TABLE IF EXISTS {table};" for table in _TABLES)
                connection.executescript(f"BEGIN IMMEDIATE; {dropped} PRAGMA user_version = {_FORM}; COMMIT;")
            connection.executescript(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def hashed(secret: str) -> bytes:
    """Return what is kept of an id or a code. They are 32 random bytes, so nothing has to slow a guess down."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
