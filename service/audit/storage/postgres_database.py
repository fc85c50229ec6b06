"""One PostgreSQL database: its connections, and what its errors mean in words.

The address is never shown whole: `shown` names host and database (`indexes.postgres_address`). Connections that read
are read-only for the server, and kept for the next (`postgres_readers`); one that was lost meanwhile is made anew.
A server that is gone is noticed within seconds, on both sides. Nothing that was to be written reaches a log or an
error. Whether the server keeps what it says it keeps is asked of each connection that writes.
"""

import contextlib
import functools
import logging
import os
import platform
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo

from indexes.postgres_address import UNREADABLE, read_address, shown_address
from indexes.postgres_session import ALIKE, SHARED, BoundedConnection, is_shared, opened_as_it_is
from service.audit.errors import AuditUnavailableError
from service.audit.storage.postgres_errors import WHEN_DAMAGED, refused, told
from service.audit.storage.postgres_readers import KeptReaders, Place
from service.audit.storage.postgres_schema import SCHEMA, TRIGGERS

Connection = BoundedConnection
_STREAM_PAGE = 512  # numbers a page: at most 32 MiB of leaves
# In milliseconds; less than a caller's patience (`writer`). The server lets go of a client that is gone without a word,
# or that takes nothing of what it is sent.
_WRITES = """
    SET default_transaction_isolation = 'read committed';
    SET lock_timeout = 5000; SET statement_timeout = 20000; SET idle_in_transaction_session_timeout = 20000;
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = 10000"""
# Whoever holds the lease and is not heard of for so long loses it; the server's clock alone counts.
_LEASE = """
    SET idle_session_timeout = 6000; SET statement_timeout = 2000;
    SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = 5000"""
_READS = """
    SET lock_timeout = 5000; SET statement_timeout = 120000; SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"""
# How long a server that stands still is waited for, in seconds. Nobody waits for who writes (`writer`), and a commit
# that waits for a standby is kept.
_LEASE_S, _READING_S = 4.0, 130.0
_LOOKS = "SET statement_timeout = 0"  # through all of a log, which an operator may take the time for
_KEEPS = """
    SELECT pg_is_in_recovery(), current_setting('fsync'), current_setting('synchronous_commit'),
        current_setting('server_encoding'), current_setting('server_version_num')::int"""
_COMMITS = "SELECT set_config('synchronous_commit', %s, false)"
_OLDEST_SERVER = 140000  # 14: triggers that are replaced in their place
_COUNTED = "SELECT COUNT(*), COALESCE(MAX(seq) + 1, 0) FROM leaves"
_FIRING = """
    SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = ? AND NOT tgisinternal AND tgenabled = 'A'"""

# It warns of what it ignores while a transaction fails; why that failed is told by whoever ran it.
logging.getLogger("psycopg").setLevel(logging.ERROR)

_T = TypeVar("_T")
_CANCEL_S = 2.0


