"""Checkpoints as signed notes: what the log says about itself, in a form that others can check and witness.

The formats are those of C2SP: signed-note, tlog-checkpoint and tlog-cosignature v1. A note is the three lines of a
checkpoint, an empty line, and one line for each signature:

    <origin>
    <size, decimal>
    <root, base64>

    — <key name> <base64 of: key id (4 bytes), signature>

A log signs the three lines (`sign`, `add_signature`), a witness the time and these lines (`cosign`). Reading is strict:
one checkpoint has one form, so what was parsed is what was signed; extension lines, which nobody checks, are refused.
Signatures of unknown keys are ignored; one of a known key that does not hold spoils the whole note. Keeps no keys, and
does not know whether a checkpoint fits an earlier one.
"""

import base64
import contextlib
import hashlib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.audit.errors import NoteError
from service.audit.formats.tree import HASH_BYTES

LOG_KEY = 0x01  # the signature types of C2SP signed-note: Ed25519 over the body
WITNESS_KEY = 0x04  # Ed25519 over the time and the body
MAX_SIGNATURES = 16  # C2SP asks verifiers to accept this many; a log, its next key and a few witnesses need five
MAX_NOTE_BYTES = 16 * 1024  # 16 signatures of Ed25519 with long names take 4 KiB
MAX_TIME_S = 2**63 - 1  # C2SP tlog-cosignature
MAX_SIZE = 2**63 - 1  # what a database keeps as an integer
_PUBLIC_BYTES = 32
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
_ID_BYTES = 4
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")  # at most as many digits as 2^63 - 1
_KEY_TEXT = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of one log: the root (32 bytes) of its first `size` leaves."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_to_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signatures are believed: a public Ed25519 key (32 bytes) under a name, for one kind of signature."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    def text(self) -> str:
        """Return the one line that C2SP calls a vkey."""
        return f"{self.name}+{self.key_id.hex()}+{_to_base64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class _Signature:
    name: str
    key_id: bytes
    blob: bytes


def signing_key_of(name: str, private: Ed25519PrivateKey) -> VerifierKey:
    """Return the key that a log's signatures are checked with.

    Raises:
        NoteError: the name cannot stand in a signature line.
    """
    return _key(name, LOG_KEY, private.public_key().public_bytes_raw())


def witness_key_of(name: str, private: Ed25519PrivateKey) -> VerifierKey:
    """Return the key that a witness's cosignatures are checked with.

    Raises:
        NoteError: the name cannot stand in a signature line.
    """
    return _key(name, WITNESS_KEY, private.public_key().public_bytes_raw())


def read_verifier_key(text: str) -> VerifierKey:
    """Read the one line that `VerifierKey.text` gives.

    Raises:
        NoteError: it has another form, is for another kind of signature, or its key id is not that of the key.
    """
    if (parts := _KEY_TEXT.fullmatch(text)) is None:
        raise NoteError("expected a verifier key as one line <name>+<8 hex digits>+<base64>, got another form")
    name, key_id, encoded = parts.groups()
    raw = _from_base64(encoded, "a verifier key")
    kind, public = raw[0], raw[1:]
    if kind not in {LOG_KEY, WITNESS_KEY} or len(public) != _PUBLIC_BYTES:
        raise NoteError(
            f"expected a key of type 1 (log) or 4 (witness), 32 bytes, got type {kind}, {len(public)} bytes"
        )
    key = _key(name, kind, public)
    if key.key_id.hex() != key_id:
        raise NoteError(f"expected the key id {key.key_id.hex()} for this name and key, got {key_id}: copy it anew")
    return key


def sign(checkpoint: Checkpoint, *, name: str, private: Ed25519PrivateKey) -> str:
    """Return a whole note with one signature.

    Raises:
        NoteError: the checkpoint or the name cannot be written as a note that reads back.
    """
    return _with_line(f"{checkpoint.body()}\n", signing_key_of(name, private), private.sign(_encode(checkpoint.body())))


def add_signature(note: str, *, name: str, private: Ed25519PrivateKey) -> str:
    """Return the note with one more signature of a log, so that a key can follow another.

    Raises:
        NoteError: the note is malformed, or would become too large.
    """
    body = read_checkpoint(note).body()
    return _with_line(note, signing_key_of(name, private), private.sign(_encode(body)))


def cosign(note: str, *, name: str, private: Ed25519PrivateKey, time_s: int) -> str:
    """Return the note with one more line: a witness saw this checkpoint at this time. Checks no signature.

    Raises:
        NoteError: the note is malformed, or would become too large, or the time is out of range.
    """
    body = read_checkpoint(note).body()
    if not 0 <= time_s <= MAX_TIME_S:
        raise NoteError(f"expected a time from 0 to 2^63-1 seconds, got {time_s}")
    made = private.sign(_encode(_timed(body, time_s)))
    return _with_line(note, witness_key_of(name, private), time_s.to_bytes(_TIME_BYTES) + made)


def read_checkpoint(note: str) -> Checkpoint:
    """Read what a note says. Believes nothing: no signature is checked.

    Raises:
        NoteError: the note is malformed.
    """
    return _parse(note)[0]


