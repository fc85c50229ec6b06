"""The lines of a register as rows of a PostgreSQL database: looked at, read, and added to under a lock.

Looking is one round trip on a connection that is kept (`last`): where decisions lie, and number and chain of the last
line, which stand for all of them. Reading holds every line against its chain. Adding is one transaction: (1) take the
lock of the register, which is the database's, (2) see where the register ends, (3) see that nothing speaks against it
still, (4) add at exactly that end, (5) commit, and do not wait for ever for a standby. A connection that was lost is
made anew, once; then it is an error, and never what was read before.

Does not know files, nor what a line means. `library_register` follows it; `register_moving` moves a register here.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import psycopg

from indexes.errors import DatabaseError, RegisterError
from indexes.postgres_address import UNREADABLE, read_address, shown_address
from indexes.postgres_session import CONFIRMED_S, end_transaction, open_session
from indexes.register_row_errors import after_commit, is_loss, told, unconfirmed
from indexes.register_schema import ADD, CHAIN_AT, FIRING, LAST, LINES, NO_CHAIN, SCHEMA, TRIGGERS, chained
from indexes.register_state import hash_line

Connection = psycopg.Connection[tuple[Any, ...]]
Place = Literal["", "begun", "here", "left"]
_LOCK = int.from_bytes(b"register")  # one register a database
# In milliseconds. A writer holds the lock for milliseconds; longer means that something is stuck.
_WRITES = """
    SET lock_timeout = 10000; SET statement_timeout = 20000; SET idle_in_transaction_session_timeout = 20000;
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"""
_READS = "SET statement_timeout = 10000; SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
_READING_S, _WRITING_S = 12.0, 25.0  # how long a server that stands still is waited for
_TABLES = f"SELECT to_regclass('{SCHEMA}.history') IS NOT NULL"  # nosec B608
_NO_TABLES = ("42P01", "3F000")  # SQLSTATE: nobody made them, so no register was ever moved here
_T = TypeVar("_T")

# It warns of what it ignores while a transaction fails; why that failed is told by whoever ran it.
logging.getLogger("psycopg").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Last:
    """Where decisions lie, and the last line that lies here: its number, 0 for none, and its chain (hex)."""

    place: Place = ""
    number: int = 0
    chain: str = NO_CHAIN


class RegisterRows:
    """A register's rows by the address of their database. Reading is for one thread at a time, adding for any."""

    def __init__(self, url: str) -> None:
        """Take the address, as libpq reads it; nothing is opened before it is needed.

        Raises:
            RegisterError: it cannot be read; what is wrong with it is not repeated, for it may hold a password.
        """
        self._said = read_address(url)
        if not self._said:
            raise RegisterError(UNREADABLE)
        self.shown = f"the register in {shown_address(self._said)}"
        self._kept: Connection | None = None
        self._has_tables = False  # as far as is known: they may be made at any time

    def last(self) -> Last:
        """Return where decisions lie and the last line, by one round trip to the database.

        Raises:
            RegisterError: that cannot be told now, or nothing that is here can be relied on.
        """
        return self._read(self._look)

    def lines_after(self, number: int, chain: str, *, to: Last) -> list[bytes] | None:
        """Return the lines after one that was read before, up to the last; `None` if that one is not the same now.

        Args:
            number: of the line that was read before; 0 for none.
            chain: its chain.
            to: as `last` gave it.

        Raises:
            RegisterError: they cannot be read, or are not those that were written.
        """
        return self._read(lambda reader: self._lines_after(reader, number, chain, to))

    def all_lines(self, *, upto: int) -> list[bytes]:
        """Return the lines up to a number, or all that there are; on a connection of its own, so any thread may.

        Raises:
            RegisterError: as `lines_after`.
        """
        with contextlib.closing(self._connect(_READS, _READING_S)) as reader:
            return self._guarded("read", lambda: self._checked(reader, 0, NO_CHAIN, self._upto(reader, upto)))

    def append(self, lines: Sequence[bytes], *, still: Callable[[], None]) -> None:
        """Add lines, each without its newline; see the module.

        Raises:
            RegisterError: the register lies elsewhere, is locked for too long, or cannot be written.
        """
        with self.held() as writer, self.transaction(writer):
            last = self._look(writer)  # 2
            if last.place != "here":
                raise RegisterError(f"{self.shown} lies elsewhere by now, so nothing was recorded: try again")
            still()  # 3
            self.add(writer, lines, after=last)  # 4

    @contextlib.contextmanager
    def held(self, *, whole: bool = True) -> Iterator[Connection]:
        """Lend a connection that writes, while nobody else may: it has the lock of the register.

        Args:
            whole: whether its tables are expected to be as they were made, if decisions lie there.

        Raises:
            RegisterError: there is none to be had, or another writer has it for too long.
        """
        with contextlib.closing(self._connect(_WRITES, _WRITING_S)) as writer:
            self._guarded("locked", lambda: writer.execute("SELECT pg_advisory_lock(%s)", (_LOCK,)))  # 1
            self._guarded("written", lambda: self._expect_kept(writer, whole=whole))
            yield writer

    def add(self, writer: Connection, lines: Sequence[bytes], *, after: Last) -> None:
        """Add lines after the last one, within the caller's transaction on a connection of `held`."""
        numbers = list(range(after.number + 1, after.number + 1 + len(lines)))
        hashes: list[str] = []
        chains: list[str] = []
        chain = after.chain
        for line in lines:
            hashes.append(hash_line(line))
            chain = chained(chain, hashes[-1])
            chains.append(chain)
        self._guarded("written", lambda: writer.execute(ADD.encode(), (numbers, list(lines), hashes, chains)))

    def run(self, writer: Connection, *statements: str) -> None:
        """Run statements, all or none, on a connection of `held`."""
        with self.transaction(writer):
            self._guarded("written", lambda: [writer.execute(statement.encode()) for statement in statements])

    def has_tables(self, writer: Connection) -> bool:
        """Tell whether somebody has made the tables, on a connection of `held`."""
        return self._guarded("read", lambda: _has_tables(writer))

    def last_here(self, writer: Connection) -> Last:
        """Return what `last` does, on a connection of `held`."""
        return self._guarded("read", lambda: self._look(writer))

    def close(self) -> None:
        """Let go of the connection that is kept; the next look makes another."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def __del__(self) -> None:
        # Commands look once and end: nobody has to say that they are done.
        if getattr(self, "_kept", None) is not None:
            self.close()

    def _read(self, work: Callable[[Connection], _T]) -> _T:
        """Do some work on the connection that is kept; on a new one if that was lost meanwhile."""

        def tried() -> _T:
            if self._kept is not None:
                try:
                    return self._once(self._kept, work)
                except psycopg.Error as error:
                    if not is_loss(error):
                        raise
            self._kept = self._connect(_READS, _READING_S)
            return self._once(self._kept, work)

        return self._guarded("read", tried)

    def _once(self, reader: Connection, work: Callable[[Connection], _T]) -> _T:
        try:
            return work(reader)
        except BaseException:
            self.close()  # lost, or not to be relied on: the next look asks anew
            raise

    def _look(self, reader: Connection) -> Last:
        # Asked for first, where none were: a statement that fails is a line in the server's log, at every question.
        if not self._has_tables and not _has_tables(reader):
            return Last()
        try:
            ((place, number, chain),) = reader.execute(LAST.encode()).fetchall()
        except psycopg.Error as error:
            if error.sqlstate in _NO_TABLES:
                self._has_tables = False
                return Last()
            raise
        self._has_tables = True
        return Last(place or "", number or 0, chain or NO_CHAIN)

    def _lines_after(self, reader: Connection, number: int, chain: str, to: Last) -> list[bytes] | None:
        if number:
            row = reader.execute(CHAIN_AT.encode(), (number,)).fetchone()
            if row is None or row[0] != chain or number > to.number:
                return None
        return self._checked(reader, number, chain, to)

    def _upto(self, reader: Connection, upto: int) -> Last:
        last = self._look(reader)
        if upto >= last.number:
            return last
        row = reader.execute(CHAIN_AT.encode(), (upto,)).fetchone()
        return Last(last.place, upto, row[0] if row else NO_CHAIN)

    def _checked(self, reader: Connection, number: int, chain: str, to: Last) -> list[bytes]:
        if fault := self._fault(reader):
            raise RegisterError(fault)
        rows = reader.execute(LINES.encode(), (number, to.number)).fetchall()
        for at, (there, line) in enumerate(rows, number + 1):
            chain = chained(chain, hash_line(line))
            if there != at:
                raise RegisterError(self._damaged(f"line {at} is missing"))
        if chain != to.chain:
            raise RegisterError(self._damaged("its lines are not those that were written"))
        return [bytes(line) for _, line in rows]

    def _fault(self, reader: Connection) -> str | None:
        """Return which trigger is gone or does not fire, so that decisions could change; `None` if all are there."""
        firing = set(reader.execute(FIRING, (SCHEMA,)).fetchall())
        gone = [name for table, name in TRIGGERS if (table, name) not in firing]
        return self._damaged(f"the trigger {gone[0]} is gone, or does not always fire") if gone else None

    def _damaged(self, problem: str) -> str:
        return (
            f"{self.shown} is damaged ({problem}): compare it with a copy, and put back the one that holds all "
            "decisions by PostgreSQL's own means"
        )

    def _expect_kept(self, writer: Connection, *, whole: bool) -> None:
        ((fsync,),) = writer.execute("SELECT current_setting('fsync')").fetchall()
        if fsync != "on":
            raise RegisterError(
                f"{self.shown} cannot be written: the server keeps nothing at a power cut (fsync = off)"
            )
        if whole and (fault := self._fault(writer)) and self._look(writer).place:
            raise RegisterError(fault)

    @contextlib.contextmanager
    def transaction(self, writer: Connection) -> Iterator[None]:
        """One transaction on a connection of `held`: all of what is done in it, or nothing.

        Raises:
            RegisterError: it cannot be ended as it should; whether anything was recorded then, the error says.
        """
        self._guarded("written", lambda: writer.execute("BEGIN"))
        try:
            yield
        except BaseException:
            with contextlib.suppress(psycopg.Error):
                writer.execute("ROLLBACK")
            raise
        words = f"{self.shown} cannot be written"
        try:
            if end_transaction(writer, within_s=CONFIRMED_S):  # 5
                return
            problem = unconfirmed(words)
        except psycopg.Error as error:
            problem = after_commit(words, error)
        raise problem

    def _guarded(self, what: str, work: Callable[[], _T]) -> _T:
        """Do some work; an error of the database becomes ours, and is not chained to it: it may quote a line."""
        try:
            return work()
        except psycopg.Error as error:
            problem = told(f"{self.shown} cannot be {what}", error)
        raise problem

    def _connect(self, settings: str, patience_s: float) -> Connection:
        try:
            return self._guarded(
                "opened",
                lambda: open_session(self._said, purpose="greenlit register", settings=settings, patience_s=patience_s),
            )
        except DatabaseError as error:
            problem = RegisterError(f"{self.shown} cannot be opened: {error}")
        raise problem


def _has_tables(connection: Connection) -> bool:
    """Tell whether somebody has made the tables."""
    ((there,),) = connection.execute(_TABLES.encode()).fetchall()
    return bool(there)
