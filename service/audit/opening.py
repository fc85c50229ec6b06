"""Opens a log with all its parts: the one place where they are put together, and where its store is chosen.

A log is a file in a folder, unless the address of a database is given: then it is there, and the folder holds what
belongs to this machine.
In a file one process has the single writer; in a database several write at once. `open_log` makes a writer; `OpenLog`
is handed around by its parts: the service records through `log`, auditors read through `store` and `keyring`, both
behind records of their own (`auditor`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service.audit.checkpoints.publisher import Publisher
from service.audit.checkpoints.shared_publisher import SharedPublisher
from service.audit.checkpoints.signer import Signer
from service.audit.errors import AuditUnavailableError
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog, Clock, system_clock_us
from service.audit.shard_keeper import ShardKeeper
from service.audit.shards import key_name
from service.audit.storage.sqlite_store import STORE_FILE, SqliteLeafStore
from service.audit.storage.store import LeafReader, LeafStore, StoredLeaf
from service.audit.storage.writer import DEFAULT_PATIENCE_S, DEFAULT_RETRY_WAIT_S, Writer

if TYPE_CHECKING:
    from service.audit.storage.postgres_store import PostgresLeafStore

MOVED_FILE = f"{STORE_FILE}.moved"  # what is left of a log in a file, once it is in a database


@dataclass(frozen=True, slots=True)
class OpenLog:
    """The parts of an open log.

    `unanswered` gives the questions without an end. The first look of a process goes through all questions, and is the
    one that closes them at the start, where that is done; the others see what came since.
    """

    name: str
    log: AuditLog
    store: LeafStore
    keyring: Keyring
    signer: Signer
    clock: Clock
    unanswered: Callable[[], list[StoredLeaf]]

    def has_lease(self) -> bool:
        """Tell whether it is for this process to do what one is enough for, as it is where nobody else writes."""
        beside = self.store.beside
        return beside is None or beside.has_lease()

    def close(self) -> None:
        """Finish what was begun and let go of the store; closing twice is fine."""
        self.log.close()


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the writer is: seconds between attempts to reopen, and seconds that a caller waits."""

    retry_wait_s: float = DEFAULT_RETRY_WAIT_S
    patience_s: float = DEFAULT_PATIENCE_S


def open_log(
    folder: Path,
    *,
    keys: Path,
    name: str,
    clock: Clock,
    notice: Callable[[str], None] = lambda _: None,
    database: str = "",
) -> OpenLog:
    """Open the log kept in a folder, with its single writer, or in a database, where other processes may write too.

    A log whose signing key is missing, or that is not the one that was signed, opens too, but records nothing until
    that is mended: `AuditLog.healthy` says why.

    Args:
        folder: where the store is; made with mode 0700 if missing.
        keys: where its keys are; made with mode 0700 if missing.
        name: the first part of every origin.
        clock: the time, in microseconds since 1970, UTC.
        notice: is told, in words without any text of a question, when nothing can be recorded and when it can again.
        database: the address of the database that holds the log; empty where the folder does.

    Raises:
        AuditBusyError: another process writes it.
        AuditUnavailableError: the store cannot be made, read or written.
    """
    return assemble(open_store(folder, database=database), keys=keys, name=name, clock=clock, notice=notice)


def open_store(folder: Path, *, database: str = "", alone: bool = False, locked: bool = False) -> LeafStore:
    """Open the store of a log for writing and reading; see `open_log`.

    Args:
        folder: where the store is.
        database: the address of the database that holds the log; empty where the folder does.
        alone: whether no other process may write it meanwhile, as none ever may in a folder.
        locked: whether a parent of this process holds the folder's lock for it; with a database only.
    """
    if not database:
        _expect_not_moved(folder)
        return SqliteLeafStore.open(folder)
    store = _postgres(alone=alone).open(database, folder=folder, locked=locked)
    try:
        _expect_moved(folder, store)
    except BaseException:
        store.close()
        raise
    return store


