"""The check of a whole store: what it says of a log that is in order, in use, or partly unknown.

What it finds in logs that somebody changed is in `tests/integration/test_tampering.py`.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.audit.checking import store_check
from service.audit.checking import verify_store as module
from service.audit.checking.verifier import Problem
from service.audit.checking.verify_store import Verdict, verify_store
from service.audit.checkpoints import stored_tree
from service.audit.checkpoints.memory import Signed
from service.audit.errors import AuditBusyError, AuditDamagedError, AuditUnavailableError
from service.audit.keys.keyring import Keyring
from service.audit.rotation import Rotation
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import LeafReader, StoredLeaf
from tests.support.real_logs import NAME, RealLog, at_us

NO_WITNESS = "no witness: whoever holds the signing key could have written another history"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[RealLog]:
    made = RealLog(tmp_path)
    yield made
    made.close()


def _verify(made: RealLog, *, store: LeafReader | None = None, **more: Any) -> Verdict:
    signed = made.parts.signer.last()
    parts: dict[str, Any] = {
        "keys": [made.parts.signer.key().text()],
        "keyring": Keyring(folder=made.keys),
        "signed": signed,
        **more,
    }
    return verify_store(store or SqliteLeafStore(folder=made.state), **parts)


def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subtrees of 4 leaves, of 16, and so on, so that a short log has some."""
    for each in (stored_tree, store_check, module):
        monkeypatch.setattr(each, "SUBTREE_LEAVES", 4)


def test_a_log_in_order_is_counted(made: RealLog) -> None:
    seq = made.ask()
    made.erase(seq, seq)
    made.now_us = at_us(2026, 12)
    made.ask()
    made.publish()
    verdict = _verify(made)
    assert (verdict.ok, verdict.problems, verdict.remarks) == (True, (), (NO_WITNESS,))
    checkpoints = made.parts.store.checkpoint_count()
    assert verdict.counts == {
        "wrong": 0,
        "leaves": made.size,
        "shards": 2,
        "checkpoints": checkpoints,
        "witnessed": 0,
        "texts": 6,
        "erased": 1,
    }


def test_a_verdict_can_be_shown(made: RealLog) -> None:
    verdict = Verdict(counts={"wrong": 1}, problems=(Problem(3, "tree", "to 5: another", 5),), remarks=("so",))
    assert not verdict.ok
    assert json.loads(json.dumps(verdict.as_json())) == {
        "ok": False,
        "counts": {"wrong": 1},
        "problems": [{"seq": 3, "promise": "tree", "detail": "to 5: another", "last": 5}],
        "unchecked": [],
        "remarks": ["so"],
    }
    made.ask()
    assert json.loads(json.dumps(_verify(made).as_json()))["ok"]


def test_a_log_without_records_is_said_to_be_empty(made: RealLog) -> None:
    verdict = _verify(made)
    assert (verdict.ok, verdict.counts["leaves"]) == (True, 0)
    assert "nothing is recorded yet" in verdict.remarks


def test_a_store_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AuditUnavailableError, match=r"audit\.sqlite cannot be read: it cannot be opened"):
        verify_store(SqliteLeafStore(folder=tmp_path), keys=[], keyring=None, signed=None)


def test_what_was_not_given_is_said(made: RealLog) -> None:
    made.ask()
    made.publish()
    with made.behind() as file:
        file.execute("UPDATE payloads SET sealed = x'00'")
    verdict = _verify(made, keyring=None, signed=None)
    assert (verdict.ok, verdict.counts["texts"]) == (True, 0)
    assert verdict.remarks == (
        "the texts were not checked: their keys were not given",
        "the signer's memory was not given",
        NO_WITNESS,
    )


def test_what_the_caller_could_not_get_makes_the_log_not_fine_and_is_said_once(made: RealLog) -> None:
    made.ask()
    made.publish()
    verdict = _verify(made, keyring=None, signed=None, unchecked=["the folder of keys is missing"])
    assert (verdict.ok, verdict.counts["wrong"]) == (False, 0)
    assert (verdict.unchecked, verdict.remarks) == (("the folder of keys is missing",), (NO_WITNESS,))
    assert verdict.as_json()["unchecked"] == ["the folder of keys is missing"]


