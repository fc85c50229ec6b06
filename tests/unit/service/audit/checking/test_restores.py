"""A witness, an export and the verifier before a log that was restored: no rollback, and no business as usual."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.checking import verifier
from service.audit.checking.store_check import Witnessed
from service.audit.checking.verify_store import Verdict, verify_store
from service.audit.checking.watch import Answer, Grown, Refusal, watch
from service.audit.checking.witness import Witness
from service.audit.desk import auditing_over
from service.audit.histories import Backup, Begun, Restored, begin_history
from service.audit.reading.export_files import write_export
from service.audit.shards import history_of
from tests.support.copied_logs import memory_file
from tests.support.witness_parts import LOG_NAME, LogOnDisk, kept_files, new_witness

MADE_US = 1_795_089_600_000_000  # 2026-11-19T12:00:00Z


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogOnDisk]:
    with closing(LogOnDisk(tmp_path / "log")) as opened:
        opened.grow(3)
        yield opened


@pytest.fixture
def witness(tmp_path: Path, log: LogOnDisk) -> Witness:
    return new_witness(tmp_path / "witness", log)


def _look(log: LogOnDisk, witness: Witness, accept: str | None = None) -> Refusal | None:
    return watch(log, witness, told=lambda _: None, accept=accept)


def _begin(log: LogOnDisk) -> Begun:
    log.close()
    begun = begin_history(
        log.folder / "state",
        keys=log.folder / "keys",
        name=LOG_NAME,
        clock=lambda: round(log.at.timestamp() * 1e6),
        restored=Restored("the disk failed", "mira", Backup("nightly-7", MADE_US)),
    )
    log.opened = log._open()
    return begun


def _put_back(log: LogOnDisk, folder: Path, *, seen_by: Witness, lost: int) -> Begun:
    """Lose records that a witness saw, and put an older copy back, without its signer's memory."""
    log.copy_to(folder)
    log.grow(lost)
    assert _look(log, seen_by) is None
    log.put_back(folder)
    memory_file(log.folder / "keys").unlink()
    return _begin(log)


def _verify(log: LogOnDisk, folder: Path) -> Verdict:
    notes = tuple(path.read_text() for path in sorted(folder.glob("*.note")) if ".refused-" not in path.name)
    return verify_store(
        log.opened.store,
        keys=[log.key().text()],
        keyring=log.opened.keyring,
        signed=log.opened.signer.last(),
        witness=Witnessed((folder / "witness.pub").read_text().strip(), notes),
    )


def test_a_witness_says_what_is_gone_and_goes_on_only_when_it_is_told(
    log: LogOnDisk, witness: Witness, tmp_path: Path
) -> None:
    begun = _put_back(log, tmp_path / "copy", seen_by=witness, lost=4)
    before = kept_files(tmp_path / "witness")
    for accept in (None, "00000000"):
        refusal = _look(log, witness, accept)
        assert refusal is not None
        assert refusal.restored == begun.history
        assert "the log was restored on 2026-11-20 from a copy made on 2026-11-19" in refusal.reason
        assert "4 records that this witness saw are gone (4 of 2026-11)" in refusal.reason
    now = kept_files(tmp_path / "witness")
    assert {name: now[name] for name in before} == before
    assert len(now) == len(before) + 1, "what the log showed is put aside, once"
    assert _look(log, witness, begun.history) is None
    log.grow(2)
    assert _look(log, witness) is None
    assert [history_of(month) for month in witness.months()] == ["", begun.history]
    assert {name: kept_files(tmp_path / "witness")[name] for name in before} == before, "what it had stays as it was"


def test_a_log_that_was_accepted_is_caught_when_it_is_rolled_back(
    log: LogOnDisk, witness: Witness, tmp_path: Path
) -> None:
    begun = _put_back(log, tmp_path / "copy", seen_by=witness, lost=1)
    assert _look(log, witness, begun.history) is None
    log.copy_to(tmp_path / "again")
    log.grow(2)
    assert _look(log, witness) is None
    log.put_back(tmp_path / "again")
    refusal = _look(log, witness)
    assert refusal is not None
    assert "the log was rolled back" in refusal.reason
    log.put_back(tmp_path / "copy")
    refusal = _look(log, witness)
    assert refusal is not None
    assert f"2026-11.{begun.history} has vanished" in refusal.reason


