"""The log in one SQLite file: write-ahead log, `synchronous=FULL`, and triggers that let its tables only grow.

Opening: (1) take the writer lock, (2) make or find the file, (3) move what an earlier process left in the write-ahead
log into the file, (4) make tables and triggers, (5) write something, to know that it can be written. Appending: one
transaction, one fsync, then a look that the files are still the ones on the path. Does not try anything twice: `writer`
decides when to `reopen`. Reading is in `sqlite_reads`, tables and triggers are in `sqlite_schema`.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from service.audit.errors import AuditUnavailableError
from service.audit.keys.private_files import make_private_file, make_private_folder
from service.audit.storage.sqlite_file import SqliteFile
from service.audit.storage.sqlite_reads import NEXT_CHECKPOINT, SqliteReads, next_seq
from service.audit.storage.sqlite_schema import (
    CHECKPOINTS,
    INDEXES,
    LEAVES,
    PAYLOADS,
    SCHEMA_VERSION,
    SCOPES,
    SUBTREES,
    TABLES,
    TRIGGERS,
)
from service.audit.storage.store import Entry, Receipt, StoredCheckpoint, Subtree, leaf_hash
from service.audit.storage.writer_lock import WriterLock

STORE_FILE = "audit.sqlite"
LOCK_FILE = "audit.lock"
DEFAULT_BUSY_TIMEOUT_S = 2.0  # nothing but a person's own program can hold the lock: wait for a moment, then say so

_T = TypeVar("_T")
_ADD_LEAVES = sa.insert(LEAVES)
_ADD_PAYLOADS = sa.insert(PAYLOADS)


class SqliteLeafStore(SqliteReads):
    """A `LeafStore` in one file of a folder; make it with `open`."""

    def __init__(self, *, folder: Path, busy_timeout_s: float = DEFAULT_BUSY_TIMEOUT_S) -> None:
        """Remember the folder; `open` takes it for writing."""
        super().__init__(SqliteFile(folder / STORE_FILE, busy_timeout_s=busy_timeout_s))
        self._path = folder / STORE_FILE
        self._lock = WriterLock(path=folder / LOCK_FILE)
        self._writer: sa.Connection | None = None

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
        receipts = self._write(lambda writer: _append(writer, entries))
        if any(entry.erases for entry in entries):
            self._forget_erased()
        return receipts

    def publish(self, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
        """See `LeafStore.publish`."""
        self._write(lambda writer: _publish(writer, checkpoint, subtrees))

    def reopen(self) -> None:
        """See `LeafStore.reopen`."""
        self.close()
        self._take(make=False)

    def close(self) -> None:
        """See `LeafStore.close`."""
        if self._writer is not None:
            with suppress(SQLAlchemyError):  # a handle that failed may fail again when it is let go
                self._writer.close()
            self._writer = None
        self._lock.release()

    def _write(self, work: Callable[[sa.Connection], _T]) -> _T:
        if self._writer is None:
            raise AuditUnavailableError(f"the audit store {self._path} is closed")
        writer = self._writer

        def in_one_step() -> _T:
            with writer.begin():
                writer.exec_driver_sql("BEGIN IMMEDIATE")
                return work(writer)

        done = self._file.guarded("written", in_one_step)
        if not self._file.still_there():
            raise AuditUnavailableError(
                f"the audit store {self._path} was removed or replaced while it was in use: put it back"
            )
        return done

    def _forget_erased(self) -> None:
        """Take erased payloads out of the write-ahead log too; a reader that is in the way only delays it."""
        writer = self._writer
        if writer is not None:
            with suppress(SQLAlchemyError):
                writer.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                writer.rollback()

    def _take(self, *, make: bool) -> None:
        """Open the file for writing, in the order that the module's docstring gives; hold nothing after an error."""
        try:
            self._lock.take()
            if make:
                make_private_file(self._path)
            self._open_one_file()
        except OSError as error:
            self.close()
            raise AuditUnavailableError(f"the audit store {self._path} cannot be opened ({error.strerror})") from error
        except BaseException:
            self.close()
            raise

    def _open_one_file(self) -> None:
        found = self._file.identity()
        self._file.guarded("opened", self._prepare)
        self._file.remember()
        if self._file.identity() != found:  # the handle may hold the one, and readers find the other
            raise AuditUnavailableError(f"the audit store {self._path} was replaced while it was opened: try again")

    def _prepare(self) -> None:
        self._writer = writer = self._file.connect()
        version = writer.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version not in (0, SCHEMA_VERSION):
            raise AuditUnavailableError(
                f"the audit store {self._path} has schema {version}, expected {SCHEMA_VERSION}: "
                "it was made by another version of Greenlit; move the state folder aside and keep it"
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
            TABLES.create_all(writer)
            for statement in (*TRIGGERS, *INDEXES):
                writer.exec_driver_sql(statement)
            # Written even when it is there already: a store that cannot be written must not look open.
            writer.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _append(writer: sa.Connection, entries: Sequence[Entry]) -> list[Receipt]:
    leaves: list[dict[str, Any]] = []
    payloads: list[dict[str, Any]] = []
    receipts: list[Receipt] = []
    for seq, entry in enumerate(entries, next_seq(writer)):
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
            {"seq": seq, "field": payload.field, "key_id": payload.key_id, "sealed": payload.sealed}
            for payload in entry.payloads
        )
    if leaves:
        writer.execute(_ADD_LEAVES, leaves)
    if payloads:
        writer.execute(_ADD_PAYLOADS, payloads)
    for entry in entries:
        _bring_along(writer, entry)
    return receipts


def _bring_along(writer: sa.Connection, entry: Entry) -> None:
    for first, last in entry.erases:
        writer.execute(sa.delete(PAYLOADS).where(PAYLOADS.c.seq >= first, PAYLOADS.c.seq <= last))
    if entry.scope is not None:
        same = SCOPES.c.filter_hash == entry.scope.filter_hash
        if writer.execute(sa.select(SCOPES.c.filter_hash).where(same)).first() is None:
            row = {"filter_hash": entry.scope.filter_hash, "pairs": entry.scope.pairs}
            writer.execute(sa.insert(SCOPES), row)


def _publish(writer: sa.Connection, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
    row = {
        "id": int(writer.execute(NEXT_CHECKPOINT).scalar_one()),
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "note": checkpoint.note,
    }
    writer.execute(sa.insert(CHECKPOINTS), row)
    if subtrees:
        rows = [
            {"origin": tree.origin, "level": tree.level, "number": tree.number, "hash": tree.hash} for tree in subtrees
        ]
        writer.execute(sa.insert(SUBTREES), rows)
