"""The log in one SQLite file: write-ahead log, `synchronous=FULL`, and triggers that let its tables only grow.

Opening: (1) take the writer lock, (2) make or find the file, (3) move what an earlier process left in the write-ahead
log into the file, (4) see that the file is whole, of a large one only the small tables: the rest is for `damage`, which
is asked for when there is time, (5) bring an older schema to this one (`sqlite_steps`), make tables and triggers,
(6) write something, to know that it can be written.
Appending: one transaction, one fsync, then a look that the files are still the ones on the path. Does not try anything
twice: `writer` decides when to `reopen`. Reading is in `leaf_reads`, tables and triggers are in `sqlite_schema`.
"""

import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from indexes.private_files import make_private_file, make_private_folder
from service.audit.errors import AuditDamagedError, AuditUnavailableError
from service.audit.storage.kept_scopes import KeptScopes
from service.audit.storage.leaf_reads import NEXT_CHECKPOINT, NEXT_SEQ
from service.audit.storage.sqlite_file import SqliteFile, temporary_files_in
from service.audit.storage.sqlite_reads import SqliteReads
from service.audit.storage.sqlite_schema import INDEXES, SCHEMA_VERSION, SMALL_TABLES, TABLES, TRIGGERS
from service.audit.storage.sqlite_steps import OLDEST, upgrade
from service.audit.storage.store import Entry, Receipt, StoredCheckpoint, Subtree, leaf_hash
from service.audit.storage.writer_lock import LOCK_FILE, WriterLock

STORE_FILE = "audit.sqlite"
# Looked through whenever it is opened: less than a tenth of a second when the system has it in memory, some two from a
# slow disk. What is larger would keep every command waiting; a running service looks it through beside its work.
WHOLE_UP_TO_BYTES = 32 << 20
DEFAULT_BUSY_TIMEOUT_S = 2.0  # nothing but a person's own program can hold the lock: wait for a moment, then say so

_ROOM_TO_SHRINK = 3  # times the size of the file: aside, in the write-ahead log, and something to spare
_EMPTY_WAL = "PRAGMA wal_checkpoint(TRUNCATE)"