class PostgresDatabase:
    """A database by its address; nothing is opened before it is needed."""

    def __init__(self, url: str) -> None:
        """Take an address.

        Args:
            url: as libpq reads it.

        Raises:
            AuditUnavailableError: it cannot be read; what is wrong with it is not repeated, for it may hold a password.
        """
        self._said = read_address(url)
        if not self._said:
            raise AuditUnavailableError(UNREADABLE)
        self.shown = shown_address(self._said)
        self._readers = KeptReaders()
        # Who only reads need not say that it is done. Not at the end of a process, which may have been forked off.
        weakref.finalize(self, self._readers.let_go).atexit = False
        self._looks = threading.Lock()
        self._looking: list[Connection] = []  # for damage

    def connect(self) -> Connection:
        """Return a new connection that reads only, to be closed by the caller; each statement is its own transaction.

        Raises:
            AuditUnavailableError: there is none to be had.
        """
        return self._connect(_READS, _READING_S)

    def connect_to_write(self) -> Connection:
        """Return a new connection that writes, once it is known that the server keeps what it says it keeps.

        Raises:
            AuditUnavailableError: there is none to be had, or it would lose records.
        """
        connection = self._connect(_WRITES, None)
        try:
            self.guarded("opened", lambda: self._expect_kept(connection))
        except BaseException:
            connection.close()
            raise
        return connection

    def connect_for_lease(self) -> Connection:
        """Return a new connection that the server ends when nothing is heard on it for 6 s.

        Raises:
            AuditUnavailableError: there is none to be had.
        """
        return self._connect(_LEASE, _LEASE_S)

    def _connect(self, settings: str, patience_s: float | None) -> Connection:
        try:
            name = f"greenlit {platform.node()[:32]} {os.getpid()}"
            conninfo = make_conninfo("", **self._said, application_name=name)
            connection = BoundedConnection.connect(conninfo, autocommit=True)
        except psycopg.Error as error:
            # Raised out here, so that it is not chained to an error that may show the address.
            problem = refused(self._words("opened"), error, self._said.get("password", ""))
        else:
            connection.patience_s = patience_s
            try:
                self.guarded("opened", lambda: self._settle(connection, settings))
            except BaseException:
                connection.close()
                raise
            return connection
        raise problem

    def _settle(self, connection: Connection, settings: str) -> None:
        if is_shared(connection, lambda: opened_as_it_is(self._said, purpose="greenlit")):
            raise AuditUnavailableError(f"{self._words('opened')}: {SHARED}")
        connection.execute(f"{ALIKE}; SET search_path = {SCHEMA}; {settings}".encode())

    def _expect_kept(self, connection: Connection) -> None:
        standby, fsync, commits, encoding, version = _one(connection, _KEEPS)
        problems = {
            f"expected PostgreSQL 14 or newer, got {version // 10000}": version < _OLDEST_SERVER,
            "it is a standby, which takes no records: name the primary, or both with target_session_attrs=read-write": (
                standby
            ),
            "the server keeps nothing at a power cut: expected its fsync on, got off": fsync != "on",
            f"expected its encoding UTF8, got {encoding}": encoding != "UTF8",
        }
        for problem, is_so in problems.items():
            if is_so:
                raise AuditUnavailableError(f"{self._words('opened')}: {problem}")
        # Said for this session: that what was acknowledged may be lost is not for a default to decide, nor for one
        # that changes while a service runs.
        connection.execute(_COMMITS, ("on" if commits == "off" else commits,))

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """See `leaf_reads.Database.rows`."""
        place, kept = self._readers.take()
        if kept is not None:
            with contextlib.suppress(psycopg.Error):  # lost meanwhile, perhaps: reading again does no harm
                return self._read(kept, query, parameters, place)
        return self.guarded("read", lambda: self._read(self.connect(), query, parameters, place))

    def _read(
        self, connection: Connection, query: str, parameters: Sequence[object], place: Place | None
    ) -> list[tuple[Any, ...]]:
        try:
            found = _all(connection, query, parameters)
        except BaseException:
            connection.close()
            raise
        self._readers.give(connection, place)
        return found

    def keep(self) -> None:
        """Keep connections that read from now on, until `let_go`; so it is at first."""
        self._readers.keep()

    def let_go(self) -> None:
        """Close the connections that are kept, and keep none from now on."""
        self._readers.let_go()

    def stream(self, query: str, start: int, end: int) -> Iterator[tuple[Any, ...]]:
        """See `leaf_reads.Database.stream`."""
        place, kept = self._readers.take()
        connection = kept or self.connect()
        try:
            begin = start
            while begin < end:
                until = min(end, begin + _STREAM_PAGE if begin >= 0 else 0)
                yield from self.guarded("read", functools.partial(_all, connection, query, (begin, until)))
                begin = until
        except AuditUnavailableError:
            connection.close()  # lost, or not to be relied on
            raise
        finally:
            self._readers.give(connection, place)

    def damage(self) -> str | None:
        """Return what is wrong with the tables as such, in words; `None` if nothing is.

        Sees triggers that are gone or do not fire, and numbers that are missing. That pages are as they were written is
        for the server's checksums, which tell of it when rows are read.
        """
        with closing(self.connect()) as connection:
            with self._looks:
                self._looking.append(connection)
            try:
                return self.guarded("read", lambda: self._look(connection))
            finally:
                with self._looks:
                    self._looking.remove(connection)

    def _look(self, connection: Connection) -> str | None:
        connection.execute(_LOOKS)
        connection.patience_s = None
        return self.fault(connection) or self._gaps(connection)

    def stop_looking(self) -> None:
        """See `leaf_reads.Database.stop_looking`."""
        with self._looks:  # none of them is closed meanwhile
            for connection in self._looking:
                with contextlib.suppress(psycopg.Error):  # a server that is gone breaks the look off by itself
                    connection.cancel_safe(timeout=_CANCEL_S)

    def fault(self, connection: Connection) -> str | None:
        """Return which trigger is gone or does not fire, so that records could change; `None` if all are there."""
        firing = set(_all(connection, _FIRING, (SCHEMA,)))
        gone = [name for table, name in TRIGGERS if (table, name) not in firing]
        return self._damaged(f"the trigger {gone[0]} is gone, or does not always fire") if gone else None

    def _gaps(self, connection: Connection) -> str | None:
        count, following = _one(connection, _COUNTED)
        return self._damaged(f"{following - count} of {following} records are missing") if count != following else None

    def _damaged(self, problem: str) -> str:
        return f"the audit store {self.shown} is damaged ({problem}): {WHEN_DAMAGED}"

    def guarded(self, what: str, work: Callable[[], _T]) -> _T:
        """Do some work; an error of the database becomes ours.

        Raises:
            AuditUnavailableError: saying what cannot be done, and why.
            AuditDamagedError: because what is stored is damaged; also what to do.
        """
        try:
            return work()
        except psycopg.Error as error:
            problem = told(self._words(what), error)
        # Raised out here, so that it is not chained to the database's error, which may hold a text.
        raise problem

    def _words(self, what: str) -> str:
        return f"the audit store {self.shown} cannot be {what}"


def _all(connection: Connection, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    return connection.execute(query.replace("?", "%s").encode(), parameters or None).fetchall()


def _one(connection: Connection, query: str) -> tuple[Any, ...]:
    (row,) = _all(connection, query)
    return row
