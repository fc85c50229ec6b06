"""One thread makes entries durable, many at a time: while one commit waits for the disk, the next batch gathers.

A caller hands an entry in (`submit`) and waits until it is durable (`wait`). Between batches the same thread publishes
checkpoints when they are due (`publisher`). After a failed commit, or a checkpoint that could not be signed, nothing is
written on that handle again: everybody waiting is refused, the store is reopened after a pause, its tree is derived
anew and held against what was known, and what has no checkpoint gets one before the next entry is taken. An entry of
the failed batch may turn out to have been kept; nobody got a receipt for it. Where others write the same log, entries
go through what knows of them (`beside.Others`), which may refuse some of a batch. Does not know what an entry says.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from service.audit.errors import AuditError, AuditUnavailableError
from service.audit.storage.beside import Again, Others
from service.audit.storage.store import Entry, LeafStore, Receipt
from service.audit.storage.tickets import Ticket

MAX_BATCH = 256  # entries; every caller blocks, so a batch is as large as there are callers: a bound for memory only
_TIDY_AGAIN_S = 5.0  # a reader who is in the way of an erasure reads for seconds, or for a minute
DEFAULT_RETRY_WAIT_S = 1.0  # a full disk is not helped by trying faster
DEFAULT_PATIENCE_S = 30.0  # far beyond the slowest commit; a disk that hangs must not hang every caller, nor the end


class Publishing(Protocol):
    """What publishes checkpoints; see `publisher.Publisher`. Only the writer's thread calls it."""

    def restore(self) -> None:
        """Take the tree up as the store holds it now, unless that is not the log that was written."""

    def add(self, receipts: Sequence[Receipt]) -> None:
        """Take leaves that became durable."""

    def due_in_s(self) -> float | None:
        """Return in how many seconds a checkpoint is due; `None` if none is."""

    def publish(self, *, wished: bool = True) -> int:
        """Publish a checkpoint of what there is, where that is due or wished for; return below which number all is."""


