"""The audit log as the service uses it: two records a question, texts beside them, sealed, and never in them."""

import hashlib
import itertools
import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from uuid6 import uuid7

from service.audit import events
from service.audit.errors import AuditEntryError, AuditUnavailableError, SealError
from service.audit.formats.commitments import verify
from service.audit.leaves import AnswererRef, Asker, QueryFinished, QueryReceived, RetrievalRef
from service.audit.log import system_clock_us
from service.audit.sealed_text import payload_context
from service.audit.storage.beside import Again
from service.audit.storage.store import Entry, KeptScope, leaf_hash
from service.audit.storage.tickets import Ticket
from tests.support.audit_faults import faults_in
from tests.support.audit_parts import FIRST_LEAVES, MIRA, NOON_US, NOVEMBER, LogFolder

CANARY = "zebra-canary-4711: may I use the model for appraisals?"


def _leaf(log: LogFolder, seq: int) -> dict[str, Any]:
    return log.leaves()[seq]


def _texts(log: LogFolder, seq: int) -> dict[str, tuple[bytes, bytes]]:
    """Open the payloads of a leaf: the salt and the text of each field."""
    leaf = _leaf(log, seq)
    opened = {}
    for payload in log.reader().payloads(seq):
        context = payload_context(leaf["origin"], leaf["type"], leaf.get("request_id", ""), payload.field)
        opened[payload.field] = log.parts.keyring.open(payload.key_id, payload.sealed, context=context)
    return opened


def test_a_question_is_two_leaves_with_receipts(
    log: LogFolder, received: QueryReceived, finished: QueryFinished
) -> None:
    first = log.parts.log.received(received, asker=MIRA, prompt="How long do we keep contracts?")
    second = log.parts.log.finished(replace(finished, received_seq=first.seq), answer="Ten years.")
    assert (first.origin, first.seq, second.seq, log.store.size()) == (NOVEMBER, 5, 6, 7)
    assert log.types() == [*FIRST_LEAVES, "query.received", "query.finished"]
    for receipt in (first, second):
        leaf = log.store.leaf(receipt.seq)
        assert leaf is not None
        assert receipt.leaf_hash == leaf.leaf_hash == leaf_hash(leaf.leaf)
        assert json.loads(leaf.leaf)["origin"] == receipt.origin
    assert _leaf(log, 6)["received_seq"] == 5
    log.close()
    assert faults_in(log) == []


def test_commitments_verify_against_the_sealed_texts(
    log: LogFolder, received: QueryReceived, finished: QueryFinished
) -> None:
    log.parts.log.received(received, asker=MIRA, prompt="Où est la règle?")
    by_model = replace(finished, answerer=AnswererRef(kind="llm", name="model"))
    log.parts.log.finished(by_model, answer="Ten years.", raw="Ten years, I think.")
    first, second = log.leaves()[5:]
    (salt, prompt), (answer_salt, answer), (raw_salt, raw) = (
        _texts(log, seq)[field] for seq, field in ((5, "prompt"), (6, "answer"), (6, "raw"))
    )
    assert (prompt.decode(), answer, raw) == ("Où est la règle?", b"Ten years.", b"Ten years, I think.")
    assert first["prompt_len"] == len(prompt) == 18
    assert verify(first["prompt_commit"], field="prompt", salt=salt, body=prompt)
    assert verify(second["answer_commit"], field="answer", salt=answer_salt, body=answer)
    assert verify(second["answerer"]["raw_commit"], field="raw", salt=raw_salt, body=raw)
    assert len({salt, answer_salt, raw_salt}) == 3, "every field has a salt of its own"


def test_who_asked_is_sealed_and_in_the_leaf_only_as_a_pseudonym(log: LogFolder) -> None:
    _, receipt = log.ask()
    leaf = _leaf(log, receipt.seq)
    pseudonyms = log.parts.keyring.pseudonyms("2026-11")
    assert leaf["actor"] == pseudonyms.actor(MIRA.subject)
    assert leaf["groups_hash"] == pseudonyms.groups_hash(MIRA.groups)
    assert _texts(log, receipt.seq)["asker"][1].decode() == MIRA.subject
    assert {payload.field: payload.key_id for payload in log.store.payloads(receipt.seq)} == {
        "asker": "identity-2026-11",
        "prompt": "payload-2026-11-1",
    }


def test_a_text_opens_for_its_own_leaf_and_field_only(log: LogFolder) -> None:
    request_id, receipt = log.ask()
    payload = log.store.payloads(receipt.seq)[1]
    for context in (
        payload_context("greenlit/audit/2026-12", "query.received", request_id, "prompt"),
        payload_context(NOVEMBER, "query.finished", request_id, "prompt"),
        payload_context(NOVEMBER, "query.received", str(uuid7()), "prompt"),
        payload_context(NOVEMBER, "query.received", request_id, "answer"),
    ):
        with pytest.raises(SealError):
            log.parts.keyring.open(payload.key_id, payload.sealed, context=context)


