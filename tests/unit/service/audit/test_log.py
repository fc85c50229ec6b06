"""The audit log as the service uses it: two records a question, texts beside them and never in them."""

import itertools
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from uuid6 import uuid7

from service.audit import log as log_module
from service.audit.commitments import verify
from service.audit.errors import AuditBusyError, AuditEntryError, AuditUnavailableError
from service.audit.leaves import AnswererRef, QueryFinished, QueryReceived
from service.audit.log import AuditLog, origin
from service.audit.sqlite_store import SqliteLeafStore
from service.audit.store import StoredLeaf, leaf_hash

CANARY = "zebra-canary-4711: may I use the model for appraisals?"

OpenLog = Callable[..., AuditLog]


def _leaf(log: AuditLog, seq: int) -> StoredLeaf:
    leaf = log.leaf(seq)
    assert leaf is not None
    return leaf


def test_a_question_is_two_leaves_with_receipts(
    open_log: OpenLog, received: QueryReceived, finished: QueryFinished
) -> None:
    log = open_log()
    first = log.received(received, prompt="How long do we keep contracts?")
    second = log.finished(replace(finished, received_seq=first.seq), answer="Ten years.")
    assert (first.origin, first.seq, second.seq, log.size()) == ("greenlit/audit/2026-11", 0, 1, 2)
    assert [leaf.type for leaf in log.leaves()] == ["query.received", "query.finished"]
    for receipt in (first, second):
        leaf = _leaf(log, receipt.seq)
        assert receipt.leaf_hash == leaf.leaf_hash == leaf_hash(leaf.leaf)
        assert json.loads(leaf.leaf)["origin"] == receipt.origin
    assert json.loads(_leaf(log, 1).leaf)["received_seq"] == 0


def test_commitments_verify_against_the_payloads(
    open_log: OpenLog, received: QueryReceived, finished: QueryFinished, tmp_path: Path
) -> None:
    log = open_log()
    log.received(received, prompt="Où est la règle?")
    log.finished(
        replace(finished, answerer=AnswererRef(kind="llm", name="model")),
        answer="Ten years.",
        raw="Ten years, I think.",
    )
    first, second = (json.loads(leaf.leaf) for leaf in log.leaves())
    log.close()
    with closing(SqliteLeafStore.open(tmp_path / "var")) as store:
        (prompt,) = store.payloads(0)
        answer, raw = store.payloads(1)
    assert prompt.body.decode() == "Où est la règle?"
    assert first["prompt_len"] == len(prompt.body) == 18
    assert verify(first["prompt_commit"], field="prompt", salt=prompt.salt, body=prompt.body)
    assert verify(second["answer_commit"], field="answer", salt=answer.salt, body=answer.body)
    assert verify(second["answerer"]["raw_commit"], field="raw", salt=raw.salt, body=raw.body)
    assert len({prompt.salt, answer.salt, raw.salt}) == 3, "every field has a salt of its own"


def test_a_refusal_and_a_search_have_no_answer_to_commit_to(
    open_log: OpenLog, received: QueryReceived, finished: QueryFinished
) -> None:
    log = open_log()
    log.received(received, prompt="How long?")
    log.finished(replace(finished, answerer=AnswererRef(kind="none", name="search")), answer=None)
    leaf = json.loads(_leaf(log, 1).leaf)
    assert (leaf["answerer"]["kind"], leaf["answer_commit"], leaf["answer_len"]) == ("none", None, 0)


