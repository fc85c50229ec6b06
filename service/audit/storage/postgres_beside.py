"""The log in one PostgreSQL database for processes and machines that write it at once, each in its turn.

A turn is one transaction: (1) take a lock that goes with the transaction, however that ends, (2) read what others added
after the last leaf that is known here, which has to be there still, (3) hand it over, and get the entries, (4) number
and add them, (5) commit. A process that stands still within its turn is sent away by the server after 3 s: for that,
each message is answered before the next is sent, since the server does not see a process idle that may be sending; so
(1) and (2) are one message, and, of few entries, (4) and (5) another: half of a message does nothing. While it is open,
each process shares a lock that whoever restores, moves or prepares the log needs for itself. A session that the server
ended between two turns is made anew before the next; one that ends within a turn is an error.

A checkpoint has a turn of its own (`publish_after`): the newest is read, and the next kept, in one transaction.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, TypeVar

import psycopg

from indexes.errors import DatabaseError
from indexes.postgres_session import confirmed, is_spoken_to
from service.audit.errors import AuditOvertakenError, AuditUnavailableError
from service.audit.storage.leaf_reads import whole
from service.audit.storage.postgres_database import Connection
from service.audit.storage.postgres_errors import ANOTHER_END
from service.audit.storage.postgres_lease import PostgresLease
from service.audit.storage.postgres_rows import additions, one, publish
from service.audit.storage.postgres_store import HOLDERS, WRITER, PostgresLeafStore
from service.audit.storage.store import (
    Beside,
    Entry,
    ExpectAlone,
    Make,
    Receipt,
    Settle,
    StoredCheckpoint,
    StoredLeaf,
    Subtree,
)

# Locks of a transaction have the numbers after that of the log.
_TURN, _SIGN = WRITER + 1, WRITER + 2
_LOCK = "SELECT pg_advisory_xact_lock(%s)"
_ALONE = WRITER + 4  # after that of the lease
_TAKE_ALONE, _THERE = "SELECT pg_try_advisory_lock(%s)", "SELECT 1"
_WAITS_S, _AGAIN_S = 15.0, 0.1  # changing a key takes a second or two
_STANDS_STILL = "SET idle_in_transaction_session_timeout = 3000"  # ms; a turn takes a few
_AHEAD_US = 5_000_000  # of a machine, to be told; replicas are to be within a second of each other
# Entries that go by one message, with their values in it: of one, a turn took a tenth less; of 32, a sixth more.
_FEW = 4
MOST_IN_A_TURN = 256  # leaves of others that are read while everybody waits
_TAKE_TURN = f"""
    BEGIN; SELECT pg_advisory_xact_lock({_TURN}); SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    SELECT seq, leaf_hash, type, ts_us, request_id, leaf, conversation FROM leaves
    WHERE seq >= {{}} ORDER BY seq LIMIT {MOST_IN_A_TURN + 1}"""  # nosec B608  # noqa: S608  (numbers alone)
_NEWEST = "SELECT origin, size, root, note FROM checkpoints ORDER BY id DESC LIMIT 1"
_AGREE = "INSERT INTO agreed (name, value) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_AGREED = "SELECT value FROM agreed WHERE name = %s"

_T = TypeVar("_T")


class PostgresBesideStore(PostgresLeafStore):
    """A `LeafStore` in a database that others write too; make it with `open`. See `Beside` for what is special."""

    _take_log = "SELECT pg_try_advisory_lock_shared(%s)"
    _lease: PostgresLease | None = None
    _holds_clock = False

    @property
    def beside(self) -> Beside | None:
        """See `LeafStore.beside`."""
        return self

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """See `LeafStore.append`: for whoever knows that nobody else has added anything."""

        def settle(others: Sequence[StoredLeaf]) -> Sequence[Entry]:
            if others:
                raise self._ends_otherwise()
            return entries

        return self.append_after(settle) if entries else []

    def append_after(self, settle: Settle) -> list[Receipt]:
        """See `Beside.append_after`."""

        def work(writer: Connection) -> tuple[list[Receipt], dict[str, bytes]]:
            with _in_turn(writer, since=max(self._last[0], 0)) as (now_us, rows):
                entries = settle(self._others(rows))
                self._expect_time(entries, now_us)
                new = self._new_scopes(entries)
                receipts, statements = additions(entries, self._last[0] + 1, new) if entries else ([], [])
                _keep(writer, statements, by_one_message=len(entries) <= _FEW)
                return receipts, new

        writer = self._open_writer()
        receipts, new = self._postgres.guarded("written", lambda: work(writer))
        return self._added(receipts, new) if receipts else []

    def _others(self, rows: list[tuple[Any, ...]]) -> list[StoredLeaf]:
        """Return what was added after the last leaf that is known, of the rows from there; know the last of it."""
        seq, digest = self._last
        if seq >= 0:
            if not rows or (rows[0][0], rows[0][1]) != (seq, digest):
                raise self._ends_otherwise()
            del rows[0]
        if len(rows) >= MOST_IN_A_TURN:
            raise AuditOvertakenError(f"the audit store {self.shown} grew much since it was last read: try again")
        others = [whole(*row) for row in rows]
        if others:
            self._last = (others[-1].seq, others[-1].leaf_hash)
        return others

    def publish(self, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
        """See `LeafStore.publish`."""
        self.publish_after(lambda _: (checkpoint, subtrees))

    def publish_after(self, make: Make) -> None:
        """See `Beside.publish_after`."""

        def work(writer: Connection) -> None:
            writer.execute(_LOCK, (_SIGN,))
            row = writer.execute(_NEWEST).fetchone()
            if made := make(StoredCheckpoint(*row) if row else None):
                publish(writer, *made)

        self._write(work)

    def known(self, seq: int, leaf_hash: str) -> None:
        """See `Beside.known`."""
        self._last = (seq, leaf_hash)

    def hold_clock(self) -> None:
        """See `Beside.hold_clock`."""
        self._holds_clock = True

    def _expect_time(self, entries: Sequence[Entry], now_us: int) -> None:
        ahead_us = max((entry.ts_us for entry in entries), default=0) - now_us
        if self._holds_clock and ahead_us > _AHEAD_US:
            raise AuditUnavailableError(
                f"the clock of this machine is {ahead_us / 1e6:.0f} s ahead of that of the database server: set right "
                "whichever is wrong. Nothing was recorded, since nobody else could record anything until then"
            )

    def writers(self) -> int:
        """See `Beside.writers`."""
        return len(self._postgres.rows(HOLDERS.replace("%s", "?"), (WRITER >> 32, WRITER & 0xFFFFFFFF)))

    def agree(self, name: str, value: str) -> str:
        """See `Beside.agree`."""
        if found := self._postgres.rows(_AGREED.replace("%s", "?"), (name,)):
            return str(found[0][0])

        def work() -> str:  # on a connection of its own: it is no work of the thread that writes
            with closing(self._postgres.connect_to_write()) as connection:
                with confirmed(connection):
                    connection.execute(_AGREE, (name, value))
                return str(one(connection, _AGREED, name))

        try:
            return self._postgres.guarded("written", work)
        except DatabaseError as error:
            raise AuditUnavailableError(f"the audit store {self.shown} cannot be written for sure: {error}") from None

    def tend_lease(self) -> bool:
        """See `Beside.tend_lease`."""
        if self._lease is None:
            self._lease = PostgresLease(self._postgres)
        return self._lease.tend()

    def has_lease(self) -> bool:
        """See `Beside.has_lease`."""
        lease = self._lease
        return lease is not None and lease.is_held()

    def leave_lease(self) -> None:
        """See `Beside.leave_lease`."""
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    @contextlib.contextmanager
    def alone(self) -> Iterator[ExpectAlone]:
        """See `Beside.alone`: a lock of a session of its own, which no pause of this process loses."""
        with closing(self._postgres.connect_to_write()) as connection:
            self._postgres.guarded("written", lambda: self._take_alone(connection))
            yield lambda: self._postgres.guarded("written", lambda: _expect_there(connection))

    def _take_alone(self, connection: Connection) -> None:
        until_s = time.monotonic() + _WAITS_S
        while not one(connection, _TAKE_ALONE, _ALONE):
            if time.monotonic() >= until_s:
                raise AuditUnavailableError(
                    f"another process changes keys of the log in {self.shown}, or confirms what somebody else opened: "
                    "try again when it is done"
                )
            time.sleep(_AGAIN_S)

    def close(self) -> None:
        """See `LeafStore.close`."""
        self.leave_lease()
        super().close()

    def _open_writer(self) -> Connection:
        """Return the connection that writes: a new one, if the server ended it while nothing was asked of it.

        Nothing is done twice by that, and what others added since the last leaf that is known is read in the turn, as
        ever. So whoever asks first after a restart that nobody noticed is answered.
        """
        writer = super()._open_writer()
        if is_spoken_to(writer):
            known = self._last
            writer.close()
            self._postgres.let_go()
            self._scopes.forget()
            self._connect(make=False)
            self._last = known
        return super()._open_writer()

    def _write(self, work: Callable[[Connection], _T]) -> _T:
        writer = self._open_writer()

        def step_by_step() -> _T:
            with writer.transaction():
                return work(writer)

        return self._postgres.guarded("written", step_by_step)

    def _take_turn(self, writer: Connection) -> None:
        writer.execute(_LOCK, (_TURN,))

    def _prepare(self, writer: Connection, *, make: bool) -> None:
        writer.execute(_STANDS_STILL)
        super()._prepare(writer, make=make)

    def _ends_otherwise(self) -> AuditUnavailableError:
        return AuditUnavailableError(f"the audit store {self.shown} cannot be written: {ANOTHER_END}")


def _expect_there(connection: Connection) -> None:
    connection.execute(_THERE)


def _keep(writer: Connection, statements: Sequence[tuple[str, Sequence[Any]]], *, by_one_message: bool) -> None:
    """Run statements and commit; by one message all of it is done, or none of it."""
    if not by_one_message:
        for statement, its in statements:
            writer.execute(statement.encode(), its)
        writer.execute("COMMIT")
        return
    whole = ";".join((*(statement for statement, _ in statements), "COMMIT"))
    values = [value for _, its in statements for value in its]
    psycopg.ClientCursor(writer).execute(whole.encode(), values)


@contextlib.contextmanager
def _in_turn(writer: Connection, *, since: int) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    """Lend the server's time and the leaves from a number on, while nobody else adds any; an error adds nothing."""
    try:
        told = writer.execute(_TAKE_TURN.format(since).encode())
        told.nextset(), told.nextset()
        ((now_us,),) = told.fetchall()
        told.nextset()
        yield now_us, told.fetchall()
    except BaseException:
        with contextlib.suppress(psycopg.Error):  # the server takes it back by itself when it is cut off
            writer.execute("ROLLBACK")
        raise
