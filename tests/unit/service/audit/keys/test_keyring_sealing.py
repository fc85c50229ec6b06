"""What a key seals opens for its own record alone, and nothing that is shown holds a key or a text."""

import base64
import re
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from service.audit.errors import AuditKeyError, SealError
from service.audit.keys import keyring as keyring_module
from service.audit.keys.keyring import Keyring, Sealed, SealingPurpose

MONTH, LATER = "2026-11", "2026-12"
ALL = ["payload-2026-11-1", "identity-2026-11", "actor-2026-11"]
SALT = bytes(range(32))
BODY = b"How long do we keep contracts?"
RECORD = b"greenlit/audit/2026-11\0query.received\x0001890a5d-ac96-774b-bcce-b302099a8057\0prompt"
PURPOSES = pytest.mark.parametrize("purpose", ["payload", "identity"])
NOT_A_SEALING_KEY = (
    "expected the id of a key that seals, such as payload-2026-11-1, got something of another form: "
    "the stored row was altered; restore it from a backup"
)
NO_SEALING_KEYS = [
    "",
    "signing",
    "actor-2026-11",  # no text was ever sealed with it
    "payload-2026-11",
    "payload-2026-11-0",
    "payload-2026-11-01",
    "payload-2026-13-1",
    "payload-2026-11-1\n",
    "payload-2026-11-1.key",
    "payload-2026-11-" + "9" * 5000,
    "identity-2026-11-1",
    "../keys/payload-2026-11-1",
    "/etc/passwd",
    "payload-2026-11-1\0",
    "payload-２０２６-11-1",
]


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


def _shown(error: BaseException) -> str:
    """Return all that the most talkative report would say: each frame below this test with its local values."""
    assert error.__traceback__ is not None
    below = error.__traceback__.tb_next
    return "".join(traceback.TracebackException(type(error), error, below, capture_locals=True).format())


@PURPOSES
@pytest.mark.parametrize("body", [b"", b"\0", BODY, "a lone \udc80".encode("utf-8", "surrogatepass"), b"x" * 100_000])
def test_what_was_sealed_opens(keyring: Keyring, folder: Path, purpose: SealingPurpose, body: bytes) -> None:
    sealed = _seal(keyring, purpose, body=body)
    assert sealed.key_id == {"payload": "payload-2026-11-1", "identity": "identity-2026-11"}[purpose]
    assert len(sealed.sealed) == 12 + 32 + len(body) + 16
    assert keyring.open(sealed.key_id, sealed.sealed, context=RECORD) == (SALT, body)
    assert Keyring(folder=folder).open(sealed.key_id, sealed.sealed, context=RECORD) == (SALT, body)


def test_a_sealed_text_is_what_the_format_says(keyring: Keyring, folder: Path) -> None:
    sealed = _seal(keyring).sealed
    cipher = AESGCM((folder / "payload-2026-11-1.key").read_bytes())
    assert cipher.decrypt(sealed[:12], sealed[12:], RECORD) == SALT + BODY


@settings(deadline=None)  # the first one makes the keys, and waits for the disk
@given(body=st.binary(max_size=200), salt=st.binary(min_size=32, max_size=32), context=st.binary(max_size=200))
def test_every_text_salt_and_context_comes_back(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, salt: bytes, context: bytes
) -> None:
    keyring = Keyring(folder=tmp_path_factory.getbasetemp() / "keys-of-any-text")
    keyring.ensure(MONTH)
    sealed = keyring.seal("payload", MONTH, salt=salt, body=body, context=context)
    assert keyring.open(sealed.key_id, sealed.sealed, context=context) == (salt, body)


def test_the_same_text_is_never_sealed_to_the_same_bytes(keyring: Keyring) -> None:
    sealed = [_seal(keyring).sealed for _ in range(200)]
    assert len({one[:12] for one in sealed}) == 200
    assert len({one[12:] for one in sealed}) == 200


def test_every_changed_byte_is_noticed(keyring: Keyring) -> None:
    sealed = _seal(keyring)
    for position in range(len(sealed.sealed)):
        for bit in (0x01, 0x80, 0xFF):
            changed = bytearray(sealed.sealed)
            changed[position] ^= bit
            with pytest.raises(SealError, match="payload-2026-11-1 cannot be opened: altered, or sealed for another"):
                keyring.open(sealed.key_id, bytes(changed), context=RECORD)


