"""What is kept long enough goes, month by month, with its keys; what a crash leaves half done is done next time."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.errors import AuditKeyError, AuditUnavailableError
from service.audit.events import Event
from service.audit.formats import notes, tree
from service.audit.keys.keyring import Keyring
from service.audit.log import AuditLog
from service.audit.reading import retention
from service.audit.storage.store import Receipt
from tests.support.small_log import REFUSED, SmallLog, at_us, open_small_log

ENDED = ["payload.erased", "key.revoked", "key.revoked", "key.revoked"]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    """Questions of November 2025 (records 5, 6), December (12, 13) and November 2026 (19, 20)."""
    with open_small_log(tmp_path / "var", at="2025-11-30T23:59:59Z") as log:
        for time in ("2025-11-30T23:59:59Z", "2025-12-01T00:00:00Z", "2026-11-20T09:00:00Z"):
            log.set_time(time)
            log.ask()
        yield log


def _apply(log: SmallLog, time: str, months: int = 12) -> int:
    log.set_time(time)
    return log.retention(months).apply(log.now_us)


def _with_texts(log: SmallLog) -> list[int]:
    return log.store.payload_seqs(0, log.store.size())


def test_a_text_is_kept_for_twelve_months_at_least(log: SmallLog) -> None:
    assert _with_texts(log) == [5, 6, 12, 13, 19, 20]
    assert log.retention().apply(at_us("2026-12-01T00:00:00Z") - 1) == 0
    assert log.types(21) == []
    assert _apply(log, "2026-12-01T00:00:00Z") == 1
    assert _with_texts(log) == [12, 13, 19, 20]
    assert _apply(log, "2026-12-31T23:59:59Z") == 0
    assert _apply(log, "2027-01-01T00:00:00Z") == 1
    assert _with_texts(log) == [19, 20]


@pytest.mark.parametrize(
    ("months", "kept_until", "gone_at"),
    [
        (1, "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
        (6, "2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z"),
        (36, "2028-11-30T23:59:59Z", "2028-12-01T00:00:00Z"),
    ],
)
def test_months_are_counted_by_the_calendar(tmp_path: Path, months: int, kept_until: str, gone_at: str) -> None:
    with open_small_log(tmp_path / "var", at="2025-11-01T00:00:00Z") as log:
        log.ask()
        assert log.retention(months).apply(at_us(kept_until)) == 0
        assert _with_texts(log) == [5, 6]
        assert _apply(log, gone_at, months) == 1
        assert _with_texts(log) == []


def test_a_month_goes_with_a_record_and_with_its_keys(log: SmallLog) -> None:
    keyring = log.opened.keyring
    _apply(log, "2026-12-01T00:00:00Z")
    erased = next(leaf for leaf in log.store.leaves(20, 100) if leaf.type == "payload.erased")
    assert log.types(erased.seq) == ENDED
    leaf = log.leaf(erased.seq)
    assert (leaf["ground"], leaf["ranges"]) == ("retention", [[0, 7]])
    assert not {"actor", "who_commit"} & leaf.keys()
    revoked = [(log.leaf(seq)["purpose"], log.leaf(seq)["key_id"]) for seq in range(erased.seq + 1, erased.seq + 4)]
    assert revoked == [
        ("payload", "payload-2025-11-1"),
        ("identity", "identity-2025-11"),
        ("actor", "actor-2025-11"),
    ]
    assert keyring.key_ids("2025-11") == []
    assert len(keyring.key_ids("2025-12")) == len(keyring.key_ids("2026-12")) == 3


def test_a_large_month_goes_in_stretches_between_which_others_are_recorded(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STRETCH", 3)
    before = log.store.size()
    assert _apply(log, "2027-01-01T00:00:00Z") == 2
    assert _with_texts(log) == [19, 20]
    erased = [log.leaf(leaf.seq)["ranges"] for leaf in log.store.of_type("payload.erased", after=before - 1)]
    assert erased == [[[3, 5]], [[6, 7]], [[11, 13]]], "what holds no text is passed over"


def test_what_was_done_is_not_done_again(log: SmallLog) -> None:
    _apply(log, "2026-12-01T00:00:00Z")
    size = log.store.size()
    assert _apply(log, "2026-12-02T00:00:00Z") == 0
    assert log.store.size() == size


def test_several_months_go_at_once(log: SmallLog) -> None:
    assert _apply(log, "2027-11-30T00:00:00Z") == 2
    assert _with_texts(log) == [19, 20]


def test_a_log_that_slept_ends_its_last_month_too(log: SmallLog) -> None:
    """Nothing was asked since: the new month begins with the record of the erasure."""
    assert _apply(log, "2029-01-01T00:00:00Z") == 3
    assert _with_texts(log) == []
    since = next(leaf.seq for leaf in log.store.leaves(20, 100) if leaf.type == "shard.closed")
    assert log.types(since) == ["shard.closed", "shard.opened", *["key.created"] * 3, *ENDED * 3]
    assert len(log.opened.keyring.key_ids("2029-01")) == 3


def test_a_month_without_texts_needs_no_record_of_their_end_but_its_keys_go(tmp_path: Path) -> None:
    with open_small_log(tmp_path / "var", at="2025-11-01T00:00:00Z") as log:
        asked = log.ask(ending=REFUSED)
        log.erasure.by_asker(asked.request_id)
        assert _apply(log, "2026-12-01T00:00:00Z") == 1
        assert [kind for kind in log.types(8) if kind in ENDED] == ["key.revoked"] * 3
        assert log.opened.keyring.key_ids("2025-11") == []
        assert _apply(log, "2026-12-01T00:00:00Z") == 0


def test_every_payload_key_of_a_month_goes(log: SmallLog) -> None:
    log.opened.keyring.make_next("payload", "2025-11")
    _apply(log, "2026-12-01T00:00:00Z")
    revoked = [log.leaf(leaf.seq)["key_id"] for leaf in log.store.of_type("key.revoked")]
    assert revoked == ["payload-2025-11-1", "payload-2025-11-2", "identity-2025-11", "actor-2025-11"]
    assert list((log.folder / "keys").glob("*2025-11*")) == []


@pytest.mark.parametrize("recorded", range(4))
def test_a_crash_between_two_records_is_taken_up(log: SmallLog, monkeypatch: pytest.MonkeyPatch, recorded: int) -> None:
    log.set_time("2026-12-01T00:00:00Z")
    log.opened.log.make_ready()
    begun = log.store.size()
    note, left = AuditLog.note, [recorded]

    def crash(self: AuditLog, event: Event) -> Receipt:
        if not left[0]:
            raise AuditUnavailableError("the process ended here")
        left[0] -= 1
        return note(self, event)

    with monkeypatch.context() as patch:
        patch.setattr(AuditLog, "note", crash)
        with pytest.raises(AuditUnavailableError, match="ended here"):
            log.retention().apply(log.now_us)
    assert log.types(begun) == ENDED[:recorded]
    assert len(log.opened.keyring.key_ids("2025-11")) == 3, "no key goes before it is on record"
    assert log.retention().apply(log.now_us) == 1
    assert log.types(begun) == ENDED
    assert log.opened.keyring.key_ids("2025-11") == []


def test_a_crash_before_the_keys_are_destroyed_is_taken_up_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_self: Keyring, month: str) -> list[str]:
        raise AuditKeyError(f"a key of {month} cannot be removed")

    with open_small_log(tmp_path / "var", at="2025-11-01T00:00:00Z") as log:
        log.ask()
        with monkeypatch.context() as patch:
            patch.setattr(Keyring, "destroy", crash)
            with pytest.raises(AuditKeyError, match="a key of 2025-11 cannot be removed"):
                _apply(log, "2026-12-01T00:00:00Z")
        assert _with_texts(log) == []
        size = log.store.size()
    with open_small_log(tmp_path / "var", at="2026-12-01T00:00:01Z") as log:
        assert len(log.opened.keyring.key_ids("2025-11")) == 3
        assert log.retention().apply(log.now_us) == 1
        assert log.opened.keyring.key_ids("2025-11") == []
        assert log.store.size() == size, "all of it was on record"
        assert log.retention().apply(log.now_us) == 0


def test_what_cannot_be_recorded_is_not_erased(log: SmallLog) -> None:
    log.set_time("2026-12-01T00:00:00Z")
    log.store.refused = {"payload.erased"}
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        log.retention().apply(log.now_us)
    assert _with_texts(log) == [5, 6, 12, 13, 19, 20]
    assert len(log.opened.keyring.key_ids("2025-11")) == 3


def test_every_proof_of_what_went_holds(log: SmallLog) -> None:
    _apply(log, "2026-12-01T00:00:00Z")
    log.opened.log.publish()
    for seq in range(log.store.size()):
        proof = log.proofs.inclusion(seq)
        checkpoint = notes.verified(proof["checkpoint"], [log.opened.signer.key()])
        tree.verify_inclusion(
            index=proof["index"],
            size=checkpoint.size,
            leaf=tree.leaf_hash(log.stored(seq).leaf),
            root=checkpoint.root,
            proof=[base64.b64decode(one) for one in proof["proof"]],
        )


def test_what_went_is_shown_as_erased_and_is_nobodys_any_more(log: SmallLog) -> None:
    _apply(log, "2026-12-01T00:00:00Z")
    shown = log.auditor.record("ann", 5)
    assert (shown["payloads"], shown["erased"]["ground"]) == ([], "retention")
    assert log.auditor.payload("ann", 6, purpose="check")["texts"] == {}
    assert [one["time"] for one in log.own.list("mira")["questions"]] == [
        "2026-11-20T09:00:00Z",
        "2025-12-01T00:00:00Z",
    ]


@pytest.mark.parametrize("months", [0, -12])
def test_texts_are_kept_for_a_month_at_least(log: SmallLog, months: int) -> None:
    with pytest.raises(ValueError, match=f"expected texts to be kept for at least 1 month, got {months}"):
        log.retention(months)


def test_an_empty_log_has_nothing_to_end(tmp_path: Path) -> None:
    with open_small_log(tmp_path / "var") as log:
        assert log.retention().apply(log.now_us) == 0
