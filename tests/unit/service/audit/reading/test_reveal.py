"""Who asked is resolved only for two different people, a case and a purpose, and only on record."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from service.audit import events
from service.audit.errors import AuditKeyError, AuditUnavailableError, NoRecordError, RevealError, SealError
from service.audit.keys.key_files import destroy_key
from tests.support.small_log import SmallLog, open_small_log

ASKER = "mira@x.example"
TERMS = {"by": "Ann Auditor", "second": "Dora Officer", "case": "C-2026-7", "purpose": "a threat to a person"}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        log.ask(ASKER)
        yield log


def _reveal(log: SmallLog, seq: int = 5, changed: Mapping[str, str] = TERMS) -> dict[str, Any]:
    return log.reveal.resolve("ann@x.example", seq=seq, **{**TERMS, **changed})


@pytest.mark.parametrize("seq", [5, 6])
def test_a_question_is_resolved_by_either_of_its_records(log: SmallLog, seq: int) -> None:
    assert _reveal(log, seq) == {
        "seq": 5,
        "request_id": log.leaf(5)["request_id"],
        "actor": log.pseudonym(ASKER, "2026-11"),
        "identity": ASKER,
    }


def test_a_reveal_is_on_record_with_both_names_sealed_and_without_the_asker(log: SmallLog) -> None:
    _reveal(log, changed={"by": " Ann Auditor "})
    leaf = log.newest()
    assert {name: leaf[name] for name in ("type", "seq", "request_id", "actor")} == {
        "type": "identity.revealed",
        "seq": 5,
        "request_id": log.leaf(5)["request_id"],
        "actor": log.watcher("ann@x.example", "2026-11"),
    }
    assert log.auditor.payload("bo", 7, purpose="check")["texts"] == {
        "who": '["Ann Auditor", "Dora Officer"]',
        "case": "C-2026-7",
        "purpose": "a threat to a person",
    }


@pytest.mark.parametrize(
    "second",
    ["Ann Auditor", "ann auditor", "  ANN  AUDITOR\t", "Ａｎｎ Auditor"],
)
def test_nobody_reveals_alone(log: SmallLog, second: str) -> None:
    with pytest.raises(RevealError, match="expected two different people, got the same one twice") as told:
        _reveal(log, changed={"second": second})
    assert "uditor" not in str(told.value)
    assert log.store.size() == 7


@pytest.mark.parametrize("name", ["Ann\u200b Auditor", "Ann\u00a0Auditor", "Ann Auditor\u2060", "Ann\x00Auditor"])
def test_what_cannot_be_seen_does_not_make_two_people_of_one(log: SmallLog, name: str) -> None:
    for terms in ({"second": name}, {"by": name}):
        with pytest.raises(RevealError, match="expected names of printable characters"):
            _reveal(log, changed=terms)


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("by", "the names of two people"),
        ("second", "the names of two people"),
        ("case", "the number of a case"),
        ("purpose", "a purpose in words"),
    ],
)
def test_everything_has_to_be_said(log: SmallLog, field: str, said: str, blank: str) -> None:
    with pytest.raises(RevealError, match=f"expected {said}, got nothing"):
        _reveal(log, changed={field: blank})
    assert log.store.size() == 7


@pytest.mark.parametrize("seq", [-1, 7, 2**70])
def test_what_is_no_record_is_not_resolved(log: SmallLog, seq: int) -> None:
    with pytest.raises(NoRecordError, match=f"there is no record {seq}"):
        _reveal(log, seq)


def test_only_questions_are_resolved(log: SmallLog) -> None:
    log.auditor.record("ann", 5)
    for seq, kind in ((0, "shard.opened"), (7, "audit.read")):
        with pytest.raises(
            RevealError, match=f"expected the number of a question, got that of a record of the type {kind}"
        ):
            _reveal(log, seq)


def test_what_cannot_be_recorded_is_not_revealed(log: SmallLog) -> None:
    log.store.refused = {"identity.revealed"}
    with pytest.raises(AuditUnavailableError, match="the disk is full") as told:
        _reveal(log)
    assert "mira" not in f"{told.value!r}"


def test_an_erased_question_is_nobodys_any_more(log: SmallLog) -> None:
    log.own.erase(ASKER, log.leaf(5)["request_id"])
    said = r"who asked cannot be resolved any more: it was erased on 2026-11-20T09:00:00Z \(asker_request, record 7\)"
    for seq in (5, 6):
        with pytest.raises(RevealError, match=said):
            _reveal(log, seq)
    assert log.store.size() == 8


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
    assert log.store.size() == 7


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE payloads SET sealed = zeroblob(99) WHERE field = 'asker'", "cannot be opened"),
        ("DELETE FROM payloads WHERE field = 'asker'", "is missing, and no record says that it was erased"),
    ],
)
def test_a_damaged_identity_is_named_by_its_record(log: SmallLog, damage: str, said: str) -> None:
    log.tamper(damage)
    with pytest.raises(SealError, match=f"the text 'asker' of record 5 {said}"):
        _reveal(log)
    assert log.store.size() == 7


def test_without_the_key_of_the_pseudonyms_nobody_is_named(log: SmallLog) -> None:
    log.set_time("2026-12-01T00:00:00Z")
    log.ask()
    destroy_key(log.folder / "keys", "actor-2026-11.key")
    with pytest.raises(AuditKeyError, match="the key actor-2026-11 is not in"):
        _reveal(log)


def test_the_record_of_a_reveal_can_be_erased_like_any_other(log: SmallLog) -> None:
    _reveal(log)
    event = events.payload_erased(None, ground="court_order", ranges=[(7, 7)], texts={})
    log.opened.log.note(event)
    assert log.auditor.payload("bo", 7, purpose="check")["texts"] == {}
    assert _reveal(log)["identity"] == ASKER