def log_at_rest(folder: Path, *, database: str = "") -> LeafReader:
    """Return the store of a log for whoever only reads it, beside a service or without one.

    Raises:
        AuditUnavailableError: there is none, another version made it, or it cannot be read.
    """
    if database:
        kept = _postgres(alone=True).reading(database, folder=folder)
        kept.expect_schema()
        return kept
    _expect_not_moved(folder)
    if not (folder / STORE_FILE).exists():
        raise AuditUnavailableError(
            f"expected a log in {folder}, found none: ask something first, or set GREENLIT_STATE"
        )
    store = SqliteLeafStore(folder=folder)
    store.expect_schema()
    return store


def _postgres(*, alone: bool) -> "type[PostgresLeafStore]":
    try:
        from service.audit.storage.postgres_beside import PostgresBesideStore  # noqa: PLC0415 - what it needs is an extra
        from service.audit.storage.postgres_store import PostgresLeafStore  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "service":
            raise
        missing = error.name
    else:
        return PostgresLeafStore if alone else PostgresBesideStore
    raise AuditUnavailableError(
        f"expected what GREENLIT_DATABASE_URL needs, found no {missing}: pip install -e '.[postgres]'"
    )


def _expect_moved(folder: Path, store: "PostgresLeafStore") -> None:
    """Refuse to begin an empty log in a database where the real one is still a file."""
    if not store.size() and (folder / STORE_FILE).exists() and SqliteLeafStore(folder=folder).size():
        raise AuditUnavailableError(
            f"the log in {folder / STORE_FILE} is not in {store.shown}, which is empty: run greenlit audit move, "
            "or name the database that holds the log"
        )


def _expect_not_moved(folder: Path) -> None:
    """Refuse to begin an empty log where the real one went into a database."""
    if (folder / MOVED_FILE).exists() and not (folder / STORE_FILE).exists():
        raise AuditUnavailableError(
            f"the log of {folder} was moved into a database: set GREENLIT_DATABASE_URL to its address, or, to go on "
            f"without what was recorded there, rename {MOVED_FILE} to {STORE_FILE}"
        )


def assemble(
    store: LeafStore,
    *,
    keys: Path,
    name: str,
    clock: Clock,
    notice: Callable[[str], None] = lambda _: None,
    pace: Pace | None = None,
) -> OpenLog:
    """Put a log together over an open store; see `open_log`."""
    pace = pace or Pace()
    signer = Signer(folder=keys, name=key_name(name))
    beside = store.beside
    shared = SharedPublisher(store=store, beside=beside, signer=signer, notice=notice) if beside else None
    if beside and clock is system_clock_us:  # another is of no machine
        beside.hold_clock()
    writer = Writer(
        store=store,
        publisher=shared or Publisher(store=store, signer=signer),
        others=shared,
        notice=notice,
        retry_wait_s=pace.retry_wait_s,
        patience_s=pace.patience_s,
    )
    keyring = Keyring(folder=keys)
    try:
        _expect_name(store, name)
        writer.start()
    except BaseException:
        store.close()
        raise
    keeper = ShardKeeper(name=name, store=store, writer=writer, keyring=keyring, signer=signer)
    log = AuditLog(writer=writer, store=store, keyring=keyring, keeper=keeper, clock=clock)
    return OpenLog(
        name=name,
        log=log,
        store=store,
        keyring=keyring,
        signer=signer,
        clock=clock,
        unanswered=keeper.left_behind,
    )


def _expect_name(store: LeafStore, name: str) -> None:
    """Refuse a name that is not that of the other processes: each would end the other's months."""
    if store.beside and (said := store.beside.agree("name of the log", name)) != name:
        raise AuditUnavailableError(
            f"the log in {store.shown} has the name {said}, got {name}: give all processes one GREENLIT_LOG_NAME"
        )