def verified(note: str, keys: Collection[VerifierKey]) -> Checkpoint:
    """Read what a log says, once its signature holds.

    Args:
        note: the whole note.
        keys: the keys that are known. Those of witnesses may be among them, and then their cosignatures must hold too;
            they never stand in for the log's.

    Raises:
        NoteError: the note is malformed, a signature of a known key does not hold, or no known key of a log signed it.
    """
    checkpoint, signatures = _parse(note)
    signers = {key.kind for line in signatures for key in keys if _holds(line, key, checkpoint.body())}
    if LOG_KEY not in signers:
        raise NoteError(
            f"expected a signature of a known log, got {len(signatures)} of other keys: "
            "check that the verifier key belongs to this log"
        )
    return checkpoint


def cosigned_at(note: str, key: VerifierKey) -> int:
    """Return when a witness last cosigned a note, in seconds since 1970 (UTC), by the witness's own clock.

    Raises:
        NoteError: the note is malformed, the key is not that of a witness, or it has no valid cosignature here.
    """
    if key.kind != WITNESS_KEY:
        raise NoteError(f"expected the key of a witness (type {WITNESS_KEY}), got type {key.kind} for {key.name}")
    checkpoint, signatures = _parse(note)
    times_s = [_time_s(line.blob) for line in signatures if _holds(line, key, checkpoint.body())]
    if not times_s:
        raise NoteError(f"expected a cosignature of {key.name}, got {len(signatures)} signatures of other keys")
    return max(times_s)


def _holds(line: _Signature, key: VerifierKey, body: str) -> bool:
    """Tell whether a line is this key's, which has to be verified then; a line of another key says nothing."""
    if (line.name, line.key_id) != (key.name, key.key_id):
        return False
    made, message = line.blob, body
    if key.kind == WITNESS_KEY:
        time_s, made = _time_s(line.blob), line.blob[_TIME_BYTES:]
        if time_s > MAX_TIME_S:
            raise NoteError(f"expected the cosignature of {key.name} to have a time up to 2^63-1 seconds, got {time_s}")
        message = _timed(body, time_s)
    if len(made) != _SIGNATURE_BYTES:
        raise NoteError(f"expected the signature of {key.name} to be {_SIGNATURE_BYTES} bytes, got {len(made)}")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(made, _encode(message))
    except InvalidSignature as error:
        raise NoteError(f"expected the signature of {key.name} to hold: note or signature were changed") from error
    return True


def _parse(note: str) -> tuple[Checkpoint, list[_Signature]]:
    encoded = _encode(note)
    if len(encoded) > MAX_NOTE_BYTES:
        raise NoteError(f"expected a note of at most {MAX_NOTE_BYTES} bytes, got {len(encoded)}")
    if any(unicodedata.category(character) == "Cc" for character in note if character != "\n"):
        raise NoteError("expected a note without control characters but newline")
    head, _, tail = note.partition("\n\n")
    if not tail.endswith("\n"):
        raise NoteError("expected a note of a body, an empty line and signature lines, each ending with a newline")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"expected a note of at most {MAX_SIGNATURES} signatures, got {len(lines)}")
    return _read_body(head.split("\n")), [_read_line(line) for line in lines]


def _read_body(lines: list[str]) -> Checkpoint:
    match lines:
        case [origin, size, root]:
            _check_name(origin, "the origin")
        case _:
            raise NoteError(f"expected a checkpoint of three lines (origin, size, root), got {len(lines)}")
    if _DECIMAL.fullmatch(size) is None or int(size) > MAX_SIZE:
        raise NoteError("expected the size as a decimal number up to 2^63-1 without leading zeros, got another form")
    root_bytes = _from_base64(root, "the root")
    if len(root_bytes) != HASH_BYTES:
        raise NoteError(f"expected the root to be {HASH_BYTES} bytes, got {len(root_bytes)}")
    return Checkpoint(origin, int(size), root_bytes)


def _read_line(line: str) -> _Signature:
    match line.split(" "):
        case ["—", name, encoded]:
            _check_name(name, "the key name of a signature")
        case _:
            raise NoteError("expected a signature line as — <key name> <base64>, got another form")
    raw = _from_base64(encoded, "a signature")
    if len(raw) <= _ID_BYTES:
        raise NoteError(f"expected a signature to be longer than its key id of {_ID_BYTES} bytes, got {len(raw)}")
    return _Signature(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


def _with_line(note: str, key: VerifierKey, blob: bytes) -> str:
    longer = f"{note}— {key.name} {_to_base64(key.key_id + blob)}\n"
    _parse(longer)  # nothing leaves here that a reader would refuse
    return longer


def _key(name: str, kind: int, public: bytes) -> VerifierKey:
    _check_name(name, "the name of a key")
    digest = hashlib.sha256(_encode(name) + b"\n" + bytes([kind]) + public).digest()
    return VerifierKey(name, digest[:_ID_BYTES], kind, public)


def _timed(body: str, time_s: int) -> str:
    return f"cosignature/v1\ntime {time_s}\n{body}"


def _time_s(blob: bytes) -> int:
    return int.from_bytes(blob[:_TIME_BYTES])


def _check_name(name: str, what: str) -> None:
    if not name or any(sign == "+" or sign.isspace() or unicodedata.category(sign) == "Cc" for sign in name):
        raise NoteError(f"expected {what} to be a text without spaces, plus signs and control characters")


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NoteError("expected a text of valid UTF-8, got half of a surrogate pair") from error


def _to_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _from_base64(text: str, what: str) -> bytes:
    """Decode the one form that the encoder gives; `b64decode` alone lets unused bits differ and passes over signs."""
    with contextlib.suppress(ValueError):
        content = base64.b64decode(text)
        if _to_base64(content) == text:
            return content
    raise NoteError(f"expected {what} as standard base64 with padding, got another form")
