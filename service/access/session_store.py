"""Where sessions are kept, with the codes and logins that begin them and who signed in last.

Knows the form and how to write safely; what the rows mean is in `sessions` and `logins`. Whoever may write there may
sign in: a file lies in the state folder, for its owner only. The command line puts codes there while the service runs.
A file of another form is emptied: nothing in it lasts longer than a day.
"""

import hashlib
import sqlite3
from collections.abc import Callable

from indexes.private_sqlite import run
from service.access.errors import SessionsUnavailableError
from service.access.private_database import Connection, Keep, Kept

SESSIONS_FILE = "sessions.sqlite"
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


class SessionStore:
    """The place of sessions, opened when it is first needed. Any thread may use it."""

    def __init__(self, keep: Keep, *, clock_s: Callable[[], float]) -> None:
        """Remember where it is.

        Args:
            keep: the place of the installation.
            clock_s: seconds since 1970: an end outlives the process.
        """
        self.clock_s = clock_s
        # What ended must not come back after a power cut, so writing waits for the disk unless told otherwise.
        database = keep(KEPT)
        self.waits = database.waits
        self.reading, self.writing, self.close = database.reading, database.writing, database.close

    def forget_ended(self, connection: Connection) -> None:
        """Take out what has ended; for whoever writes anyway."""
        now_s = self.clock_s()
        for table in ("codes", "sessions", "logins"):
            connection.execute(f"DELETE FROM {table} WHERE ends_s <= ?", (now_s,))  # nosec B608  # noqa: S608  (a name of ours)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA secure_delete = ON")
    if connection.execute("PRAGMA user_version").fetchone()[0] != _FORM:
        dropped = "".join(f"DROP TABLE IF EXISTS {table};" for table in _TABLES)
        run(connection, f"{dropped} PRAGMA user_version = {_FORM};")
    run(connection, _SCHEMA)


def _failed(place: str, reason: str) -> SessionsUnavailableError:
    mend = ": free the disk, or remove the file, which signs every browser out" if place.endswith(SESSIONS_FILE) else ""
    return SessionsUnavailableError(f"sessions cannot be read or written in {place} ({reason}){mend}")


KEPT = Kept(SESSIONS_FILE, _prepare, _failed, tables=_TABLES)


def hashed(secret: str) -> bytes:
    """Return what is kept of an id or a code. They are 32 random bytes, so nothing has to slow a guess down."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