_T = TypeVar("_T")
_ADD_LEAF = (
    "INSERT INTO leaves (seq, leaf_hash, type, ts_us, request_id, conversation, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_ADD_PAYLOAD = "INSERT INTO payloads (seq, field, key_id, sealed) VALUES (?, ?, ?, ?)"
_FIND_SCOPE = "SELECT 1 FROM scopes WHERE filter_hash = ?"
_ADD_SCOPE = "INSERT INTO scopes (filter_hash, pairs) VALUES (?, ?)"
_ERASE = "DELETE FROM payloads WHERE seq >= ? AND seq <= ?"
_ADD_CHECKPOINT = "INSERT INTO checkpoints (id, origin, size, root, note) VALUES (?, ?, ?, ?, ?)"
_ADD_SUBTREE = "INSERT INTO subtrees (origin, level, number, hash) VALUES (?, ?, ?, ?)"


class SqliteLeafStore(SqliteReads):
    """A `LeafStore` in one file of a folder; make it with `open`."""

    def __init__(self, *, folder: Path, busy_timeout_s: float = DEFAULT_BUSY_TIMEOUT_S) -> None:
        """Remember the folder; `open` takes it for writing."""
        super().__init__(SqliteFile(folder / STORE_FILE, busy_timeout_s=busy_timeout_s))
        self._path = folder / STORE_FILE
        self._lock = WriterLock(path=folder / LOCK_FILE)
        self._writer: sqlite3.Connection | None = None
        self._busy_timeout_s = busy_timeout_s
        self._scopes = KeptScopes(self.scope_as_kept, self.late_filter_hash)
        self.untidy = False  # something that was erased may stand in the write-ahead log yet

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

    def expect_schema(self) -> None:
        """See that the store has the schema of this version, for whoever only reads it.

        Raises:
            AuditUnavailableError: an older version made it, or a newer one, or it cannot be read.
        """
        ((version,),) = self._file.rows("PRAGMA user_version")
        self._expect_known(version)
        if version != SCHEMA_VERSION:
            raise AuditUnavailableError(
                f"the audit store {self._path} has schema {version}, expected {SCHEMA_VERSION}: an older version of "
                "Greenlit made it; start greenlit serve, which brings it up, or use the version that made it"
            )

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """See `LeafStore.append`."""
        new = self._scopes.new(entry.scope for entry in entries if entry.scope)
        receipts = self._write(lambda writer: _append(writer, entries, new))
        self._scopes.written(new)
        if any(entry.erases for entry in entries):
            self.tidy()
        return receipts

    def publish(self, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
        """See `LeafStore.publish`."""
        self._write(lambda writer: _publish(writer, checkpoint, subtrees))
        if self.untidy:
            self.tidy()

    def shrink(self) -> tuple[int, int]:
        """Give the room of what was erased back to the disk: the file is written anew, in its place, in one step.

        SQLite writes the new file aside, where no name leads to it, then into the write-ahead log, and from there into
        the file: whatever is cut off, what was there is there. Nothing else is written meanwhile.

        Returns:
            The size of the file before and after, in bytes.

        Raises:
            AuditUnavailableError: the store is closed or cannot be written, or less than three times its size is free.
        """
        if self._writer is None:
            raise AuditUnavailableError(f"the audit store {self._path} is closed")
        writer = self._writer
        before, free = self._path.stat().st_size, shutil.disk_usage(self._path.parent).free
        if free < _ROOM_TO_SHRINK * before:
            raise AuditUnavailableError(
                f"expected {_ROOM_TO_SHRINK * before} bytes free to write {self._path} anew, got {free}: make room"
            )
        with temporary_files_in(self._path.parent):
            self._file.guarded("written", lambda: writer.execute("VACUUM").fetchall())
            self._file.guarded("written", lambda: _one(writer, _EMPTY_WAL))
        return before, self._path.stat().st_size

    def reopen(self) -> None:
        """See `LeafStore.reopen`."""
        self.close()
        self._scopes.forget()
        self._take(make=False)

    def close(self) -> None:
        """See `LeafStore.close`."""
        self._file.let_go()  # first: whoever closes the file last empties its write-ahead log
        if self._writer is not None:
            with suppress(sqlite3.Error):  # a handle that failed may fail again when it is let go
                self._writer.close()
            self._writer = None
        self._lock.release()

    def _write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._writer is None:
            raise AuditUnavailableError(f"the audit store {self._path} is closed")
        writer = self._writer

        done = self._file.guarded("written", lambda: _in_one_step(writer, work))
        if not self._file.still_there():
            raise AuditUnavailableError(
                f"the audit store {self._path} was removed or replaced while it was in use: "
                "stop the service and put it back, such as with greenlit restore COPIES"
            )
        return done

    def tidy(self) -> None:
        """Take erased payloads out of the write-ahead log too; see `LeafStore.tidy`.

        A reader in the way, such as a backup, delays it, and keeps no question waiting.
        """
        writer, self.untidy = self._writer, True
        if writer is not None:
            with suppress(sqlite3.Error):
                writer.execute("PRAGMA busy_timeout = 0")
                try:
                    self.untidy = bool(_one(writer, _EMPTY_WAL)[0])
                finally:
                    writer.execute(f"PRAGMA busy_timeout = {round(self._busy_timeout_s * 1000)}")

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
        self._file.keep()

    def _prepare(self) -> None:
        self._writer = writer = self._file.connect()
        (version,) = _one(writer, "PRAGMA user_version")
        if version:
            self._expect_known(version)
        if _one(writer, "PRAGMA journal_mode = WAL") != ("wal",):
            raise AuditUnavailableError(
                f"the audit store {self._path} must be on a local disk: no write-ahead log here"
            )
        # After a failed fsync the kernel may show frames that never reached the disk, and later commits would stand on
        # them. Copying them into the file makes them durable anew, or fails.
        busy, _, _ = _one(writer, _EMPTY_WAL)
        if busy:
            raise AuditUnavailableError(
                f"the audit store {self._path} cannot be opened: another program has locked it (SQLITE_BUSY), "
                "or reads all of it, as greenlit backup does: wait for its end"
            )
        self._see_that_it_is_whole()
        _in_one_step(writer, lambda opened: _make(opened, version))

    def _expect_known(self, version: int) -> None:
        if not OLDEST <= version <= SCHEMA_VERSION:
            by = "newer" if version > SCHEMA_VERSION else "much older"
            raise AuditUnavailableError(
                f"the audit store {self._path} has schema {version}, expected {OLDEST} to {SCHEMA_VERSION}: "
                f"a {by} version of Greenlit made it; use that one. Nothing was changed"
            )

    def _see_that_it_is_whole(self) -> None:
        if self._path.stat().st_size <= WHOLE_UP_TO_BYTES:
            found = self._file.damage()
        else:
            found = next(filter(None, map(self._file.damage_of, SMALL_TABLES)), None)
        if found:
            raise AuditDamagedError(found)


def _in_one_step(writer: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """Do some work in one transaction: all of it is durable when this returns, or none of it was done."""
    writer.execute("BEGIN IMMEDIATE")
    try:
        done = work(writer)
        writer.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # some errors end the transaction by themselves, and the first tells more
            writer.execute("ROLLBACK")
        raise
    return done


def _one(connection: sqlite3.Connection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...]:
    """Return the one row of a query. All rows are asked for: a statement that is not at its end holds the file."""
    (row,) = connection.execute(query, parameters).fetchall()
    return tuple(row)


def _make(writer: sqlite3.Connection, version: int) -> None:
    if version:
        upgrade(writer, version)
    for statement in (*TABLES.values(), *TRIGGERS, *INDEXES):
        writer.execute(statement)
    # Written even when it is there already: a store that cannot be written must not look open.
    writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _append(writer: sqlite3.Connection, entries: Sequence[Entry], new_scopes: Mapping[str, bytes]) -> list[Receipt]:
    leaves: list[tuple[Any, ...]] = []
    payloads: list[tuple[Any, ...]] = []
    receipts: list[Receipt] = []
    for seq, entry in enumerate(entries, _one(writer, NEXT_SEQ)[0]):
        receipts.append(Receipt(origin=entry.origin, seq=seq, leaf_hash=leaf_hash(entry.leaf)))
        found_by = (entry.type, entry.ts_us, entry.request_id, entry.conversation)
        leaves.append((seq, receipts[-1].leaf_hash, *found_by, entry.leaf))
        payloads.extend((seq, payload.field, payload.key_id, payload.sealed) for payload in entry.payloads)
    writer.executemany(_ADD_LEAF, leaves)
    writer.executemany(_ADD_PAYLOAD, payloads)
    writer.executemany(_ERASE, (span for entry in entries for span in entry.erases))
    for filter_hash, kept in new_scopes.items():
        if not writer.execute(_FIND_SCOPE, (filter_hash,)).fetchall():
            writer.execute(_ADD_SCOPE, (filter_hash, kept))
    return receipts


def _publish(writer: sqlite3.Connection, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
    (number,) = _one(writer, NEXT_CHECKPOINT)
    row = (number, checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.note)
    writer.execute(_ADD_CHECKPOINT, row)
    writer.executemany(_ADD_SUBTREE, ((tree.origin, tree.level, tree.number, tree.hash) for tree in subtrees))