class _Broken(SqliteLeafStore):
    """A store that says that it is damaged, and cannot be read from a number on."""

    first_unreadable = 10**9

    def damage(self) -> str | None:
        return "the store is damaged"

    def stream_leaves(self, start: int, end: int) -> Iterator[StoredLeaf]:
        for leaf in super().stream_leaves(start, end):
            if leaf.seq >= self.first_unreadable:
                raise AuditDamagedError("it is damaged here")
            yield leaf


def test_damage_is_told_and_the_rest_is_checked_all_the_same(made: RealLog) -> None:
    made.ask()
    made.publish()
    verdict = _verify(made, store=_Broken(folder=made.state))
    assert verdict.problems == (Problem(None, "file", "the store is damaged"),)
    assert (verdict.counts["wrong"], verdict.counts["texts"], verdict.counts["checkpoints"]) == (1, 3, 1)


def test_what_cannot_be_read_on_is_named_by_the_first_record_that_was_not_seen(made: RealLog) -> None:
    made.ask()
    made.ask()
    made.publish()
    store = _Broken(folder=made.state)
    store.first_unreadable = 7
    verdict = _verify(made, store=store)
    assert [(problem.seq, problem.promise) for problem in verdict.problems] == [(7, "file"), (None, "file")]
    assert verdict.problems[0].detail == "and what follows it cannot be read: it is damaged here"


def test_a_key_that_the_log_does_not_name_is_said_first(made: RealLog) -> None:
    made.ask()
    made.publish()
    named = made.parts.signer.key().text()
    verdict = _verify(made, keys=[])
    assert verdict.problems[0] == Problem(
        1,
        "checkpoint",
        f"names {named} as the log's key, and what is believed is none: another log's, or it was replaced; all of its "
        "checkpoints are wrong by that",
    )


def test_without_a_key_no_checkpoint_is_believed(made: RealLog) -> None:
    made.ask()
    made.publish()
    verdict = _verify(made, keys=[])
    assert {problem.promise for problem in verdict.problems} == {"checkpoint"}


def test_a_question_that_is_under_way_is_no_problem(made: RealLog) -> None:
    seq = made.ask()
    made.publish()
    with made.behind() as file:
        file.execute("DELETE FROM payloads WHERE seq > ?", (seq,))
        file.execute("DELETE FROM leaves WHERE seq > ?", (seq,))
        file.execute("DELETE FROM checkpoints")
    verdict = _verify(made, signed=None)
    assert verdict.ok
    assert f"1 question has no result yet, the first is record {seq}" in verdict.remarks
    assert "the records from 0 on are under no checkpoint yet" in verdict.remarks
    made.parts.store.close()


# While the log is written


class Meanwhile(SqliteLeafStore):
    """A reader during whose reading something happens: once, when a method is first called."""

    def __init__(self, folder: Path, method: str, happens: Callable[[], object]) -> None:
        super().__init__(folder=folder)
        inner = getattr(super(), method)

        def first(*args: Any) -> Any:
            setattr(self, method, inner)
            happens()
            return inner(*args)

        setattr(self, method, first)


METHODS = [
    "size",
    "seqs_of_type",
    "stream_leaves",
    "stream_checkpoints",
    "stream_payloads",
    "subtrees",
    "of_type",
    "scope_hashes",
    "checkpoint_count",
]


