"""Opens a log with all its parts: the one place where they are put together.

`open_log` takes the single writer; `OpenLog` is handed around by its parts: the service records through `log`, auditors
read through `store` and `keyring`, both behind records of their own (`auditor`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from service.audit.checkpoints.publisher import Publisher
from service.audit.checkpoints.signer import Signer
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog, Clock
from service.audit.shard_keeper import ShardKeeper
from service.audit.shards import key_name
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import LeafStore
from service.audit.storage.writer import DEFAULT_PATIENCE_S, DEFAULT_RETRY_WAIT_S, Writer


@dataclass(frozen=True, slots=True)
class OpenLog:
    """The parts of an open log."""

    name: str
    log: AuditLog
    store: LeafStore
    keyring: Keyring
    signer: Signer
    clock: Clock

    def close(self) -> None:
        """Finish what was begun and let go of the store; closing twice is fine."""
        self.log.close()


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the writer is: seconds between attempts to reopen, and seconds that a caller waits."""

    retry_wait_s: float = DEFAULT_RETRY_WAIT_S
    patience_s: float = DEFAULT_PATIENCE_S


def open_log(
    folder: Path, *, keys: Path, name: str, clock: Clock, notice: Callable[[str], None] = lambda _: None
) -> OpenLog:
    """Open the log kept in a folder, with its single writer.

    A log whose signing key is missing, or that is not the one that was signed, opens too, but records nothing until
    that is mended: `AuditLog.healthy` says why.

    Args:
        folder: where the store is; made with mode 0700 if missing.
        keys: where its keys are; made with mode 0700 if missing.
        name: the first part of every origin.
        clock: the time, in microseconds since 1970, UTC.
        notice: is told, in words without any text of a question, when nothing can be recorded and when it can again.

    Raises:
        AuditBusyError: another process writes it.
        AuditUnavailableError: the store cannot be made, read or written.
    """
    return assemble(SqliteLeafStore.open(folder), keys=keys, name=name, clock=clock, notice=notice)


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
    publisher = Publisher(store=store, signer=signer)
    writer = Writer(
        store=store,
        publisher=publisher,
        notice=notice,
        retry_wait_s=pace.retry_wait_s,
        patience_s=pace.patience_s,
    )
    keyring = Keyring(folder=keys)
    try:
        writer.start()
    except BaseException:
        store.close()
        raise
    keeper = ShardKeeper(name=name, store=store, writer=writer, keyring=keyring, signer=signer)
    log = AuditLog(writer=writer, store=store, keyring=keyring, keeper=keeper, clock=clock)
    return OpenLog(name=name, log=log, store=store, keyring=keyring, signer=signer, clock=clock)