def test_a_new_witness_takes_a_restored_log_as_it_is(log: LogOnDisk, tmp_path: Path) -> None:
    begun = _begin(log)
    witness = new_witness(tmp_path / "late", log)
    grown: list[Grown] = []
    assert watch(log, witness, told=grown.append) is None
    assert witness.histories() == ["", begun.history]
    assert [one.month for one in grown] == [f"2026-11.{begun.history}"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda said: said.pop("restores"), "no record that it was restored"),
        (lambda said: said["restores"].clear(), "no record that it was restored"),
        (lambda said: said["restores"][0].update(history="00000000"), "no record that it was restored"),
        (lambda said: said["restores"][0].update(seq=0), "expected the restore as the second record"),
        (
            lambda said: said["restores"][0].update(leaf=said["restores"][0]["leaf"].replace('"missing"', '"here"')),
            "to lead to the root",
        ),
        (lambda said: said["shards"][0].update(size=5), "a record of it that does not fit"),
    ],
)
def test_a_history_without_a_record_of_it_is_no_restore(
    log: LogOnDisk, witness: Witness, tmp_path: Path, spoil: object, reason: str
) -> None:
    begun = _put_back(log, tmp_path / "copy", seen_by=witness, lost=2)
    said = json.loads(log.get("/shards").body)
    assert callable(spoil)
    spoil(said)
    log.instead["/shards"] = Answer(200, json.dumps(said).encode())
    refusal = _look(log, witness, begun.history)
    assert refusal is not None
    assert (refusal.restored, reason in refusal.reason) == (None, True), refusal
    assert witness.histories() == [""]


def test_records_that_were_changed_before_the_restore_are_two_histories(
    log: LogOnDisk, witness: Witness, tmp_path: Path
) -> None:
    """A restore explains what is gone, and nothing that is another than it was."""
    log.copy_to(tmp_path / "copy")
    log.grow(1)
    assert _look(log, witness) is None
    log.put_back(tmp_path / "copy")
    log.grow(3, build="another")
    begun = _begin(log)
    refusal = _look(log, witness, begun.history)
    assert refusal is not None
    assert "the log shows two histories" in refusal.reason


def test_what_a_witness_saw_and_a_restore_explains_is_a_remark(
    log: LogOnDisk, witness: Witness, tmp_path: Path
) -> None:
    begun = _put_back(log, tmp_path / "copy", seen_by=witness, lost=2)
    assert _look(log, witness, begun.history) is None
    verdict = _verify(log, tmp_path / "witness")
    assert verdict.ok, verdict
    assert any("the witness saw" in remark and "restored without all of them" in remark for remark in verdict.remarks)
    log.turn_to(2026, 12)
    log.grow(1)
    assert _look(log, witness) is None
    assert _verify(log, tmp_path / "witness").ok


def test_months_that_a_witness_saw_and_a_restore_explains_are_a_remark(
    log: LogOnDisk, witness: Witness, tmp_path: Path
) -> None:
    log.copy_to(tmp_path / "copy")
    log.turn_to(2026, 12)
    log.grow(2)
    assert _look(log, witness) is None
    log.put_back(tmp_path / "copy")
    begun = _begin(log)
    refusal = _look(log, witness)
    assert refusal is not None
    assert refusal.restored == begun.history
    verdict = _verify(log, tmp_path / "witness")
    assert verdict.ok, verdict
    assert any("which its own record does not say" in remark for remark in verdict.remarks), verdict.remarks


def test_without_a_record_of_a_restore_a_rollback_is_wrong(log: LogOnDisk, witness: Witness, tmp_path: Path) -> None:
    log.copy_to(tmp_path / "copy")
    log.grow(2)
    assert _look(log, witness) is None
    log.put_back(tmp_path / "copy")
    assert [problem.promise for problem in _verify(log, tmp_path / "witness").problems] == ["witness"]