def test_every_cut_and_every_addition_is_noticed(keyring: Keyring) -> None:
    sealed = _seal(keyring)
    cut = [sealed.sealed[:length] for length in range(len(sealed.sealed))]
    for changed in [*cut, sealed.sealed[1:], sealed.sealed + b"\0", b"\0" + sealed.sealed]:
        with pytest.raises(SealError, match="cannot be opened"):
            keyring.open(sealed.key_id, changed, context=RECORD)


def test_something_too_short_to_hold_a_salt_is_not_cut_wrongly(keyring: Keyring, folder: Path) -> None:
    cipher = AESGCM((folder / "payload-2026-11-1.key").read_bytes())
    for length in (0, 31):
        short = bytes(12) + cipher.encrypt(bytes(12), bytes(length), RECORD)
        with pytest.raises(SealError, match="cannot be opened"):
            keyring.open("payload-2026-11-1", short, context=RECORD)


def test_a_stored_value_of_another_type_is_an_altered_one(keyring: Keyring) -> None:
    for value in ("text" * 50, None, 7):
        with pytest.raises(SealError, match="cannot be opened"):
            keyring.open("payload-2026-11-1", value, context=RECORD)  # type: ignore[arg-type]
        with pytest.raises(AuditKeyError, match="expected the id of a key"):
            keyring.open(value, b"", context=RECORD)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "context",
    [
        RECORD.replace(b"2026-11", b"2026-12"),
        RECORD.replace(b"received", b"finished"),
        RECORD.replace(b"8057", b"8058"),
        RECORD.replace(b"prompt", b"answer"),
        RECORD + b"\0",
        b"",
    ],
)
def test_a_text_opens_for_its_own_record_and_field_alone(keyring: Keyring, context: bytes) -> None:
    sealed = _seal(keyring)
    with pytest.raises(SealError, match="sealed for another record"):
        keyring.open(sealed.key_id, sealed.sealed, context=context)


def test_a_text_opens_with_its_own_key_alone(keyring: Keyring) -> None:
    sealed = _seal(keyring)
    keyring.make_next("payload", MONTH)
    keyring.ensure(LATER)
    for key_id in ("payload-2026-11-2", "identity-2026-11", "payload-2026-12-1"):
        with pytest.raises(SealError, match=f"{key_id} cannot be opened"):
            keyring.open(key_id, sealed.sealed, context=RECORD)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_salt_of_another_size_is_refused(keyring: Keyring, size: int) -> None:
    with pytest.raises(ValueError, match=f"expected a salt of 32 bytes, got {size}"):
        keyring.seal("payload", MONTH, salt=bytes(size), body=BODY, context=RECORD)


