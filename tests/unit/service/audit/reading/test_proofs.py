"""Proofs for whoever holds a receipt or an older checkpoint; checked here as they would check them."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.audit.errors import FilterError, NoRecordError, NotCoveredError, ProofError
from service.audit.formats import notes, tree
from service.audit.reading.proofs import Proofs
from service.audit.storage.sqlite_store import SqliteLeafStore
from tests.support.small_log import SmallLog, open_small_log

NOVEMBER, DECEMBER = "greenlit.local/audit/2026-11", "greenlit.local/audit/2026-12"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    """A log of two months: 0 to 11 (November) and 12 to 25 (December), all under a checkpoint."""
    with open_small_log(tmp_path / "var") as log:
        for _ in range(2):
            log.ask()
        log.opened.log.publish()
        log.ask()
        log.set_time("2026-12-01T00:00:00Z")
        for _ in range(5):
            log.ask()
        log.opened.log.publish()
        yield log


def _check(log: SmallLog, proof: dict[str, Any], **changed: Any) -> None:
    """Check a proof of inclusion with nothing but the log's key."""
    proof = {**proof, **changed}
    checkpoint = notes.verified(proof["checkpoint"], [log.opened.signer.key()])
    assert (checkpoint.origin, checkpoint.size) == (proof["origin"], proof["size"])
    tree.verify_inclusion(
        index=proof["index"],
        size=checkpoint.size,
        leaf=bytes.fromhex(proof["leaf_hash"]),
        root=checkpoint.root,
        proof=[base64.b64decode(one) for one in proof["proof"]],
    )


def test_every_record_is_proved_to_be_in_the_log(log: SmallLog) -> None:
    assert log.store.size() == 26
    for seq in range(26):
        proof = log.proofs.inclusion(seq)
        _check(log, proof)
        assert (proof["seq"], proof["leaf_hash"]) == (seq, log.stored(seq).leaf_hash)
        expected = (NOVEMBER, seq) if seq < 12 else (DECEMBER, seq - 12)
        assert (proof["origin"], proof["index"]) == expected


def test_a_proof_is_of_one_record_at_one_place(log: SmallLog) -> None:
    proof = log.proofs.inclusion(20)
    with pytest.raises(ProofError):
        _check(log, proof, leaf_hash=log.stored(21).leaf_hash)
    with pytest.raises(ProofError):
        _check(log, proof, index=proof["index"] + 1)


def test_a_receipt_can_be_proved(log: SmallLog) -> None:
    request_id, received = log.begin()
    receipt = log.end(request_id, received)
    log.opened.log.publish()
    proof = log.proofs.inclusion(receipt.seq)
    assert (proof["origin"], proof["leaf_hash"]) == (receipt.origin, receipt.leaf_hash)
    _check(log, proof)


