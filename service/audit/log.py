"""The audit log as the rest of the service sees it: two calls a question, each durable before it returns.

For each call: (1) the texts become payloads with a fresh salt, and commitments; (2) under one lock, the clock is read,
the leaf is made and its entry submitted, so that times stand in the order of the sequence numbers; (3) the caller waits
for the commit, many callers for the same one, and gets a receipt. Texts are kept as they came, even when they are not
valid Unicode. Gives nobody a text back: reading payloads is for auditors, and a record of its own.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from service.audit.commitments import commit, new_salt
from service.audit.leaves import Commitment, QueryFinished, QueryReceived, Stamp
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE, finished_leaf, received_leaf
from service.audit.sqlite_store import SqliteLeafStore
from service.audit.store import Entry, LeafStore, Payload, Receipt, StoredLeaf
from service.audit.writer import Writer

Clock = Callable[[], int]  # microseconds since 1970, UTC
_US = 1_000_000  # microseconds in a second


class AuditLog:
    """The record of prompts and answers. Any thread may call; every call blocks until the disk has it."""

    def __init__(self, *, name: str, store: LeafStore, writer: Writer, clock: Clock) -> None:
        """Take parts that are ready: the store is open, the writer started.

        Args:
            name: the first part of every origin, such as the host name of the service.
            store: where leaves are read from.
            writer: the single writer of that store.
            clock: the time, in microseconds since 1970, UTC.
        """
        self._name = name
        self._store = store
        self._writer = writer
        self._clock = clock
        self._in_order = threading.Lock()

    def received(self, entry: QueryReceived, *, prompt: str) -> Receipt:
        """Record that a question came, before anything is done with it.

        Raises:
            AuditUnavailableError: it is not recorded: no answer may be given.
            AuditEntryError: the entry holds what a leaf must not hold.
        """
        payload, commitment = _seal("prompt", prompt)

        def make(stamp: Stamp) -> bytes:
            return received_leaf(entry, stamp, prompt=commitment)

        return self._record(RECEIVED_TYPE, entry.request_id, make, (payload,))

    def finished(self, entry: QueryFinished, *, answer: str | None, raw: str | None = None) -> Receipt:
        """Record what became of a question, before anything of it leaves.

        Args:
            entry: what became of it.
            answer: the answer as released; `None` when there is none.
            raw: what a language model wrote before the checks; `None` when none did.

        Raises:
            AuditUnavailableError: it is not recorded: no answer may be given.
            AuditEntryError: the entry holds what a leaf must not hold.
        """
        sealed = {field: _seal(field, text) for field, text in (("answer", answer), ("raw", raw)) if text is not None}
        commitments = {field: commitment for field, (_, commitment) in sealed.items()}

        def make(stamp: Stamp) -> bytes:
            return finished_leaf(entry, stamp, answer=commitments.get("answer"), raw=commitments.get("raw"))

        payloads = tuple(payload for payload, _ in sealed.values())
        return self._record(FINISHED_TYPE, entry.request_id, make, payloads)

    def healthy(self) -> str | None:
        """Return why the log cannot be written now; `None` if it can."""
        return self._writer.problem()

    def size(self) -> int:
        """Return the number of leaves."""
        return self._store.size()

    def leaf(self, seq: int) -> StoredLeaf | None:
        """Return one leaf; `None` if there is none with this number."""
        return self._store.leaf(seq)

    def leaves(self, after: int = -1, limit: int = 256) -> list[StoredLeaf]:
        """Return up to `limit` leaves with numbers above `after`, in order."""
        return self._store.leaves(after, limit)

    def close(self) -> None:
        """Finish what was begun and let go of the store; closing twice is fine."""
        self._writer.close()

    def _record(
        self, kind: str, request_id: str, make: Callable[[Stamp], bytes], payloads: tuple[Payload, ...]
    ) -> Receipt:
        with self._in_order:
            now_us = self._clock()
            stamp = Stamp(origin=origin(self._name, now_us), ts_us=now_us)
            entry = Entry(
                origin=stamp.origin,
                type=kind,
                ts_us=now_us,
                request_id=request_id,
                leaf=make(stamp),
                payloads=payloads,
            )
            ticket = self._writer.submit(entry)
        return self._writer.wait(ticket)


def system_clock_us() -> int:
    """Return the time in microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def open_log(folder: Path, *, name: str, clock: Clock) -> AuditLog:
    """Open the log kept in a folder, with its single writer.

    Args:
        folder: where the store is; made with mode 0700 if missing.
        name: the first part of every origin.
        clock: the time, in microseconds since 1970, UTC.

    Raises:
        AuditBusyError: another process writes it.
        AuditUnavailableError: it cannot be made, read or written.
    """
    store = SqliteLeafStore.open(folder)
    writer = Writer(store=store)
    try:
        writer.start()
    except BaseException:
        store.close()
        raise
    return AuditLog(name=name, store=store, writer=writer, clock=clock)


def origin(name: str, ts_us: int) -> str:
    """Return the origin of a leaf made at a time: `<name>/audit/<yyyy-mm>`, the month in UTC."""
    return f"{name}/audit/{datetime.fromtimestamp(ts_us // _US, UTC):%Y-%m}"


def _seal(field: str, text: str) -> tuple[Payload, Commitment]:
    # surrogatepass: a text that is not valid Unicode is recorded as it came, and no error can quote it
    payload = Payload(field=field, salt=new_salt(), body=text.encode("utf-8", "surrogatepass"))
    return payload, Commitment(digest=commit(field, payload.salt, payload.body), length=len(payload.body))