def test_sealing_reads_a_key_once(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    _seal(keyring)

    def no_more(*_: object) -> bytes:
        raise AssertionError("the folder was read for a question")

    for name in ("read_key", "key_names", "key_exists"):
        monkeypatch.setattr(keyring_module, name, no_more)
    assert _seal(keyring).key_id == "payload-2026-11-1"


def test_a_missing_key_is_named_with_what_to_do(keyring: Keyring, folder: Path) -> None:
    sealed = _seal(keyring)
    (folder / "payload-2026-11-1.key").unlink()
    missing = (
        f"the key payload-2026-11-1 is not in {folder}: restore it from a backup; "
        "if it was destroyed when retention ended, the text is gone for good"
    )
    for ring in (keyring, Keyring(folder=folder)):
        with pytest.raises(AuditKeyError, match=re.escape(missing)):
            ring.open(sealed.key_id, sealed.sealed, context=RECORD)
        with pytest.raises(AuditKeyError, match=re.escape(missing)):
            _seal(ring)


def test_a_key_that_everybody_may_open_or_that_is_a_link_is_not_used(keyring: Keyring, folder: Path) -> None:
    for key_id in ALL:
        (folder / f"{key_id}.key").chmod(0o644)
    _refused(Keyring(folder=folder), "everybody on this machine may open")
    for key_id in ALL:
        (folder / f"{key_id}.key").chmod(0o600)
        (folder / f"{key_id}.key").rename(folder / f"{key_id}.real")
        (folder / f"{key_id}.key").symlink_to(folder / f"{key_id}.real")
    assert keyring.ensure(MONTH) == [], "a link is not replaced by a new key"
    _refused(Keyring(folder=folder), "to be a file of its own, got a link")


def _refused(keyring: Keyring, reason: str) -> None:
    with pytest.raises(AuditKeyError, match=reason):
        _seal(keyring)
    with pytest.raises(AuditKeyError, match=reason):
        _seal(keyring, "identity")
    with pytest.raises(AuditKeyError, match=reason):
        keyring.open("payload-2026-11-1", bytes(100), context=RECORD)
    with pytest.raises(AuditKeyError, match=reason):
        keyring.pseudonyms(MONTH)


@pytest.mark.parametrize("key_id", NO_SEALING_KEYS)
def test_an_id_that_no_sealing_key_can_have_reaches_no_file(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch, key_id: str
) -> None:
    sealed = _seal(keyring).sealed
    for name in ("read_key", "key_exists", "key_names"):
        monkeypatch.delattr(keyring_module, name)
    with pytest.raises(AuditKeyError, match="expected the id of a key") as caught:
        keyring.open(key_id, sealed, context=RECORD)
    assert caught.value.args == (NOT_A_SEALING_KEY,), "an altered row could hold anything: it is not repeated"


def test_an_actor_key_seals_nothing(keyring: Keyring) -> None:
    with pytest.raises(AuditKeyError, match="expected the id of a key that seals"):
        keyring.seal("actor", MONTH, salt=SALT, body=BODY, context=RECORD)  # type: ignore[arg-type]


def test_nothing_that_is_shown_holds_a_key_or_a_text(keyring: Keyring, folder: Path) -> None:
    sealed = _seal(keyring)
    cipher = AESGCM((folder / "payload-2026-11-1.key").read_bytes())
    secrets = [BODY, SALT, sealed.sealed, *(path.read_bytes() for path in folder.iterdir())]
    shown = [repr(sealed), str(sealed), repr(keyring), str(keyring), repr(keyring.pseudonyms(MONTH)), repr(cipher)]
    for change in (b"", b"\0", sealed.sealed):
        with pytest.raises(SealError) as altered:
            keyring.open(sealed.key_id, change + b"\0", context=RECORD)
        assert altered.value.__cause__ is None
        shown.append(_shown(altered.value).replace(repr(change + b"\0"), "what was given"))
    (folder / "payload-2026-11-1.key").unlink()
    with pytest.raises(AuditKeyError) as missing:
        keyring.open(sealed.key_id, b"", context=RECORD)
    shown.append(_shown(missing.value))
    for text in shown:
        for secret in secrets:
            for form in (repr(secret)[2:-1], secret.hex(), base64.b64encode(secret).decode()):
                assert form not in text


def test_an_opener_opens_as_the_keyring_does_and_looks_for_each_key_once(keyring: Keyring) -> None:
    sealed = [keyring.seal("payload", MONTH, salt=SALT, body=BODY, context=RECORD) for _ in range(2)]
    opener = keyring.opener()
    assert opener(sealed[0].key_id, sealed[0].sealed, context=RECORD) == (SALT, BODY)
    keyring.destroy(MONTH)
    assert opener(sealed[1].key_id, sealed[1].sealed, context=RECORD) == (SALT, BODY), "so it must not be kept"
    with pytest.raises(AuditKeyError, match="is not in"):
        keyring.open(sealed[1].key_id, sealed[1].sealed, context=RECORD)


def test_an_opener_refuses_what_the_keyring_refuses(keyring: Keyring) -> None:
    done = keyring.seal("payload", MONTH, salt=SALT, body=BODY, context=RECORD)
    opener = keyring.opener()
    with pytest.raises(SealError, match="cannot be opened"):
        opener(done.key_id, done.sealed, context=b"another record")
    with pytest.raises(SealError, match="cannot be opened"):
        opener(done.key_id, done.sealed[:-1], context=RECORD)
    with pytest.raises(AuditKeyError, match="expected the id of a key that seals"):
        opener("../keys/payload-2026-11-1", done.sealed, context=RECORD)
    keyring.destroy(MONTH)
    with pytest.raises(AuditKeyError, match="is not in"):
        keyring.opener()(done.key_id, done.sealed, context=RECORD)
