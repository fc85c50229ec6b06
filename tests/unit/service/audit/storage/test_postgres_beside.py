"""A turn in the database: who else is there, what the end has to be, and who stands still within it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from service.audit.errors import AuditBusyError, AuditUnavailableError
from service.audit.events import feedback_given
from service.audit.log import system_clock_us
from service.audit.opening import OpenLog, open_log
from service.audit.shards import shards_of
from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.postgres_schema import SCHEMA
from service.audit.storage.postgres_store import PostgresLeafStore
from service.audit.storage.store import Entry, StoredLeaf
from tests.support.postgres_server import Server, standby_away

ORIGIN = "greenlit/audit/2026-11"
Open = Callable[[], PostgresBesideStore]


def _entry(number: int) -> Entry:
    return Entry(ORIGIN, "query.received", number, f"request-{number}", b"leaf %d" % number)


@pytest.fixture
def open_one(log_url: str, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:
        made = 0

        def open_it() -> PostgresBesideStore:
            nonlocal made
            made += 1
            store = PostgresBesideStore.open(log_url, folder=tmp_path / str(made))
            stack.callback(store.close)
            return store

        yield open_it


def test_each_is_given_what_the_other_added_before_it_adds(open_one: Open) -> None:
    first, other = open_one(), open_one()
    first.append([_entry(0), _entry(1)])
    given: list[StoredLeaf] = []

    def settle(others: Sequence[StoredLeaf]) -> list[Entry]:
        given.extend(others)
        return [_entry(2)]

    assert [receipt.seq for receipt in other.append_after(settle)] == [2]
    assert [(leaf.seq, leaf.leaf) for leaf in given] == [(0, b"leaf 0"), (1, b"leaf 1")]
    assert first.writers() == other.writers() == 2
    with pytest.raises(AuditUnavailableError, match="does not end as it was written"):
        first.append([_entry(3)])  # it said that it knows of nobody else


def test_many_entries_of_one_turn_are_kept_like_few(open_one: Open) -> None:
    store, other = open_one(), open_one()
    assert [receipt.seq for receipt in store.append([_entry(number) for number in range(9)])] == list(range(9))
    assert [receipt.seq for receipt in other.append_after(lambda _: [_entry(9)])] == [9]
    assert [leaf.leaf for leaf in other.leaves(-1, 20)] == [b"leaf %d" % number for number in range(10)]


def test_an_end_that_is_another_one_is_refused(open_one: Open, log_url: str) -> None:
    store = open_one()
    store.append([_entry(0)])
    with psycopg.connect(log_url, autocommit=True) as owner:
        owner.execute(f"SET search_path = {SCHEMA}".encode())
        owner.execute(b"ALTER TABLE leaves DISABLE TRIGGER leaves_never_changes")
        digest = b"encode(sha256('\\x0000'::bytea), 'hex')"
        owner.execute(b"UPDATE leaves SET leaf = '\\x00', leaf_hash = " + digest)
    with pytest.raises(AuditUnavailableError, match="or the server is another one"):
        store.append_after(lambda _: [_entry(1)])
    assert store.size() == 1


def test_what_is_ahead_of_the_servers_clock_is_refused_so_that_others_can_record(open_one: Open) -> None:
    store, other, now_us = open_one(), open_one(), system_clock_us()
    store.hold_clock()
    ahead = Entry(ORIGIN, "query.received", now_us + 3_600_000_000, "request-0", b"leaf 0")
    with pytest.raises(AuditUnavailableError, match=r"clock of this machine is 3\d{3} s ahead of that of the data"):
        store.append_after(lambda _: [_entry(0), ahead])
    assert other.size() == 0
    assert [receipt.seq for receipt in store.append([replace(ahead, ts_us=now_us)])] == [0]


def test_a_log_of_this_machine_holds_its_clock_against_the_servers(
    log_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one whose clock is a month ahead ends the month of all."""

    def log(name: str) -> OpenLog:
        keys = tmp_path / "keys"
        return open_log(tmp_path / name, keys=keys, name="greenlit", clock=system_clock_us, database=log_url)

    said = feedback_given("request-0", verdict="wrong", documents=[], comment="")
    with closing(log("right")) as right, closing(log("ahead")) as ahead:
        right.log.note(said)
        with monkeypatch.context() as clock:
            in_a_month = time.time_ns() + 40 * 86_400_000_000_000
            clock.setattr(time, "time_ns", lambda: in_a_month)
            with pytest.raises(AuditUnavailableError, match="ahead of that of the database server"):
                ahead.log.note(said)
        right.log.note(said)
        assert len(shards_of(right.store)) == 1


def test_who_stands_still_within_a_turn_is_sent_away(open_one: Open) -> None:
    still, other = open_one(), open_one()
    assert still._writer
    assert still._writer.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("3s",)
    still._writer.execute("SET idle_in_transaction_session_timeout = 50")

    def settle(_: Sequence[StoredLeaf]) -> list[Entry]:
        time.sleep(0.1)
        assert [receipt.seq for receipt in other.append([_entry(0)])] == [0]
        return [_entry(1)]

    with pytest.raises(AuditUnavailableError, match="cannot be written"):
        still.append_after(settle)
    assert other.size() == 1


def test_whoever_needs_the_log_alone_is_refused_while_others_write_and_the_other_way_round(
    open_one: Open, log_url: str, tmp_path: Path
) -> None:
    store = open_one()
    with pytest.raises(AuditBusyError, match="writes the audit log in"):
        PostgresLeafStore.open(log_url, folder=tmp_path / "alone")
    store.close()
    alone = PostgresLeafStore.open(log_url, folder=tmp_path / "alone")
    with pytest.raises(AuditBusyError):
        open_one()
    alone.close()


def test_what_was_agreed_stays(open_one: Open) -> None:
    first, other = open_one(), open_one()
    assert first.agree("name", "ours") == "ours"
    assert other.agree("name", "another") == "ours"


def test_what_is_agreed_does_not_wait_for_ever_for_a_standby_that_is_away(
    open_one: Open, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexes.postgres_session.CONFIRMED_S", 0.05)
    store = open_one()
    unsure = pytest.raises(AuditUnavailableError, match=r"cannot be written for sure: a standby .* does not confirm it")
    with standby_away(postgres_server), unsure:
        store.agree("name", "ours")


def test_a_session_that_the_server_ended_in_the_meantime_is_no_reason_to_refuse_a_record(
    open_one: Open, log_url: str
) -> None:
    """A server that was started again within a second, before anybody looked; and another process was first."""
    store, other = open_one(), open_one()
    store.append([_entry(0)])
    assert store._writer
    with psycopg.connect(log_url, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 10000)", (store._writer.info.backend_pid,))
    other.append_after(lambda _: [_entry(1)])
    given: list[StoredLeaf] = []

    def settle(others: Sequence[StoredLeaf]) -> list[Entry]:
        given.extend(others)
        return [_entry(2)]

    assert [receipt.seq for receipt in store.append_after(settle)] == [2]
    assert [leaf.seq for leaf in given] == [1], "what the other added in the meantime is not passed over"
    assert store._writer.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("3s",)
