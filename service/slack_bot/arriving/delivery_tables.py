"""Deliveries in the database that replicas share, so that a bot on another machine goes on where this one was.

One bot works over it at a time: the lock that says so is the session's that writes. Whoever loses the connection loses
both, and a bot that comes back while another works is told so and takes nothing. There is no column for a text.
"""

import time
import zlib
from collections.abc import Sequence
from typing import Any

from indexes.database import Connection, Database
from indexes.errors import DatabaseError
from indexes.postgres_session import confirmed
from service.slack_bot.arriving.delivery_schema import HAS_TABLES, SCHEMA, SCHEMA_VERSION, VERSION, granted, made

PREPARE = "greenlit audit prepare"
_MAKING, _WORKING = (zlib.crc32(f"{SCHEMA} {what}".encode()) for what in ("making", "working"))
_ENDS_WITHIN_S, _AGAIN_S = 0.5, 0.05  # of a session that has just ended, perhaps ours
_MAY_MAKE = f"""
    SELECT COALESCE(has_schema_privilege(to_regnamespace('{SCHEMA}'), 'CREATE'),
        has_database_privilege(current_database(), 'CREATE'))"""  # nosec B608


class DeliveryTables:
    """The tables. Nothing is opened before it is needed; one thread at a time."""

    def __init__(self, url: str) -> None:
        """Take the address of the database.

        Raises:
            DatabaseError: it cannot be read.
        """
        self._database = Database(url, schema=SCHEMA, prepare=self._begun, most=1)
        self._sessions = 0

    def __str__(self) -> str:
        """Return the database, without who connects and how."""
        return self._database.shown

    def commit(self, batch: Sequence[tuple[str, Sequence[Any]]]) -> list[int]:
        """Write all of it or nothing, durably; return how many rows each statement changed."""
        with self._database.lent() as connection, confirmed(connection):
            return [connection.execute(_spoken(statement), values).rowcount for statement, values in batch]

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of a query."""
        with self._database.lent() as connection:
            return connection.execute(_spoken(query), values).fetchall()

    @property
    def sessions(self) -> int:
        """How many sessions with it there were so far: between two of them another bot may have worked."""
        return self._sessions

    def _begun(self, connection: Connection) -> None:
        _ready(connection)
        self._sessions += 1

    def close(self) -> None:
        """Close it, so that another bot may work."""
        self._database.close()


def _spoken(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()


def prepare(url: str, *, role: str) -> None:
    """Make the tables of a database, as its owner, and let a role, whose name was checked, keep deliveries there.

    Raises:
        DatabaseError: the database cannot be reached, or whoever connects may not do that.
    """
    database = Database(url, schema=SCHEMA, prepare=prepare_tables, most=1)
    try:
        with database.lent() as connection, connection.transaction():
            for statement in granted(role) if role else []:
                connection.execute(statement.encode())
    finally:
        database.close()


def prepare_tables(connection: Connection) -> None:
    """Expect the tables of this version, or make them where the role that connects may.

    Raises:
        DatabaseError: they are missing or of another version, and this role may not make them.
    """
    if (version := _version(connection)) == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise DatabaseError(
            f"it has schema {version} of Slack's deliveries, expected {SCHEMA_VERSION}: a newer version of Greenlit "
            "made it; use that one"
        )
    if not connection.execute(_MAY_MAKE.encode()).fetchall()[0][0]:
        raise DatabaseError(f"it holds no tables of Slack's deliveries: run {PREPARE} as its owner")
    with connection.transaction():
        connection.execute(f"SELECT pg_advisory_xact_lock({_MAKING})".encode())
        if not _version(connection):
            for statement in made():
                connection.execute(statement.encode())


def _version(connection: Connection) -> int:
    if not connection.execute(HAS_TABLES.encode()).fetchall():
        return 0
    return int(connection.execute(VERSION.encode()).fetchall()[0][0])


def _ready(connection: Connection) -> None:
    prepare_tables(connection)
    until_s = time.monotonic() + _ENDS_WITHIN_S
    while not connection.execute(f"SELECT pg_try_advisory_lock({_WORKING})".encode()).fetchall()[0][0]:
        if time.monotonic() >= until_s:
            raise DatabaseError("another Slack bot works over it: stop that one, or wait until it is let go of")
        time.sleep(_AGAIN_S)
