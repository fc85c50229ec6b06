"""What a store of the log must be: the port, and the records that pass through it.

A store gives out sequence numbers from 0 without a gap, keeps a leaf with all that comes with it or none of it, and
never changes a leaf. `append` and `publish` return only what is durable. Every error of the database below becomes an
`AuditError` without the text that was to be written. The laws are in `tests/contract/test_leaf_store.py`, which every
store passes. A store knows nothing of what a leaf says or how payloads are sealed: bytes are kept as given.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from service.audit.formats import tree

SUBTREE_LEAVES = 256  # of level 1; of level n: to the power of n
MAX_SEQ = 2**63 - 1  # the widest integer of a database, which no leaf ever reaches


@dataclass(frozen=True, slots=True)
class Payload:
    """The sealed text that one field of a leaf commits to. Left out of `repr`, so out of every traceback."""

    field: str
    key_id: str
    sealed: bytes = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptScope:
    """The (document, version) pairs that a `filter_hash` stands for: SHA-256 of `pairs` is that hash."""

    filter_hash: str
    pairs: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf to be kept, with what comes with it; the other fields repeat what the leaf says, to be looked up by.

    `request_id` is empty for what belongs to no question, `conversation` (a `conversation_key`) for all but a question
    that came in a conversation. `erases` are ranges of sequence numbers, both ends included,
    whose payloads go in the same step. `scope` is kept unless it is there already.
    """

    origin: str
    type: str
    ts_us: int
    request_id: str
    leaf: bytes
    payloads: tuple[Payload, ...] = ()
    erases: tuple[tuple[int, int], ...] = ()
    scope: KeptScope | None = None
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the asker gets: where the leaf is kept and its leaf hash (hex)."""

    origin: str
    seq: int
    leaf_hash: str


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A leaf as it is kept."""

    seq: int
    leaf_hash: str
    type: str
    ts_us: int
    request_id: str
    leaf: bytes
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class StoredPayload:
    """A payload as it is kept, with type and question of its leaf, which are empty if there is no such leaf."""

    seq: int
    type: str
    request_id: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed checkpoint: the tree of a shard at a size, its root (hex), and the signed note."""

    origin: str
    size: int
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class Subtree:
    """The root of 256 to the power of `level` leaves of a shard, the `number`-th of that level (from 0)."""

    origin: str
    level: int
    number: int
    hash: bytes


def leaf_hash(leaf: bytes) -> str:
    """Return the leaf hash of RFC 6962, section 2.1, as hex."""
    return tree.leaf_hash(leaf).hex()


class LeafReader(Protocol):
    """What can be read of a store. Any thread may; every method raises AuditUnavailableError when it cannot be read.

    Nor is a leaf given that does not have the hash that is kept beside it: it is not the one that was written.
    """

    def size(self) -> int:
        """Return the number of leaves, which is the next sequence number."""

    def leaf(self, seq: int) -> StoredLeaf | None:
        """Return one leaf; `None` if there is none with this number."""

    def leaves(self, after: int, limit: int) -> list[StoredLeaf]:
        """Return up to `limit` leaves with numbers above `after` (-1: from the first), in order."""

    def leaf_hashes(self, start: int, end: int) -> list[bytes]:
        """Return the leaf hashes of the numbers `[start, end)`, in order; fewer if there are fewer."""

    def of_type(self, kind: str, *, after: int = -1) -> list[StoredLeaf]:
        """Return all leaves of a type that is no question's, with numbers above `after`, in order."""

    def newest_of(self, kind: str) -> StoredLeaf | None:
        """Return the newest leaf of a type that is no question's; `None` if there is none."""

    def of_request(self, request_id: str) -> list[StoredLeaf]:
        """Return the leaves of one question, in order."""

    def of_questions(self, seqs: Sequence[int]) -> list[StoredLeaf]:
        """Return all leaves of the questions to which the leaves with these numbers belong, in order."""

    def of_conversation(
        self, actor: str, conversation_id: str, *, before: int = MAX_SEQ, limit: int = MAX_SEQ
    ) -> list[int]:
        """Return the numbers, in order, of the newest `limit` questions below `before` in somebody's conversation."""

    def turns_of(self, actor: str) -> list[tuple[str, int]]:
        """Return the id of a conversation and the number of each question that a pseudonym asked in any, in order."""

    def unfinished(self, *, after: int = -1) -> list[StoredLeaf]:
        """Return the `query.received` leaves above a number whose question has no `query.finished`, in order."""

    def payloads(self, seq: int) -> tuple[Payload, ...]:
        """Return the payloads of one leaf by field name; empty if it has none, or they were erased."""

    def payloads_of(self, seqs: Sequence[int]) -> dict[int, tuple[Payload, ...]]:
        """Return the payloads of many leaves by number, as `payloads`; a number without any is left out."""

    def leaves_at(self, seqs: Collection[int]) -> list[StoredLeaf]:
        """Return the leaves with these numbers, in order; those that are not there are left out."""

    def payload_seqs(self, start: int, end: int) -> list[int]:
        """Return the numbers in `[start, end)` whose leaves have payloads now, in order."""

    def checkpoints(self, origin: str, *, above: int = -1, limit: int = 1000) -> list[StoredCheckpoint]:
        """Return up to `limit` checkpoints of a shard with sizes above `above`, smallest first."""

    def newest_checkpoint(self, origin: str) -> StoredCheckpoint | None:
        """Return the largest checkpoint of a shard; `None` if there is none yet."""

    def subtrees(self, origin: str, level: int, start: int, end: int) -> list[bytes]:
        """Return the roots of the subtrees `[start, end)` of a level, in order; fewer if there are fewer."""

    def scope(self, filter_hash: str) -> bytes | None:
        """Return the pairs that a filter hash stands for; `None` if they were never kept."""

    # The rest is for checking a store as a whole. What was altered comes as it is, with U+FFFD for what is no text, and
    # numbers below 0 can be asked for.

    def stream_leaves(self, start: int, end: int) -> Iterator[StoredLeaf]:
        """Give the leaves `[start, end)` in order, by the page, so that no reader holds the store for long."""

    def stream_payloads(self, start: int, end: int) -> Iterator[StoredPayload]:
        """Give the payloads of the leaves `[start, end)` by number and field name, in the same way."""

    def stream_checkpoints(self, start: int, end: int) -> Iterator[tuple[int, StoredCheckpoint]]:
        """Give the checkpoints `[start, end)`, numbered from 0 in the order they were published, in the same way."""

    def checkpoint_count(self) -> int:
        """Return the number that the next checkpoint gets."""

    def seqs_of_type(self, kind: str) -> list[int]:
        """Return the numbers of all leaves of a type that is no question's, in order."""

    def scope_hashes(self) -> list[str]:
        """Return all filter hashes whose pairs are kept, in order."""

    def damage(self) -> str | None:
        """Return what is wrong with the store (not with what its rows say), and what to do; `None` if nothing is.

        Raises:
            AuditUnavailableError: it cannot be read, or the look was broken off.
        """

    def stop_looking(self) -> None:
        """Break off looks for damage that other threads are at: a large store takes minutes from a slow disk."""


