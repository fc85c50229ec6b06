"""Several processes write one log: its order, its months, keys, signatures, what each makes of the others."""

import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from service.audit.desk import auditing_over
from service.audit.errors import AuditBusyError, AuditKeyError, AuditUnavailableError
from service.audit.histories import Restored, begin_history
from service.audit.left_behind import LEFT_AFTER_US
from service.audit.storage import postgres_beside, postgres_store
from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.postgres_schema import SCHEMA
from service.audit.storage.store import Make, Receipt
from tests.support.audit_parts import DECEMBER, DECEMBER_US, FIRST_LEAVES, NOON_US, NOVEMBER, QUICK, wait_until
from tests.support.replicas import MakeReplica, Replica

ROLL = ["shard.closed", "shard.opened", *["key.created"] * 3]


def _ask_at_once(replicas: list[Replica], *, askers: int, questions: int) -> dict[int, Receipt]:
    """Have several ask at each replica at once; the receipts by number."""
    receipts: list[Receipt] = []

    def ask(replica: Replica) -> None:
        for _ in range(questions):
            request_id, receipt = replica.ask()
            receipts.extend((receipt, replica.refuse(request_id, receipt.seq)))

    with ThreadPoolExecutor(askers * len(replicas)) as pool:
        for done in [pool.submit(ask, replica) for replica in replicas for _ in range(askers)]:
            done.result()
    assert len({receipt.seq for receipt in receipts}) == len(receipts)
    return {receipt.seq: receipt for receipt in receipts}


def _expect_whole(replica: Replica, receipts: dict[int, Receipt]) -> None:
    replica.parts.log.publish()
    leaves = {leaf.seq: leaf.leaf_hash for leaf in replica.reading().leaves(-1, 100_000)}
    assert sorted(leaves) == list(range(len(leaves)))
    assert all(leaves[seq] == receipt.leaf_hash for seq, receipt in receipts.items())
    verdict = replica.verdict()
    assert verdict.ok, verdict.as_json()


def test_three_processes_write_one_log_without_a_gap_and_each_knows_all_of_it(make_replica: MakeReplica) -> None:
    replicas = [make_replica(pace=QUICK) for _ in range(3)]
    receipts = _ask_at_once(replicas, askers=2, questions=8)
    assert len(receipts) == 3 * 2 * 8 * 2
    _expect_whole(replicas[0], receipts)
    assert replicas[0].types()[:5] == FIRST_LEAVES, "the month was begun once"
    assert Counter(replicas[0].types())["key.created"] == 4
    size = replicas[0].reading().size()
    wait_until(lambda: all(replica.publisher.next_seq == size for replica in replicas))
    roots = {replica.publisher._open.growing.root() for replica in replicas if replica.publisher._open}
    assert len(roots) == 1


def test_a_month_is_ended_and_begun_once_whoever_notices(make_replica: MakeReplica) -> None:
    replicas = [make_replica(pace=QUICK) for _ in range(3)]
    _ask_at_once(replicas, askers=1, questions=2)
    for replica in replicas:
        replica.now_us = DECEMBER_US
    receipts = _ask_at_once(replicas, askers=2, questions=4)
    _expect_whole(replicas[1], receipts)
    types = [kind for kind in replicas[0].types() if not kind.startswith("query.")]
    assert types == FIRST_LEAVES + ROLL
    assert {receipt.origin for receipt in receipts.values()} == {DECEMBER}


def test_times_stand_in_the_order_of_numbers_although_clocks_differ(make_replica: MakeReplica) -> None:
    early, late = make_replica(pace=QUICK), make_replica(pace=QUICK, now_us=NOON_US + 900_000)
    late.ask_in_vain()
    early.ask_in_vain()
    late.ask_in_vain()
    times = [leaf["ts_us"] for leaf in early.leaves()]
    assert times == sorted(times)
    late.now_us += 5_000_000
    late.ask_in_vain()
    wait_until(lambda: early.publisher.newest_us == late.now_us)
    with pytest.raises(AuditUnavailableError, match="the clock went back"):
        early.ask()
    early.now_us = late.now_us
    early.ask_in_vain()


def test_the_same_person_has_one_pseudonym_at_every_process(make_replica: MakeReplica) -> None:
    for replica in (make_replica(), make_replica()):
        replica.ask()
    assert len({leaf["actor"] for leaf in make_replica().leaves() if leaf["type"] == "query.received"}) == 1


def test_a_process_with_other_keys_of_the_same_names_is_refused(make_replica: MakeReplica, tmp_path: Path) -> None:
    first = make_replica()
    first.ask()
    other = make_replica(keys=tmp_path / "other keys")
    other.parts.keyring.ensure("2026-11")
    with pytest.raises(AuditUnavailableError, match="is not the one that other processes use under its name: give all"):
        other.ask()
    first.ask()


def test_a_process_of_another_name_is_refused(make_replica: MakeReplica) -> None:
    first = make_replica()
    first.ask()
    with pytest.raises(AuditUnavailableError, match="has the name greenlit, got elsewhere: give all processes one"):
        make_replica(name="elsewhere")
    first.ask()


