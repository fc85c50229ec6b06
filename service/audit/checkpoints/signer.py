"""The log's signature: one key, and the memory of what it last signed.

Signing: (1) read the key from its file, so that a key that was taken away is noticed while the service runs, (2) hold
the new checkpoint against the last one signed: the same shard must have grown from it, another shard must begin where
it ended, (3) make the new one the last one, durably, (4) only then hand the signature out. So this signer never signs
two histories, and a store that was rolled back, whole, to an older state finds no signer. The key and the memory are
files beside each other, outside the store: `signing.key` (Ed25519, 32 bytes), `signing.pub`, `signed.json`.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indexes.durable import replace_file, sync_folder
from service.audit.errors import AuditKeyError, AuditUnavailableError, ProofError
from service.audit.formats import notes, tree
from service.audit.formats.notes import Checkpoint, VerifierKey
from service.audit.keys.key_files import create_key, key_exists, read_key

SIGNING_KEY = "signing.key"
PUBLIC_KEY = "signing.pub"
MEMORY_FILE = "signed.json"
_NEXT_KEY = "signing-next.key"


@dataclass(frozen=True, slots=True)
class Signed:
    """What was last signed: the tree of a shard, which begins at a sequence number, at a size."""

    origin: str
    first_seq: int
    size: int
    root: bytes


class Signer:
    """Signs checkpoints of one log. One thread at a time."""

    def __init__(self, *, folder: Path, name: str) -> None:
        """Remember where the key is; nothing is read before it is needed.

        Args:
            folder: where keys are kept.
            name: the name of the key in every signature, such as `greenlit.local/audit`.
        """
        self._folder = folder
        self._name = name

    def exists(self) -> bool:
        """Tell whether there is a key, or a memory of one.

        Raises:
            AuditKeyError: the folder cannot be looked into.
        """
        return key_exists(self._folder, SIGNING_KEY) or key_exists(self._folder, MEMORY_FILE)

    def create(self) -> VerifierKey:
        """Make the first key.

        Raises:
            AuditKeyError: it cannot be made, or is there already.
        """
        create_key(self._folder, SIGNING_KEY)
        return self.show_key()

    def show_key(self) -> VerifierKey:
        """Return the key that verifies this signer's signatures, once `signing.pub` says the same.

        A crash may have come between a new key and that file, and a person would then hand out the wrong one.

        Raises:
            AuditKeyError: the key is missing or unreadable, or the file cannot be written.
        """
        key = self.key()
        path = self._folder / PUBLIC_KEY
        line = f"{key.text()}\n"
        with contextlib.suppress(OSError):
            if path.read_bytes() == line.encode():
                return key
        _write(path, line)
        return key

    def key(self) -> VerifierKey:
        """Return the key that verifies this signer's signatures.

        Raises:
            AuditKeyError: the key is missing or unreadable.
        """
        return notes.signing_key_of(self._name, self._private())

    def last(self) -> Signed | None:
        """Return what was last signed; `None` if nothing was.

        Raises:
            AuditKeyError: the memory cannot be read.
        """
        path = self._folder / MEMORY_FILE
        try:
            value: dict[str, Any] = json.loads(path.read_bytes())
            first_seq, size = int(value["first_seq"]), int(value["size"])
            return Signed(str(value["origin"]), first_seq, size, bytes.fromhex(value["root"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AuditKeyError(
                f"the signer's memory {path} cannot be read ({type(error).__name__}): restore it from a backup"
            ) from error

    def sign(self, checkpoint: Checkpoint, *, first_seq: int, proof: Sequence[bytes]) -> str:
        """Return the signed note of a checkpoint.

        Args:
            checkpoint: the tree to sign.
            first_seq: the sequence number of its shard's first leaf.
            proof: that it grew from what was last signed, where that was the same shard; else empty.

        Raises:
            AuditUnavailableError: it does not follow from what was last signed.
            AuditKeyError: the key or the memory is missing, unreadable, or cannot be written.
        """
        private = self._private()
        self._check(checkpoint, first_seq, proof)
        value = {
            "origin": checkpoint.origin,
            "first_seq": first_seq,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
        }
        _write(self._folder / MEMORY_FILE, json.dumps(value) + "\n")
        return notes.sign(checkpoint, name=self._name, private=private)

    def prepare_next(self) -> VerifierKey:
        """Make the key that shall follow, or take up the one that was made; it signs nothing yet.

        Raises:
            AuditKeyError: it cannot be made.
        """
        if not (self._folder / _NEXT_KEY).exists():
            create_key(self._folder, _NEXT_KEY)
        seed = read_key(self._folder, _NEXT_KEY)
        return notes.signing_key_of(self._name, Ed25519PrivateKey.from_private_bytes(seed))

    def go_over(self) -> VerifierKey:
        """Sign with the prepared key from now on; it takes the place of the one before, which is gone.

        Raises:
            AuditKeyError: no key was prepared, or the files cannot be changed.
        """
        read_key(self._folder, _NEXT_KEY)
        try:
            (self._folder / _NEXT_KEY).replace(self._folder / SIGNING_KEY)
            sync_folder(self._folder)
        except OSError as error:
            raise AuditKeyError(f"the signing key in {self._folder} cannot be replaced ({error.strerror})") from error
        return self.show_key()

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(read_key(self._folder, SIGNING_KEY))

    def _check(self, checkpoint: Checkpoint, first_seq: int, proof: Sequence[bytes]) -> None:
        last = self.last()
        if last is None:
            return
        if last.origin != checkpoint.origin:
            if first_seq != last.first_seq + last.size:
                raise AuditUnavailableError(
                    f"the signer signed {last.origin} up to number {last.first_seq + last.size - 1}: expected the next "
                    f"shard to begin after it, got one that begins at {first_seq}; put the store back as it was"
                )
            return
        if first_seq != last.first_seq:
            raise AuditUnavailableError(
                f"the signer signed {last.origin} from number {last.first_seq} on: expected the shard to begin there, "
                f"got one that begins at {first_seq}; put the store back as it was"
            )
        try:
            tree.verify_consistency(
                old_size=last.size, old_root=last.root, size=checkpoint.size, root=checkpoint.root, proof=proof
            )
        except ProofError as error:
            raise AuditUnavailableError(
                f"the log does not follow from the checkpoint of {last.size} leaves that was last signed for "
                f"{last.origin} ({error}): put the store back as it was"
            ) from error


def _write(path: Path, text: str) -> None:
    """Replace a file in one durable step.

    Raises:
        AuditKeyError: it cannot be written.
    """
    try:
        replace_file(path, text.encode(), mode=0o600)
    except OSError as error:
        raise AuditKeyError(f"{path} cannot be written ({error.strerror}): make room, and give access to it") from error