def test_a_refusal_and_a_search_have_no_answer_to_commit_to(log: LogFolder, finished: QueryFinished) -> None:
    request_id, receipt = log.ask()
    search = replace(finished, request_id=request_id, answerer=AnswererRef(kind="none", name="search"))
    second = log.parts.log.finished(replace(search, received_seq=receipt.seq), answer=None)
    leaf = _leaf(log, second.seq)
    assert (leaf["answerer"]["kind"], leaf["answer_commit"], leaf["answer_len"]) == ("none", None, 0)
    assert log.store.payloads(second.seq) == ()


def test_what_a_filter_hash_stands_for_is_kept_with_it(log: LogFolder, finished: QueryFinished) -> None:
    pairs = b"legal/a.md\x00" + b"2" * 64
    scope = KeptScope(hashlib.sha256(pairs).hexdigest(), pairs)
    retrieval = RetrievalRef(kind="fused", k=10, weights_u={}, filter_hash=scope.filter_hash)
    for _ in range(2):
        request_id, receipt = log.ask()
        entry = replace(finished, request_id=request_id, received_seq=receipt.seq, retrieval=retrieval)
        log.parts.log.finished(entry, answer="Ten years.", scope=scope)
    assert log.store.scope(_leaf(log, 6)["retrieval"]["filter_hash"]) == pairs


def test_an_event_has_its_texts_sealed_beside_it_and_a_pseudonym(log: LogFolder) -> None:
    event = events.audit_read("auditor@x.example", "show", filters={}, seqs=[5], purpose="yearly")
    receipt = log.parts.log.note(event)
    leaf, texts = _leaf(log, receipt.seq), _texts(log, receipt.seq)
    assert (leaf["type"], leaf["seqs"]) == ("audit.read", [5])
    assert leaf["actor"] == log.parts.keyring.pseudonyms("2026-11").watcher("auditor@x.example")
    assert {field: body for field, (_, body) in texts.items()} == {"who": b"auditor@x.example", "purpose": b"yearly"}
    log.close()
    assert faults_in(log) == []


def test_what_is_erased_is_gone_with_the_leaf_that_says_so_and_everything_still_verifies(log: LogFolder) -> None:
    for _ in range(3):
        log.ask_in_vain()
    event = events.payload_erased("dpo@x.example", ground="asker_request", ranges=[(7, 8)], texts={"who": "dpo"})
    receipt = log.parts.log.note(event)
    assert log.store.payload_seqs(0, 99) == [5, 9, receipt.seq]
    log.close()
    assert faults_in(log) == []


def _files_with(log: LogFolder, needle: str) -> list[str]:
    return [path.name for path in log.root.rglob("*") if path.is_file() and needle.encode() in path.read_bytes()]


