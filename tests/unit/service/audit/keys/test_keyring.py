"""The keys of each month: made once, rotated, destroyed. How they seal and open is in `test_keyring_sealing`."""

import functools
import os
import re
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.audit.errors import AuditKeyError, SealError
from service.audit.keys import keyring as keyring_module
from service.audit.keys.key_files import destroy_key
from service.audit.keys.key_ids import NewKey
from service.audit.keys.keyring import Keyring, Sealed, SealingPurpose

ROOT = Path(__file__).parents[4]
MONTH, LATER = "2026-11", "2026-12"
ALL = ["payload-2026-11-1", "identity-2026-11", "actor-2026-11"]
SALT = bytes(range(32))
BODY = b"How long do we keep contracts?"
RECORD = b"greenlit/audit/2026-11\0query.received\x0001890a5d-ac96-774b-bcce-b302099a8057\0prompt"
NO_MONTHS = ["", "2026", "2026-1", "2026-00", "2026-13", "2026-11-1", "2026-11\n", "../2026-11", "２０２６-11"]

ENSURE_AND_SEAL = """
import sys
from pathlib import Path
from service.audit.keys.keyring import Keyring
keyring = Keyring(folder=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
made = keyring.ensure("2026-11")
sealed = keyring.seal("payload", "2026-11", salt=bytes(32), body=b"text", context=b"record")
print(len(made), sealed.key_id, sealed.sealed.hex(), keyring.pseudonyms("2026-11").actor("mira"))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keyring(folder: Path) -> Keyring:
    """A keyring that has the keys of November."""
    keyring = Keyring(folder=folder)
    keyring.ensure(MONTH)
    return keyring


def _seal(keyring: Keyring, purpose: SealingPurpose = "payload", *, body: bytes = BODY) -> Sealed:
    return keyring.seal(purpose, MONTH, salt=SALT, body=body, context=RECORD)


def test_a_keyring_touches_nothing_until_it_is_asked(folder: Path) -> None:
    Keyring(folder=folder)
    assert not folder.exists()


def test_a_month_gets_its_three_keys_once(folder: Path) -> None:
    keyring = Keyring(folder=folder)
    assert keyring.key_ids(MONTH) == []
    assert keyring.ensure(MONTH) == [
        NewKey("payload", "payload-2026-11-1"),
        NewKey("identity", "identity-2026-11"),
        NewKey("actor", "actor-2026-11"),
    ]
    assert keyring.ensure(MONTH) == Keyring(folder=folder).ensure(MONTH) == []
    assert keyring.key_ids(MONTH) == ALL
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{key_id}.key" for key_id in ALL)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert len({path.read_bytes() for path in folder.iterdir()}) == 3


def test_only_what_is_missing_is_made(keyring: Keyring, folder: Path) -> None:
    before = (folder / "identity-2026-11.key").read_bytes()
    (folder / "actor-2026-11.key").unlink()
    assert keyring.ensure(MONTH) == [NewKey("actor", "actor-2026-11")]
    assert (folder / "identity-2026-11.key").read_bytes() == before


def test_a_month_that_was_rotated_has_its_payload_key(keyring: Keyring, folder: Path) -> None:
    keyring.make_next("payload", MONTH)
    (folder / "payload-2026-11-1.key").unlink()
    assert keyring.ensure(MONTH) == []


@pytest.mark.parametrize("month", NO_MONTHS)
def test_what_is_no_month_is_refused_everywhere(keyring: Keyring, folder: Path, month: str) -> None:
    before = sorted(folder.parent.rglob("*"))
    make = functools.partial(keyring.make_next, "payload")
    for attempt in (keyring.ensure, make, keyring.pseudonyms, keyring.key_ids, keyring.destroy):
        with pytest.raises(AuditKeyError, match=re.escape(f"expected a month such as 2026-11, got {month!r}")):
            attempt(month)
    purposes: tuple[SealingPurpose, ...] = ("payload", "identity")
    for purpose in purposes:
        with pytest.raises(AuditKeyError, match="expected a month such as 2026-11"):
            keyring.seal(purpose, month, salt=SALT, body=BODY, context=RECORD)
    assert sorted(folder.parent.rglob("*")) == before


def test_threads_that_begin_a_month_at_once_agree_on_its_keys(folder: Path) -> None:
    threads, ready = 8, threading.Barrier(8)
    shared = Keyring(folder=folder)

    def begin(number: int) -> tuple[list[NewKey], Sealed]:
        mine = shared if number % 2 else Keyring(folder=folder)
        ready.wait()
        return mine.ensure(MONTH), _seal(mine)

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(begin, range(threads)))
    made = [key.key_id for keys, _ in results for key in keys]
    assert sorted(made) == sorted(ALL), "each key was made by one of them, and told once"
    assert {shared.open(sealed.key_id, sealed.sealed, context=RECORD) for _, sealed in results} == {(SALT, BODY)}


def test_processes_that_begin_a_month_at_once_agree_on_its_keys(folder: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", ENSURE_AND_SEAL, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(3)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    lines = [child.communicate("go\n", timeout=300)[0].split() for child in children]
    assert sum(int(made) for made, *_ in lines) == 3
    keyring = Keyring(folder=folder)
    for _, key_id, sealed, actor in lines:
        assert keyring.open(key_id, bytes.fromhex(sealed), context=b"record") == (bytes(32), b"text")
        assert actor == keyring.pseudonyms(MONTH).actor("mira")


def test_after_a_rotation_the_new_key_seals_and_the_old_ones_open(keyring: Keyring, folder: Path) -> None:
    sealed = [_seal(keyring)]
    for number in range(2, 12):
        assert keyring.make_next("payload", MONTH) == NewKey("payload", f"payload-2026-11-{number}")
        sealed.append(_seal(keyring))
    assert [one.key_id for one in sealed] == [f"payload-2026-11-{number}" for number in range(1, 12)]
    assert keyring.key_ids(MONTH)[:11] == [one.key_id for one in sealed], "10 comes after 9"
    for ring in (keyring, Keyring(folder=folder)):
        assert {ring.open(one.key_id, one.sealed, context=RECORD) for one in sealed} == {(SALT, BODY)}
        assert _seal(ring).key_id == "payload-2026-11-11"


def test_a_rotation_leaves_other_months_and_other_keys_alone(keyring: Keyring) -> None:
    keyring.ensure(LATER)
    actor = keyring.pseudonyms(MONTH).actor("mira")
    keyring.make_next("payload", MONTH)
    assert keyring.seal("payload", LATER, salt=SALT, body=BODY, context=RECORD).key_id == "payload-2026-12-1"
    assert _seal(keyring, "identity").key_id == "identity-2026-11"
    assert keyring.pseudonyms(MONTH).actor("mira") == actor


def test_a_rotation_by_another_process_is_followed_when_the_month_is_looked_at_again(
    keyring: Keyring, folder: Path
) -> None:
    _seal(keyring)
    Keyring(folder=folder).make_next("payload", MONTH)
    assert _seal(keyring).key_id == "payload-2026-11-1"
    keyring.ensure(MONTH)
    assert _seal(keyring).key_id == "payload-2026-11-2"


def test_a_rotation_makes_no_key_that_another_process_made_first(
    keyring: Keyring, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Keyring(folder=folder).make_next("payload", MONTH)
    theirs = (folder / "payload-2026-11-2.key").read_bytes()
    monkeypatch.setattr(keyring_module, "key_names", lambda *_: ["payload-2026-11-1.key"])  # looked a moment before
    with pytest.raises(AuditKeyError, match=r"payload-2026-11-2\.key, but it exists"):
        keyring.make_next("payload", MONTH)
    assert (folder / "payload-2026-11-2.key").read_bytes() == theirs


def test_nothing_is_sealed_or_named_before_the_month_began(folder: Path) -> None:
    keyring = Keyring(folder=folder)
    for purpose, key_id in (("payload", "payload-2026-11-1"), ("identity", "identity-2026-11")):
        with pytest.raises(AuditKeyError, match=f"the key {key_id} is not in "):
            keyring.seal(purpose, MONTH, salt=SALT, body=BODY, context=RECORD)  # type: ignore[arg-type]
    with pytest.raises(AuditKeyError, match="the key actor-2026-11 is not in "):
        keyring.pseudonyms(MONTH)
    assert not folder.exists()


def test_has_tells_which_keys_there_are(keyring: Keyring, folder: Path) -> None:
    assert [keyring.has(key_id) for key_id in ALL] == [True, True, True]
    assert not any(keyring.has(key_id) for key_id in ("payload-2026-11-2", "identity-2026-12", "actor-2026-10"))
    no_ids = ["signing", "signing-2026-11", "payload-2026-11-01", "payload-2026-11", "identity-2026-11\n"]
    for key_id in no_ids:
        (folder / f"{key_id}.key").write_bytes(bytes(32))
    assert not any(keyring.has(key_id) for key_id in [*no_ids, "", "../keys/actor-2026-11"])
    assert not keyring.has(None)  # type: ignore[arg-type]
    assert keyring.key_ids(MONTH) == ALL


def test_a_person_has_one_pseudonym_a_month_and_another_the_next(keyring: Keyring, folder: Path) -> None:
    keyring.ensure(LATER)
    november = keyring.pseudonyms(MONTH)
    assert november is keyring.pseudonyms(MONTH)
    assert november.actor("mira") == Keyring(folder=folder).pseudonyms(MONTH).actor("mira")
    assert november.actor("mira") != keyring.pseudonyms(LATER).actor("mira")
    assert november.groups_hash(["board"]) != keyring.pseudonyms(LATER).groups_hash(["board"])


def test_what_a_destroyed_month_sealed_is_gone_and_its_pseudonyms_do_not_come_back(
    keyring: Keyring, folder: Path
) -> None:
    first = _seal(keyring)
    keyring.make_next("payload", MONTH)
    sealed = [first, _seal(keyring), _seal(keyring, "identity")]
    keyring.pseudonyms(MONTH)
    there = ["payload-2026-11-1", "payload-2026-11-2", "identity-2026-11", "actor-2026-11"]
    assert keyring.destroy(MONTH) == there
    assert list(folder.iterdir()) == []
    assert [keyring.has(key_id) for key_id in there] == [False] * 4
    for one in sealed:
        with pytest.raises(AuditKeyError, match="the text is gone for good"):
            keyring.open(one.key_id, one.sealed, context=RECORD)
    with pytest.raises(AuditKeyError, match="the text is gone for good"):
        _seal(keyring)
    with pytest.raises(AuditKeyError, match="the key actor-2026-11 is not in"):
        keyring.pseudonyms(MONTH)
    assert keyring.destroy(MONTH) == []


def test_a_destroyed_month_takes_no_other_month_with_it(keyring: Keyring) -> None:
    for month in ("2026-10", "2026-12", "2025-11", "2026-01"):
        keyring.ensure(month)
    sealed = keyring.seal("payload", "2026-12", salt=SALT, body=BODY, context=RECORD)
    keyring.destroy("2026-01")
    keyring.destroy(MONTH)
    assert keyring.open(sealed.key_id, sealed.sealed, context=RECORD) == (SALT, BODY)
    assert [len(keyring.key_ids(month)) for month in ("2026-10", "2026-12", "2025-11", "2026-01")] == [3, 3, 3, 0]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_destroyed_key_does_not_live_on_in_memory_when_the_month_is_begun_again(
    keyring: Keyring, folder: Path, *, elsewhere: bool
) -> None:
    sealed, actor = _seal(keyring), keyring.pseudonyms(MONTH).actor("mira")
    if elsewhere:
        Keyring(folder=folder).destroy(MONTH)
        with pytest.raises(AuditKeyError, match="is not in"):
            keyring.open(sealed.key_id, sealed.sealed, context=RECORD)
        with pytest.raises(AuditKeyError, match="is not in"):
            keyring.pseudonyms(MONTH)
        Keyring(folder=folder).ensure(MONTH)
    else:
        keyring.destroy(MONTH)
        keyring.ensure(MONTH)
    with pytest.raises(SealError, match="or the key's file was replaced"):
        keyring.open(sealed.key_id, sealed.sealed, context=RECORD)
    assert keyring.pseudonyms(MONTH).actor("mira") != actor


def test_nothing_is_sealed_with_a_key_that_was_destroyed(keyring: Keyring) -> None:
    _seal(keyring)
    keyring.destroy(MONTH)
    with pytest.raises(AuditKeyError, match="the key payload-2026-11-1 is not in"):
        _seal(keyring)


def test_a_key_destroyed_by_another_process_is_not_used_from_memory(keyring: Keyring, folder: Path) -> None:
    sealed = _seal(keyring)
    keyring.pseudonyms(MONTH)
    Keyring(folder=folder).destroy(MONTH)
    with pytest.raises(AuditKeyError, match="the key payload-2026-11-1 is not in"):
        keyring.open(sealed.key_id, sealed.sealed, context=RECORD)
    with pytest.raises(AuditKeyError, match="the key actor-2026-11 is not in"):
        keyring.pseudonyms(MONTH)
    with pytest.raises(AuditKeyError, match="the key payload-2026-11-1 is not in"):
        _seal(keyring)


def test_one_key_that_cannot_be_removed_does_not_save_the_others(
    keyring: Keyring, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(where: Path, name: str) -> bool:
        if name.startswith("payload"):
            raise AuditKeyError("stuck")
        return destroy_key(where, name)

    with monkeypatch.context() as patch:
        patch.setattr(keyring_module, "destroy_key", stuck)
        with pytest.raises(AuditKeyError, match="stuck"):
            keyring.destroy(MONTH)
    assert [path.name for path in folder.iterdir()] == ["payload-2026-11-1.key"]
    assert keyring.destroy(MONTH) == ["payload-2026-11-1"]


# Whether a key is in order


@pytest.mark.parametrize("key_id", ALL)
def test_a_key_in_order_passes_before_and_after_it_was_used(keyring: Keyring, key_id: str) -> None:
    keyring.check(key_id)
    _seal(keyring)
    _seal(keyring, "identity")
    keyring.pseudonyms(MONTH)
    keyring.check(key_id)


@pytest.mark.parametrize("key_id", ALL)
def test_a_key_that_was_replaced_is_told_from_the_one_in_use(keyring: Keyring, folder: Path, key_id: str) -> None:
    _seal(keyring)
    _seal(keyring, "identity")
    keyring.pseudonyms(MONTH)
    path = folder / f"{key_id}.key"
    right = path.read_bytes()
    path.write_bytes(b"k" * 32)
    for _ in range(2):
        with pytest.raises(AuditKeyError, match=rf"{key_id}\.key was replaced while it was in use: put back the one"):
            keyring.check(key_id)
    path.write_bytes(right)
    keyring.check(key_id)
    assert keyring.path(key_id) == path


@pytest.mark.parametrize("key_id", ALL)
def test_a_key_that_nobody_used_yet_may_be_any(keyring: Keyring, folder: Path, key_id: str) -> None:
    (folder / f"{key_id}.key").write_bytes(b"k" * 32)
    keyring.check(key_id)


@pytest.mark.parametrize("key_id", ALL)
def test_a_key_that_is_missing_or_unusable_is_told_each_time(keyring: Keyring, folder: Path, key_id: str) -> None:
    path = folder / f"{key_id}.key"
    keyring.check(key_id)
    path.chmod(0o644)
    for _ in range(2):
        with pytest.raises(AuditKeyError, match="everybody on this machine may open"):
            keyring.check(key_id)
    path.chmod(0o600)
    keyring.check(key_id)
    path.unlink()
    with pytest.raises(AuditKeyError, match=f"the key {key_id} is missing: put it back"):
        keyring.check(key_id)


def test_a_key_that_did_not_change_is_not_read_again(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.check(ALL[0])
    monkeypatch.setattr(keyring_module, "read_key", lambda *_: pytest.fail("it was read again"))
    keyring.check(ALL[0])


def test_no_refusal_of_a_replaced_key_holds_a_key(keyring: Keyring, folder: Path) -> None:
    _seal(keyring)
    right = (folder / "payload-2026-11-1.key").read_bytes()
    (folder / "payload-2026-11-1.key").write_bytes(b"k" * 32)
    with pytest.raises(AuditKeyError) as caught:
        keyring.check("payload-2026-11-1")
    assert caught.value.__traceback__ is not None
    below = caught.value.__traceback__.tb_next
    shown = "".join(traceback.TracebackException(AuditKeyError, caught.value, below, capture_locals=True).format())
    assert "payload-2026-11-1" in shown
    assert repr(right)[2:-1] not in shown
    assert "k" * 32 not in shown
