"""Keys are changed by one process at a time, whatever another believes that began to: one key in use is always left."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.audit import events
from service.audit.desk import auditing_over
from service.audit.errors import AuditKeyError, AuditUnavailableError
from service.audit.keys.key_ids import NewKey
from service.audit.keys.keyring import Keyring
from service.audit.storage import postgres_beside
from tests.support.audit_parts import QUICK, wait_until
from tests.support.replicas import MakeReplica, Replica

_CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"


def _rotations_at_once(replicas: list[Replica], purpose: str) -> list[dict[str, str] | Exception]:
    """Have each change a key at the same moment; what came of it at each."""
    go = threading.Barrier(len(replicas))

    def change(replica: Replica) -> dict[str, str] | Exception:
        rotation = auditing_over(replica.parts).rotation
        go.wait()
        try:
            return rotation.signing_key() if purpose == "signing" else rotation.payload_key()
        except (AuditKeyError, AuditUnavailableError) as error:
            return error

    with ThreadPoolExecutor(len(replicas)) as pool:
        return [done.result() for done in [pool.submit(change, replica) for replica in replicas]]


def _copied(replica: Replica, tmp_path: Path) -> Path:
    return shutil.copytree(replica.keys, tmp_path / "there", ignore=shutil.ignore_patterns("signed-*"))


def _expect_signs(replica: Replica) -> None:
    replica.ask_in_vain()
    replica.parts.log.publish()
    assert replica.parts.log.healthy() is None
    verdict = replica.verdict()
    assert verdict.ok, verdict.as_json()


def _revoked(replica: Replica) -> list[str]:
    return [leaf["key_id"] for leaf in replica.leaves() if leaf["type"] == "key.revoked"]


def test_keys_that_two_change_at_once_follow_each_other(make_replica: MakeReplica) -> None:
    replicas = [make_replica(pace=QUICK) for _ in range(2)]
    for replica in replicas:
        replica.ask_in_vain()
    first = replicas[0].parts.signer.key().key_id.hex()
    signing = _rotations_at_once(replicas, "signing")
    ids = [one["key_id"] for one in signing if isinstance(one, dict)]
    assert len(set(ids)) == 2, signing
    in_use = replicas[0].parts.signer.key().key_id.hex()
    assert sorted(_revoked(replicas[0])) == sorted({first, *ids} - {in_use})
    sealing = _rotations_at_once(replicas, "payload")
    made = {one["key_id"] for one in sealing if isinstance(one, dict)}
    assert made == {f"payload-2026-11-{n}" for n in (2, 3)}, sealing
    for replica in replicas:
        _expect_signs(replica)


def test_of_two_with_copies_of_the_keys_that_change_them_at_once_one_does_and_the_log_goes_on(
    make_replica: MakeReplica, tmp_path: Path
) -> None:
    first = make_replica(pace=QUICK)
    first.ask_in_vain()
    first.parts.log.publish()
    replicas = [first, make_replica(keys=_copied(first, tmp_path), pace=QUICK)]
    for purpose, words in (("payload", "payload-2026-11-2"), ("signing", "is on record as used no more")):
        came = _rotations_at_once(replicas, purpose)
        (changed,) = [number for number, one in enumerate(came) if isinstance(one, dict)]
        assert words in str(came[1 - changed])
        changed_at, other = replicas[changed], replicas[1 - changed]
        if purpose == "payload":
            shutil.copy2(changed_at.keys / "payload-2026-11-2.key", other.keys)
        _expect_signs(changed_at)
    with pytest.raises(AuditKeyError, match="is on record as used no more: put the one in use here"):
        auditing_over(other.parts).rotation.signing_key()
    other.ask_in_vain()  # what cannot be signed here is for the one that can
    wait_until(lambda: not (other.parts.store.beside and other.parts.store.beside.has_lease()))
    wait_until(lambda: other.publisher._uncovered() is None)
    wait_until(lambda: any("answers and does not sign" in notice for notice in other.notices))
    shutil.copy2(changed_at.keys / "signing.key", other.keys)
    wait_until(lambda: other.notices[-1] == "this process signs again")
    _expect_signs(other)


@pytest.mark.parametrize("keys", ["one folder", "copies"])
def test_who_stood_still_while_it_changed_the_key_that_signs_changes_nothing_afterwards(
    make_replica: MakeReplica, tmp_path: Path, log_url: str, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    """Its connection was cut off meanwhile, and another process changed the key, and once more."""
    still = make_replica(pace=QUICK)
    still.ask_in_vain()
    still.parts.log.publish()
    there = still.keys if keys == "one folder" else _copied(still, tmp_path)
    other = make_replica(keys=there, pace=QUICK)
    other.ask_in_vain()
    real = still.parts.log.publish

    def publish() -> None:
        real()
        monkeypatch.undo()
        with psycopg.connect(log_url, autocommit=True) as owner:
            owner.execute(
                b"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = %s",
                (postgres_beside._ALONE & 0xFFFFFFFF,),
            )
        for _ in range(2):
            auditing_over(other.parts).rotation.signing_key()

    monkeypatch.setattr(type(still.parts.log), "publish", lambda _: publish())
    with pytest.raises(AuditUnavailableError, match=r"the connection to the server is lost|the server ends"):
        auditing_over(still.parts).rotation.signing_key()
    _expect_signs(other)


def test_a_new_key_that_the_keeper_puts_on_record_first_is_changed_all_the_same(
    make_replica: MakeReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another process did with keys before is read in between, so that the keeper looks at all keys anew."""
    replica = make_replica(pace=QUICK)
    replica.ask_in_vain()
    real = Keyring.make_next

    def make_next(keyring: Keyring, *purpose: Any, **more: Any) -> NewKey:
        made = real(keyring, *purpose, **more)
        replica.parts.log.look_at_keys_again()
        return made

    monkeypatch.setattr(Keyring, "make_next", make_next)
    assert auditing_over(replica.parts).rotation.payload_key()["key_id"] == "payload-2026-11-2"
    assert [leaf["key_id"] for leaf in replica.leaves() if leaf["type"] == "key.created"][-1] == "payload-2026-11-2"
    _expect_signs(replica)


def test_a_key_that_is_the_last_to_sign_is_not_revoked(make_replica: MakeReplica) -> None:
    replica = make_replica()
    replica.ask_in_vain()
    with pytest.raises(AuditUnavailableError, match="the only key left that signs"):
        replica.parts.log.note(events.key_revoked("signing", replica.parts.signer.key().key_id.hex()))
    replica.ask_in_vain()
