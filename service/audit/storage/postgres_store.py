"""The log in one PostgreSQL database, for one session that writes: the tables of SQLite, which triggers let only grow.

Opening: (1) take the writer lock of this machine's state folder, (2) connect to a server that takes writes and keeps
them, (3) take the writer lock of the database, a lock of this very session: whoever loses the connection loses it too,
(4) see to the schema: make it or bring it up as the owner of the tables, expect it else, (5) see that all triggers
fire, that no log is half moved here, and that a leaf could be added, (6) remember the last leaf.
Appending: one transaction. The number is the next after the last leaf that this store knows of, and within the
transaction that leaf has to be the last still: else another program wrote here, or the server is another one.

An advisory lock orders who writes, not a row that is locked: for that a role needs the right to change it, and this one
may change nothing. Without the lock nothing is lost: two sessions that take one number meet at the primary key. Whoever
restores, moves or prepares a log has it so; services write it beside each other (`postgres_beside`). Does not try
anything twice: `writer` decides when to `reopen`. Reading is in `leaf_reads`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar

from indexes.private_files import make_private_folder
from service.audit.errors import AuditBusyError, AuditDamagedError, AuditUnavailableError
from service.audit.storage.kept_scopes import KeptScopes
from service.audit.storage.leaf_reads import LeafReads
from service.audit.storage.postgres_database import Connection, PostgresDatabase
from service.audit.storage.postgres_errors import PREPARE
from service.audit.storage.postgres_rows import ADD_LEAVES, additions, columns, one, publish
from service.audit.storage.postgres_schema import SCHEMA, SCHEMA_VERSION
from service.audit.storage.postgres_steps import STEPS, VERSION, bring_up
from service.audit.storage.store import Beside, Entry, Receipt, StoredCheckpoint, Subtree, leaf_hash
from service.audit.storage.writer_lock import LOCK_FILE, WriterLock

WRITER = int.from_bytes(b"greenlit")  # the number of the lock: one log a database
HOLDERS = """
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND objsubid = 1 AND granted
    AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_HAS_TABLES = "SELECT to_regclass(%s) IS NOT NULL"
_OWNS = "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%s)"
MOVE = "SELECT value FROM history WHERE what = 'move' ORDER BY id DESC LIMIT 1"
_EXPECT_LAST = "SELECT expect_last(%s, %s)"
_LAST = "SELECT seq, leaf_hash FROM leaves ORDER BY seq DESC LIMIT 1"
_ENDS_WITHIN_S, _AGAIN_S = 0.5, 0.02  # of a session
HALF_MOVED = "begun"  # what the newest of `MOVE` says until all of a log is here

_Last = tuple[int, str]  # number and hash of the last leaf
_NONE: _Last = (-1, "")
_T = TypeVar("_T")