def test_texts_are_in_no_leaf_no_log_and_no_error(
    open_log: OpenLog,
    received: QueryReceived,
    finished: QueryFinished,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    log = open_log()
    log.received(received, prompt=CANARY)
    log.finished(finished, answer=CANARY, raw=CANARY)
    with closing(sqlite3.connect(tmp_path / "var" / "audit.sqlite")) as other:
        leaves = other.execute("SELECT * FROM leaves").fetchall()
        bodies = [body for (body,) in other.execute("SELECT body FROM payloads")]
    assert bodies == [CANARY.encode()] * 3, "the search below would find it if it were there"
    assert CANARY not in repr(leaves)
    with closing(sqlite3.connect(tmp_path / "var" / "audit.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(AuditUnavailableError, match="another program has locked it") as caught:
            log.received(received, prompt=CANARY)
        other.execute("ROLLBACK")
    assert "canary" not in f"{caught.value!r} {vars(caught.value)!r}"
    assert caught.value.__cause__ is caught.value.__context__ is None, "a database's error holds what it failed with"
    assert "canary" not in caplog.text


def test_a_text_that_is_not_unicode_is_recorded_as_it_came(
    open_log: OpenLog, received: QueryReceived, tmp_path: Path
) -> None:
    log = open_log()
    log.received(received, prompt="half \ud83d a smile")
    log.close()
    with closing(SqliteLeafStore.open(tmp_path / "var")) as store:
        assert store.payloads(0)[0].body.decode("utf-8", "surrogatepass") == "half \ud83d a smile"


def test_what_must_not_be_in_a_leaf_is_not_recorded_at_all(open_log: OpenLog, received: QueryReceived) -> None:
    log = open_log()
    with pytest.raises(AuditEntryError, match='expected "actor" = a pseudonym'):
        log.received(replace(received, actor="mira"), prompt="How long?")
    assert log.received(received, prompt="How long?").seq == 0


@pytest.mark.parametrize(
    ("ts_us", "month"),
    [(0, "1970-01"), (1_796_083_199_999_999, "2026-11"), (1_796_083_200_000_000, "2026-12")],
)
def test_the_origin_is_the_month_in_utc(ts_us: int, month: str) -> None:
    assert origin("greenlit", ts_us) == f"greenlit/audit/{month}"


def test_sixteen_threads_give_one_gapless_log_in_everybodys_order(open_log: OpenLog, received: QueryReceived) -> None:
    ticks = itertools.count(1_795_089_600_000_000)
    log = open_log(clock=lambda: next(ticks))

    def ask(_: int) -> list[tuple[int, str, str]]:
        receipts = []
        for _ in range(50):
            entry = replace(received, request_id=str(uuid7()))
            receipt = log.received(entry, prompt="How long?")
            receipts.append((receipt.seq, receipt.leaf_hash, entry.request_id))
        return receipts

    with ThreadPoolExecutor(16) as threads:
        by_thread = list(threads.map(ask, range(16)))
    leaves = log.leaves(limit=10_000)
    assert [leaf.seq for leaf in leaves] == list(range(800))
    assert all(receipts == sorted(receipts) for receipts in by_thread)
    assert sorted(itertools.chain(*by_thread)) == [(leaf.seq, leaf.leaf_hash, leaf.request_id) for leaf in leaves]
    times = [leaf.ts_us for leaf in leaves]
    assert times == sorted(times), "the log's times stand in the order of its numbers"


def test_who_read_the_clock_first_gets_the_lower_number(open_log: OpenLog, received: QueryReceived) -> None:
    first_read = Event()
    ticks = itertools.count(1)

    def slow_at_first() -> int:
        tick = next(ticks)
        if tick == 1:
            first_read.set()
            time.sleep(0.05)  # time enough for the other to overtake
        return tick

    log = open_log(clock=slow_at_first)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(log.received, received, prompt="How long?")
        first_read.wait(10)
        second = threads.submit(log.received, received, prompt="How long?")
    assert (first.result().seq, second.result().seq) == (0, 1)


def test_a_log_that_cannot_be_written_says_why_and_comes_back(
    open_log: OpenLog, received: QueryReceived, tmp_path: Path
) -> None:
    log = open_log()
    assert log.healthy() is None
    folder, elsewhere = tmp_path / "var", tmp_path / "elsewhere"
    folder.rename(elsewhere)
    with pytest.raises(AuditUnavailableError, match="was removed or replaced"):
        log.received(received, prompt="How long?")
    assert log.healthy() is not None
    elsewhere.rename(folder)
    for _ in range(1000):
        if log.healthy() is None:
            break
        time.sleep(0.01)
    kept = log.size()
    assert log.received(received, prompt="How long?").seq == kept


def test_opening_gives_a_log_that_only_one_process_writes(tmp_path: Path, received: QueryReceived) -> None:
    with closing(log_module.open_log(tmp_path / "var", name="greenlit", clock=lambda: 0)) as log:
        assert log.received(received, prompt="How long?").origin == "greenlit/audit/1970-01"
        with pytest.raises(AuditBusyError, match=r"holds .*var/audit\.lock: stop it first"):
            log_module.open_log(tmp_path / "var", name="greenlit", clock=lambda: 0)
    with pytest.raises(AuditUnavailableError, match="the audit log is closed"):
        log.received(received, prompt="How long?")
    assert log.healthy() == "the audit log is closed"
