"""Leaves in one SQLite file: write-ahead log, `synchronous=FULL`, and triggers that let the table only grow.

Opening: (1) take the writer lock, (2) make or find the file, (3) move what an earlier process left in the write-ahead
log into the file, (4) make tables and triggers, (5) write something, to know that it can be written. Appending: one
transaction, one fsync, then a look that the files are still the ones on the path, because a removed file takes writes
without complaint. Reading uses a connection of its own, so that nobody waits for the writer. Does not try anything
twice: `writer` decides when to `reopen`. The triggers stop mistakes and ordinary programs; somebody who may write the
file can drop them, and is noticed by whoever holds an earlier checkpoint.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from service.audit.errors import AuditUnavailableError
from service.audit.private_files import make_private_file, make_private_folder
from service.audit.store import Entry, Payload, Receipt, StoredLeaf, leaf_hash
from service.audit.writer_lock import WriterLock

STORE_FILE = "audit.sqlite"
LOCK_FILE = "audit.lock"
SCHEMA_VERSION = 1
_MAX_SEQ = 2**63 - 1  # SQLite's widest integer; a larger number is no row, and no error
DEFAULT_BUSY_TIMEOUT_S = 2.0  # nothing but a person's own program can hold the lock: wait for a moment, then say so

_T = TypeVar("_T")

_TABLES = sa.MetaData()
_LEAVES = sa.Table(
    "leaves",
    _TABLES,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("leaf_hash", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("ts_us", sa.Integer, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),
)
_PAYLOADS = sa.Table(
    "payloads",
    _TABLES,
    sa.Column("seq", sa.Integer, sa.ForeignKey("leaves.seq"), primary_key=True, autoincrement=False),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
_NEXT_SEQ = sa.select(sa.func.coalesce(sa.func.max(_LEAVES.c.seq) + 1, 0))
_ADD_LEAVES = sa.insert(_LEAVES)
_ADD_PAYLOADS = sa.insert(_PAYLOADS)
_TRIGGERS = (
    """CREATE TRIGGER IF NOT EXISTS leaves_never_change BEFORE UPDATE ON leaves
    BEGIN SELECT RAISE(ABORT, 'a leaf never changes'); END""",
    """CREATE TRIGGER IF NOT EXISTS leaves_never_go BEFORE DELETE ON leaves
    BEGIN SELECT RAISE(ABORT, 'a leaf is never deleted'); END""",
    # REPLACE deletes without firing the trigger above, unless recursive_triggers is on: it must not get that far.
    """CREATE TRIGGER IF NOT EXISTS leaves_in_order BEFORE INSERT ON leaves
    WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq) + 1, 0) FROM leaves)
    BEGIN SELECT RAISE(ABORT, 'a leaf takes the next sequence number'); END""",
)
_REASONS = {
    "SQLITE_BUSY": "another program has locked it",
    "SQLITE_LOCKED": "another program has locked it",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_IOERR": "the disk refuses",
    "SQLITE_CANTOPEN": "it cannot be opened; if it was removed, put it back",
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_NOTADB": "it is not a SQLite file",
}


class SqliteLeafStore:
    """A `LeafStore` in one file of a folder; make it with `open`."""

    def __init__(self, *, folder: Path, busy_timeout_s: float) -> None:
        self._path = folder / STORE_FILE
        self._wal_path = folder / f"{STORE_FILE}-wal"
        self._lock = WriterLock(path=folder / LOCK_FILE)
        self._busy_timeout_s = busy_timeout_s
        self._engine = _make_engine(self._connect)
        self._writer: sa.Connection | None = None
        self._opened_files: list[tuple[int, int]] = []

    @classmethod
    def open(cls, folder: Path, *, busy_timeout_s: float = DEFAULT_BUSY_TIMEOUT_S) -> Self:
        """Open the store in a folder for writing and reading, making both if they are missing.

        Args:
            folder: holds `audit.sqlite` (mode 0600) and `audit.lock`; made with mode 0700.
            busy_timeout_s: how long to wait for another program that has locked the file, in seconds.

        Raises:
            AuditBusyError: another process has it open.
            AuditUnavailableError: it cannot be made or written.
        """
        store = cls(folder=folder, busy_timeout_s=busy_timeout_s)
        try:
            make_private_folder(folder)
        except OSError as error:
            raise AuditUnavailableError(f"the folder {folder} cannot be made ({error.strerror})") from error
        store._take(make=True)
        return store

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """See `LeafStore.append`."""
        if self._writer is None:
            raise AuditUnavailableError(f"the audit store {self._path} is closed")
        writer = self._writer
        receipts = self._guarded("written", lambda: _insert(writer, entries))
        if not self._still_there():
            raise AuditUnavailableError(
                f"the audit store {self._path} was removed or replaced while it was in use: put it back"
            )
        return receipts

    def reopen(self) -> None:
        """See `LeafStore.reopen`."""
        self.close()
        self._take(make=False)

    def size(self) -> int:
        """See `LeafStore.size`."""
        return self._read(_next_seq)

    def leaf(self, seq: int) -> StoredLeaf | None:
        """See `LeafStore.leaf`."""
        if not 0 <= seq <= _MAX_SEQ:
            return None
        query = sa.select(_LEAVES).where(_LEAVES.c.seq == seq)
        row = self._read(lambda connection: connection.execute(query).mappings().one_or_none())
        return StoredLeaf(**row) if row else None

    def leaves(self, after: int, limit: int) -> list[StoredLeaf]:
        """See `LeafStore.leaves`."""
        query = sa.select(_LEAVES).where(_LEAVES.c.seq > after).order_by(_LEAVES.c.seq).limit(limit)
        return self._read(lambda connection: [StoredLeaf(**row) for row in connection.execute(query).mappings()])

    def payloads(self, seq: int) -> tuple[Payload, ...]:
        """See `LeafStore.payloads`."""
        query = sa.select(_PAYLOADS.c.field, _PAYLOADS.c.salt, _PAYLOADS.c.body)
        query = query.where(_PAYLOADS.c.seq == seq).order_by(_PAYLOADS.c.field)
        return self._read(lambda connection: tuple(Payload(**row) for row in connection.execute(query).mappings()))

    def close(self) -> None:
        """See `LeafStore.close`."""
        if self._writer is not None:
            with suppress(SQLAlchemyError):  # a handle that failed may fail again when it is let go
                self._writer.close()
            self._writer = None
        self._lock.release()

    def _take(self, *, make: bool) -> None:
        """Open the file for writing, in the order that the module's docstring gives; hold nothing after an error."""
        try:
            self._lock.take()
            if make:
                make_private_file(self._path)
            self._guarded("opened", self._prepare)
            self._opened_files = self._files()
        except OSError as error:
            self.close()
            raise AuditUnavailableError(f"the audit store {self._path} cannot be opened ({error.strerror})") from error
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        self._writer = writer = self._engine.connect()
        version = writer.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version not in (0, SCHEMA_VERSION):
            raise AuditUnavailableError(
                f"the audit store {self._path} has schema {version}, expected {SCHEMA_VERSION}: "
                "it was made by another version of Greenlit"
            )
        if writer.exec_driver_sql("PRAGMA journal_mode = WAL").scalar_one() != "wal":
            raise AuditUnavailableError(
                f"the audit store {self._path} must be on a local disk: no write-ahead log here"
            )
        # After a failed fsync the kernel may show frames that never reached the disk, and later commits would stand on
        # them. Copying them into the file makes them durable anew, or fails.
        busy, _, _ = writer.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            raise AuditUnavailableError(f"the audit store {self._path} cannot be opened: another program is reading it")
        writer.rollback()
        with writer.begin():
            writer.exec_driver_sql("BEGIN IMMEDIATE")
            _TABLES.create_all(writer)
            for trigger in _TRIGGERS:
                writer.exec_driver_sql(trigger)
            # Written even when it is there already: a store that cannot be written must not look open.
            writer.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _read(self, work: Callable[[sa.Connection], _T]) -> _T:
        def with_connection() -> _T:
            with self._engine.connect() as connection:
                return work(connection)

        return self._guarded("read", with_connection)

    def _guarded(self, what: str, work: Callable[[], _T]) -> _T:
        """Do some work; an error of the database becomes ours."""
        try:
            return work()
        except (SQLAlchemyError, sqlite3.Error) as error:
            reason = _reason(error)
        # Raised out here, so that it is not chained to the database's error, which holds the texts to be written.
        raise AuditUnavailableError(f"the audit store {self._path} cannot be {what}: {reason}")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw",  # rw: never make an empty store where one was removed
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,  # transactions begin where the code says so
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA synchronous = FULL")  # in WAL mode: fsync at every commit
            connection.execute("PRAGMA fullfsync = ON")  # where fsync stops at the drive's cache (macOS)
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _files(self) -> list[tuple[int, int]]:
        """Return what stands on the paths of the file and its write-ahead log now: (device, inode) of each."""
        return [(status.st_dev, status.st_ino) for status in (self._path.stat(), self._wal_path.stat())]

    def _still_there(self) -> bool:
        try:
            return self._files() == self._opened_files
        except OSError:
            return False


