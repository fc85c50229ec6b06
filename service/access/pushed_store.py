"""The file of people and groups that an identity provider pushes here: each as the JSON that it is given back as.

Knows its form and how to write to it safely; what people and groups mean is in `pushed`. Nothing is taken out: a person
who was deleted stays as a row that says so.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any, Literal

from service.access.errors import DirectoryError
from service.access.private_database import Kept, PrivateDatabase
from service.access.store_watch import StoreWatch, newest_change

PUSHED_FILE = "people.sqlite"
Kind = Literal["user", "group"]
Row = tuple[Kind, str, dict[str, Any], bool]  # kind, id, resource, whether it was deleted
_FORM = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, resource TEXT NOT NULL,
    deleted INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS changes (number INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
"""


class PushedStore:
    """The file, opened when it is first needed. Any thread may use it."""

    def __init__(self, path: Path) -> None:
        """Remember where it is; it is made, for its owner only, if it is not there."""
        self._path = path
        self._database = PrivateDatabase(path, Kept(_prepare, self._failed))

    def exists(self) -> bool:
        """Tell whether anything was ever pushed here."""
        return self._path.exists()

    def all(self) -> tuple[int, list[Row]]:
        """Return the number of the newest change, and everything in the order in which it was made.

        Raises:
            DirectoryError: the file cannot be read.
        """
        query = "SELECT kind, id, resource, deleted FROM resources ORDER BY number"
        with self._database.at_one_moment() as connection:
            rows = [(kind, id_, json.loads(text), bool(gone)) for kind, id_, text, gone in connection.execute(query)]
            return newest_change(connection), rows

    def put(self, row: Row, *, after: int) -> int | None:
        """Write one thing, durably; return the number of this change, or `None` if another process changed something.

        Args:
            row: what to write.
            after: the newest change that the caller knows.

        Raises:
            DirectoryError: the file cannot be written.
        """
        kind, id_, resource, deleted = row
        upsert = (
            "INSERT INTO resources (id, kind, resource, deleted) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET resource = excluded.resource, deleted = excluded.deleted"
        )
        with self._database.writing() as connection:
            if newest_change(connection) != after:
                return None
            connection.execute(upsert, (id_, kind, json.dumps(resource), deleted))
            number = connection.execute("INSERT INTO changes DEFAULT VALUES").lastrowid
            connection.execute("DELETE FROM changes WHERE number < ?", (number,))
            return number

    def watching(self) -> StoreWatch:
        """Return what tells cheaply that another process changed something.

        Raises:
            DirectoryError: the file cannot be opened.
        """
        with self._database.reading():  # made, if need be
            return StoreWatch(self._path)

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        self._database.close()

    def _failed(self, reason: str) -> DirectoryError:
        return DirectoryError(f"people cannot be read or written in {self._path} ({reason})")


def _prepare(connection: sqlite3.Connection) -> None:
    form = connection.execute("PRAGMA user_version").fetchone()[0]
    if form > _FORM:
        raise DirectoryError(f"expected people in form {_FORM}, got {form}: a newer release made it; use that one")
    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_FORM}; COMMIT;")