def test_one_signs_at_a_time_and_another_takes_over_when_it_is_gone(make_replica: MakeReplica) -> None:
    replicas = [make_replica(pace=QUICK) for _ in range(2)]
    holds = [replica.parts.store.beside for replica in replicas]

    def holders() -> list[int]:
        return [number for number, beside in enumerate(holds) if beside and beside.has_lease()]

    wait_until(lambda: len(holders()) == 1)
    (first,) = holders()
    other = replicas[1 - first]
    other.ask_in_vain()
    wait_until(lambda: other.publisher._uncovered() is None and other.publisher.unsigned_s == 0.0)
    replicas[first].close()
    wait_until(lambda: holders() == [1 - first])
    other.ask_in_vain()
    wait_until(lambda: other.reading().checkpoint_count() > 1 and other.publisher._uncovered() is None)
    assert other.verdict().ok


def test_a_lease_that_the_server_took_away_is_lost_at_once_and_taken_again(
    make_replica: MakeReplica, log_url: str
) -> None:
    replica = make_replica(pace=QUICK)
    beside = replica.parts.store.beside
    assert beside
    wait_until(beside.has_lease)
    lease = replica.parts.store._lease  # type: ignore[attr-defined]
    pid = lease._connection.info.backend_pid
    with psycopg.connect(log_url, autocommit=True) as owner:
        owner.execute(f"SELECT pg_terminate_backend({pid})".encode())
        wait_until(lambda: not beside.has_lease())
        taken = owner.execute(b"SELECT pg_try_advisory_lock(%s)", (postgres_store.WRITER + 3,)).fetchone()
        replica.ask_in_vain()  # no answer waits for the lease
        if taken == (True,):
            assert not beside.has_lease()
    wait_until(beside.has_lease)


def test_whoever_waits_for_a_checkpoint_gets_it_at_every_process(make_replica: MakeReplica) -> None:
    replicas = [make_replica(pace=QUICK) for _ in range(3)]
    for replica in replicas:
        _, receipt = replica.ask()
        replica.parts.log.publish()
        newest = replica.reading().newest_checkpoint(receipt.origin)
        assert newest
        assert newest.size > receipt.seq


def test_a_process_without_the_signing_key_answers_and_others_sign(make_replica: MakeReplica, tmp_path: Path) -> None:
    first = make_replica(pace=QUICK)
    first.ask_in_vain()
    shutil.copytree(first.keys, tmp_path / "no signing", ignore=shutil.ignore_patterns("sign*"))
    other = make_replica(keys=tmp_path / "no signing", pace=QUICK)
    assert any("answers and does not sign: the key" in notice for notice in other.notices)
    other.ask_in_vain()
    assert other.parts.log.healthy() is None
    other.parts.log.publish()  # the first one signs
    assert first.verdict().ok


def test_processes_with_copies_of_the_keys_follow_on_what_each_other_signed(
    make_replica: MakeReplica, tmp_path: Path
) -> None:
    first = make_replica(pace=QUICK)
    first.ask_in_vain()
    first.parts.log.publish()
    there = shutil.copytree(first.keys, tmp_path / "there", ignore=shutil.ignore_patterns("signed-*"))
    other = make_replica(keys=there, pace=QUICK)
    first.now_us = other.now_us = DECEMBER_US
    other.ask_in_vain()
    other.parts.log.publish()
    for key in there.glob("*-2026-12*"):
        shutil.copy2(key, first.keys)
    first.ask_in_vain()
    first.parts.log.publish()
    assert not first.notices
    _expect_whole(first, {})


def test_signing_at_two_processes_at_once_makes_one_history(make_replica: MakeReplica) -> None:
    replicas = [make_replica(pace=QUICK) for _ in range(3)]
    go = threading.Barrier(3)

    def ask(replica: Replica) -> None:
        for _ in range(6):
            go.wait()
            replica.ask_in_vain()
            replica.parts.log.publish()

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(ask, replica) for replica in replicas]:
            done.result()
    assert not [notice for replica in replicas for notice in replica.notices]
    _expect_whole(replicas[2], {})


def test_a_question_that_was_taken_for_left_behind_gets_no_answer(make_replica: MakeReplica) -> None:
    slow, other = make_replica(pace=QUICK), make_replica(pace=QUICK)
    request_id, receipt = slow.ask()
    other.parts.log.make_ready()
    assert other.types()[-1] == "query.received", "another process works on it"
    slow.now_us = other.now_us = NOON_US + LEFT_AFTER_US + 1
    other.parts.log.close_left()
    assert other.leaves()[-1]["reason"] == "interrupted"
    with pytest.raises(AuditUnavailableError, match="has an end on record already: no answer may be given"):
        slow.refuse(request_id, receipt.seq)
    slow.ask_in_vain()
    assert Counter(leaf["request_id"] for leaf in slow.leaves() if leaf["type"] == "query.finished")[request_id] == 1


def test_a_process_that_starts_alone_closes_what_was_left(make_replica: MakeReplica) -> None:
    first = make_replica()
    first.ask()
    first.close()
    other = make_replica()
    other.parts.log.make_ready()
    assert other.leaves()[-1]["reason"] == "interrupted"


