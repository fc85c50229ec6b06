"""The log's signature: one key, and the memory of what it last signed.

Signing: (1) read the key from its file, so that a key that was taken away is noticed while the service runs, (2) hold
the new checkpoint against the last one signed: the same shard must have grown from it, another shard must begin where
it ended, in the same history, (3) make the new one the last one, durably, (4) only then hand the signature out. So this
signer never signs two trees for one origin, and a store that was rolled back to an older state finds no signer, nor do
keys that were copied (`memory`). The key and the memory are files beside each other, outside the store: `signing.key`
(Ed25519, 32 bytes), `signing.pub`, `signed-<n>.json`. Only `begin_history` leads out of a history (`histories`).
"""

import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indexes.durable import replace_file, sync_folder
from service.audit.checkpoints.memory import MEND, Memory, Signed
from service.audit.errors import AuditKeyError, AuditUnavailableError, ProofError
from service.audit.formats import notes, tree
from service.audit.formats.notes import Checkpoint, VerifierKey
from service.audit.keys.key_files import create_key, create_missing_key, destroy_key, key_exists, read_key
from service.audit.shards import history_of, named_history

SIGNING_KEY = "signing.key"
PUBLIC_KEY = "signing.pub"
_NEXT_KEY = "signing-next.key"


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
        self._memory = Memory(folder)

    def exists(self) -> bool:
        """Tell whether there is a key, or a memory of one.

        Raises:
            AuditKeyError: the folder cannot be looked into.
        """
        return self.has_key() or self._memory.exists()

    def has_key(self) -> bool:
        """Tell whether there is a key, be it usable or not.

        Raises:
            AuditKeyError: the folder cannot be looked into.
        """
        return key_exists(self._folder, SIGNING_KEY)

    def create(self) -> VerifierKey:
        """Make the first key.

        Raises:
            AuditKeyError: it cannot be made, or is there already.
        """
        create_key(self._folder, SIGNING_KEY)
        return self.show_key()

    def create_missing(self) -> None:
        """Make the first key, unless another process just did.

        Raises:
            AuditKeyError: it cannot be made.
        """
        create_missing_key(self._folder, SIGNING_KEY)

    def take_up(self, signed: Signed) -> None:
        """Remember what another process signed, so that what is signed next follows from that.

        Args:
            signed: a tree that was signed, and that is known to hold what was remembered here.

        Raises:
            AuditKeyError: it cannot be remembered.
        """
        self._memory.keep(signed)

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
        return self._memory.last()

    def expect_itself(self) -> None:
        """Refuse keys that were copied here: more may have been signed than they remember.

        Raises:
            AuditCopiedError: they were.
            AuditKeyError: the memory cannot be read.
        """
        self._memory.expect_itself()

    def sign(self, checkpoint: Checkpoint, *, first_seq: int, proof: Sequence[bytes]) -> str:
        """Return the signed note of a checkpoint.

        Args:
            checkpoint: the tree to sign.
            first_seq: the sequence number of its shard's first leaf.
            proof: that it grew from what was last signed, where that was the same shard; else empty.

        Raises:
            AuditUnavailableError: it does not follow from what was last signed, or the keys were copied here.
            AuditKeyError: the key or the memory is missing, unreadable, or cannot be written.
        """
        private = self._private()
        self._check(checkpoint, first_seq, proof)
        self._memory.keep(Signed(checkpoint.origin, first_seq, checkpoint.size, checkpoint.root))
        return notes.sign(checkpoint, name=self._name, private=private)

    def sign_end(self, checkpoint: Checkpoint) -> str:
        """Return the signed note of the end of a shard that was put back from a copy; it is not remembered.

        Only for `histories`: the tree at this size is one that the lost log had as well, so that signing it, again or
        for the first time, makes no second tree for its origin. Nothing may be signed after it for this origin.

        Raises:
            AuditKeyError: the key is missing or unreadable.
        """
        return notes.sign(checkpoint, name=self._name, private=self._private())

    def begin_history(self, history: str, *, ended: Signed | None) -> None:
        """Sign in another history from now on, and in the one before never again. Takes keys that were copied, too.

        Args:
            history: a new one, that no log of this name has or had.
            ended: the end of the log as it was put back; `None` if nothing was left of it.

        Raises:
            AuditKeyError: it cannot be remembered.
        """
        end = ended or Signed("", 0, 0, b"")
        self._memory.keep(Signed(end.origin, end.first_seq, end.size, end.root, goes_on=history))

    def prepare_next(self, *, used_no_more: Collection[str] = ()) -> VerifierKey:
        """Make the key that shall follow, or take up the one that was made; it signs nothing yet.

        Args:
            used_no_more: the ids (hex) of keys that were revoked: such a one is not taken up, but replaced.

        Raises:
            AuditKeyError: it cannot be made.
        """
        create_missing_key(self._folder, _NEXT_KEY)
        if (prepared := self._prepared()).key_id.hex() not in used_no_more:
            return prepared
        destroy_key(self._folder, _NEXT_KEY)
        create_key(self._folder, _NEXT_KEY)
        return self._prepared()

    def _prepared(self) -> VerifierKey:
        seed = read_key(self._folder, _NEXT_KEY)
        return notes.signing_key_of(self._name, Ed25519PrivateKey.from_private_bytes(seed))

    def go_over(self, prepared: VerifierKey) -> VerifierKey:
        """Sign with the prepared key from now on; it takes the place of the one before, which is gone.

        Raises:
            AuditKeyError: it is not the one that is prepared here, or the files cannot be changed.
        """
        if self._prepared() != prepared:
            raise AuditKeyError(
                f"expected {prepared.text()} as the next signing key in {self._folder}, found another: somebody else "
                "changed keys meanwhile; see which key signs now (greenlit audit key), and change it again"
            )
        try:
            (self._folder / _NEXT_KEY).replace(self._folder / SIGNING_KEY)
            sync_folder(self._folder)
        except OSError as error:
            raise AuditKeyError(f"the signing key in {self._folder} cannot be replaced ({error.strerror})") from error
        return self.show_key()

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(read_key(self._folder, SIGNING_KEY))

    def _check(self, checkpoint: Checkpoint, first_seq: int, proof: Sequence[bytes]) -> None:
        self._memory.expect_itself()
        last = self.last()
        if last is None:
            return
        if history_of(checkpoint.origin) != last.history:
            raise AuditUnavailableError(
                f"the signer signs in {named_history(last.history)}: expected a shard of it, got {checkpoint.origin}; "
                f"if the log was put back from a copy, say so with {MEND}"
            )
        if last.origin != checkpoint.origin:
            if first_seq != last.next_seq:
                raise AuditUnavailableError(
                    f"the signer signed {last.origin} up to number {last.next_seq - 1}: expected the next "
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


def used_no_more(key: VerifierKey) -> str:
    """Return in words why a key does not sign, and is not changed either: another took its place elsewhere."""
    return f"the signing key {key.text()} is on record as used no more: put the one in use here"


def _write(path: Path, text: str) -> None:
    """Replace a file in one durable step.

    Raises:
        AuditKeyError: it cannot be written.
    """
    try:
        replace_file(path, text.encode(), mode=0o600)
    except OSError as error:
        raise AuditKeyError(f"{path} cannot be written ({error.strerror}): make room, and give access to it") from error
