"""Sessions, API keys and pushed people in the tables of a database that replicas share.

A `PrivateDatabase` each, over a few connections that all of them share. What one process commits, every other reads at
its next look: nothing is remembered between two requests but what a look just said is still so. Whoever writes takes a
lock of the database for that long, so that what a store read stays so until it has written, whichever process it is.
Where the server cannot be reached nothing is known, and the store says so: nobody is let in.
"""

import contextlib
import functools
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from indexes import database as shared
from indexes.database import Database
from indexes.errors import DatabaseError
from indexes.postgres_session import confirmed
from service.access.private_database import Connection, Keep, Kept, newest_change
from service.access.private_file import PrivateFile
from service.access.private_schema import SCHEMA, SCHEMA_VERSION, VERSION, bring_up

PREPARE = "greenlit audit prepare"
_MAKING, _WRITING, _RECORDING = "making", "writing", "recording"  # what a lock is for
_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Not `to_regclass`: within a transaction that goes by what this session knew before it waited for a lock.
_HAS_TABLES = """
    SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = %s AND relname = 'history'"""
_MAY_MAKE = """
    SELECT CASE WHEN to_regnamespace(%s) IS NULL THEN has_database_privilege(current_database(), 'CREATE')
    ELSE pg_has_role(current_user, nspowner, 'USAGE') END
    FROM (SELECT 1) AS one LEFT JOIN pg_namespace ON nspname = %s"""


def in_database(url: str, *, state: Path) -> Keep:
    """Return the place of an installation that keeps everything in a database.

    Args:
        url: its address.
        state: this machine's folder, where the same may have been kept in files before.

    Raises:
        DatabaseError: the address cannot be read.
    """
    database = Database(url, schema=SCHEMA, prepare=see_to_schema)
    return lambda kept: PrivateTables(database, kept, state=state)


class PrivateTables:
    """The tables of one store; see `PrivateDatabase`."""

    def __init__(self, database: Database, kept: Kept, *, state: Path | None) -> None:
        """Remember the database, and where the same may lie in a file; nothing is opened before it is needed."""
        self._database = database
        self._kept = kept
        self._file = PrivateFile(state / kept.file, kept) if state else None
        self._is_carried = False  # what a file held before is known to be here, or never was

    waits = True

    @property
    def place(self) -> str:
        """See `PrivateDatabase`."""
        return self._database.shown

    def exists(self) -> bool:
        """See `PrivateDatabase`: another process may have made something at any time."""
        return True

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """See `PrivateDatabase`."""
        with self._lent() as connection:
            yield _Spoken(connection)

    @contextlib.contextmanager
    def at_one_moment(self) -> Iterator[Connection]:
        """See `PrivateDatabase`."""
        with self._transaction(_MOMENT) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """See `PrivateDatabase`. What waits for a standby that is away is broken off, and said not to be sure."""
        commits = "" if durable else "SET LOCAL synchronous_commit = off; "
        with self._transaction(f"BEGIN; {commits}{_lock(_WRITING, self._kept)}") as connection:
            yield connection

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """See `PrivateDatabase`."""
        with self._transaction(f"BEGIN; {_lock(_RECORDING, self._kept)}"):
            yield

    def watching(self) -> "TablesWatch":
        """See `PrivateDatabase`."""
        with self.reading():
            return TablesWatch(self, self._kept.changes)

    def close(self) -> None:
        """See `PrivateDatabase`."""
        self._database.close()

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with self._lent() as connection, confirmed(connection, begin=begin):
            yield _Spoken(connection)

    @contextlib.contextmanager
    def _lent(self) -> Iterator[shared.Connection]:
        try:
            with self._database.lent() as connection:
                self._expect_carried(_Spoken(connection))
                yield connection
        except DatabaseError as error:
            raise self._kept.failed(self.place, str(error)) from None

    def _expect_carried(self, connection: Connection) -> None:
        """Refuse to begin anew where this machine still has a file of the same that was never carried here."""
        if self._is_carried:
            return
        changes, file = self._kept.changes, self._file
        if changes and file and file.path.exists() and newest_change(connection, changes) == 0:
            with contextlib.closing(file), file.reading() as there:
                is_left = newest_change(there, changes) > 0
            if is_left:
                raise DatabaseError(f"{file.path} was not carried into it: run greenlit audit move, or move it away")
        self._is_carried = True


class TablesWatch:
    """Asks the database for the newest change, each time; a `Watch`."""

    def __init__(self, tables: PrivateTables, changes: str) -> None:
        """Take the tables, of which `changes` is that of changes."""
        self._tables = tables
        self._changes = changes

    def newest(self) -> int:
        """See `Watch`."""
        try:
            with self._tables.reading() as connection:
                return newest_change(connection, self._changes)
        except Exception:  # noqa: BLE001 - each store has an error of its own; who reads anew is told why
            return -1

    def close(self) -> None:
        """Do nothing: connections are the database's."""


class _Spoken:
    """A connection of PostgreSQL that takes statements as stores say them."""

    def __init__(self, connection: shared.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Any:
        several = False if ";" in statement else None  # which cannot be prepared together
        return self._connection.execute(_translated(statement), values or None, prepare=several)


@functools.cache
def _translated(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()


def _lock(purpose: str, kept: Kept) -> str:
    """Return the statement that takes a lock until the transaction ends: one a purpose and store."""
    number = zlib.crc32(f"{SCHEMA} {purpose} {kept.file}".encode())
    return f"SELECT pg_advisory_xact_lock({number})"


def see_to_schema(connection: shared.Connection) -> None:
    """Expect the tables of this version, or make them or bring them up where the role that connects owns them.

    Raises:
        DatabaseError: they are missing or of another version, and this role may not change them.
    """
    if (version := _version(connection)) == SCHEMA_VERSION:
        return
    _expect_known(version)
    if not connection.execute(_MAY_MAKE.encode(), (SCHEMA, SCHEMA)).fetchall()[0][0]:
        what = f"it has schema {version} of sessions and keys, expected {SCHEMA_VERSION}" if version else _MISSING
        raise DatabaseError(f"{what}: run {PREPARE} as the owner of its tables")
    with connection.transaction():
        number = zlib.crc32(f"{SCHEMA} {_MAKING}".encode())
        connection.execute(f"SELECT pg_advisory_xact_lock({number})".encode())  # replicas may start at once
        bring_up(lambda statement: connection.execute(statement.encode()), _version(connection))


_MISSING = "it holds no tables of sessions and keys"


def _version(connection: shared.Connection) -> int:
    there = connection.execute(_HAS_TABLES.encode(), (SCHEMA,)).fetchall()
    return int(connection.execute(VERSION.encode()).fetchall()[0][0]) if there else 0


def _expect_known(version: int) -> None:
    if version > SCHEMA_VERSION:
        raise DatabaseError(
            f"it has schema {version} of sessions and keys, expected at most {SCHEMA_VERSION}: a newer version of "
            "Greenlit made it; use that one. Nothing was changed"
        )
