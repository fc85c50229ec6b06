"""Keys change while the log goes on: whoever trusts the first key can follow, and a crash at any step is taken up."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit import events
from service.audit.errors import AuditKeyError, AuditUnavailableError
from service.audit.formats import notes
from service.audit.sealed_text import payload_context
from tests.support.witness_parts import LogOnDisk, in_force, key_ids, origin, rotation

Step = Callable[..., Any]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogOnDisk]:
    with closing(LogOnDisk(tmp_path / "log")) as opened:
        opened.grow(2)
        yield opened


def test_whoever_trusts_the_first_key_can_follow_to_the_new_one(log: LogOnDisk) -> None:
    first = log.key()
    made = rotation(log).signing_key()
    assert (made["purpose"], made["vkey"]) == ("signing", log.key().text())
    assert made["key_id"] == log.key().key_id.hex() != first.key_id.hex()
    assert in_force(log, first) == [log.key()]
    assert key_ids(log, events.KEY_CREATED_TYPE) == [first.key_id.hex(), made["key_id"]]
    assert key_ids(log, events.KEY_REVOKED_TYPE) == [first.key_id.hex()]
    notes.verified(log.note(), [log.key()])
    log.reopen()
    log.grow()
    assert in_force(log, first) == [log.key()]


def test_the_announcement_is_covered_by_the_old_key_and_the_revocation_by_the_new_one(log: LogOnDisk) -> None:
    first = log.key()
    rotation(log).signing_key()
    store = log.opened.store
    announced, revoked = store.of_type(events.KEY_CREATED_TYPE)[-1].seq, store.of_type(events.KEY_REVOKED_TYPE)[-1].seq
    for checkpoint in store.checkpoints(origin("2026-11")):
        notes.verified(checkpoint.note, [first if checkpoint.size <= revoked else log.key()])
    assert any(announced < checkpoint.size <= revoked for checkpoint in store.checkpoints(origin("2026-11")))


def test_keys_change_again_and_again(log: LogOnDisk) -> None:
    first = log.key()
    ids = [rotation(log).signing_key()["key_id"] for _ in range(3)]
    assert key_ids(log, events.KEY_CREATED_TYPE) == [first.key_id.hex(), *ids]
    assert key_ids(log, events.KEY_REVOKED_TYPE) == [first.key_id.hex(), *ids[:-1]]
    assert in_force(log, first) == [log.key()]


def test_the_very_first_thing_may_be_a_rotation(tmp_path: Path) -> None:
    with closing(LogOnDisk(tmp_path / "log")) as log:
        first = log.key()
        rotation(log).signing_key()
        assert in_force(log, first) == [log.key()]
        assert log.key() != first


def test_a_rotation_may_be_what_begins_a_month(log: LogOnDisk) -> None:
    first = log.key()
    log.turn_to(2026, 12)
    rotation(log).signing_key()
    assert in_force(log, first) == [log.key()]
    log.turn_to(2027, 1)
    log.grow()
    assert in_force(log, first) == [log.key()]


def test_a_log_that_takes_nothing_keeps_its_key(log: LogOnDisk) -> None:
    first = log.key()
    rotate = rotation(log)
    log.close()
    with pytest.raises(AuditUnavailableError):
        rotate.signing_key()
    assert log.key() == first
    log.reopen()
    assert log.key() == first


def test_a_key_that_cannot_be_made_changes_nothing(log: LogOnDisk) -> None:
    first, size = log.key(), log.opened.store.size()
    (log.folder / "keys" / "signing-next.key").mkdir()
    with pytest.raises(AuditKeyError):
        rotation(log).signing_key()
    assert (log.key(), log.opened.store.size()) == (first, size)


def sealed_by(log: LogOnDisk) -> tuple[int, str]:
    """Record a text; return the number of its leaf and the key that sealed it."""
    event = events.Event("audit.exported", {"count": 0}, texts={"purpose": "a review"})
    seq = log.opened.log.note(event).seq
    (payload,) = log.opened.store.payloads(seq)
    return seq, payload.key_id


def opened_text(log: LogOnDisk, seq: int, month: str = "2026-11") -> bytes:
    (payload,) = log.opened.store.payloads(seq)
    context = payload_context(origin(month), "audit.exported", "", "purpose")
    return log.opened.keyring.open(payload.key_id, payload.sealed, context=context)[1]


def test_a_new_payload_key_seals_and_the_old_one_still_opens(log: LogOnDisk) -> None:
    before, first = sealed_by(log)
    made = rotation(log).payload_key()
    after, second = sealed_by(log)
    assert made == {"purpose": "payload", "key_id": second}
    assert (first, second) == ("payload-2026-11-1", "payload-2026-11-2")
    assert opened_text(log, before) == opened_text(log, after) == b"a review"
    assert key_ids(log, events.KEY_CREATED_TYPE, "payload") == [first, second]
    assert key_ids(log, events.KEY_REVOKED_TYPE, "payload") == [], "it still opens what it sealed"
    log.reopen()
    assert sealed_by(log)[1] == second
    assert opened_text(log, before) == b"a review"


def test_a_payload_key_is_of_the_month_that_it_is_now(log: LogOnDisk) -> None:
    log.turn_to(2026, 12)
    assert rotation(log).payload_key()["key_id"] == "payload-2026-12-2"
    assert sealed_by(log)[1] == "payload-2026-12-2"
    assert key_ids(log, events.KEY_CREATED_TYPE, "payload") == [
        f"payload-2026-{one}" for one in ("11-1", "12-1", "12-2")
    ]


def test_a_payload_key_is_not_made_while_nothing_can_be_recorded(log: LogOnDisk) -> None:
    rotate = rotation(log)
    log.close()
    with pytest.raises(AuditUnavailableError):
        rotate.payload_key()
    assert log.opened.keyring.key_ids("2026-11")[0:2] == ["payload-2026-11-1", "identity-2026-11"]


def test_the_old_seed_is_gone(log: LogOnDisk) -> None:
    """The new key takes the old one's place: what signed before cannot sign any more."""
    seed = log.private().private_bytes_raw()
    rotation(log).signing_key()
    assert all(seed not in path.read_bytes() for path in (log.folder / "keys").iterdir() if path.is_file())
    assert isinstance(log.private(), Ed25519PrivateKey)
