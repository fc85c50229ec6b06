"""The API keys: what is kept of each, and every making and revoking with a number that grows.

A key's secret is not in it, only an HMAC under a pepper that lies among the log's keys. The command line writes here
while the service runs. A change acts in the service only once it is marked as recorded, and `acting` gives the keys of
recorded changes alone. Knows no secret and no clock; what the rows mean is in `key_ring` and `keys`.
"""

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from indexes.private_sqlite import run
from service.access.errors import KeysError, KeyWishError, NoKeyError
from service.access.private_database import Connection, Keep, Kept, Watch, may_be_kept, newest_change

KEYS_FILE = "api_keys.sqlite"
_CHANGES = "key_changes"
_FORM = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    key_id TEXT PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL, scopes TEXT NOT NULL, groups TEXT NOT NULL,
    made_by TEXT NOT NULL, made_at TEXT NOT NULL, expires TEXT NOT NULL, revoked_at TEXT, last_used TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS key_changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key_id TEXT NOT NULL, by TEXT NOT NULL,
    recorded INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS peppers (number INTEGER PRIMARY KEY, mark BLOB NOT NULL) STRICT;
"""
_NO_KEY = "expected the name or id of a key that is not revoked, got another"
_ANOTHER_PEPPER = (
    "the API keys were made with another api-pepper.key than the one in GREENLIT_KEYS: put that one back, which every "
    "replica needs; if nobody has it any more, revoke the keys and make new ones"
)
_COLUMNS = "key_id, name, hash, scopes, groups, made_by, made_at, expires, revoked_at, last_used"


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key. Times are UTC, in ISO 8601; `expires` is the last day on which it opens anything."""

    key_id: str
    name: str
    hash: bytes = field(repr=False)
    scopes: frozenset[str]
    groups: frozenset[str]
    made_by: str
    made_at: str
    expires: date
    revoked_at: str | None = None
    last_used: date | None = None

    def lives(self, today: date) -> bool:
        """Tell whether it opens anything on a day."""
        return self.revoked_at is None and today <= self.expires


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key was made or revoked, by whom. Numbers only grow."""

    number: int
    kind: Literal["created", "revoked"]
    by: str
    key: Key


class KeyStore:
    """The place of keys, opened when it is first needed. Any thread may use it."""

    def __init__(self, keep: Keep) -> None:
        """Remember where it is, in the place of the installation."""
        self._database = keep(KEPT)
        self.waits = self._database.waits

    def add(self, key: Key, *, today: date) -> None:
        """Keep a new key, not recorded yet.

        Raises:
            KeyWishError: a key that lives has this name.
            KeysError: they cannot be written.
        """
        with self._database.writing() as connection:
            if any(one.lives(today) for one in _keys(connection, "WHERE name = ?", key.name)):
                raise KeyWishError("expected a name that no other key has: revoke that one first")
            row = (key.key_id, key.name, key.hash, _joined(key.scopes), _joined(key.groups), key.made_by, key.made_at)
            row_end = (key.expires.isoformat(), None, None)
            connection.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, *row_end))
            _note_change(connection, "created", key.key_id, key.made_by)

    def revoke(self, name_or_id: str, *, by: str, at: str) -> Key:
        """Revoke a key by id or, among those that are not revoked, by name; return it.

        Raises:
            NoKeyError: there is none.
            KeysError: they cannot be written.
        """
        if not may_be_kept(name_or_id):
            raise NoKeyError(_NO_KEY)
        with self._database.writing() as connection:
            found = _keys(connection, "WHERE key_id = ? AND revoked_at IS NULL", name_or_id)
            found = found or _keys(connection, "WHERE name = ? AND revoked_at IS NULL", name_or_id)
            if not found:
                raise NoKeyError(_NO_KEY)
            for key in found:  # an expired one may have the same name
                connection.execute("UPDATE keys SET revoked_at = ? WHERE key_id = ?", (at, key.key_id))
                _note_change(connection, "revoked", key.key_id, by)
            return _keys(connection, "WHERE key_id = ?", found[-1].key_id)[0]

    def forget(self, key_id: str) -> None:
        """Take out a key that was never recorded, so never acted: whoever made it was told that it failed.

        Raises:
            KeysError: they cannot be written.
        """
        with self._database.writing() as connection:
            recorded = "SELECT 1 FROM key_changes WHERE key_id = ? AND recorded = 1"
            if connection.execute(recorded, (key_id,)).fetchone() is None:
                connection.execute("DELETE FROM key_changes WHERE key_id = ?", (key_id,))
                connection.execute("DELETE FROM keys WHERE key_id = ?", (key_id,))

    def all(self) -> list[Key]:
        """Return every key that was ever made, the oldest first; where none was, nothing is made to keep any.

        Raises:
            KeysError: they cannot be read.
        """
        if not self._database.exists():
            return []
        with self._database.reading() as connection:
            made = "SELECT min(number) FROM key_changes WHERE key_changes.key_id = keys.key_id"  # nosec B608
            return _keys(connection, f"ORDER BY ({made})")

    def unrecorded(self) -> list[KeyChange]:
        """Return the changes that are not recorded yet, in order.

        Raises:
            KeysError: they cannot be read.
        """
        query = "SELECT number, kind, by, key_id FROM key_changes WHERE recorded = 0 ORDER BY number"
        with self._database.at_one_moment() as connection:
            rows = connection.execute(query).fetchall()
            return [
                KeyChange(number, kind, by, _keys(connection, "WHERE key_id = ?", key_id)[0])
                for number, kind, by, key_id in rows
            ]

    def mark_recorded(self, number: int) -> None:
        """Remember, durably, that a change is on record.

        Raises:
            KeysError: they cannot be written.
        """
        with self._database.writing() as connection:
            connection.execute("UPDATE key_changes SET recorded = 1 WHERE number = ?", (number,))

    def acting(self) -> tuple[int, dict[str, Key]] | None:
        """Return the newest change's number and the keys that are not revoked, by id; `None` if one is not recorded.

        Raises:
            KeysError: they cannot be read.
        """
        with self._database.at_one_moment() as connection:
            if connection.execute("SELECT 1 FROM key_changes WHERE recorded = 0").fetchone():
                return None
            made = "WHERE revoked_at IS NULL AND key_id IN (SELECT key_id FROM key_changes WHERE kind = 'created')"
            return newest_change(connection, _CHANGES), {key.key_id: key for key in _keys(connection, made)}

    def note_used(self, key_id: str, day: date) -> None:
        """Note the day on which a key was used last; a power cut may lose it.

        Raises:
            KeysError: they cannot be written.
        """
        with self._database.writing(durable=False) as connection:
            connection.execute("UPDATE keys SET last_used = ? WHERE key_id = ?", (day.isoformat(), key_id))

    def expect_pepper(self, mark: bytes) -> None:
        """Expect the pepper with which the keys were made; another one may follow when none is left that it opens.

        Args:
            mark: what tells a pepper from any other.

        Raises:
            KeysError: the keys were made with another one, or they cannot be read or written.
        """
        known, left = "SELECT mark FROM peppers", "SELECT 1 FROM keys WHERE revoked_at IS NULL"
        with self._database.reading() as connection:
            rows = connection.execute(known).fetchall()
        if [bytes(row[0]) for row in rows] == [mark]:
            return
        with self._database.writing() as connection:
            rows = connection.execute(known).fetchall()  # another process may have come first
            is_another = [bytes(row[0]) for row in rows] not in ([], [mark])
            if is_another and connection.execute(left).fetchone() is not None:
                raise KeysError(_ANOTHER_PEPPER)
            connection.execute("DELETE FROM peppers")
            connection.execute("INSERT INTO peppers VALUES (1, ?)", (mark,))

    def recording(self) -> AbstractContextManager[None]:
        """Have changes put on record meanwhile by one process at a time, so that each is given to the record once.

        Raises:
            KeysError: nobody can say whether another does.
        """
        return self._database.alone()

    def watching(self) -> Watch:
        """Return what tells cheaply that another process changed the keys.

        Raises:
            KeysError: they cannot be opened.
        """
        return self._database.watching()

    def close(self) -> None:
        """Close it; closing twice is fine, and whoever comes later opens it again."""
        self._database.close()


def _failed(place: str, reason: str) -> KeysError:
    return KeysError(f"API keys cannot be read or written in {place} ({reason})")


def _prepare(connection: sqlite3.Connection) -> None:
    form = connection.execute("PRAGMA user_version").fetchone()[0]
    if form > _FORM:
        raise KeysError(f"expected API keys in form {_FORM}, got {form}: a newer release made them; use that one")
    renamed = "ALTER TABLE changes RENAME TO key_changes;" if form == 1 else ""
    run(connection, f"{renamed} {_SCHEMA} PRAGMA user_version = {_FORM};")


KEPT = Kept(KEYS_FILE, _prepare, _failed, tables=("keys", _CHANGES, "peppers"), changes=_CHANGES)


def _note_change(connection: Connection, kind: str, key_id: str, by: str) -> None:
    connection.execute("INSERT INTO key_changes (kind, key_id, by) VALUES (?, ?, ?)", (kind, key_id, by))


def _joined(words: frozenset[str]) -> str:
    return "\n".join(sorted(words))  # no scope and no name of a group holds a newline


def _keys(connection: Connection, which: str, *values: str) -> list[Key]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM keys {which}", values).fetchall()  # nosec B608  # noqa: S608  (words of ours)
    return [
        Key(
            key_id=row[0],
            name=row[1],
            hash=bytes(row[2]),
            scopes=frozenset(row[3].split("\n")) - {""},
            groups=frozenset(row[4].split("\n")) - {""},
            made_by=row[5],
            made_at=row[6],
            expires=date.fromisoformat(row[7]),
            revoked_at=row[8],
            last_used=date.fromisoformat(row[9]) if row[9] else None,
        )
        for row in rows
    ]