def test_what_no_checkpoint_covers_yet_has_no_proof_yet(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = log.store.newest_checkpoint(DECEMBER)
    monkeypatch.setattr(log.store, "newest_checkpoint", lambda _origin: newest)  # as before the next one
    seq = log.ask().received
    with pytest.raises(NotCoveredError, match=f"no checkpoint covers record {seq} yet: try again in a second"):
        log.proofs.inclusion(seq)
    assert log.proofs.inclusion(seq - 1)["size"] == 14
    monkeypatch.setattr(log.store, "newest_checkpoint", lambda _origin: None)
    with pytest.raises(NotCoveredError, match="no checkpoint covers record 0 yet"):
        log.proofs.inclusion(0)
    with pytest.raises(NotCoveredError, match="there is no checkpoint yet"):
        log.proofs.checkpoint()


@pytest.mark.parametrize("seq", [26, -1, 2**70])
def test_what_is_no_record_has_no_proof(log: SmallLog, seq: int) -> None:
    with pytest.raises(NoRecordError, match=f"there is no record {seq}: the log holds 26 records"):
        log.proofs.inclusion(seq)


def test_a_log_that_holds_nothing_proves_nothing(tmp_path: Path) -> None:
    store = SqliteLeafStore.open(tmp_path / "var")
    try:
        assert Proofs(store=store).shards() == []
        with pytest.raises(NoRecordError, match="there is no record 0: the log holds 0 records"):
            Proofs(store=store).inclusion(0)
        with pytest.raises(NotCoveredError, match="there is no checkpoint yet"):
            Proofs(store=store).checkpoint()
    finally:
        store.close()


def test_a_shard_is_proved_to_have_grown_from_each_of_its_checkpoints(log: SmallLog) -> None:
    roots = {}
    for size in range(1, 15):
        roots[size] = tree.root_of(log.store.leaf_hashes(12, 12 + size))
    for old in range(1, 15):
        for new in range(old, 15):
            proof = log.proofs.consistency(DECEMBER, old, new)
            assert (proof["origin"], proof["old_size"], proof["size"]) == (DECEMBER, old, new)
            tree.verify_consistency(
                old_size=old,
                old_root=roots[old],
                size=new,
                root=roots[new],
                proof=[base64.b64decode(one) for one in proof["proof"]],
            )


def test_a_shard_is_proved_no_further_than_it_was_signed(log: SmallLog) -> None:
    with pytest.raises(NotCoveredError, match="the newest checkpoint of this shard covers 14 leaves, not 15 yet"):
        log.proofs.consistency(DECEMBER, 3, 15)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (-1, 3), (4, 3), (0, 0)])
def test_sizes_that_prove_nothing_are_refused(log: SmallLog, old: int, new: int) -> None:
    with pytest.raises(FilterError, match=f"expected an old size from 1 to the new size {new}, got {old}"):
        log.proofs.consistency(NOVEMBER, old, new)


@pytest.mark.parametrize("origin", ["", "greenlit.local/audit/2027-01", "zebra canary"])
def test_a_shard_that_is_not_there_is_not_repeated(log: SmallLog, origin: str) -> None:
    for ask in (lambda: log.proofs.checkpoint(origin), lambda: log.proofs.consistency(origin, 1, 2)):
        with pytest.raises(NoRecordError, match=r"^there is no such shard: expected an origin such as ") as told:
            ask()
        assert "zebra" not in str(told.value)


def test_the_newest_checkpoint_of_each_shard_is_given(log: SmallLog) -> None:
    keys = [log.opened.signer.key()]
    november = notes.verified(log.proofs.checkpoint(NOVEMBER), keys)
    december = notes.verified(log.proofs.checkpoint(DECEMBER), keys)
    assert (november.origin, november.size) == (NOVEMBER, 12)
    assert (december.origin, december.size) == (DECEMBER, 14)
    assert log.proofs.checkpoint() == log.proofs.checkpoint(DECEMBER)
    assert log.proofs.shards() == [
        {"origin": NOVEMBER, "first_seq": 0, "size": 12},
        {"origin": DECEMBER, "first_seq": 12, "size": 14},
    ]


def test_while_a_month_has_no_checkpoint_the_newest_is_that_of_the_month_before(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest_checkpoint = log.store.newest_checkpoint
    monkeypatch.setattr(
        log.store, "newest_checkpoint", lambda origin: newest_checkpoint(origin) if origin == NOVEMBER else None
    )
    assert log.proofs.checkpoint() == log.proofs.checkpoint(NOVEMBER)
    assert log.proofs.shards()[1]["size"] == 0
    with pytest.raises(NotCoveredError):
        log.proofs.checkpoint(DECEMBER)


def test_a_proof_leaves_nothing_on_record(log: SmallLog) -> None:
    log.proofs.inclusion(3)
    log.proofs.consistency(NOVEMBER, 3, 9)
    log.proofs.checkpoint()
    log.proofs.shards()
    assert log.store.size() == 26
