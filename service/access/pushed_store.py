"""Where people and groups lie that an identity provider pushes here: each as the JSON that it is given back as.

Knows the form and how to write to it safely; what people and groups mean is in `pushed`. Nothing is taken out: a person
who was deleted stays as a row that says so.
"""

import json
import sqlite3
from typing import Any, Literal

from indexes.private_sqlite import run
from service.access.errors import DirectoryError
from service.access.private_database import Keep, Kept, Watch, newest_change

PUSHED_FILE = "people.sqlite"
Kind = Literal["user", "group"]
Row = tuple[Kind, str, dict[str, Any], bool]  # kind, id, resource, whether it was deleted
_CHANGES = "people_changes"
_FORM = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, resource TEXT NOT NULL,
    deleted INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS people_changes (number INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
"""


class PushedStore:
    """Their place, opened when it is first needed. Any thread may use it."""

    def __init__(self, keep: Keep) -> None:
        """Remember where it is, in the place of the installation."""
        self._database = keep(KEPT)

    def exists(self) -> bool:
        """Tell whether anything may have been pushed here."""
        return self._database.exists()

    def all(self) -> tuple[int, list[Row]]:
        """Return the number of the newest change, and everything in the order in which it was made.

        Raises:
            DirectoryError: they cannot be read.
        """
        query = "SELECT kind, id, resource, deleted FROM resources ORDER BY number"
        with self._database.at_one_moment() as connection:
            rows = [(kind, id_, json.loads(text), bool(gone)) for kind, id_, text, gone in connection.execute(query)]
            return newest_change(connection, _CHANGES), rows

    def put(self, row: Row, *, after: int) -> int | None:
        """Write one thing, durably; return the number of this change, or `None` if another process changed something.

        Args:
            row: what to write.
            after: the newest change that the caller knows.

        Raises:
            DirectoryError: they cannot be written.
        """
        kind, id_, resource, deleted = row
        upsert = (
            "INSERT INTO resources (id, kind, resource, deleted) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET resource = excluded.resource, deleted = excluded.deleted"
        )
        with self._database.writing() as connection:
            if newest_change(connection, _CHANGES) != after:
                return None
            connection.execute(upsert, (id_, kind, json.dumps(resource), int(deleted)))
            made = connection.execute("INSERT INTO people_changes DEFAULT VALUES RETURNING number").fetchall()
            number = int(made[0][0])
            connection.execute("DELETE FROM people_changes WHERE number < ?", (number,))
            return number

    def watching(self) -> Watch:
        """Return what tells cheaply that another process changed something.

        Raises:
            DirectoryError: they cannot be opened.
        """
        return self._database.watching()

    def close(self) -> None:
        """Close it; closing twice is fine."""
        self._database.close()


def _failed(place: str, reason: str) -> DirectoryError:
    return DirectoryError(f"people cannot be read or written in {place} ({reason})")


def _prepare(connection: sqlite3.Connection) -> None:
    form = connection.execute("PRAGMA user_version").fetchone()[0]
    if form > _FORM:
        raise DirectoryError(f"expected people in form {_FORM}, got {form}: a newer release made it; use that one")
    renamed = "ALTER TABLE changes RENAME TO people_changes;" if form == 1 else ""
    run(connection, f"{renamed} {_SCHEMA} PRAGMA user_version = {_FORM};")


KEPT = Kept(PUSHED_FILE, _prepare, _failed, tables=("resources", _CHANGES), changes=_CHANGES)