class PostgresLeafStore(LeafReads):
    """A `LeafStore` in a database; make it with `open`."""

    _take_log = "SELECT pg_try_advisory_lock(%s)"

    def __init__(self, *, database: PostgresDatabase, folder: Path | None) -> None:
        """Remember the database, and this machine's state, where it is to be locked; `open` takes it for writing."""
        super().__init__(database)
        self._postgres = database
        self._lock = WriterLock(path=folder / LOCK_FILE) if folder else None
        self._writer: Connection | None = None
        self._last: _Last = _NONE
        reads = LeafReads(database)  # not this store: a circle of them would keep connections until it is found
        self._scopes = KeptScopes(reads.scope_as_kept, reads.late_filter_hash)

    @classmethod
    def open(cls, url: str, *, folder: Path, locked: bool = False) -> Self:
        """Open the store in a database for writing and reading, making its tables if they are missing.

        Args:
            url: the address of the database.
            folder: this machine's state; holds `audit.lock`; made with mode 0700.
            locked: whether that is held already, by a parent of this process, for all its children.

        Raises:
            AuditBusyError: another process has it open, here or elsewhere.
            AuditUnavailableError: it cannot be reached, made or written.
        """
        store = cls(database=PostgresDatabase(url), folder=None if locked else folder)
        try:
            make_private_folder(folder)
        except OSError as error:
            raise AuditUnavailableError(f"the folder {folder} cannot be made ({error.strerror})") from error
        store._take(make=True)
        return store

    @classmethod
    def reading(cls, url: str, *, folder: Path) -> Self:
        """Return the store in a database for whoever only reads it; nothing is opened before it is needed."""
        return cls(database=PostgresDatabase(url), folder=folder)

    @property
    def beside(self) -> Beside | None:
        """See `LeafStore.beside`: nobody else writes while this one has the log."""
        return None

    @property
    def shown(self) -> str:
        """See `LeafStore.shown`: the address of the database, without who connects and how."""
        return self._postgres.shown

    def expect_schema(self) -> None:
        """See that the tables have the schema of this version, for whoever only reads them.

        Raises:
            AuditUnavailableError: an older version made them, or a newer one, or they cannot be read.
        """
        ((version,),) = self._postgres.rows(VERSION) or (("0",),)
        self._expect_known(int(version))
        if int(version) != SCHEMA_VERSION:
            raise self._older(int(version))

    def may_change(self) -> bool:
        """Tell whether the role that connects owns the tables, and could take the triggers away."""
        ((owns,),) = self._postgres.rows(_OWNS.replace("%s", "?"), (f"{SCHEMA}.leaves",))
        return bool(owns)

    @property
    def untidy(self) -> bool:
        """See `LeafStore.untidy`: what was erased stays in pages until whoever runs the server writes them anew."""
        return False

    def tidy(self) -> None:
        """See `LeafStore.tidy`."""

    def remark(self) -> str | None:
        """See `LeafStore.remark`."""
        if not self.may_change():
            return None
        return (
            f"the service connects to {self.shown} as the owner of the log's tables, who can take their triggers away: "
            f"give it a role of its own with {PREPARE} --role ROLE"
        )

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """See `LeafStore.append`."""
        if not entries:
            return []
        new = self._new_scopes(entries)

        def work(writer: Connection) -> list[Receipt]:
            writer.execute(_EXPECT_LAST, self._last)
            receipts, statements = additions(entries, self._last[0] + 1, new)
            for statement, values in statements:
                writer.execute(statement, values)
            return receipts

        return self._added(self._write(work), new)

    def _new_scopes(self, entries: Sequence[Entry]) -> dict[str, bytes]:
        return self._scopes.new(entry.scope for entry in entries if entry.scope)

    def _added(self, receipts: list[Receipt], new: Mapping[str, bytes]) -> list[Receipt]:
        self._last = (receipts[-1].seq, receipts[-1].leaf_hash)
        self._scopes.written(new)
        return receipts

    def publish(self, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
        """See `LeafStore.publish`."""
        self._write(lambda writer: publish(writer, checkpoint, subtrees))

    def reopen(self) -> None:
        """See `LeafStore.reopen`."""
        self.close()
        self._scopes.forget()
        self._take(make=False)

    def close(self) -> None:
        """See `LeafStore.close`."""
        self._postgres.let_go()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._lock:
            self._lock.release()

    def _write(self, work: Callable[[Connection], _T]) -> _T:
        writer = self._open_writer()

        def in_one_step() -> _T:
            with writer.pipeline(), writer.transaction():  # what asks for no answer is sent at once, commit and all
                return work(writer)

        return self._postgres.guarded("written", in_one_step)

    def _open_writer(self) -> Connection:
        if self._writer is None:
            raise AuditUnavailableError(f"the audit store {self.shown} is closed")
        return self._writer

    def _take(self, *, make: bool) -> None:
        """Open the database for writing, in the order of the module's docstring; hold nothing after an error."""
        try:
            if self._lock:
                self._lock.take()
            self._connect(make=make)
        except BaseException:
            self.close()
            raise

    def _connect(self, *, make: bool) -> None:
        self._writer = writer = self._postgres.connect_to_write()
        self._postgres.guarded("opened", lambda: self._prepare(writer, make=make))
        self._postgres.keep()

    def _prepare(self, writer: Connection, *, make: bool) -> None:
        if not _taken(writer, self._take_log):
            raise self._busy(writer)
        with writer.transaction():
            self._take_turn(writer)
            self._see_to_schema(writer, make=make)
        if problem := self._postgres.fault(writer):
            raise AuditDamagedError(problem)
        self._expect_whole(writer)
        with writer.transaction(force_rollback=True):  # a store that cannot be written must not look open
            self._take_turn(writer)
            self._last = writer.execute(_LAST).fetchone() or _NONE
            trial = (self._last[0] + 1, leaf_hash(b""), "", 0, "", "", b"")
            writer.execute(ADD_LEAVES, columns([trial]))

    def _take_turn(self, writer: Connection) -> None:
        """Keep others from writing for the rest of a transaction: here nobody else can."""

    def _expect_whole(self, writer: Connection) -> None:
        """Refuse a log that is not all here yet."""
        if one(writer, MOVE) == HALF_MOVED:
            raise AuditUnavailableError(
                f"the audit store {self.shown} holds half of a log that is being moved here: run greenlit audit move "
                "again, which goes on where it was"
            )

    def _see_to_schema(self, writer: Connection, *, make: bool) -> None:
        version = 0
        if one(writer, _HAS_TABLES, f"{SCHEMA}.history"):
            version = int(one(writer, VERSION) or 0)
        elif not make:
            raise AuditUnavailableError(f"the audit store {self.shown} is gone: expected its tables; put them back")
        if version:
            self._expect_known(version)
        if version == SCHEMA_VERSION:
            return
        if version and not one(writer, _OWNS, f"{SCHEMA}.leaves"):
            raise self._older(version)
        bring_up(lambda statement: writer.execute(statement.encode()), version)

    def _expect_known(self, version: int) -> None:
        oldest = min(STEPS, default=SCHEMA_VERSION)
        if not oldest <= version <= SCHEMA_VERSION:
            by = "newer" if version > SCHEMA_VERSION else "much older"
            raise AuditUnavailableError(
                f"the audit store {self.shown} has schema {version}, expected {oldest} to {SCHEMA_VERSION}: "
                f"a {by} version of Greenlit made it; use that one. Nothing was changed"
            )

    def _older(self, version: int) -> AuditUnavailableError:
        return AuditUnavailableError(
            f"the audit store {self.shown} has schema {version}, expected {SCHEMA_VERSION}: an older version of "
            f"Greenlit made it; run {PREPARE} as the owner of its tables, or use the version that made it"
        )

    def _busy(self, writer: Connection) -> AuditBusyError:
        holder = one(writer, HOLDERS, WRITER >> 32, WRITER & 0xFFFFFFFF) or "unknown"
        return AuditBusyError(
            f"another process ({holder}) writes the audit log in {self.shown}: stop it first, or send the question to "
            "it; a process that was cut off from the server is let go of within half a minute"
        )


def _taken(writer: Connection, take: str) -> bool:
    """Take the log for a session. One that has just ended, perhaps ours, is still there for a moment at the server."""
    until_s = time.monotonic() + _ENDS_WITHIN_S
    while not one(writer, take, WRITER):
        if time.monotonic() >= until_s:
            return False
        time.sleep(_AGAIN_S)
    return True
