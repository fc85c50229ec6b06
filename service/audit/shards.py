"""Shards: the log is cut by month, and each month is a Merkle tree of its own.

The origin of a shard is `<name>/audit/<yyyy-mm>`, the month in UTC. Its leaves are a contiguous run of sequence
numbers, from `shard.opened` (which holds the last checkpoint of the shard before) to `shard.closed`.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from service.audit.storage.store import LeafReader

OPENED_TYPE = "shard.opened"
CLOSED_TYPE = "shard.closed"
_US = 1_000_000  # microseconds in a second


@dataclass(frozen=True, slots=True)
class Shard:
    """One month of the log; `first_seq` is the sequence number of its first leaf."""

    origin: str
    first_seq: int

    @property
    def month(self) -> str:
        """The month, as `yyyy-mm`."""
        return month_of(self.origin)


def key_name(name: str) -> str:
    """Return the name of the log's key in signatures: the origin without its month, the same for all shards."""
    return f"{name}/audit"


def origin_at(name: str, ts_us: int) -> str:
    """Return the origin of a leaf made at a time: `<name>/audit/<yyyy-mm>`."""
    return f"{key_name(name)}/{datetime.fromtimestamp(ts_us // _US, UTC):%Y-%m}"


def month_of(origin: str) -> str:
    """Return the month of an origin, as `yyyy-mm`."""
    return origin.rpartition("/")[2]


def shards_of(store: LeafReader) -> list[Shard]:
    """Return all shards of a store, oldest first.

    Raises:
        AuditUnavailableError: the store cannot be read.
    """
    return [Shard(str(json.loads(leaf.leaf)["origin"]), leaf.seq) for leaf in store.of_type(OPENED_TYPE)]


def shard_of(shards: list[Shard], seq: int) -> Shard | None:
    """Return the shard that holds a sequence number; `None` before the first."""
    return next((shard for shard in reversed(shards) if shard.first_seq <= seq), None)
