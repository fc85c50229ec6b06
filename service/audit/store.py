"""What a store of leaves must be: the port, and the records that pass through it.

A store gives out sequence numbers from 0 without a gap, keeps leaf and payloads together or not at all, and never
changes a leaf. `append` returns only what is durable. Every error of the database below it becomes an `AuditError`
without the text that was to be written. The laws are in `tests/contract/test_leaf_store.py`, which every store passes.
A store knows nothing of what a leaf says, of trees, checkpoints or the encryption of payloads: `body` is kept as given.
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Payload:
    """The text that one field of a leaf commits to, with its salt. Left out of `repr`, so out of every traceback."""

    field: str
    salt: bytes = dataclasses.field(repr=False)
    body: bytes = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf to be kept, with its payloads; the other fields repeat what the leaf says, to be looked up by."""

    origin: str
    type: str
    ts_us: int
    request_id: str
    leaf: bytes
    payloads: tuple[Payload, ...] = ()


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


def leaf_hash(leaf: bytes) -> str:
    """Return the leaf hash of RFC 6962, section 2.1: SHA-256(0x00 || leaf), as hex."""
    return hashlib.sha256(b"\0" + leaf).hexdigest()


class LeafStore(Protocol):
    """A place where leaves are kept. Opened by its maker; any thread may read, one at a time may append."""

    def append(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Keep all entries, in their order, or none of them; they are durable when this returns.

        After an error it is not known whether they were kept; call `reopen` before anything else.

        Raises:
            AuditUnavailableError: the store cannot be written.
        """

    def reopen(self) -> None:
        """Close the handle and open the same store anew; never makes a new store.

        Raises:
            AuditUnavailableError: the store is not there, or cannot be written.
            AuditBusyError: another process took it.
        """

    def size(self) -> int:
        """Return the number of leaves, which is the next sequence number."""

    def leaf(self, seq: int) -> StoredLeaf | None:
        """Return one leaf; `None` if there is none with this number."""

    def leaves(self, after: int, limit: int) -> list[StoredLeaf]:
        """Return up to `limit` leaves with numbers above `after` (-1: from the first), in order."""

    def payloads(self, seq: int) -> tuple[Payload, ...]:
        """Return the payloads of one leaf by field name; empty if it has none, or they were erased."""

    def close(self) -> None:
        """Let go of the store; closing twice is fine."""