def _make_engine(connect: Callable[[], sqlite3.Connection]) -> sa.Engine:
    # Neither parameters nor rows may reach a log, whatever level somebody sets for the library as a whole: the name
    # gives this engine a logger of its own.
    engine = sa.create_engine(
        "sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True, logging_name="audit"
    )
    logging.getLogger("sqlalchemy.engine.Engine.audit").setLevel(logging.WARNING)
    return engine


def _insert(writer: sa.Connection, entries: Sequence[Entry]) -> list[Receipt]:
    leaves: list[dict[str, Any]] = []
    payloads: list[dict[str, Any]] = []
    receipts: list[Receipt] = []
    with writer.begin():
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        for seq, entry in enumerate(entries, _next_seq(writer)):
            receipts.append(Receipt(origin=entry.origin, seq=seq, leaf_hash=leaf_hash(entry.leaf)))
            leaves.append(
                {
                    "seq": seq,
                    "leaf_hash": receipts[-1].leaf_hash,
                    "type": entry.type,
                    "ts_us": entry.ts_us,
                    "request_id": entry.request_id,
                    "leaf": entry.leaf,
                }
            )
            payloads.extend(
                {"seq": seq, "field": payload.field, "salt": payload.salt, "body": payload.body}
                for payload in entry.payloads
            )
        if leaves:
            writer.execute(_ADD_LEAVES, leaves)
        if payloads:
            writer.execute(_ADD_PAYLOADS, payloads)
    return receipts


def _next_seq(connection: sa.Connection) -> int:
    return int(connection.execute(_NEXT_SEQ).scalar_one())


def _reason(error: Exception) -> str:
    name = getattr(getattr(error, "orig", error), "sqlite_errorname", None) or type(error).__name__
    for code, words in _REASONS.items():
        if name.startswith(code):
            return f"{words} ({name})"
    return str(name)
