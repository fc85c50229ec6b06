"""The writer thread: nothing is acknowledged that is not durable, whatever the store does.

Its publisher here only notes what it is asked; the real one is tested in `test_publisher`, both together in `test_log`.
"""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.storage.store import Entry, Receipt
from service.audit.storage.writer import Writer
from tests.support.audit_parts import Hold, Press, TroubledStore, wait_until


@pytest.fixture
def writer(troubled: TroubledStore, press: Press) -> Iterator[Writer]:
    with closing(Writer(store=troubled, publisher=press, retry_wait_s=0.01)) as started:
        started.start()
        press.done.clear()
        yield started


def _entry(number: int) -> Entry:
    return Entry("greenlit/audit/2026-11", "query.received", number, f"request-{number}", f"{number}".encode())


def _write(writer: Writer, number: int) -> Receipt:
    return writer.wait(writer.submit(_entry(number)))


def test_entries_are_durable_in_the_order_they_were_submitted(
    writer: Writer, troubled: TroubledStore, press: Press
) -> None:
    tickets = [writer.submit(_entry(number)) for number in range(20)]
    assert [writer.wait(ticket).seq for ticket in tickets] == list(range(20))
    assert [leaf.leaf for leaf in troubled.leaves(-1, 100)] == [f"{number}".encode() for number in range(20)]
    assert press.added == list(range(20))


def test_what_waits_during_a_commit_goes_into_the_next_as_one(writer: Writer, troubled: TroubledStore) -> None:
    troubled.before = hold = Hold()
    first = writer.submit(_entry(0))
    hold.begun.wait(20)
    others = [writer.submit(_entry(number)) for number in range(1, 100)]
    hold.go_on.set()
    assert [writer.wait(ticket).seq for ticket in (first, *others)] == list(range(100))
    assert troubled.batches == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_nobody_is_acknowledged_before_the_commit_returns(writer: Writer, troubled: TroubledStore, when: str) -> None:
    hold = Hold()
    setattr(troubled, when, hold)
    ticket = writer.submit(_entry(0))
    hold.begun.wait(20)
    assert not ticket.done.wait(0.02)
    hold.go_on.set()
    assert writer.wait(ticket).seq == troubled.size() - 1


def test_what_was_erased_under_a_reader_goes_while_nobody_asks(
    writer: Writer, troubled: TroubledStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.audit.storage.writer._TIDY_AGAIN_S", 0.01)
    _write(writer, 0)
    with closing(sqlite3.connect(troubled.shown, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM leaves").fetchall()
        writer.wait(writer.submit(Entry("o", "payload.erased", 1, "", b"erased", erases=((0, 0),))))
        time.sleep(0.05)
        assert troubled.untidy, "the reader still needs it"
    wait_until(lambda: not troubled.untidy)


def test_closing_writes_what_was_submitted_and_takes_no_more(troubled: TroubledStore, press: Press) -> None:
    troubled.before = lambda _: time.sleep(0.01)
    writer = Writer(store=troubled, publisher=press)
    writer.start()
    with ThreadPoolExecutor(8) as callers:
        answers = [callers.submit(_write, writer, number) for number in range(8)]
        wait_until(lambda: troubled.batches > 0)
        writer.close()
    receipts = [answer.result() for answer in answers if answer.exception() is None]
    refused = [str(answer.exception()) for answer in answers if answer.exception() is not None]
    assert troubled.size() == len(receipts) > 0
    assert set(refused) <= {"the audit log is closed"}
    assert press.done[-1] == "publish", "a last checkpoint"
    with pytest.raises(AuditUnavailableError, match="the audit log is closed"):
        writer.submit(_entry(9))
    writer.close()


def test_a_writer_that_was_never_started_closes_its_store(troubled: TroubledStore, press: Press) -> None:
    Writer(store=troubled, publisher=press).close()
    assert troubled._writer is None


def test_a_checkpoint_that_is_due_needs_no_traffic(writer: Writer, press: Press) -> None:
    press.due_s = 0.0
    _write(writer, 0)
    wait_until(lambda: press.done == ["publish"])


def test_a_wish_for_a_checkpoint_waits_until_it_is_there(writer: Writer, troubled: TroubledStore, press: Press) -> None:
    troubled.before = hold = Hold()
    ticket = writer.submit(_entry(0))
    hold.begun.wait(20)
    with ThreadPoolExecutor(2) as callers:
        wishes = [callers.submit(writer.publish) for _ in range(2)]
        assert press.done == []
        hold.go_on.set()
        for wish in wishes:
            wish.result()
    assert writer.wait(ticket).seq == 0
    assert press.done[0] == "publish"