def test_a_new_key_is_used_by_every_process(make_replica: MakeReplica) -> None:
    first, other = make_replica(pace=QUICK), make_replica(pace=QUICK)
    first.ask_in_vain()
    other.ask_in_vain()
    auditing_over(first.parts).rotation.payload_key()
    wait_until(lambda: other.publisher.next_seq == other.reading().size())
    _, receipt = other.ask()
    assert {payload.key_id for payload in other.reading().payloads(receipt.seq)} == {
        "identity-2026-11",
        "payload-2026-11-2",
    }
    auditing_over(first.parts).rotation.signing_key()
    other.ask_in_vain()
    other.parts.log.publish()
    assert other.publisher.cannot_sign == ""


def test_a_key_whose_use_ended_while_a_checkpoint_was_begun_signs_nothing(
    make_replica: MakeReplica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_replica(pace=QUICK)
    first.ask_in_vain()
    there = shutil.copytree(first.keys, tmp_path / "there", ignore=shutil.ignore_patterns("signed-*"))
    other = make_replica(keys=there, pace=QUICK)
    other.ask_in_vain()
    real = PostgresBesideStore.publish_after

    def publish_after(store: PostgresBesideStore, make: Make) -> None:
        if store is other.parts.store:
            monkeypatch.undo()
            auditing_over(first.parts).rotation.signing_key()
            first.ask()  # so that there is something to sign
        real(store, make)

    monkeypatch.setattr(PostgresBesideStore, "publish_after", publish_after)
    other.ask_in_vain()
    other.parts.log.publish()
    _expect_whole(first, {})


def test_a_process_that_cannot_sign_leaves_the_lease_to_one_that_can(make_replica: MakeReplica, tmp_path: Path) -> None:
    first = make_replica(pace=QUICK)
    first.ask_in_vain()
    first.close()
    keys = shutil.copytree(first.keys, tmp_path / "no signing", ignore=shutil.ignore_patterns("sign*"))
    without = make_replica(keys=keys, pace=QUICK)  # it comes first
    able = make_replica(pace=QUICK)
    without.ask_in_vain()
    newest = without.reading().size()
    wait_until(lambda: (at := able.reading().newest_checkpoint(NOVEMBER)) is not None and at.size >= newest)
    assert [bool(one.parts.store.beside and one.parts.store.beside.has_lease()) for one in (without, able)] == [
        False,
        True,
    ]


def test_a_log_that_is_put_back_needs_all_others_to_be_stopped(make_replica: MakeReplica) -> None:
    first = make_replica()
    first.ask_in_vain()
    with pytest.raises(AuditBusyError, match="stop it first"):
        begin_history(
            first.root / "elsewhere",
            keys=first.keys,
            name=first.name,
            clock=lambda: NOON_US,
            restored=Restored("the database was lost", "ann@northlight.example"),
            database=first.url,
        )


def test_what_others_wrote_is_held_against_what_they_signed(make_replica: MakeReplica, log_url: str) -> None:
    """A record of another process that was changed before it was read here: the checkpoint is of the true one."""
    first, other = make_replica(pace=QUICK), make_replica(pace=QUICK)
    first.ask_in_vain()
    first.parts.log.publish()
    wait_until(lambda: other.publisher.next_seq == first.reading().size() and other.publisher._uncovered() is None)
    with psycopg.connect(log_url, autocommit=True) as owner:
        owner.execute(f"SET search_path = {SCHEMA}".encode())
        newest = owner.execute(b"SELECT id, origin FROM checkpoints ORDER BY id DESC LIMIT 1").fetchone()
        assert newest
        _, receipt = first.ask()
        forged = (newest[0] + 1, newest[1], receipt.seq + 1, "0" * 64)
        owner.execute(b"INSERT INTO checkpoints VALUES (%s, %s, %s, %s, 'n')", forged)
    wait_until(lambda: "is of other leaves" in (other.parts.log.healthy() or ""))
    with pytest.raises(AuditUnavailableError, match="is of other leaves"):
        other.ask()


def test_whoever_read_far_behind_reads_before_it_takes_a_turn(
    make_replica: MakeReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = make_replica(pace=QUICK), make_replica(pace=QUICK)
    monkeypatch.setattr(postgres_beside, "MOST_IN_A_TURN", 3)
    monkeypatch.setattr("service.audit.checkpoints.shared_publisher._LOOK_S", 3600.0)
    for _ in range(4):
        first.ask_in_vain()
    other.ask_in_vain()
    _expect_whole(other, {})


def test_keys_of_which_one_is_gone_stop_a_process_and_no_other(make_replica: MakeReplica, tmp_path: Path) -> None:
    first = make_replica()
    first.ask_in_vain()
    shutil.copytree(first.keys, tmp_path / "fewer", ignore=shutil.ignore_patterns("actor*", "signed-*"))
    other = make_replica(keys=tmp_path / "fewer")
    with pytest.raises((AuditUnavailableError, AuditKeyError), match="actor-2026-11"):
        other.ask()
    first.ask_in_vain()
