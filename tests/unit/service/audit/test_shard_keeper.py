"""How a log begins, how a month follows another, what a wrong clock does, and what becomes of unfinished questions."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.audit.checkpoints.publisher import Publisher
from service.audit.errors import AuditUnavailableError
from service.audit.formats import notes
from service.audit.shard_keeper import ShardKeeper
from service.audit.storage.writer import Writer
from tests.support.audit_faults import faults_in
from tests.support.audit_parts import (
    DECEMBER,
    DECEMBER_US,
    FIRST_LEAVES,
    NOON_US,
    NOVEMBER,
    LogFolder,
    TroubledStore,
)

LogAt = Callable[..., LogFolder]

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
ROLL = ["shard.closed", "shard.opened", *["key.created"] * 3]


def _reopened(log: LogFolder) -> LogFolder:
    log.close()
    log.open()
    return log


def test_a_new_log_begins_with_its_month_and_the_keys_it_will_need(log: LogFolder) -> None:
    assert log.types() == []
    log.ask()
    key = log.parts.signer.key()
    common = {"v": 1, "origin": NOVEMBER, "ts_us": NOON_US}
    created = {**common, "type": "key.created"}
    assert log.leaves()[:5] == [
        {**common, "type": "shard.opened", "first_seq": 0, "previous": None},
        {**created, "purpose": "signing", "key_id": key.key_id.hex(), "vkey": key.text()},
        {**created, "purpose": "payload", "key_id": "payload-2026-11-1"},
        {**created, "purpose": "identity", "key_id": "identity-2026-11"},
        {**created, "purpose": "actor", "key_id": "actor-2026-11"},
    ]
    assert log.types()[5:] == ["query.received"]


def test_a_log_can_begin_before_the_first_question(log: LogFolder) -> None:
    log.parts.log.make_ready()
    log.parts.log.make_ready()
    assert log.types() == FIRST_LEAVES


def test_another_process_goes_on_in_the_month_that_is_open(log: LogFolder) -> None:
    log.ask_in_vain()
    _reopened(log).ask_in_vain()
    assert log.types() == [*FIRST_LEAVES, *["query.received", "query.finished"] * 2]


def test_a_month_is_closed_and_covered_before_the_next_one_begins(log: LogFolder) -> None:
    log.ask()
    log.now_us = DECEMBER_US
    log.ask()
    assert log.types() == [*FIRST_LEAVES, "query.received", *ROLL, "query.received"]
    closed, opened = log.leaves()[6:8]
    assert (closed["origin"], closed["next_origin"], opened["origin"]) == (NOVEMBER, DECEMBER, DECEMBER)
    newest = log.store.newest_checkpoint(NOVEMBER)
    assert newest is not None
    assert opened["first_seq"] == 7
    assert opened["previous"] == {"origin": NOVEMBER, "first_seq": 0, "size": 7, "checkpoint": newest.note}
    assert notes.verified(newest.note, [log.parts.signer.key()]).root.hex() == newest.root
    log.close()
    assert faults_in(log, all_finished=False) == []


def test_the_same_person_has_another_pseudonym_and_other_keys_next_month(log: LogFolder) -> None:
    _, first = log.ask()
    _, again = log.ask()
    log.now_us = DECEMBER_US
    _, later = log.ask()
    leaves = log.leaves()
    assert leaves[first.seq]["actor"] == leaves[again.seq]["actor"] != leaves[later.seq]["actor"]
    assert leaves[first.seq]["groups_hash"] != leaves[later.seq]["groups_hash"]
    keys = [{payload.key_id for payload in log.store.payloads(receipt.seq)} for receipt in (first, later)]
    assert keys == [{"payload-2026-11-1", "identity-2026-11"}, {"payload-2026-12-1", "identity-2026-12"}]


def test_months_without_a_record_are_passed_over(log: LogFolder) -> None:
    log.ask()
    log.now_us = NOON_US + 100 * DAY_US
    log.ask()
    leaves = log.leaves()
    assert [leaf["origin"] for leaf in leaves if leaf["type"] == "shard.opened"] == [NOVEMBER, "greenlit/audit/2027-02"]
    log.close()
    assert faults_in(log, all_finished=False) == []


def test_many_threads_at_midnight_open_one_month(log: LogFolder) -> None:
    log.ask()
    log.now_us = DECEMBER_US
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(lambda _: log.ask()[1], range(24)))
    assert {receipt.origin for receipt in receipts} == {DECEMBER}
    assert log.types().count("shard.opened") == 2
    log.close()
    assert faults_in(log, all_finished=False) == []


def test_a_month_that_was_over_when_the_process_started_is_closed(log: LogFolder) -> None:
    log.ask_in_vain()
    log.close()
    log.now_us = DECEMBER_US
    log.open()
    log.ask()
    assert log.types()[7:] == [*ROLL, "query.received"]


@pytest.mark.parametrize("back_us", [1, SECOND_US])
def test_a_clock_that_goes_back_a_little_gives_the_newest_time_again(log: LogFolder, back_us: int) -> None:
    log.ask()
    log.now_us -= back_us
    assert log.parts.log.healthy() is None
    log.ask()
    assert {leaf["ts_us"] for leaf in log.leaves()} == {NOON_US}
    log.now_us = NOON_US + 1
    log.ask()
    assert log.leaves()[-1]["ts_us"] == NOON_US + 1


def test_a_clock_that_goes_back_across_midnight_stays_in_the_new_month(log: LogFolder) -> None:
    log.ask()
    log.now_us = DECEMBER_US + 300_000
    log.ask()
    log.now_us = DECEMBER_US - 600_000
    assert log.parts.log.healthy() is None
    _, receipt = log.ask()
    assert receipt.origin == DECEMBER
    assert log.leaves()[receipt.seq]["ts_us"] == DECEMBER_US + 300_000
    log.close()
    assert faults_in(log, all_finished=False) == []


@pytest.mark.parametrize("restarted", [True, False])
def test_a_clock_that_goes_back_further_stops_the_log_until_it_is_right(log: LogFolder, *, restarted: bool) -> None:
    log.ask()
    log.now_us = NOON_US - SECOND_US - 1
    if restarted:
        _reopened(log)
    size = log.store.size()
    for attempt in (log.parts.log.make_ready, log.ask):
        with pytest.raises(
            AuditUnavailableError, match=r"the clock went back: the newest record is of .* UTC, 1\.0 s ahead"
        ):
            attempt()
    assert "the clock went back" in (log.parts.log.healthy() or "")
    assert log.store.size() == size
    log.now_us = NOON_US
    assert log.parts.log.healthy() is None
    log.ask()


def test_unfinished_questions_are_closed_once_at_the_next_start(log_at: LogAt) -> None:
    log = log_at()
    questions = [log.ask() for _ in range(4)]
    log.refuse(questions[1][0], questions[1][1].seq)
    crashed = log_at(of=log.after_a_power_cut(log.root.with_name("crashed")))
    before = crashed.store.size()
    crashed.parts.log.make_ready()
    aborted = crashed.leaves()[before:]
    assert [(leaf["request_id"], leaf["received_seq"]) for leaf in aborted] == [
        (request_id, receipt.seq) for number, (request_id, receipt) in enumerate(questions) if number != 1
    ]
    assert {(leaf["type"], leaf["outcome"], leaf["reason"]) for leaf in aborted} == {
        ("query.finished", "aborted", "interrupted")
    }
    crashed.parts.log.make_ready()
    _reopened(crashed).parts.log.make_ready()
    assert crashed.store.size() == before + 3
    crashed.close()
    assert faults_in(crashed) == []


def test_they_are_closed_in_the_month_that_is_open_then(log: LogFolder) -> None:
    log.ask()
    log.close()
    log.now_us = DECEMBER_US
    log.open()
    log.parts.log.make_ready()
    assert log.types() == [*FIRST_LEAVES, "query.received", *ROLL, "query.finished"]
    log.close()
    assert faults_in(log) == []


def test_a_question_in_flight_is_never_closed_by_the_process_that_answers_it(log: LogFolder) -> None:
    question, receipt = log.ask()
    log.break_off()
    log.store.heal()
    log.healed()
    log.ask()  # after a failure
    log.now_us = DECEMBER_US
    log.ask()  # in a new month
    log.parts.log.make_ready()
    assert "query.finished" not in log.types()
    log.refuse(question, receipt.seq)
    assert log.leaves()[-1]["outcome"] == "refused"


@pytest.mark.parametrize("key_id", ["payload-2026-11-1", "identity-2026-11", "actor-2026-11"])
@pytest.mark.parametrize("restarted", [True, False])
def test_without_a_key_of_the_month_nothing_is_recorded(log: LogFolder, key_id: str, *, restarted: bool) -> None:
    log.ask()
    if restarted:
        _reopened(log)
        log.parts.log.make_ready()
    key, aside = log.keys / f"{key_id}.key", log.root / "aside"
    shutil.move(key, aside)
    size = log.store.size()
    with pytest.raises(AuditUnavailableError, match=f"the key {key_id} is missing: put it back"):
        log.ask()
    assert f"the key {key_id} is missing" in (log.parts.log.healthy() or "")
    assert log.store.size() == size
    shutil.move(aside, key)
    assert log.parts.log.healthy() is None
    log.ask()


def test_a_key_that_is_made_by_hand_is_on_record_after_the_next_start(log: LogFolder) -> None:
    log.ask()
    log.parts.keyring.make_next("payload", "2026-11")  # and then the process died before it was recorded
    size = _reopened(log).store.size()
    log.parts.log.make_ready()
    assert log.leaves()[size]["key_id"] == "payload-2026-11-2"
    _reopened(log).parts.log.make_ready()
    assert log.types()[size:] == ["key.created", "query.finished"]


def test_of_several_payload_keys_the_newest_has_to_be_there(log: LogFolder) -> None:
    log.ask()
    log.parts.keyring.make_next("payload", "2026-11")
    _reopened(log).parts.log.make_ready()
    (log.keys / "payload-2026-11-1.key").unlink()
    log.ask()
    (log.keys / "payload-2026-11-2.key").unlink()
    with pytest.raises(AuditUnavailableError, match="the key payload-2026-11-2 is missing"):
        log.ask()
    with pytest.raises(AuditUnavailableError, match="the key payload-2026-11-2 is missing"):
        _reopened(log).ask()


def test_a_lost_key_of_a_month_that_is_over_stops_nobody(log: LogFolder) -> None:
    log.ask()
    (log.keys / "identity-2026-11.key").unlink()
    log.now_us = DECEMBER_US
    assert log.parts.log.healthy() is None
    log.ask()


def test_a_shard_that_was_closed_is_not_opened_again(troubled: TroubledStore, log: LogFolder) -> None:
    keyring, signer = log.parts.keyring, log.parts.signer
    writer = Writer(store=troubled, publisher=Publisher(store=troubled, signer=signer))
    writer.start()
    first, renamed, first_again = (
        ShardKeeper(name=name, store=troubled, writer=writer, keyring=keyring, signer=signer)
        for name in ("greenlit", "renamed", "greenlit")
    )
    first.stamp(NOON_US)
    renamed.stamp(NOON_US)
    with pytest.raises(AuditUnavailableError, match=r"greenlit/audit/2026-11 was closed: .* go on from renamed/audit"):
        first_again.stamp(NOON_US)
    writer.close()


def test_a_renamed_log_records_nothing(log: LogFolder) -> None:
    log.ask()
    log.close()
    log.name = "renamed"
    log.open()
    assert "set the log's name back" in (log.parts.log.healthy() or "")
    with pytest.raises(AuditUnavailableError, match="set the log's name back"):
        log.ask()
    log.close()
    log.name = "greenlit"
    log.open()
    log.ask()
