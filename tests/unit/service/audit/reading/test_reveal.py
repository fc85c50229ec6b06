"""Who asked is resolved only by two different people, for a case and a reason, and only on record."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.audit import events
from service.audit.errors import AuditKeyError, AuditUnavailableError, NoRecordError, RevealError, SealError
from service.audit.keys.key_files import destroy_key
from tests.support.audit_parts import wait_until
from tests.support.small_log import SmallLog, open_small_log

ASKER, ANN, DORA = "mira@x.example", "ann@x.example", "dora@x.example"
TERMS = {"case": "C-2026-7", "reason": "a threat to a person"}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        log.ask(ASKER)
        yield log


def _open(log: SmallLog, seq: int = 5) -> dict[str, Any]:
    return log.reveal.open(ANN, seq=seq, **TERMS)


def _reveal(log: SmallLog, seq: int = 5) -> dict[str, Any]:
    return log.reveal_by_two(ANN, DORA, seq=seq, **TERMS)


@pytest.mark.parametrize("seq", [5, 6])
def test_a_question_is_resolved_by_either_of_its_records(log: SmallLog, seq: int) -> None:
    assert _reveal(log, seq) == {
        "seq": 5,
        "request_id": log.leaf(5)["request_id"],
        "actor": log.pseudonym(ASKER, "2026-11"),
        "identity": ASKER,
    }


def test_opening_it_gives_no_name_but_a_number_and_a_day(log: SmallLog) -> None:
    assert _open(log, 6) == {"id": 7, "seq": 5, "expires": "2026-11-21T09:00:00Z"}
    leaf = log.newest()
    assert {name: leaf[name] for name in ("type", "seq", "request_id", "actor")} == {
        "type": "reveal.opened",
        "seq": 5,
        "request_id": log.leaf(5)["request_id"],
        "actor": log.watcher(ANN, "2026-11"),
    }
    assert log.auditor.payload("bo", 7, purpose="check")["texts"] == {"who": ANN, **TERMS}


def test_opening_it_leaves_the_identity_sealed(log: SmallLog) -> None:
    """What nobody could open can be asked for, and is told to be damaged when two people have agreed."""
    log.tamper("UPDATE payloads SET sealed = zeroblob(99) WHERE field = 'asker'")
    opening = _open(log)["id"]
    with pytest.raises(SealError, match="the text 'asker' of record 5 cannot be opened"):
        log.reveal.confirm(DORA, opening)


def test_a_reveal_is_on_record_with_both_names_sealed_and_without_the_asker(log: SmallLog) -> None:
    _reveal(log)
    leaf = log.newest()
    assert {name: leaf[name] for name in ("type", "opening", "seq", "request_id", "actor")} == {
        "type": "identity.revealed",
        "opening": 7,
        "seq": 5,
        "request_id": log.leaf(5)["request_id"],
        "actor": log.watcher(DORA, "2026-11"),
    }
    assert log.auditor.payload("bo", 8, purpose="check")["texts"] == {
        "who": json.dumps([ANN, DORA]),
        "case": "C-2026-7",
        "purpose": "a threat to a person",
    }


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@pytest.mark.parametrize(("field", "said"), [("case", "the number of a case"), ("reason", "a reason in words")])
def test_everything_has_to_be_said(log: SmallLog, field: str, said: str, blank: str) -> None:
    with pytest.raises(RevealError, match=f"expected {said}, got nothing"):
        log.reveal.open(ANN, seq=5, **{**TERMS, field: blank})
    assert log.store.size() == 7


def test_those_that_wait_are_listed_without_a_name_and_the_look_is_on_record(log: SmallLog) -> None:
    log.ask("zoe")
    first, confirmed = _open(log)["id"], _open(log)["id"]
    log.set_time("2026-11-20T10:00:00Z")
    log.reveal.confirm(DORA, confirmed)
    other = log.reveal.open(DORA, seq=7, case="C-8", reason="another")["id"]
    waiting = {"id": first, "seq": 5, "case": "C-2026-7", "opened": "2026-11-20T09:00:00Z"}
    also = {"id": other, "seq": 7, "case": "C-8", "opened": "2026-11-20T10:00:00Z", "expires": "2026-11-21T10:00:00Z"}
    assert log.reveal.waiting(ANN) == {
        "reveals": [{**waiting, "expires": "2026-11-21T09:00:00Z", "own": True}, {**also, "own": False}]
    }
    look = log.newest()
    assert {name: look[name] for name in ("type", "what", "seqs", "actor")} == {
        "type": "audit.read",
        "what": "reveals",
        "seqs": [first, other],
        "actor": log.watcher(ANN, "2026-11"),
    }
    log.set_time("2026-11-21T09:00:01Z")
    assert [one["id"] for one in log.reveal.waiting(DORA)["reveals"]] == [other]
    log.opened.log.note(events.payload_erased(None, ground="too_old", ranges=[(other, other)], texts={}))
    assert log.reveal.waiting(DORA) == {"reveals": []}


@pytest.mark.parametrize("seq", [-1, 7, 2**70])
def test_what_is_no_record_is_not_resolved(log: SmallLog, seq: int) -> None:
    with pytest.raises(NoRecordError, match=f"there is no record {seq}"):
        _open(log, seq)


def test_only_questions_are_resolved(log: SmallLog) -> None:
    log.auditor.record("ann", 5)
    for seq, kind in ((0, "shard.opened"), (7, "audit.read")):
        with pytest.raises(
            RevealError, match=f"expected the number of a question, got that of a record of the type {kind}"
        ):
            _open(log, seq)


def test_what_cannot_be_recorded_is_not_revealed_and_waits_on(log: SmallLog) -> None:
    opening = _open(log)["id"]
    log.store.refused = {"identity.revealed"}
    with pytest.raises(AuditUnavailableError, match="the disk is full") as told:
        log.reveal.confirm(DORA, opening)
    assert "mira" not in f"{told.value!r}"
    log.store.refused = set()
    wait_until(lambda: log.opened.log.healthy() is None)
    assert log.reveal.confirm(DORA, opening)["identity"] == ASKER


def test_an_erased_question_is_nobodys_any_more(log: SmallLog) -> None:
    log.own.erase(ASKER, log.leaf(5)["request_id"])
    said = r"who asked cannot be resolved any more: it was erased on 2026-11-20T09:00:00Z \(asker_request, record 7\)"
    for seq in (5, 6):
        with pytest.raises(RevealError, match=said):
            _open(log, seq)
    assert log.store.size() == 8


def test_a_question_that_is_erased_while_a_reveal_waits_is_nobodys_any_more(log: SmallLog) -> None:
    opening = _open(log)["id"]
    log.own.erase(ASKER, log.leaf(5)["request_id"])
    with pytest.raises(RevealError, match=r"cannot be resolved any more: it was erased .* \(asker_request, record 8\)"):
        log.reveal.confirm(DORA, opening)
    assert log.store.size() == 9


def test_after_retention_nobody_can_be_resolved(log: SmallLog) -> None:
    log.set_time("2027-12-01T00:00:00Z")
    assert log.retention().apply(log.now_us) == 1
    with pytest.raises(
        RevealError, match=r"cannot be resolved any more: it was erased on 2027-12-01.* \(retention, record"
    ):
        _reveal(log)


def test_an_identity_that_does_not_fit_the_pseudonym_is_not_handed_out(log: SmallLog) -> None:
    """Whoever holds the keys could seal another name into the row: the leaf's pseudonym gives that away."""
    context = f"greenlit.local/audit/2026-11\0query.received\0{log.leaf(5)['request_id']}\0asker".encode()
    forged = log.opened.keyring.seal("identity", "2026-11", salt=bytes(32), body=b"zoe@x.example", context=context)
    log.tamper("UPDATE payloads SET sealed = ? WHERE seq = 5 AND field = 'asker'", values=[forged.sealed])
    with pytest.raises(
        SealError, match="the text 'asker' of record 5 does not give the pseudonym in the record"
    ) as told:
        _reveal(log)
    assert "zoe" not in str(told.value)
    assert log.types(7) == ["reveal.opened"]


def test_an_identity_that_is_missing_is_told_before_anybody_is_asked_to_confirm(log: SmallLog) -> None:
    log.tamper("DELETE FROM payloads WHERE field = 'asker'")
    said = "the text 'asker' of record 5 is missing, and no record says that it was erased"
    with pytest.raises(SealError, match=said):
        _open(log)
    assert log.store.size() == 7


def test_without_the_key_of_the_pseudonyms_nobody_is_named(log: SmallLog) -> None:
    log.set_time("2026-12-01T00:00:00Z")
    log.ask()
    destroy_key(log.folder / "keys", "actor-2026-11.key")
    with pytest.raises(AuditKeyError, match="the key actor-2026-11 is not in"):
        _reveal(log)


def test_the_record_of_a_reveal_can_be_erased_like_any_other(log: SmallLog) -> None:
    _reveal(log)
    event = events.payload_erased(None, ground="court_order", ranges=[(7, 8)], texts={})
    log.opened.log.note(event)
    assert log.auditor.payload("bo", 8, purpose="check")["texts"] == {}
    assert _reveal(log)["identity"] == ASKER
