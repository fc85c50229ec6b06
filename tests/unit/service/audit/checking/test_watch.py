"""A round of a witness: what grew is kept, what does not fit ends the round and is put aside."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from filelock import FileLock, Timeout

from service.audit.checking.watch import Answer, Grown, Refusal, watch
from service.audit.checking.witness import Witness
from service.audit.errors import AuditUnavailableError
from service.audit.formats import notes
from service.audit.formats.notes import read_checkpoint
from tests.support.witness_parts import LogOnDisk, kept_files, larger, new_witness, origin

OTHER = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)


class UnreachableError(Exception):
    pass


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogOnDisk]:
    with closing(LogOnDisk(tmp_path / "log")) as opened:
        opened.grow(3)
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "witness"


@pytest.fixture
def witness(folder: Path, log: LogOnDisk) -> Witness:
    return new_witness(folder, log)


def fits(log: LogOnDisk, witness: Witness) -> list[Grown]:
    """Look once, and expect that everything fits."""
    grown: list[Grown] = []
    assert watch(log, witness, told=grown.append) is None
    return grown


def refused(log: LogOnDisk, witness: Witness) -> Refusal:
    """Look once, and expect that something does not fit, and that nothing changed for it but the evidence."""
    kept = {month: witness.newest(month) for month in witness.months()}
    grown: list[Grown] = []
    refusal = watch(log, witness, told=grown.append)
    assert refusal is not None
    assert not grown
    assert {month: witness.newest(month) for month in witness.months()} == kept
    return refusal


def size(log: LogOnDisk, month: str = "2026-11") -> int:
    return read_checkpoint(log.note(month)).size


def three_months(log: LogOnDisk) -> None:
    for year, month in ((2026, 12), (2027, 1)):
        log.turn_to(year, month)
        log.grow(2)


def test_the_first_round_keeps_every_shard(log: LogOnDisk, witness: Witness) -> None:
    three_months(log)
    months = ["2026-11", "2026-12", "2027-01"]
    assert fits(log, witness) == [Grown(month, 0, size(log, month)) for month in months]
    assert witness.months() == months


def test_what_grew_is_kept_with_the_proof_that_it_grew(log: LogOnDisk, witness: Witness) -> None:
    before = fits(log, witness)[0].size
    log.asked.clear()
    log.grow(4)
    assert fits(log, witness) == [Grown("2026-11", before, before + 4)]
    name = origin("2026-11")
    assert log.asked == ["/shards", f"/checkpoint {name}", f"/consistency {name} {before} {before + 4}"]


def test_where_nothing_changed_only_the_newest_two_are_looked_at(
    log: LogOnDisk, witness: Witness, folder: Path
) -> None:
    three_months(log)
    fits(log, witness)
    before = kept_files(folder)
    log.asked.clear()
    assert fits(log, witness) == []
    assert log.asked == ["/shards", f"/checkpoint {origin('2026-12')}", f"/checkpoint {origin('2027-01')}"]
    assert kept_files(folder) == before


def test_the_month_before_is_seen_to_its_end(log: LogOnDisk, witness: Witness) -> None:
    before = fits(log, witness)[0].size
    three_months(log)
    grown = fits(log, witness)
    assert grown[0] == Grown("2026-11", before, before + 1), "with its last leaf, shard.closed"
    assert [one.month for one in grown] == ["2026-11", "2026-12", "2027-01"]


def test_a_log_without_anything_fits(tmp_path: Path) -> None:
    with closing(LogOnDisk(tmp_path / "log")) as log:
        assert fits(log, new_witness(tmp_path / "witness", log)) == []


def test_a_month_that_has_just_begun_has_no_checkpoint_yet(log: LogOnDisk, witness: Witness) -> None:
    shards = [*log.proofs.shards(), {"origin": origin("2026-12"), "first_seq": 9, "size": 0}]
    log.instead["/shards"] = Answer(200, json.dumps({"shards": shards}).encode())
    assert [one.month for one in fits(log, witness)] == ["2026-11"]


def test_a_log_that_was_rolled_back_is_refused_with_what_it_showed(
    log: LogOnDisk, witness: Witness, tmp_path: Path
) -> None:
    log.copy_to(tmp_path / "copy")
    log.grow(2)
    fits(log, witness)
    log.put_back(tmp_path / "copy")
    refusal = refused(log, witness)
    assert refusal.reason.startswith("the log was rolled back: expected at least the ")
    assert refusal.evidence.read_text() == log.note()
    assert refusal.evidence.name == "2026-11.refused-20261120T120000Z.note"


@pytest.mark.parametrize("more", [0, 1])
def test_two_histories_under_one_key_are_refused(log: LogOnDisk, witness: Witness, tmp_path: Path, more: int) -> None:
    log.copy_to(tmp_path / "copy")
    log.grow(2)
    fits(log, witness)
    log.put_back(tmp_path / "copy")
    log.grow(2 + more, build="another")
    refusal = refused(log, witness)
    assert refusal.reason.startswith("the log shows two histories of greenlit.test/audit/2026-11: ")
    evidence = notes.verified(refusal.evidence.read_text(), [log.key()])
    assert evidence == read_checkpoint(log.note()), "what it signed is there to be shown"


def test_a_month_that_was_closed_and_went_on_differently_is_refused(
    log: LogOnDisk, witness: Witness, tmp_path: Path
) -> None:
    log.copy_to(tmp_path / "copy")
    log.grow(2)
    log.turn_to(2026, 12)
    log.grow()
    fits(log, witness)
    log.put_back(tmp_path / "copy")
    log.turn_to(2026, 11)
    log.grow(2, build="another")
    log.turn_to(2026, 12)
    log.grow()
    assert "two histories of greenlit.test/audit/2026-11" in refused(log, witness).reason


def test_a_shard_that_vanished_is_refused(log: LogOnDisk, witness: Witness) -> None:
    three_months(log)
    fits(log, witness)
    rest = log.proofs.shards()[1:]
    listing = json.dumps({"shards": rest}).encode()
    log.instead["/shards"] = Answer(200, listing)
    refusal = refused(log, witness)
    assert refusal.reason == (
        "the shard greenlit.test/audit/2026-11 has vanished: expected every shard that was seen before"
    )
    assert refusal.evidence.name == "shards.refused-20261120T120000Z.txt"
    assert refusal.evidence.read_bytes() == listing


def test_what_fitted_before_something_did_not_is_kept_and_told(log: LogOnDisk, witness: Witness) -> None:
    three_months(log)
    good = log.get

    def get(route: str, **params: str | int) -> Answer:
        if params.get("origin") == origin("2026-12") and route == "/checkpoint":
            return Answer(200, log.signed(replace(larger(read_checkpoint(log.note("2026-12")), 1), size=0)).encode())
        return good(route, **params)

    log.get = get  # type: ignore[method-assign]
    grown: list[Grown] = []
    refusal = watch(log, witness, told=grown.append)
    assert refusal is not None
    assert "at least one leaf" in refusal.reason
    assert [one.month for one in grown] == witness.months() == ["2026-11"]


def test_no_answer_is_no_evidence(log: LogOnDisk, witness: Witness, folder: Path) -> None:
    for route in ("/shards", "/checkpoint", "/consistency"):
        before = kept_files(folder)
        log.instead = {route: UnreachableError("not now")}
        with pytest.raises(UnreachableError):
            watch(log, witness, told=lambda _: None)
        assert kept_files(folder) == before
        log.instead = {}
        fits(log, witness)
        log.grow()
    assert witness.refused() == []


def test_a_witness_that_cannot_read_what_it_kept_does_not_blame_the_log(
    log: LogOnDisk, witness: Witness, folder: Path
) -> None:
    fits(log, witness)
    (folder / "2026-11.note").write_text("damaged")
    with pytest.raises(AuditUnavailableError, match="not what this witness wrote"):
        watch(log, witness, told=lambda _: None)
    assert witness.refused() == []


def test_nobody_else_keeps_anything_between_the_first_question_and_the_last(
    log: LogOnDisk, witness: Witness, folder: Path
) -> None:
    """Else a proof would not fit what another process kept since it was asked for, and the log would be blamed."""
    fits(log, witness)
    log.grow()
    free: list[bool] = []

    def is_free() -> bool:
        try:
            with FileLock(folder / ".lock", timeout=0):
                return True
        except Timeout:
            return False

    good = log.get
    with ThreadPoolExecutor(1) as elsewhere:

        def get(route: str, **params: str | int) -> Answer:
            free.append(elsewhere.submit(is_free).result())
            return good(route, **params)

        log.get = get  # type: ignore[method-assign]
        fits(log, witness)
        assert free == [False, False, False]
        assert elsewhere.submit(is_free).result()
