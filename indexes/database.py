"""The PostgreSQL database that replicas share: its address, a few connections of this process, its errors in words.

What lies in it is the business of whoever asks. The address is never shown whole (`postgres_address`). Each caller is
lent a connection of its own, so that none waits for another's; at most `most` are open, and whoever finds none free
waits for a while. One that the server has closed meanwhile is not lent, which is seen without asking it; when one turns
out lost, all that are kept are closed, so what comes next begins on a new one. Nothing is tried twice: what was not
done is said, and a server that is back is found by the next caller.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from indexes.errors import DatabaseError
from indexes.postgres_address import UNREADABLE, read_address, shown_address
from indexes.postgres_guards import REFUSED_THERE
from indexes.postgres_session import NO_ANSWER, NoAnswerError, is_spoken_to, open_session

Connection = psycopg.Connection[tuple[Any, ...]]
MOST_OPEN = 8  # connections of one process: a request asks for a millisecond, and 8 cores' worth of them at once
_PATIENCE_S = 5.0  # for a connection that is free
# In milliseconds. The server lets go of a client that is gone without a word.
_SETTINGS = """
    SET search_path = {schema}; SET lock_timeout = 5000; SET statement_timeout = 10000;
    SET idle_in_transaction_session_timeout = 20000;
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"""
# By how a code (SQLSTATE) begins; the first that fits counts.
_REASONS = {
    "08": "the connection to the server is lost",
    "25006": "it is read-only: a standby, or set so",
    "28P01": "the server refuses the password",
    "28": "the server refuses the role: see its pg_hba.conf",
    "3D000": "there is no such database",
    "3F000": "its tables are missing: run greenlit audit prepare as their owner",
    "40": "another session is in its way",
    "42501": "the role may not: run greenlit audit prepare as the owner of the tables",
    "42883": "its tables are missing: run greenlit audit prepare as their owner",
    "42P01": "its tables are missing: run greenlit audit prepare as their owner",
    "53100": "the server's disk is full",
    "53300": "the server has no connection left",
    "53": "the server lacks what it needs",
    "55P03": "another session has locked it",
    "57014": "it was broken off, or took longer than it may",
    "57P": "the server ends, or begins",
    "58": "the server's disk refuses",
    "P0": REFUSED_THERE,
}
_LOST = "the connection to the server is lost"

# It warns of what it ignores while a transaction fails; why that failed is told by whoever ran it.
logging.getLogger("psycopg").setLevel(logging.ERROR)


class Database:
    """A database by its address; nothing is opened before it is needed. Any thread may use it."""

    def __init__(
        self,
        url: str,
        *,
        schema: str,
        prepare: Callable[[Connection], None] = lambda _: None,
        most: int = MOST_OPEN,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """Take an address.

        Args:
            url: as libpq reads it.
            schema: where names are looked up.
            prepare: looks at each new connection before it is lent, and may refuse it by a `DatabaseError`.
            most: connections that may be open at once.
            patience_s: how long somebody waits for one of them, in seconds.

        Raises:
            DatabaseError: the address cannot be read; what is wrong with it is not repeated: it may hold a password.
        """
        self._said = read_address(url)
        if not self._said:
            raise DatabaseError(UNREADABLE)
        self.shown = shown_address(self._said)
        self._settings = _SETTINGS.format(schema=schema)
        self._prepare = prepare
        self._most = most
        self._patience_s = patience_s
        self._free = threading.BoundedSemaphore(most)
        self._keeping = threading.Lock()
        self._kept: list[Connection] = []  # that nobody uses now, the one used last at the end
        self._closed = 0  # times: what was lent before is not kept

    @contextlib.contextmanager
    def lent(self) -> Iterator[Connection]:
        """Lend a connection, in which each statement is a transaction of its own until one is begun.

        Raises:
            DatabaseError: there is none to be had, or what was done with it failed; the message is the reason alone.
        """
        if not self._free.acquire(timeout=self._patience_s):
            raise DatabaseError(f"all {self._most} connections of this process are in use")
        connection: Connection | None = None
        closed = self._closed
        try:
            connection = self._kept_one() or self._opened()
            yield connection
        except psycopg.Error as error:
            if is_lost := connection is None or connection.broken:
                self.close()  # what else is kept leads to the same server
            raise DatabaseError(reason_of(error, is_lost=is_lost)) from None  # what it says may quote a row
        finally:
            if connection is not None:
                self._give_back(connection, closed)
            self._free.release()

    def close(self) -> None:
        """Close the connections, those that are lent once they come back; whoever comes later opens new ones."""
        with self._keeping:
            kept, self._kept = self._kept, []
            self._closed += 1
        for connection in kept:
            connection.close()

    def _kept_one(self) -> Connection | None:
        """Return a connection that is kept, if one is that the server has not closed."""
        while True:
            with self._keeping:
                if not self._kept:
                    return None
                connection = self._kept.pop()
            if not is_spoken_to(connection):
                return connection
            connection.close()

    def _give_back(self, connection: Connection, closed: int) -> None:
        if not connection.closed and connection.info.transaction_status is TransactionStatus.IDLE:
            with self._keeping:
                if closed == self._closed:
                    self._kept.append(connection)
                    return
        connection.close()  # with it ends what was begun

    def _opened(self) -> Connection:
        connection = open_session(self._said, purpose="greenlit", settings=self._settings)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def reason_of(error: psycopg.Error, *, is_lost: bool = False) -> str:
    """Return why a statement failed, by its code alone: what the server says beside it may quote a row."""
    code = error.sqlstate
    if isinstance(error, NoAnswerError):
        return NO_ANSWER
    if code is None:
        return _LOST if is_lost or isinstance(error, psycopg.OperationalError) else type(error).__name__
    reason = next((words for begin, words in _REASONS.items() if code.startswith(begin)), None)
    return f"{reason} ({code})" if reason else f"SQLSTATE {code}"