@pytest.mark.parametrize("method", METHODS)
def test_what_comes_meanwhile_is_left_for_next_time(
    made: RealLog, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    _narrow(monkeypatch)
    first = made.ask()
    made.publish()
    before = made.size

    def happens() -> None:
        made.erase(first, first + 1)
        for _ in range(6):
            made.ask()
        made.publish()
        made.now_us = at_us(2026, 12)
        made.ask()
        made.publish()

    verdict = _verify(made, store=Meanwhile(made.state, method, happens))
    assert (verdict.ok, verdict.problems) == (True, ())
    assert before <= verdict.counts["leaves"] <= made.size
    assert method in {"size", "checkpoint_count"} or verdict.counts["leaves"] == before
    assert _verify(made).ok


def test_a_log_that_is_written_all_the_time_is_never_found_wrong(
    made: RealLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    _narrow(monkeypatch)
    stop = threading.Event()
    failed: list[Exception] = []

    def write() -> None:
        try:
            while not stop.is_set():
                seq = made.ask()
                made.erase(seq, seq + 1)
        except Exception as error:  # noqa: BLE001 - shown below
            failed.append(error)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        verdicts = [_verify(made) for _ in range(12)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert failed == []
    assert [verdict.problems for verdict in verdicts] == [()] * 12
    assert made.size > verdicts[0].counts["leaves"]


def test_the_writers_lock_is_not_taken(made: RealLog) -> None:
    made.ask()
    assert _verify(made).ok
    with pytest.raises(AuditBusyError):
        SqliteLeafStore.open(made.state)
    made.close()
    assert _verify(made).ok
    SqliteLeafStore.open(made.state).close()


# Keys


def test_a_log_whose_signing_key_was_changed_is_fine_with_either_key(made: RealLog) -> None:
    made.ask()
    made.publish()
    old = made.parts.signer.key().text()
    parts = made.parts
    rotation = Rotation(
        name=NAME,
        log=parts.log,
        keyring=parts.keyring,
        signer=parts.signer,
        clock=lambda: made.now_us,
        store=parts.store,
    )
    rotation.signing_key()
    made.ask()
    rotation.payload_key()
    made.ask()
    made.publish()
    new = made.parts.signer.key().text()
    assert old != new
    assert _verify(made, keys=[old]).problems == ()
    assert _verify(made, keys=[new]).problems == ()


# What the signer remembers


def _memory(made: RealLog) -> Signed:
    made.ask()
    made.publish()
    signed = made.parts.signer.last()
    assert signed is not None
    return signed


def test_the_memory_of_a_larger_log_names_the_first_record_that_is_missing(made: RealLog) -> None:
    signed = _memory(made)
    verdict = _verify(made, signed=replace(signed, size=signed.size + 3))
    (problem,) = verdict.problems
    assert (problem.seq, problem.last, problem.promise) == (made.size, made.size + 2, "memory")


@pytest.mark.parametrize(
    "change", [{"root": bytes(32)}, {"origin": "greenlit.test/audit/2026-10"}, {"first_seq": 1, "size": 3}, {"size": 3}]
)
def test_the_memory_of_another_log_names_its_whole_range(made: RealLog, change: dict[str, Any]) -> None:
    signed = replace(_memory(made), **change)
    problem = _verify(made, signed=signed).problems[0]
    assert (problem.seq, problem.promise) == (signed.first_seq, "memory")
    assert problem.last == signed.first_seq + signed.size - 1


def test_the_memory_of_an_earlier_checkpoint_is_fine(made: RealLog) -> None:
    signed = _memory(made)
    made.ask()
    made.publish()
    made.now_us = at_us(2026, 12)
    made.ask()
    made.publish()
    assert _verify(made, signed=signed).problems == ()


def test_a_checkpoint_that_was_signed_must_be_kept(made: RealLog) -> None:
    first, second = _memory(made), _memory(made)
    with made.behind() as file:
        file.execute("DELETE FROM checkpoints WHERE size > ?", (first.size,))
        problem = _verify(made, signed=second).problems[0]
        assert (problem.seq, problem.last, problem.promise) == (first.size, second.size - 1, "checkpoint")
        assert _verify(made, signed=first).ok
        file.execute("DELETE FROM checkpoints")
        assert _verify(made, signed=first).problems[0].seq == 0


def test_a_memory_of_leaves_that_are_gone_stops_nothing(made: RealLog) -> None:
    signed = _memory(made)
    with made.behind() as file:
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute("DELETE FROM leaves WHERE seq = 3")
    problems = _verify(made, signed=signed).problems
    assert problems[0].seq == 3
    assert "memory" not in {problem.promise for problem in problems}, "it has nothing to add"


# What is beside the leaves


@pytest.mark.parametrize("level", [1, 2, 7])
def test_subtrees_of_leaves_that_there_are_not_are_found(
    made: RealLog, monkeypatch: pytest.MonkeyPatch, level: int
) -> None:
    _narrow(monkeypatch)
    for _ in range(10):
        made.ask()
    made.now_us = at_us(2026, 12)
    made.ask()
    made.publish()
    for origin, first, size in (("2026-11", 0, 26), ("2026-12", 26, made.size - 26)):
        with made.behind() as file:
            row = (f"{NAME}/audit/{origin}", level, size // 4**level + 5, bytes(32))
            file.execute("INSERT INTO subtrees VALUES (?, ?, ?, ?)", row)
            (problem,) = _verify(made).problems
            assert (problem.seq, problem.promise) == (first + size // 4**level * 4**level, "tree")
            file.execute("DELETE FROM subtrees WHERE (origin, level, number) = (?, ?, ?)", row[:3])


def test_pairs_are_those_that_were_hashed(made: RealLog) -> None:
    seq = made.ask()
    made.publish()
    with made.behind() as file:
        file.execute("INSERT INTO scopes VALUES (?, ?)", ("0" * 64, b"pairs of no record"))
        (problem,) = _verify(made).problems
        assert (problem.seq, problem.promise) == (None, "scope")
        file.execute("UPDATE scopes SET pairs = CAST(pairs || 'x' AS BLOB) WHERE filter_hash <> ?", ("0" * 64,))
        assert [problem.seq for problem in _verify(made).problems] == [seq + 1, None]


def test_who_asked_may_only_be_missing_where_that_is_recorded(made: RealLog) -> None:
    first, second = made.ask(), made.ask()
    made.erase(first, first)
    made.publish()
    assert _verify(made).ok
    with made.behind() as file:
        file.execute("DELETE FROM payloads WHERE seq = ? AND field = 'asker'", (second,))
    (problem,) = _verify(made).problems
    assert (problem.seq, problem.promise) == (second, "payload")


def test_a_new_record_of_an_erasure_that_cannot_be_read_excuses_nothing(made: RealLog) -> None:
    seq = made.ask()
    made.publish()

    def happens() -> None:
        erasure = made.erase(seq, seq)
        with made.behind() as file:
            file.execute("UPDATE leaves SET leaf = x'ff' WHERE seq = ?", (erasure,))

    verdict = _verify(made, store=Meanwhile(made.state, "stream_payloads", happens))
    assert {(problem.seq, problem.promise) for problem in verdict.problems} == {(seq, "payload")}


def test_an_altered_beginning_of_a_month_is_blamed_and_not_its_neighbours(made: RealLog) -> None:
    made.ask()
    made.now_us = at_us(2026, 12)
    made.ask()
    made.publish()
    (begin,) = (seq for seq in made.parts.store.seqs_of_type("shard.opened") if seq)
    with made.behind() as file:
        for change in ("replace(leaf, '2026-12', '2026-13')", "x'ff'", "replace(leaf, 'shard.opened', 'shard.opener')"):
            (true,) = file.execute("SELECT leaf FROM leaves WHERE seq = ?", (begin,)).fetchone()
            file.execute(f"UPDATE leaves SET leaf = CAST({change} AS BLOB) WHERE seq = ?", (begin,))  # noqa: S608
            assert _verify(made).problems[0].seq == begin
            file.execute("UPDATE leaves SET leaf = ? WHERE seq = ?", (true, begin))
        assert _verify(made).ok
        file.execute("UPDATE leaves SET type = 'shard.opener' WHERE seq = 0")
        assert _verify(made).problems[0].seq == 0
