"""Shards: the log is cut by month, and each month is a Merkle tree of its own.

The origin of a shard is `<name>/audit/<yyyy-mm>`, the month in UTC. Its leaves are a contiguous run of sequence
numbers, from `shard.opened` (which holds the last checkpoint of the shard before) to `shard.closed`.

A log that was put back from a copy goes on under another *history*, 8 hex digits after the month:
`<name>/audit/2026-11.3fa9c1d2`, and so in all months that follow. So no two continuations of one copy share an origin,
and nothing is signed twice for one. The shard that ended there has no `shard.closed`, and gets no leaf any more
(`histories`). The history of the newest shard is the one that goes on.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from service.audit.storage.store import LeafReader

OPENED_TYPE = "shard.opened"
CLOSED_TYPE = "shard.closed"
RESTORED_TYPE = "log.restored"
FIRST_HISTORY = ""  # of a log that was never put back: its origins end with the month
_US = 1_000_000  # microseconds in a second
_TAIL = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2]))(?:\.([0-9a-f]{8}))?")


@dataclass(frozen=True, slots=True)
class Shard:
    """One month of the log; `first_seq` is the sequence number of its first leaf."""

    origin: str
    first_seq: int

    @property
    def month(self) -> str:
        """The month, as `yyyy-mm`."""
        return month_of(self.origin)

    @property
    def history(self) -> str:
        """The history; `FIRST_HISTORY` of a log that was never put back."""
        return history_of(self.origin)


def key_name(name: str) -> str:
    """Return the name of the log's key in signatures: the origin without its month, the same for all shards."""
    return f"{name}/audit"


def origin_at(name: str, ts_us: int, history: str = FIRST_HISTORY) -> str:
    """Return the origin of a leaf made at a time, in a history: `<name>/audit/<yyyy-mm>`, or with `.<history>`."""
    month = f"{key_name(name)}/{datetime.fromtimestamp(ts_us // _US, UTC):%Y-%m}"
    return f"{month}.{history}" if history else month


def tail_of(origin: str) -> str:
    """Return what tells the shards of one log apart: `yyyy-mm`, or `yyyy-mm.<history>`."""
    return origin.rpartition("/")[2]


def is_tail(text: str) -> bool:
    """Tell whether a text can be the tail of an origin."""
    return _TAIL.fullmatch(text) is not None


def month_of(origin: str) -> str:
    """Return the month of an origin, or of its tail, as `yyyy-mm`."""
    return tail_of(origin).partition(".")[0]


def history_of(origin: str) -> str:
    """Return the history of an origin, or of its tail; `FIRST_HISTORY` where it names none."""
    return tail_of(origin).partition(".")[2]


def named_history(history: str) -> str:
    """Return a history in words."""
    return f"the history {history}" if history else "its first history"


def shards_of(store: LeafReader) -> list[Shard]:
    """Return all shards of a store, oldest first.

    Raises:
        AuditUnavailableError: the store cannot be read.
    """
    return [Shard(str(json.loads(leaf.leaf)["origin"]), leaf.seq) for leaf in store.of_type(OPENED_TYPE)]


def shard_of(shards: list[Shard], seq: int) -> Shard | None:
    """Return the shard that holds a sequence number; `None` before the first."""
    return next((shard for shard in reversed(shards) if shard.first_seq <= seq), None)
