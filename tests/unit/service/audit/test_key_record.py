"""Keys of texts and pseudonyms that nobody has any more: said by a person, on record, and followed by others."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.checking.verify_store import Verdict, verify_store
from service.audit.desk import Auditing, auditing_over
from service.audit.errors import AuditKeyError, AuditUnavailableError, RevealError
from service.audit.key_record import KeyRecord
from service.audit.keys.key_ids import PURPOSES, KeyPurpose
from service.audit.keys.keyring import Keyring
from tests.support.audit_parts import DECEMBER_US, LogFolder

WHY = "the disk failed"
PAYLOAD: tuple[KeyPurpose, ...] = ("payload",)
ACTOR: tuple[KeyPurpose, ...] = ("actor",)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFolder]:
    tmp_path.joinpath("log").mkdir()
    log = LogFolder(tmp_path / "log")
    with closing(log.open()):
        log.ask_in_vain()
        log.parts.log.publish()
        yield log


@pytest.fixture
def auditing(log: LogFolder) -> Auditing:
    return auditing_over(log.parts)


def _lose(log: LogFolder, key_id: str) -> None:
    (log.keys / f"{key_id}.key").unlink()


def _verify(log: LogFolder) -> Verdict:
    log.parts.log.publish()
    signer = log.parts.signer
    keyring = Keyring(folder=log.keys)
    return verify_store(log.reader(), keys=[signer.key().text()], keyring=keyring, signed=signer.last())


@pytest.mark.parametrize(
    ("purpose", "lost", "next_id", "words"),
    [
        ("payload", "payload-2026-11-1", "payload-2026-11-2", "1 sealed text cannot be opened"),
        ("identity", "identity-2026-11", "identity-2026-11-2", "who asked in 1 record cannot be opened"),
        ("actor", "actor-2026-11", "actor-2026-11-2", "1 pseudonym cannot be opened"),
    ],
)
def test_the_log_goes_on_with_another_and_says_what_stays_shut(
    log: LogFolder, auditing: Auditing, purpose: KeyPurpose, lost: str, next_id: str, words: str
) -> None:
    _lose(log, lost)
    with pytest.raises(AuditUnavailableError, match=f"the key {lost} is missing: .* rotate {purpose} --lost"):
        log.ask()
    assert not _verify_without_publishing(log).ok, "what nobody said is not explained"
    assert auditing.rotation.lost_keys((purpose,), who="mira", reason=WHY) == {"lost": [lost], "in_use": [next_id]}
    assert log.parts.log.healthy() is None
    log.ask_in_vain()
    verdict = _verify(log)
    assert verdict.ok, verdict
    assert any(f"{words}: the key {lost} was lost, as record" in remark for remark in verdict.remarks), verdict
    said = [leaf for leaf in log.leaves() if leaf["type"] == "key.revoked"]
    assert [(leaf["key_id"], leaf["reason"]) for leaf in said] == [(lost, "lost")]
    assert "mira" not in str(said), "who said it, and why, is sealed"
    log.close()
    log.open()
    assert log.parts.log.healthy() is None
    log.ask_in_vain()
    assert _verify(log).ok


def _verify_without_publishing(log: LogFolder) -> Verdict:
    signer = log.parts.signer
    keyring = Keyring(folder=log.keys)
    return verify_store(log.reader(), keys=[signer.key().text()], keyring=keyring, signed=signer.last())


def test_all_that_are_lost_at_once_are_said_at_once(log: LogFolder, auditing: Auditing) -> None:
    lost = ["payload-2026-11-1", "identity-2026-11", "actor-2026-11"]
    for key_id in lost:
        _lose(log, key_id)
    named = "the keys actor-2026-11, identity-2026-11 and payload-2026-11-1 are missing: .* rotate all --lost"
    with pytest.raises(AuditKeyError, match=named):
        auditing.rotation.lost_keys(PAYLOAD, who="mira", reason=WHY)
    assert not list(log.keys.glob("payload-2026-11-*")), "what is not on record is not made either"
    with pytest.raises(AuditUnavailableError, match=named):
        log.ask()
    done = auditing.rotation.lost_keys(PURPOSES, who="mira", reason=WHY)
    assert sorted(done["lost"]) == sorted(lost)
    assert sorted(done["in_use"]) == ["actor-2026-11-2", "identity-2026-11-2", "payload-2026-11-2"]
    log.ask_in_vain()
    assert _verify(log).ok


def test_several_of_one_purpose_are_said_at_once_and_each_in_its_record(log: LogFolder, auditing: Auditing) -> None:
    for _ in range(2):
        auditing.rotation.payload_key()
    lost = [f"payload-2026-11-{number}" for number in (1, 2, 3)]
    for key_id in lost:
        _lose(log, key_id)
    done = auditing.rotation.lost_keys(PAYLOAD, who="mira", reason=WHY)
    assert done == {"lost": lost, "in_use": ["payload-2026-11-4"]}
    assert [leaf["key_id"] for leaf in log.leaves() if leaf["type"] == "key.revoked"] == lost
    log.ask_in_vain()


def test_two_that_are_lost_are_named_by_whoever_asks_how_the_log_is(log: LogFolder) -> None:
    _lose(log, "payload-2026-11-1")
    _lose(log, "actor-2026-11")
    assert "the keys actor-2026-11 and payload-2026-11-1 are missing" in (log.parts.log.healthy() or "")


def test_a_key_that_is_there_is_not_lost(auditing: Auditing, log: LogFolder) -> None:
    with pytest.raises(AuditKeyError, match="expected a key of payload to be gone, found each that is on record"):
        auditing.rotation.lost_keys(PAYLOAD, who="mira", reason=WHY)
    assert log.types().count("key.revoked") == 0


def test_a_number_that_was_given_is_never_given_again(log: LogFolder, auditing: Auditing) -> None:
    for number in (1, 2, 3):
        _lose(log, f"payload-2026-11-{number}")
        assert auditing.rotation.lost_keys(PAYLOAD, who="mira", reason=WHY)["in_use"] == [
            f"payload-2026-11-{number + 1}"
        ]
    assert KeyRecord.of(log.reader()).newest("2026-11")[-1] == "payload-2026-11-4"


def test_a_key_of_a_month_before_is_only_put_on_record(log: LogFolder, auditing: Auditing) -> None:
    log.now_us = DECEMBER_US
    log.ask_in_vain()
    _lose(log, "payload-2026-11-1")
    assert log.parts.log.healthy() is None, "nothing is sealed with it any more"
    assert auditing.rotation.lost_keys(PAYLOAD, who="mira", reason=WHY) == {
        "lost": ["payload-2026-11-1"],
        "in_use": ["payload-2026-12-1"],
    }
    assert _verify(log).ok
    assert not list(log.keys.glob("payload-2026-11-*"))


def test_a_text_that_came_after_the_record_of_a_loss_is_not_explained_by_it(log: LogFolder, auditing: Auditing) -> None:
    _lose(log, "payload-2026-11-1")
    auditing.rotation.lost_keys(PAYLOAD, who="mira", reason=WHY)
    log.ask_in_vain()
    _lose(log, "payload-2026-11-2")
    verdict = _verify_without_publishing(log)
    assert not verdict.ok
    assert any("payload-2026-11-2" in words for words in verdict.unchecked)


def test_whose_pseudonym_is_lost_is_not_revealed(log: LogFolder, auditing: Auditing) -> None:
    seq = next(number for number, kind in enumerate(log.types()) if kind == "query.received")
    _lose(log, "actor-2026-11")
    auditing.rotation.lost_keys(ACTOR, who="mira", reason=WHY)
    opened = auditing.reveal.open("vera", seq=seq, case="2026-17", reason="complaint")
    with pytest.raises(RevealError, match="the key of this pseudonym was lost"):
        auditing.reveal.confirm("otto", opened["id"])
