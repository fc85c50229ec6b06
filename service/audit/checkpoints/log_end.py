"""The end of a log that several processes write: where it is, as this process has read it, and what may come next.

An entry is made before its turn comes. In the meantime another process may have ended the month, begun the next, put a
key on record or closed a question that it took for left behind. `take` says what may be added as it is: so each month
is ended and begun once, each key is on record once, each question has one end, and times never go back. Reads what
leaves say; whether they are those that were written is for the store and for `publisher`.
"""

import json
from typing import Literal

from service.audit.errors import AuditDamagedError
from service.audit.events import KEY_CREATED_TYPE, KEY_REVOKED_TYPE
from service.audit.serialise import FINISHED_TYPE
from service.audit.shards import CLOSED_TYPE, OPENED_TYPE, RESTORED_TYPE, Shard
from service.audit.storage.store import Entry, LeafReader, StoredLeaf

Taken = Literal["taken", "overtaken", "ended"]
_MOST_ENDED = 4096  # questions that others ended: those from long before nobody ends again
_ENDED_BEFORE = 1000  # leaves that are looked through for them where the log is taken up
_CHANGES = {OPENED_TYPE, CLOSED_TYPE, RESTORED_TYPE, KEY_CREATED_TYPE, KEY_REVOKED_TYPE}


class LogEnd:
    """See the module. Only the writer's thread calls it; `changes` may be read by any."""

    def __init__(self, store: LeafReader, *, size: int, shard: Shard | None, changes: int = 0) -> None:
        """Take up the end after the first `size` leaves, which are in the store.

        Args:
            store: where they are read from.
            size: how many are known.
            shard: the newest that begins among them.
            changes: how often others changed a month or a key before; goes on counting.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        self.next_seq = size
        self.origin = shard.origin if shard else ""
        self.changes = changes
        newest = store.leaf(size - 1) if size else None
        self.ts_us = newest.ts_us if newest else 0
        self._closed = newest is None or newest.type == CLOSED_TYPE
        created = (leaf for leaf in store.of_type(KEY_CREATED_TYPE) if leaf.seq < size)
        self._keys = {_key_id(leaf.leaf) for leaf in created}
        self._ended: dict[str, None] = {}  # by their ids, oldest first
        for leaf in store.leaves(size - _ENDED_BEFORE - 1, _ENDED_BEFORE) if size else ():
            if leaf.type == FINISHED_TYPE and leaf.seq < size:
                self._ended[leaf.request_id] = None

    def follow(self, leaf: StoredLeaf) -> None:
        """Go on to a leaf that another process added.

        Raises:
            AuditDamagedError: it is not the next, or its time is before that of the one before.
        """
        if leaf.seq != self.next_seq or leaf.ts_us < self.ts_us:
            raise AuditDamagedError(
                f"expected record {self.next_seq} of {self.ts_us} or later, got {leaf.seq} of {leaf.ts_us}: the "
                "records are not in order; run greenlit audit verify"
            )
        if leaf.type in _CHANGES:
            self.changes += 1
        if leaf.type == OPENED_TYPE:
            self.origin = str(json.loads(leaf.leaf)["origin"])
        self._go_on(leaf.type, leaf.leaf, leaf.request_id, leaf.ts_us)

    def take(self, entry: Entry) -> Taken:
        """Go on to an entry of this process if it may come next; `ended` if its question has an end already."""
        if entry.ts_us < self.ts_us or not self._fits(entry):
            return "overtaken"
        if entry.type == FINISHED_TYPE and entry.request_id in self._ended:
            return "ended"
        self.origin = entry.origin
        self._go_on(entry.type, entry.leaf, entry.request_id, entry.ts_us)
        return "taken"

    def _fits(self, entry: Entry) -> bool:
        if entry.type == OPENED_TYPE:
            return self._closed and json.loads(entry.leaf)["first_seq"] == self.next_seq
        if self._closed or entry.origin != self.origin:
            return False
        return entry.type != KEY_CREATED_TYPE or _key_id(entry.leaf) not in self._keys

    def _go_on(self, kind: str, leaf: bytes, request_id: str, ts_us: int) -> None:
        self.next_seq += 1
        self.ts_us = ts_us
        self._closed = kind == CLOSED_TYPE
        if kind == KEY_CREATED_TYPE:
            self._keys.add(_key_id(leaf))
        elif kind == FINISHED_TYPE:
            self._ended[request_id] = None
            if len(self._ended) > _MOST_ENDED:
                del self._ended[next(iter(self._ended))]


def _key_id(leaf: bytes) -> str:
    return str(json.loads(leaf)["key_id"])