class LeafStore(LeafReader, Protocol):
    """A place where leaves are kept. Opened by its maker; any thread may read, one at a time may write."""

    @property
    def shown(self) -> str:
        """Where it is, as an operator may see it."""

    @property
    def beside(self) -> "Beside | None":
        """How it is written while other processes write it too; `None` if nobody else can."""

    def remark(self) -> str | None:
        """Return what an operator should know of how it is kept, and what to do; `None` if nothing."""

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Keep all entries, in their order, or none of them; they are durable when this returns.

        Raises:
            AuditUnavailableError: it cannot be written. Whether they were kept is not known: call `reopen` first.
        """

    def publish(self, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
        """Keep a checkpoint and the subtrees completed since the one before; durable on return. Raises as `append`."""

    @property
    def untidy(self) -> bool:
        """Whether bytes of what was erased may still stand where the store writes first."""

    def tidy(self) -> None:
        """Take such bytes away, unless a reader is in the way: then try again later. Never waits, never fails."""

    def reopen(self) -> None:
        """Close the handle and open the same store anew; never makes a new store.

        Raises:
            AuditUnavailableError, AuditBusyError: it is not there, or cannot be written; or another process took it.
        """

    def close(self) -> None:
        """Let go of the store; closing twice is fine."""


Settle = Callable[[Sequence[StoredLeaf]], Sequence[Entry]]
Make = Callable[[StoredCheckpoint | None], tuple[StoredCheckpoint, Sequence[Subtree]] | None]
ExpectAlone = Callable[[], None]  # raises AuditUnavailableError unless nobody else is at it still


class Beside(Protocol):
    """What a store can do that several processes write at once (`beside`); errors are those of `LeafStore`."""

    def append_after(self, settle: Settle) -> list[Receipt]:
        """Keep entries while nobody else adds: `settle` is given what others added since, and returns them.

        Raises:
            AuditOvertakenError: others added so much that it is read before another turn is taken: try again.
        """

    def publish_after(self, make: Make) -> None:
        """Keep a checkpoint while nobody else does: `make` is given the newest of all, and returns the next, if any."""

    def known(self, seq: int, leaf_hash: str) -> None:
        """Say which leaf is the last that this process has read."""

    def writers(self) -> int:
        """Return how many processes have the store open for writing now, this one with them."""

    def agree(self, name: str, value: str) -> str:
        """Return the value that all processes go by under a name: this one, if none was said before."""

    def tend_lease(self) -> bool:
        """Take the lease if nobody has it, show the server that this process is alive, tell whether it has it."""

    def has_lease(self) -> bool:
        """Tell whether this process had the lease a moment ago. Any thread may ask."""

    def leave_lease(self) -> None:
        """Let go of the lease, if this process has it: another is to have it."""

    def alone(self) -> AbstractContextManager[ExpectAlone]:
        """Do something that no other process does meanwhile that is done `alone`; any thread may.

        What is lent is to be called before each step that cannot be undone.

        Raises:
            AuditUnavailableError: another process is at it, for longer than one waits; or the store cannot be reached.
        """