def test_a_restore_before_does_not_explain_a_rollback_after(log: LogOnDisk, witness: Witness, tmp_path: Path) -> None:
    begun = _put_back(log, tmp_path / "copy", seen_by=witness, lost=1)
    assert _look(log, witness, begun.history) is None
    log.copy_to(tmp_path / "again")
    log.grow(2)
    assert _look(log, witness) is None
    log.put_back(tmp_path / "again")
    problems = _verify(log, tmp_path / "witness").problems
    assert [problem.promise for problem in problems] == ["witness"]


def _exported(log: LogOnDisk, folder: Path, from_seq: int | None = None) -> Path:
    auditing = auditing_over(log.opened)
    return write_export(auditing.exports.lines("vera", from_seq=from_seq, payloads=True, purpose="x"), folder)


def test_an_export_of_a_restored_log_is_fine_and_says_so(
    log: LogOnDisk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):  # the digits of a history stand in no order
        _begin(log)
    log.turn_to(2026, 12)
    begun = _begin(log)
    log.grow(2)
    for number, from_seq in enumerate((None, begun.seq - 1, begun.seq, begun.seq + 1)):
        folder = _exported(log, tmp_path / f"export {number}", from_seq)
        assert verifier.main([str(folder), "--key", log.key().text()]) == 0, from_seq
    said = capsys.readouterr().out
    assert said.count("the log was restored on 2026-11-20 from a copy made on 2026-11-19") == 3
    assert said.count("the log was restored on 2026-12-20") == 3


def _leaves(log: LogOnDisk) -> list[bytes]:
    return [leaf.leaf for leaf in log.opened.store.leaves(-1, 1000)]


def _check(leaves: list[bytes]) -> verifier.LogCheck:
    """Check leaves as a log without checkpoints, cut where a month begins."""
    check = verifier.LogCheck(keys=())
    starts = [seq for seq, leaf in enumerate(leaves) if json.loads(leaf)["type"] == "shard.opened"]
    stream = ((seq, leaf, None) for seq, leaf in enumerate(leaves))
    for start, end in zip(starts, [*starts[1:], len(leaves)], strict=True):
        origin, size = json.loads(leaves[start])["origin"], end - start
        row = {"origin": origin, "first_seq": start, "start": 0, "end": size, "size": size, "left": [], "right": []}
        check.shard(row, stream)
    check.finish(whole=True)
    return check


def _wrong(leaves: list[bytes]) -> list[tuple[int | None, str]]:
    return [
        (problem.seq, problem.detail)
        for problem in _check(leaves).problems
        if "month before it ended" not in problem.detail  # no checkpoint of these leaves is signed
    ]


def test_a_month_of_another_history_says_that_it_was_restored(log: LogOnDisk) -> None:
    begun = _begin(log)
    leaves = _leaves(log)
    assert _wrong(leaves) == []
    without = [*leaves[: begun.seq], leaves[begun.seq + 1] if len(leaves) > begun.seq + 1 else leaves[1]]
    assert (begun.seq, "log.restored is not where a history begins") in _wrong(without)
    assert (begun.seq, "is missing: expected log.restored") in _wrong(leaves[: begun.seq])
    assert (len(leaves), "log.restored is not where a history begins") in _wrong([*leaves, leaves[begun.seq]])


def test_a_record_of_the_history_before_is_none_of_the_one_after(log: LogOnDisk) -> None:
    _begin(log)
    leaves = _leaves(log)
    assert (len(leaves), "belongs to another month") in _wrong([*leaves, leaves[1]])


def test_a_record_of_a_restore_names_the_end_that_is_there(log: LogOnDisk) -> None:
    begun = _begin(log)
    leaves = _leaves(log)
    for name, value in (("history", "00000000"), ("from", None)):
        said = json.loads(leaves[begun.seq]) | {name: value}
        spoiled = [*leaves[: begun.seq], json.dumps(said).encode(), *leaves[begun.seq + 1 :]]
        assert (begun.seq, "is not the log.restored of the month that ended before it") in _wrong(spoiled)


def test_a_history_that_ended_does_not_begin_again(log: LogOnDisk) -> None:
    begun = _begin(log)
    leaves = _leaves(log)
    again = json.loads(leaves[0]) | {"origin": json.loads(leaves[0])["origin"].replace("-11", "-12")}
    back = [*leaves, json.dumps(again).encode()]
    assert any("is no shard.closed that leads to" in detail for _, detail in _wrong(back)), begun