def test_no_text_and_no_name_is_in_any_file_log_or_error(
    log: LogFolder, finished: QueryFinished, logged: list[str]
) -> None:
    asker = Asker("canary@northlight.example", frozenset({"canary-group"}))
    request_id, receipt = log.ask(CANARY, asker=asker)
    entry = replace(finished, request_id=request_id, received_seq=receipt.seq)
    log.parts.log.finished(entry, answer=CANARY, raw=CANARY)
    log.parts.log.note(events.audit_read("canary-auditor", "show", filters={}, seqs=[5], purpose=CANARY))
    log.parts.log.publish()
    assert _texts(log, receipt.seq)["prompt"][1] == CANARY.encode(), "it is there, but sealed"
    assert _files_with(log, "query.received") != [], "the search would find what is not sealed"
    assert _files_with(log, "canary") == []
    with closing(sqlite3.connect(log.state / "audit.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(AuditUnavailableError, match="another program has locked it") as caught:
            log.ask(CANARY, asker=asker)
        other.execute("ROLLBACK")
    assert "canary" not in f"{caught.value!r} {vars(caught.value)!r}"
    assert caught.value.__cause__ is caught.value.__context__ is None, "a database's error holds what it failed with"
    log.healed()
    log.close()
    assert _files_with(log, "canary") == []
    assert "canary" not in str(logged) + repr(log.notices)


def test_a_text_that_is_not_unicode_is_recorded_as_it_came(log: LogFolder) -> None:
    _, receipt = log.ask("half \ud83d a smile", asker=replace(MIRA, subject="mira\udcff"))
    texts = _texts(log, receipt.seq)
    assert texts["prompt"][1].decode("utf-8", "surrogatepass") == "half \ud83d a smile"
    assert texts["asker"][1].decode("utf-8", "surrogatepass") == "mira\udcff"


def test_what_must_not_be_in_a_leaf_is_not_recorded_at_all(log: LogFolder, received: QueryReceived) -> None:
    log.parts.log.make_ready()
    with pytest.raises(AuditEntryError, match='expected "conversation_id" = 1 to 128'):
        log.parts.log.received(replace(received, conversation_id="why was I let go?"), asker=MIRA, prompt="How long?")
    assert log.store.size() == 5
    assert log.ask()[1].seq == 5


def test_sixteen_threads_give_one_gapless_log_in_everybodys_order(log: LogFolder) -> None:
    ticks = itertools.count(NOON_US)
    log.tick = ticks.__next__

    def ask(_: int) -> list[tuple[int, str, str]]:
        asked = (log.ask() for _ in range(25))
        return [(receipt.seq, receipt.leaf_hash, request_id) for request_id, receipt in asked]

    with ThreadPoolExecutor(16) as threads:
        by_thread = list(threads.map(ask, range(16)))
    leaves = log.store.leaves(4, 10_000)
    assert [leaf.seq for leaf in leaves] == list(range(5, 405))
    assert all(receipts == sorted(receipts) for receipts in by_thread)
    assert sorted(itertools.chain(*by_thread)) == [(leaf.seq, leaf.leaf_hash, leaf.request_id) for leaf in leaves]
    times = [leaf.ts_us for leaf in leaves]
    assert times == sorted(set(times)), "the log's times stand in the order of its numbers"
    log.close()
    assert faults_in(log, all_finished=False) == []


class Stall:
    """Holds the first who comes by for a moment: time enough for another to overtake, if that were possible."""

    def __init__(self) -> None:
        self.begun, self.never = Event(), Event()

    def __call__(self) -> None:
        if not self.begun.is_set():
            self.begun.set()
            self.never.wait(0.05)


def _ask_twice(log: LogFolder, stall: Stall) -> tuple[int, int]:
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(log.ask)
        assert stall.begun.wait(20)
        second = threads.submit(log.ask)
    return first.result()[1].seq, second.result()[1].seq


def test_who_read_the_clock_first_gets_the_lower_number(log: LogFolder) -> None:
    log.parts.log.make_ready()
    stall, ticks = Stall(), itertools.count(NOON_US)

    def slow_at_first() -> int:
        now_us = next(ticks)
        stall()
        return now_us

    log.tick = slow_at_first
    assert _ask_twice(log, stall) == (5, 6)
    assert [leaf["ts_us"] for leaf in log.leaves()[5:]] == [NOON_US, NOON_US + 1]


def test_nobody_is_overtaken_between_the_clock_and_the_queue(log: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    log.parts.log.make_ready()
    log.tick = itertools.count(NOON_US).__next__
    stall, submit = Stall(), log.parts.log._writer.submit

    def slow_at_first(entry: Entry | None, again: Again | None = None) -> Ticket:
        stall()
        return submit(entry, again)

    monkeypatch.setattr(log.parts.log._writer, "submit", slow_at_first)
    assert _ask_twice(log, stall) == (5, 6)
    assert [leaf["ts_us"] for leaf in log.leaves()[5:]] == [NOON_US, NOON_US + 1]


def test_a_log_that_cannot_be_written_says_why_and_comes_back(log: LogFolder) -> None:
    assert log.parts.log.healthy() is None
    log.ask_in_vain()
    elsewhere = log.root / "elsewhere"
    shutil.move(log.state, elsewhere)
    with pytest.raises(AuditUnavailableError, match=r"was removed or replaced|cannot be"):
        log.ask()
    assert log.parts.log.healthy() is not None
    shutil.move(elsewhere, log.state)
    log.healed()
    log.ask()
    log.close()
    assert faults_in(log, all_finished=False) == []


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [("PRAGMA query_only = ON", "it is read-only"), ("PRAGMA max_page_count = 1", "the disk is full")],
)
def test_a_full_or_read_only_disk_gives_no_receipt_and_passes(log: LogFolder, trouble: str, reason: str) -> None:
    log.ask_in_vain()
    log.parts.log.publish()
    assert log.store._writer is not None
    log.store._writer.execute(trouble)
    with pytest.raises(AuditUnavailableError, match=reason):
        log.ask("How long? " * 10_000)
    log.healed()
    log.ask_in_vain()
    log.close()
    assert faults_in(log) == []


def test_the_clock_of_the_system_counts_microseconds() -> None:
    assert NOON_US / 2 < system_clock_us() < NOON_US * 2
