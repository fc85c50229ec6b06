"""The writer when the store, its publisher or the disk fails: nobody gets a receipt, and nothing goes on by itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from service.audit.errors import AuditKeyError, AuditUnavailableError
from service.audit.storage.store import Entry, Receipt
from service.audit.storage.writer import Writer
from tests.support.audit_parts import Hold, Press, TroubledStore, refuse, wait_until


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def writer(troubled: TroubledStore, press: Press, notices: list[str]) -> Iterator[Writer]:
    with closing(Writer(store=troubled, publisher=press, notice=notices.append, retry_wait_s=0.01)) as started:
        started.start()
        press.done.clear()
        yield started


def _entry(number: int) -> Entry:
    return Entry("greenlit/audit/2026-11", "query.received", number, f"request-{number}", f"{number}".encode())


def _write(writer: Writer, number: int) -> Receipt:
    return writer.wait(writer.submit(_entry(number)))


def _healed(writer: Writer) -> None:
    wait_until(lambda: writer.problem() is None)


def test_after_a_failed_commit_nobody_gets_a_receipt(writer: Writer, troubled: TroubledStore, press: Press) -> None:
    hold = Hold()

    def hold_and_fail(name: str) -> None:
        hold(name)
        refuse(name)

    troubled.before = hold_and_fail
    tickets = [writer.submit(_entry(0))]
    hold.begun.wait(20)
    tickets += [writer.submit(_entry(number)) for number in range(1, 10)]
    hold.go_on.set()
    for ticket in tickets:
        with pytest.raises(AuditUnavailableError, match="the disk refuses"):
            writer.wait(ticket)
    troubled.heal()
    _healed(writer)
    assert _write(writer, 10).seq == 0, "none of the refused entries was kept"
    assert press.added == [0]


def test_after_a_failure_the_same_handle_is_never_used_again(writer: Writer, troubled: TroubledStore) -> None:
    _write(writer, 0)
    handle = troubled._writer
    troubled.before = refuse
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        _write(writer, 1)
    troubled.heal()
    _healed(writer)
    assert handle is not None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        handle.execute("SELECT 1")
    assert troubled._writer is not handle


def test_after_a_failure_the_tree_is_taken_up_anew_and_published_before_the_next_entry(
    writer: Writer, troubled: TroubledStore, press: Press
) -> None:
    assert writer.failures == 0
    troubled.before = refuse
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        _write(writer, 0)
    assert writer.failures == 1
    troubled.heal()
    _healed(writer)
    assert press.done == ["restore", "publish"]


@pytest.mark.parametrize("refused", ["restore", "publish"])
def test_while_the_tree_is_not_the_known_one_or_cannot_be_signed_nothing_is_taken(
    writer: Writer, troubled: TroubledStore, press: Press, notices: list[str], refused: str
) -> None:
    def turn_down(name: str) -> None:
        if name == refused:
            raise AuditKeyError("the key is missing")

    press.trouble, troubled.before = turn_down, refuse
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        _write(writer, 0)
    troubled.heal()
    wait_until(lambda: writer.problem() == "the key is missing")
    with pytest.raises(AuditUnavailableError, match="the key is missing"):
        writer.submit(_entry(1))
    assert troubled._writer is None, "nobody is kept from repairing the file"
    press.trouble = lambda _: None
    _healed(writer)
    assert _write(writer, 2).seq == 0
    wait_until(lambda: len(notices) == 3)
    assert notices == [
        "the audit log cannot be written, no answers are given: the disk refuses",
        "the audit log still cannot be written: the key is missing",
        "the audit log can be written again",
    ]


def test_while_it_cannot_write_it_says_so_at_once(troubled: TroubledStore, press: Press) -> None:
    with closing(Writer(store=troubled, publisher=press, retry_wait_s=60)) as writer:
        writer.start()
        troubled.before = refuse
        for _ in range(2):
            with pytest.raises(AuditUnavailableError, match="the disk refuses"):
                _write(writer, 0)
        assert writer.problem() == "the disk refuses"
        wait_until(lambda: troubled.is_closed)


def test_an_entry_that_was_kept_although_the_commit_failed_has_no_receipt(
    writer: Writer, troubled: TroubledStore
) -> None:
    troubled.after = refuse
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        _write(writer, 0)
    troubled.heal()
    _healed(writer)
    assert _write(writer, 1).seq == 1, "the log goes on behind it"


def test_an_unexpected_error_stops_nothing_but_its_batch_and_is_not_quoted(
    writer: Writer, troubled: TroubledStore
) -> None:
    def explode(_: str) -> None:
        raise RuntimeError("zebra-canary-4711")

    troubled.before = explode
    with pytest.raises(AuditUnavailableError, match=r"failed unexpectedly \(RuntimeError\)") as caught:
        _write(writer, 0)
    assert "canary" not in repr(caught.value)
    troubled.heal()
    _healed(writer)
    assert _write(writer, 1).seq == 0


@pytest.mark.parametrize("error", [AuditKeyError("the key is missing"), ValueError("zebra-canary-4711")])
def test_a_log_that_cannot_be_taken_up_opens_and_takes_nothing(
    troubled: TroubledStore, press: Press, error: Exception
) -> None:
    def turn_down(_: str) -> None:
        raise error

    press.trouble = turn_down
    with closing(Writer(store=troubled, publisher=press, retry_wait_s=0.01)) as writer:
        writer.start()
        with pytest.raises(AuditUnavailableError, match=r"the key is missing|unexpectedly \(ValueError\)$"):
            writer.submit(_entry(0))
        press.trouble = lambda _: None
        _healed(writer)
        assert _write(writer, 0).seq == 0


def test_whoever_is_told_cannot_stop_it(troubled: TroubledStore, press: Press) -> None:
    def broken(_: str) -> None:
        raise BrokenPipeError

    with closing(Writer(store=troubled, publisher=press, notice=broken, retry_wait_s=0.01)) as writer:
        writer.start()
        troubled.before = refuse
        with pytest.raises(AuditUnavailableError, match="the disk refuses"):
            _write(writer, 0)
        troubled.heal()
        _healed(writer)
        assert _write(writer, 1).seq == 0


def test_a_disk_that_hangs_does_not_hang_its_callers(troubled: TroubledStore, press: Press) -> None:
    troubled.before = hold = Hold()
    with closing(Writer(store=troubled, publisher=press, patience_s=0.05)) as writer:
        writer.start()
        begun = writer.submit(_entry(0))
        hold.begun.wait(20)
        queued = writer.submit(_entry(1))
        for ticket in (begun, queued):
            with pytest.raises(AuditUnavailableError, match=r"has not answered for 0\.05 s"):
                writer.wait(ticket)
        with pytest.raises(AuditUnavailableError, match="has not answered"):
            writer.submit(_entry(2))
        hold.go_on.set()
        _healed(writer)
    assert [leaf.leaf for leaf in troubled.leaves(-1, 9)] == [b"0"], "what had not begun is not kept behind their backs"


def test_a_disk_that_hangs_does_not_keep_a_process_from_its_end(
    troubled: TroubledStore, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubled.before = hold = Hold()
    with closing(Writer(store=troubled, publisher=press)) as writer:
        writer.start()
        ticket = writer.submit(_entry(0))
        hold.begun.wait(20)
        with monkeypatch.context() as patch:
            patch.setattr("service.audit.storage.writer.DEFAULT_PATIENCE_S", 0.05)
            writer.close()
        assert not ticket.done.is_set(), "nobody is told that it is kept"
        hold.go_on.set()
    assert ticket.receipt is not None
    assert troubled._writer is None


def test_a_checkpoint_that_hangs_does_not_hang_callers_one_after_the_other(
    writer: Writer, troubled: TroubledStore, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = Hold()
    press.due_s = 0.001
    _write(writer, 0)
    press.trouble, press.due_s = hold, 0.0
    hold.begun.wait(20)
    with monkeypatch.context() as patch:
        patch.setattr(writer, "_patience_s", 0.05)
        with pytest.raises(AuditUnavailableError, match="has not answered"):
            _write(writer, 1)
    assert writer.problem() == "the audit store has not answered for 0.05 s"
    hold.go_on.set()
    _healed(writer)
    assert troubled.size() == 1


def test_a_checkpoint_that_fails_refuses_the_wish_and_stops_the_log(writer: Writer, press: Press) -> None:
    _write(writer, 0)
    press.trouble = refuse
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        writer.publish()
    assert writer.problem() == "the disk refuses"
    press.trouble = lambda _: None
    _healed(writer)
    assert _write(writer, 1).seq == 1
    writer.publish()
