"""Sessions of browsers and the codes of sign-in links, in a store of their own.

A session is a random id with an end; the store keeps its SHA-256, so whoever reads the file can use none. A code works
once and for minutes. Whoever may write the file may sign in: it lies in the state folder, for its owner only. The
command line puts codes there while the service runs, which is why this is a file.
"""

import contextlib
import hashlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from service.access.errors import NotSignedInError, SessionsUnavailableError
from service.access.port import NewSession

SESSIONS_FILE = "sessions.sqlite"
SESSION_LASTS_S = 12 * 3600  # a working day; whoever comes back the next one opens a new link
CODE_LASTS_S = 600  # from the terminal to the browser
_RANDOM_BYTES = 32
_BUSY_TIMEOUT_S = 2.0  # the command line writes one row
_SCHEMA = """
CREATE TABLE IF NOT EXISTS codes (code_hash BLOB PRIMARY KEY, person TEXT NOT NULL, ends_s REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sessions (id_hash BLOB PRIMARY KEY, person TEXT NOT NULL, ends_s REAL NOT NULL) STRICT;
"""


class Sessions:
    """The store, opened when it is first needed. Any thread may use it."""

    def __init__(self, *, path: Path, clock_s: Callable[[], float]) -> None:
        """Remember where it is.

        Args:
            path: the file; made, for its owner only, if it is not there.
            clock_s: seconds since 1970: an end outlives the process.
        """
        self._path = path
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def new_code(self, person: str) -> str:
        """Return a code that lets a browser sign in as somebody, once and within `CODE_LASTS_S`.

        Raises:
            SessionsUnavailableError: it cannot be written.
        """
        code = secrets.token_urlsafe(_RANDOM_BYTES)
        with self._transaction() as connection:
            self._forget_ended(connection)
            ends_s = self._clock_s() + CODE_LASTS_S
            connection.execute("INSERT INTO codes VALUES (?, ?, ?)", (_hashed(code), person, ends_s))
        return code

    def begin(self, code: str) -> NewSession:
        """Use up a code and begin a session.

        Raises:
            NotSignedInError: the code is unknown, was used, or came too late.
            SessionsUnavailableError: it cannot be written.
        """
        session_id = secrets.token_urlsafe(_RANDOM_BYTES)
        with self._transaction() as connection:
            self._forget_ended(connection)
            taken = connection.execute("DELETE FROM codes WHERE code_hash = ? RETURNING person", (_hashed(code),))
            people = taken.fetchall()
            if people:
                row = (_hashed(session_id), people[0][0], self._clock_s() + SESSION_LASTS_S)
                connection.execute("INSERT INTO sessions VALUES (?, ?, ?)", row)
        if not people:
            raise NotSignedInError("expected a new link, got one that was used, came too late, or never was")
        return NewSession(session_id, SESSION_LASTS_S)

    def person(self, session_id: str) -> str | None:
        """Return whose session this is; `None` if it is none, or has ended.

        Raises:
            SessionsUnavailableError: it cannot be read.
        """
        query = "SELECT person FROM sessions WHERE id_hash = ? AND ends_s > ?"
        with self._guarded() as connection:
            row = connection.execute(query, (_hashed(session_id), self._clock_s())).fetchone()
        return row[0] if row else None

    def end(self, session_id: str) -> None:
        """End a session; one that is none is fine.

        Raises:
            SessionsUnavailableError: it cannot be written.
        """
        with self._transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE id_hash = ?", (_hashed(session_id),))

    def close(self) -> None:
        """Close the file; closing twice is fine, and whoever comes later opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _forget_ended(self, connection: sqlite3.Connection) -> None:
        now_s = self._clock_s()
        connection.execute("DELETE FROM codes WHERE ends_s <= ?", (now_s,))
        connection.execute("DELETE FROM sessions WHERE ends_s <= ?", (now_s,))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing. Begun as a writer, so that two who bring one code come one after the other."""
        with self._guarded() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
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

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        connection = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _hashed(secret: str) -> bytes:
    """Return what is kept of an id or a code. They are 32 random bytes, so nothing has to slow a guess down."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
