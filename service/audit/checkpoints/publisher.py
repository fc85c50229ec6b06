"""Follows the log with its tree and publishes signed checkpoints: within a second of the first leaf without one.

Only the writer's thread calls it. `restore` finds the shard that is open, takes its tree up where the last checkpoint
left it, adds the leaves since, and holds the result against what was last signed and what was last known to be written:
a store that lost leaves, or holds others, is refused, and so are keys that were copied here, or that the log has not on
record. `add` takes the leaves as they become durable; `publish` signs and keeps a checkpoint with the subtrees that
were completed. A shard is done when its last leaf is covered; the next one begins with `shard.opened`.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.audit.checkpoints.memory import MEND, Signed
from service.audit.checkpoints.signer import Signer
from service.audit.checkpoints.stored_tree import Growing, StoredTree
from service.audit.errors import AuditKeyError, AuditUnavailableError
from service.audit.events import KEY_CREATED_TYPE
from service.audit.formats.notes import Checkpoint, VerifierKey
from service.audit.formats.tree import Frontier
from service.audit.shards import FIRST_HISTORY, Shard, named_history, shards_of
from service.audit.storage.store import MAX_SEQ, LeafStore, Receipt, StoredCheckpoint, Subtree

CHECKPOINT_DELAY_S = 0.5  # after the first leaf without a checkpoint: one checkpoint covers what comes meanwhile
_PAGE = 10_000  # leaf hashes read at once


@dataclass(slots=True)
class Open:
    """The shard that is open, and its tree."""

    origin: str
    first_seq: int
    growing: Growing
    covered: int

    def take_as_covered(self, size: int) -> None:
        """Go by a checkpoint of the first `size` leaves, which is kept."""
        self.growing.kept(size)
        self.covered = size


class Publisher:
    """See the module."""

    def __init__(self, *, store: LeafStore, signer: Signer, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Take an open store and the log's signer.

        Args:
            store: where leaves are read from and checkpoints are kept.
            signer: signs; created here for a log that has no leaf yet.
            clock_s: a steady clock, in seconds.
        """
        self._store = store
        self._signer = signer
        self._clock_s = clock_s
        self._open: Open | None = None
        self._written: Signed | None = None  # the open shard as it was before something failed; it was never signed
        self._waiting_since: float | None = None
        self._key: VerifierKey | None = None  # the signer's, as it was when it was looked for on record

    def restore(self) -> None:
        """Take up the tree of the open shard, as the store holds it now.

        Raises:
            AuditUnavailableError: the store cannot be read, or is not the one that was signed.
            AuditCopiedError: the keys were copied here.
            AuditKeyError: the signing key or its memory is missing or unreadable.
        """
        self._forget_tree()
        size = self._store.size()
        if not size and not self._signer.exists():
            self._signer.create()
        self._expect_key_on_record()
        self._signer.show_key()
        self._signer.expect_itself()
        last = self._signer.last()
        self._expect_memory(last)
        self._expect_tree(last, size, "signed")
        self._expect_tree(self._written, size, "written")
        shards = shards_of(self._store)
        self._expect_history(last, shards)
        if shards:
            self._take_up(shards[-1], size - shards[-1].first_seq)

    def _forget_tree(self) -> None:
        """Remember what was known to be written, and nothing else."""
        if self._open is not None:
            growing = self._open.growing
            self._written = Signed(self._open.origin, self._open.first_seq, growing.size, growing.root())
        self._open = self._waiting_since = None
        self._key = None

    def _take_up(self, shard: Shard, size: int) -> None:
        newest = self._store.newest_checkpoint(shard.origin)
        covered = newest.size if newest else 0
        if covered > size:
            raise AuditUnavailableError(
                f"a checkpoint covers {covered} leaves of {shard.origin}, but the store holds {size}: "
                "put the store back as it was"
            )
        stored = StoredTree(store=self._store, origin=shard.origin, first_seq=shard.first_seq)
        growing = Growing.at(stored, origin=shard.origin, size=covered)
        if newest and growing.root().hex() != newest.root:
            raise AuditUnavailableError(
                f"the checkpoint of {covered} leaves of {shard.origin} is of other leaves: "
                "run greenlit audit verify to see which, and put the store back as it was"
            )
        for start in range(covered, size, _PAGE):
            growing.extend(stored.leaf_hashes(start, min(start + _PAGE, size)))
        self._open = Open(shard.origin, shard.first_seq, growing, covered)
        if growing.size > covered:
            self._waiting_since = self._clock_s()

    def add(self, receipts: Sequence[Receipt]) -> None:
        """Take leaves that became durable, in their order."""
        for receipt in receipts:
            if self._open is None or self._open.origin != receipt.origin:
                growing = Growing(origin=receipt.origin, frontier=Frontier(), partial=[])
                self._open = Open(receipt.origin, receipt.seq, growing, 0)
            self._open.growing.extend((bytes.fromhex(receipt.leaf_hash),))
        if receipts and self._waiting_since is None:
            self._waiting_since = self._clock_s()

    def due_in_s(self) -> float | None:
        """Return in how many seconds a checkpoint is due, 0 if it is due now; `None` if none is."""
        if self._waiting_since is None:
            return None
        return max(0.0, self._waiting_since + CHECKPOINT_DELAY_S - self._clock_s())

    def publish(self, *, wished: bool = True) -> int:  # noqa: ARG002 - for `shared_publisher`
        """Sign the open shard's tree as it is and keep the checkpoint; does nothing if it is covered.

        Args:
            wished: whether somebody waits for it.

        Returns:
            The number below which all leaves are covered.

        Raises:
            AuditUnavailableError: the store cannot be written, or the tree does not follow from what was signed.
            AuditKeyError: the signing key is missing or unreadable.
        """
        self._waiting_since = None
        if self._open is not None and self._open.growing.size > self._open.covered:
            self._sign(self._open)
        return MAX_SEQ

    def _sign(self, shard: Open) -> None:
        stored, subtrees = self._signed(shard)
        self._store.publish(stored, subtrees)
        shard.take_as_covered(stored.size)

    def _signed(self, shard: Open) -> tuple[StoredCheckpoint, Sequence[Subtree]]:
        """Sign a tree as it is; return the checkpoint, and the subtrees that are to be kept with it."""
        self._expect_key_on_record()
        checkpoint = Checkpoint(shard.origin, shard.growing.size, shard.growing.root())
        note = self._signer.sign(checkpoint, first_seq=shard.first_seq, proof=self._growth(shard))
        stored = StoredCheckpoint(checkpoint.origin, checkpoint.size, checkpoint.root.hex(), note)
        return stored, shard.growing.completed()

    def _growth(self, shard: Open) -> list[bytes]:
        """Return the proof that the shard grew from what was last signed; empty where that was another one."""
        last = self._signer.last()
        if last is None or last.origin != shard.origin or last.size >= shard.growing.size:
            return []
        stored = StoredTree(store=self._store, origin=shard.origin, first_seq=shard.first_seq)
        return stored.consistency(last.size, shard.growing.size)

    def _expect_key_on_record(self) -> None:
        """Refuse a key that was put in the place of the log's own: auditors could not tell why."""
        key = self._signer.key()
        if key == self._key:
            return
        created = [json.loads(leaf.leaf) for leaf in self._store.of_type(KEY_CREATED_TYPE)]
        on_record = [value["vkey"] for value in created if value["purpose"] == "signing"]
        if on_record and key.text() not in on_record:
            raise AuditKeyError(
                f"the log would sign as {key.text()}, but has {on_record[-1]} on record: "
                "restore the signing key from a backup, or set the log's name back"
            )
        self._key = key

    def _expect_memory(self, last: Signed | None) -> None:
        if last is None and any(self._store.newest_checkpoint(shard.origin) for shard in shards_of(self._store)):
            raise AuditKeyError(
                "the signer's memory of what it last signed is missing: expected a file signed-….json beside the "
                f"signing key; if it is lost, say so with {MEND}"
            )

    def _expect_history(self, last: Signed | None, shards: Sequence[Shard]) -> None:
        """Refuse a log whose records and whose signer are in two histories: one of them was put back without the other.

        A restore that was broken off leaves it like that, too.
        """
        history = shards[-1].history if shards else FIRST_HISTORY
        if last is not None and last.history != history:
            raise AuditUnavailableError(
                f"the log's records go on in {named_history(history)}, but its signer signs in "
                f"{named_history(last.history)}: they are of two copies, or a restore was broken off; if this is all "
                f"that there is of the log, say so with {MEND}"
            )

    def _expect_tree(self, known: Signed | None, size: int, done: str) -> None:
        """Refuse a store that does not begin with a tree that is known, however it came to be known."""
        if known is None or not known.size:
            return
        if known.next_seq > size:
            raise AuditUnavailableError(
                f"the log was {done} up to number {known.next_seq - 1}, but the store ends before {size}: the newest "
                "leaves are missing; put the store back as it was: a file from a copy, once it is moved away (greenlit "
                f"restore COPIES), a database by its own means; if nothing holds more, say so with {MEND}"
            )
        stored = StoredTree(store=self._store, origin=known.origin, first_seq=known.first_seq)
        if stored.root(known.size) != known.root:
            raise AuditUnavailableError(
                f"the first {known.size} leaves of {known.origin} are not those that were {done}: "
                "run greenlit audit verify to see which, and put the store back as it was"
            )
