"""One thread makes entries durable, many at a time: while one commit waits for the disk, the next batch gathers.

A caller hands an entry in (`submit`) and waits until it is durable (`wait`). After a failed commit nothing is written
on that handle again: everybody waiting is refused, the store is reopened after a pause, and the log as it was known
must still be there before the next entry is taken. An entry of the failed batch may turn out to have been kept; nobody
got a receipt for it. Does not know what an entry says.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

from service.audit.errors import AuditError, AuditUnavailableError
from service.audit.store import Entry, LeafStore, Receipt

MAX_BATCH = 256  # entries; every caller blocks, so a batch is as large as there are callers: a bound for memory only
DEFAULT_RETRY_WAIT_S = 1.0  # a full disk is not helped by trying faster
DEFAULT_PATIENCE_S = 30.0  # far beyond the slowest commit; a disk that hangs must not hang every caller


@dataclass(slots=True, eq=False)
class Ticket:
    """One entry on its way; `wait` for it."""

    entry: Entry
    done: threading.Event = field(default_factory=threading.Event)
    receipt: Receipt | None = None
    reason: str = ""

    def grant(self, receipt: Receipt) -> None:
        """Let the caller go with a receipt."""
        self.receipt = receipt
        self.done.set()

    def refuse(self, reason: str) -> None:
        """Let the caller go without one."""
        self.reason = reason
        self.done.set()


class Writer:
    """The single writer of a store; `start` it once, `close` it once. It closes the store."""

    def __init__(
        self,
        *,
        store: LeafStore,
        retry_wait_s: float = DEFAULT_RETRY_WAIT_S,
        patience_s: float = DEFAULT_PATIENCE_S,
    ) -> None:
        self._store = store
        self._retry_wait_s = retry_wait_s
        self._patience_s = patience_s
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        self._changed = threading.Condition()  # guards what follows
        self._queue: deque[Ticket] = deque()
        self._closing = False
        self._reason: str | None = None  # why the store is not usable; only the thread sets it
        self._committing = False
        self._late: str | None = None  # a caller gave up during a commit that has not returned yet
        self._last: Receipt | None = None  # the newest leaf known to be durable; only the thread touches it

    def start(self) -> None:
        """Remember where the log ends and begin to take entries.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        size = self._store.size()
        newest = self._store.leaf(size - 1) if size else None
        if newest:
            self._last = Receipt(origin="", seq=newest.seq, leaf_hash=newest.leaf_hash)
        self._thread.start()

    def submit(self, entry: Entry) -> Ticket:
        """Queue an entry; entries get their numbers in the order of these calls.

        Raises:
            AuditUnavailableError: nothing can be written now.
        """
        ticket = Ticket(entry)
        with self._changed:
            if reason := self._problem():
                raise AuditUnavailableError(reason)
            self._queue.append(ticket)
            self._changed.notify()
        return ticket

    def wait(self, ticket: Ticket) -> Receipt:
        """Wait until a submitted entry is durable.

        Raises:
            AuditUnavailableError: it is not, or not known to be: no answer may be given.
        """
        if not ticket.done.wait(self._patience_s):
            self._give_up(ticket)
        if ticket.receipt is None:
            raise AuditUnavailableError(ticket.reason)
        return ticket.receipt

    def problem(self) -> str | None:
        """Return why nothing can be written now; `None` if all is well."""
        with self._changed:
            return self._problem()

    def close(self) -> None:
        """Write what was submitted, stop, and close the store; closing twice is fine."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()
        self._store.close()

    def _problem(self) -> str | None:
        return "the audit log is closed" if self._closing else self._reason or self._late

    def _give_up(self, ticket: Ticket) -> None:
        with self._changed:
            if ticket.done.is_set():
                return
            ticket.reason = f"the audit store has not answered for {self._patience_s:g} s"
            if self._committing:
                self._late = ticket.reason
            if ticket in self._queue:  # not begun: it must not be kept after its caller was told that it was not
                self._queue.remove(ticket)

    def _run(self) -> None:
        while True:
            if self._reason is not None:
                if self._pause():
                    return
                self._recover()
            elif batch := self._take():
                self._commit(batch)
            else:
                return

    def _take(self) -> list[Ticket]:
        """Wait for entries and take a batch; empty when the writer was closed and everything is written."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]
            self._committing = bool(batch)
            return batch

    def _commit(self, batch: list[Ticket]) -> None:
        try:
            receipts = self._store.append([ticket.entry for ticket in batch])
        except AuditError as error:
            self._fail(str(error), batch)
        except Exception as error:  # noqa: BLE001 - a thread that died would leave every caller waiting
            self._fail(f"the audit store failed unexpectedly ({type(error).__name__})", batch)
        else:
            self._last = receipts[-1]
            with self._changed:
                self._committing, self._late = False, None
                for ticket, receipt in zip(batch, receipts, strict=True):
                    ticket.grant(receipt)

    def _fail(self, reason: str, batch: list[Ticket]) -> None:
        self._store.close()
        with self._changed:
            self._reason = reason
            self._committing, self._late = False, None
            for ticket in (*batch, *self._queue):
                ticket.refuse(reason)
            self._queue.clear()

    def _pause(self) -> bool:
        """Wait before the next attempt to reopen; `True` when the writer was closed meanwhile."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing, self._retry_wait_s)

    def _recover(self) -> None:
        try:
            self._store.reopen()
            reason = self._changed_log()
        except AuditError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - as in _commit
            reason = f"the audit store failed unexpectedly ({type(error).__name__})"
        if reason is not None:
            self._store.close()
        with self._changed:
            self._reason = reason

    def _changed_log(self) -> str | None:
        """Return what is wrong if the log no longer begins with what was known to be durable."""
        if self._last is None:
            return None
        found = self._store.leaf(self._last.seq)
        if found is not None and found.leaf_hash == self._last.leaf_hash:
            return None
        return (
            f"the audit store is not the one that was written: expected leaf {self._last.seq} with hash "
            f"{self._last.leaf_hash}, got {found.leaf_hash if found else 'none'}; put the store back as it was"
        )
