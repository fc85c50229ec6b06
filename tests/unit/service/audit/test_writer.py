"""The writer thread: nothing is acknowledged that is not durable, whatever the store does."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.sqlite_store import SqliteLeafStore
from service.audit.store import Entry, Receipt
from service.audit.writer import Writer


class TroubledStore(SqliteLeafStore):
    """A real store with a switch for trouble: `before` and `after` are called around every commit."""

    before: Callable[[], None] = staticmethod(lambda: None)
    after: Callable[[], None] = staticmethod(lambda: None)
    batches: int = 0

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        self.before()
        receipts = super().append(entries)
        self.batches += 1
        self.after()
        return receipts

    def heal(self) -> None:
        self.before = self.after = lambda: None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TroubledStore]:
    with closing(TroubledStore.open(tmp_path / "var", busy_timeout_s=0.05)) as opened:
        yield opened


@pytest.fixture
def writer(store: TroubledStore) -> Iterator[Writer]:
    with closing(Writer(store=store, retry_wait_s=0.02)) as started:
        started.start()
        yield started


def _entry(number: int) -> Entry:
    return Entry("greenlit/audit/2026-11", "query.received", number, f"request-{number}", f"{number}".encode())


def _write(writer: Writer, number: int) -> Receipt:
    return writer.wait(writer.submit(_entry(number)))


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.005)


def _fail() -> None:
    raise AuditUnavailableError("the disk refuses")


def test_entries_are_durable_in_the_order_they_were_submitted(writer: Writer, store: TroubledStore) -> None:
    tickets = [writer.submit(_entry(number)) for number in range(20)]
    assert [writer.wait(ticket).seq for ticket in tickets] == list(range(20))
    assert [leaf.leaf for leaf in store.leaves(-1, 100)] == [f"{number}".encode() for number in range(20)]


def test_what_waits_during_a_commit_goes_into_the_next_as_one(writer: Writer, store: TroubledStore) -> None:
    first_runs, go_on = Event(), Event()

    def hold() -> None:
        first_runs.set()
        go_on.wait(10)

    store.before = hold
    first = writer.submit(_entry(0))
    first_runs.wait(10)
    others = [writer.submit(_entry(number)) for number in range(1, 100)]
    go_on.set()
    assert [writer.wait(ticket).seq for ticket in (first, *others)] == list(range(100))
    assert store.batches == 2


def test_nobody_is_acknowledged_before_the_commit_returns(writer: Writer, store: TroubledStore) -> None:
    committed, go_on = Event(), Event()

    def hold() -> None:
        committed.set()
        go_on.wait(10)

    store.before = hold
    ticket = writer.submit(_entry(0))
    committed.wait(10)
    assert not ticket.done.wait(0.05)
    go_on.set()
    assert writer.wait(ticket).seq == store.size() - 1


def test_after_a_failed_commit_nobody_gets_a_receipt(writer: Writer, store: TroubledStore) -> None:
    runs, go_on = Event(), Event()

    def hold_and_fail() -> None:
        runs.set()
        go_on.wait(10)
        _fail()

    store.before = hold_and_fail
    tickets = [writer.submit(_entry(0))]
    runs.wait(10)
    tickets += [writer.submit(_entry(number)) for number in range(1, 10)]
    go_on.set()
    for ticket in tickets:
        with pytest.raises(AuditUnavailableError, match="the disk refuses"):
            writer.wait(ticket)
    store.heal()
    _wait_until(lambda: writer.problem() is None)
    assert _write(writer, 10).seq == 0, "none of the refused entries was kept"


def test_after_a_failure_the_same_handle_is_never_used_again(writer: Writer, store: TroubledStore) -> None:
    _write(writer, 0)
    handle = store._writer
    store.before = _fail
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        _write(writer, 1)
    _wait_until(lambda: writer.problem() is None)
    assert handle is not None
    assert handle.closed
    assert store._writer is not handle


def test_while_it_cannot_write_it_says_so_at_once(store: TroubledStore) -> None:
    with closing(Writer(store=store, retry_wait_s=60)) as writer:
        writer.start()
        store.before = _fail
        for _ in range(2):
            with pytest.raises(AuditUnavailableError, match="the disk refuses"):
                _write(writer, 0)
        assert writer.problem() == "the disk refuses"


def test_an_entry_that_was_kept_although_the_commit_failed_has_no_receipt(writer: Writer, store: TroubledStore) -> None:
    store.after = _fail
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        _write(writer, 0)
    store.heal()
    _wait_until(lambda: writer.problem() is None)
    assert _write(writer, 1).seq == 1, "the log goes on behind it"


def test_an_unexpected_error_stops_nothing_but_its_batch_and_is_not_quoted(
    writer: Writer, store: TroubledStore
) -> None:
    def explode() -> None:
        raise RuntimeError("zebra-canary-4711")

    store.before = explode
    with pytest.raises(AuditUnavailableError, match=r"failed unexpectedly \(RuntimeError\)") as caught:
        _write(writer, 0)
    assert "canary" not in repr(caught.value)
    store.heal()
    _wait_until(lambda: writer.problem() is None)
    assert _write(writer, 1).seq == 0


def test_it_does_not_go_on_with_another_log_than_the_one_it_wrote(
    writer: Writer, store: TroubledStore, tmp_path: Path
) -> None:
    _write(writer, 0)

    def swap_the_log() -> None:
        store.close()
        (tmp_path / "var" / "audit.sqlite").unlink()
        with closing(SqliteLeafStore.open(tmp_path / "var")) as other:
            other.append([_entry(7)])
        _fail()

    store.before = swap_the_log
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        _write(writer, 1)
    store.heal()
    _wait_until(lambda: "expected leaf 0 with hash" in (writer.problem() or ""))
    with pytest.raises(AuditUnavailableError, match="is not the one that was written"):
        writer.submit(_entry(2))


def test_it_remembers_the_end_of_a_log_that_it_did_not_write(store: TroubledStore, tmp_path: Path) -> None:
    store.append([_entry(0), _entry(1)])
    with closing(Writer(store=store, retry_wait_s=0.02)) as writer:
        writer.start()

        def lose_the_log() -> None:
            store.close()
            (tmp_path / "var" / "audit.sqlite").unlink()
            SqliteLeafStore.open(tmp_path / "var").close()
            _fail()

        store.before = lose_the_log
        with pytest.raises(AuditUnavailableError, match="the disk refuses"):
            _write(writer, 2)
        _wait_until(lambda: "expected leaf 1 with hash" in (writer.problem() or ""))


def test_a_disk_that_hangs_does_not_hang_its_callers(store: TroubledStore) -> None:
    runs, go_on = Event(), Event()

    def hang() -> None:
        runs.set()
        go_on.wait(10)

    store.before = hang
    with closing(Writer(store=store, patience_s=0.05)) as writer:
        writer.start()
        begun = writer.submit(_entry(0))
        runs.wait(10)
        queued = writer.submit(_entry(1))
        for ticket in (begun, queued):
            with pytest.raises(AuditUnavailableError, match=r"has not answered for 0\.05 s"):
                writer.wait(ticket)
        with pytest.raises(AuditUnavailableError, match="has not answered"):
            writer.submit(_entry(2))
        go_on.set()
        _wait_until(lambda: writer.problem() is None)
    assert [leaf.leaf for leaf in store.leaves(-1, 9)] == [b"0"], "what had not begun is not kept behind their backs"


def test_closing_writes_what_was_submitted_and_takes_no_more(store: TroubledStore) -> None:
    store.before = lambda: time.sleep(0.01)
    writer = Writer(store=store)
    writer.start()
    with ThreadPoolExecutor(8) as callers:
        answers = [callers.submit(_write, writer, number) for number in range(8)]
        _wait_until(lambda: store.batches > 0)
        writer.close()
    receipts = [answer.result() for answer in answers if answer.exception() is None]
    refused = [str(answer.exception()) for answer in answers if answer.exception() is not None]
    assert store.size() == len(receipts) > 0
    assert set(refused) <= {"the audit log is closed"}
    with pytest.raises(AuditUnavailableError, match="the audit log is closed"):
        writer.submit(_entry(9))
    writer.close()


def test_a_writer_that_was_never_started_closes_its_store(store: TroubledStore) -> None:
    Writer(store=store).close()
    assert store._writer is None