class Writer:
    """The single writer of a store; `start` it once, `close` it once. It closes the store."""

    def __init__(
        self,
        *,
        store: LeafStore,
        publisher: Publishing,
        others: Others | None = None,
        notice: Callable[[str], None] = lambda _: None,
        retry_wait_s: float = DEFAULT_RETRY_WAIT_S,
        patience_s: float = DEFAULT_PATIENCE_S,
    ) -> None:
        """Take an open store and what publishes its checkpoints.

        Args:
            store: the store; closed by `close`.
            publisher: publishes checkpoints of it.
            others: knows what other processes write; `None` where there are none.
            notice: is told, without any text of a question, when nothing can be written, and when it can again.
            retry_wait_s: between two attempts to reopen a store that failed.
            patience_s: how long a caller waits for a commit.
        """
        self._store = store
        self._publisher = publisher
        self._others = others
        self._wishes: list[Ticket] = []  # for checkpoints that others may have to sign; of the thread
        self._notice = notice
        self._retry_wait_s = retry_wait_s
        self._patience_s = patience_s
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        self._changed = threading.Condition()  # guards what follows
        self._queue: deque[Ticket] = deque()
        self._closing = False
        self._reason: str | None = None  # why the store is not usable; only the thread sets it
        self._working = False
        self._late: str | None = None  # a caller gave up during work on the store that has not returned yet
        self._failures = 0

    @property
    def failures(self) -> int:
        """How often the store failed so far. After each, only the store knows where the log ends."""
        with self._changed:
            return self._failures

    @property
    def changes(self) -> int:
        """How often it became unsure where the log ends, or in which month and with which keys it goes on."""
        return self.failures + (self._others.changes if self._others else 0)

    @property
    def others(self) -> Others | None:
        """What is known of other processes; `None` where there are none."""
        return self._others

    def start(self) -> None:
        """Take up where the log ends and begin to take entries; if that cannot be done now, say so and try again."""
        self._guarded(self._take_up, [])
        self._thread.start()

    def submit(self, entry: Entry | None, again: Again | None = None) -> Ticket:
        """Queue an entry, or `None` for a checkpoint; entries get their numbers in the order of these calls.

        Args:
            entry: what is to be kept.
            again: makes the same for another time, where other processes were quicker.

        Raises:
            AuditUnavailableError: nothing can be written now.
        """
        ticket = Ticket(entry, again)
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
            AuditOvertakenError, AuditEndedError: another process was first; the former: made anew, it may be.
        """
        self._await(ticket)
        if ticket.receipt is None:
            raise ticket.error(ticket.reason)
        return ticket.receipt

    def publish(self) -> None:
        """Wait until a checkpoint covers everything that was written before this call.

        Raises:
            AuditUnavailableError: it could not be published.
        """
        ticket = self.submit(None)
        self._await(ticket)
        if ticket.reason:
            raise AuditUnavailableError(ticket.reason)

    def problem(self) -> str | None:
        """Return why nothing can be written now; `None` if all is well."""
        with self._changed:
            return self._problem()

    def close(self) -> None:
        """Write what was submitted, stop, and close the store, unless it does not answer; closing twice is fine."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(DEFAULT_PATIENCE_S)
        if not self._thread.is_alive():  # else nobody has a receipt for what it waits for; it ends with the process
            self._store.close()

    def _problem(self) -> str | None:
        return "the audit log is closed" if self._closing else self._reason or self._late

    def _await(self, ticket: Ticket) -> None:
        if ticket.done.wait(self._patience_s):
            return
        with self._changed:
            if ticket.done.is_set():
                return
            ticket.reason = f"the audit store has not answered for {self._patience_s:g} s"
            if self._working:
                self._late = ticket.reason
            if ticket in self._queue:  # not begun: it must not be kept after its caller was told that it was not
                self._queue.remove(ticket)

    def _run(self) -> None:
        while True:
            if self._reason is not None:
                if self._pause():
                    return
                self._recover()
            elif not self._work():
                return

    def _work(self) -> bool:
        """Write one batch, then publish if that is due or wished for; `False` when closed and all is written."""
        batch, closing = self._take()
        if not self._guarded(lambda: self._commit(batch), batch):
            return True
        if not batch and self._store.untidy:
            self._store.tidy()
        self._wishes += [ticket for ticket in batch if ticket.entry is None]
        if self._wishes or closing or self._publisher.due_in_s() == 0.0:
            self._publish(closing=closing)
        with self._changed:
            self._working, self._late = False, None
        return not closing

    def _publish(self, *, closing: bool) -> None:
        """Publish; let go whose wish is fulfilled; the others wait for another process."""
        for ticket in self._wishes:
            ticket.until = ticket.until or (self._others.next_seq if self._others else 0)
        covered = 0

        def work() -> None:
            nonlocal covered
            covered = self._publisher.publish(wished=closing or bool(self._wishes))

        if self._guarded(work, self._wishes):
            for ticket in self._wishes:
                if ticket.until <= covered:
                    ticket.done.set()
                elif closing:
                    ticket.refuse("the audit log is closed, and no other process signed it yet")
        self._wishes = [ticket for ticket in self._wishes if not ticket.done.is_set() and not ticket.reason]

    def _take(self) -> tuple[list[Ticket], bool]:
        """Wait for work and take a batch; also tell whether the writer was closed and this is the last of it."""
        with self._changed:
            wait_s = self._publisher.due_in_s()
            if self._store.untidy:
                wait_s = _TIDY_AGAIN_S if wait_s is None else min(wait_s, _TIDY_AGAIN_S)
            self._changed.wait_for(lambda: self._queue or self._closing, wait_s)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]
            self._working = True
            return batch, self._closing and not self._queue

    def _guarded(self, work: Callable[[], None], batch: list[Ticket]) -> bool:
        """Do some work on the store; tell whether it succeeded. If not, everybody who waits is refused."""
        reason = _outcome(work)
        if reason is not None:
            self._fail(reason, batch)
        return reason is None

    def _commit(self, batch: list[Ticket]) -> None:
        entries = [(ticket.entry, ticket.again) for ticket in batch if ticket.entry is not None]
        if not entries:
            return
        for ticket, outcome in zip((one for one in batch if one.entry is not None), self._kept(entries), strict=True):
            if isinstance(outcome, Receipt):
                ticket.grant(outcome)
            else:
                ticket.refuse(str(outcome), error=type(outcome))

    def _kept(self, entries: Sequence[tuple[Entry, Again | None]]) -> Sequence[Receipt | AuditUnavailableError]:
        if self._others:
            return self._others.append(entries)
        receipts = self._store.append([entry for entry, _ in entries])
        self._publisher.add(receipts)
        return receipts

    def _fail(self, reason: str, batch: list[Ticket]) -> None:
        with self._changed:
            self._reason = reason
            self._failures += 1
            self._working, self._late = False, None
            for ticket in [one for one in (*batch, *self._wishes, *self._queue) if not one.done.is_set()]:
                ticket.refuse(reason)
            self._queue.clear()
        self._store.close()
        self._tell(f"the audit log cannot be written, no answers are given: {reason}")

    def _pause(self) -> bool:
        """Wait before the next attempt to reopen; `True` when the writer was closed meanwhile."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing, self._retry_wait_s)

    def _recover(self) -> None:
        before = self._reason
        reason = _outcome(self._reopen)
        if reason is not None:
            self._store.close()
        with self._changed:
            self._reason = reason
        if reason is None:
            self._tell("the audit log can be written again")
        elif reason != before:
            self._tell(f"the audit log still cannot be written: {reason}")

    def _reopen(self) -> None:
        self._store.reopen()
        self._take_up()

    def _take_up(self) -> None:
        self._publisher.restore()
        self._publisher.publish()  # a signer that cannot sign is told before an entry is taken, not after

    def _tell(self, words: str) -> None:
        with suppress(Exception):  # whoever is told must not stop the thread: every caller would be left waiting
            self._notice(words)


def _outcome(work: Callable[[], None]) -> str | None:
    """Do some work on the store and return why it failed, in words that hold no text; `None` if it did not."""
    try:
        work()
    except AuditError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a thread that died would leave every caller waiting
        return f"the audit store failed unexpectedly ({type(error).__name__})"
    return None
