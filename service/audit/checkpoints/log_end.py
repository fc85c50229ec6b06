"""The end of a log that several processes write: where it is, as this process has read it, and what may come next.

An entry is made before its turn comes. In the meantime another process may have ended the month, begun the next, put a
key on record or closed a question that it took for left behind. `take` says what may be added as it is: so each month
is ended and begun once, each key is put on record once and ended once, one that signs is always left, each question has
one end, and times never go back. Reads what leaves say; whether they are those that were written is for the store and
for `publisher`.
"""

import json
from typing import Literal

from service.audit.errors import AuditDamagedError, AuditEndedError, AuditOvertakenError, AuditUnavailableError
from service.audit.events import KEY_CREATED_TYPE, KEY_REVOKED_TYPE
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE
from service.audit.shards import CLOSED_TYPE, OPENED_TYPE, RESTORED_TYPE, Shard
from service.audit.storage.store import Entry, LeafReader, StoredLeaf

NotTaken = Literal["overtaken", "ended", "revoked", "last"]
Taken = Literal["taken"] | NotTaken
_MOST_KNOWN = 4096  # questions that are known without a look into the store: with an end, and taken here without one
_REFUSED: dict[NotTaken, tuple[type[AuditUnavailableError], str]] = {
    "overtaken": (AuditOvertakenError, "another process changed the month or its keys: try again"),
    "ended": (
        AuditEndedError,
        "this question was taken for left behind and has an end on record already: no answer may be given; ask again",
    ),
    "revoked": (AuditUnavailableError, "another process put on record already that this key is used no more"),
    "last": (
        AuditUnavailableError,
        "another process changed keys meanwhile, and this one is the only key left that signs: change it again",
    ),
}
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
        self._store = store
        self._keys: set[str] = set()
        self._signing: set[str] = set()  # keys that sign and are not revoked
        self._revoked: set[str] = set()
        for kind in (KEY_CREATED_TYPE, KEY_REVOKED_TYPE):
            for leaf in store.of_type(kind):
                if leaf.seq < size:
                    self._learn_key(kind, leaf.leaf)
        self._open: dict[str, None] = {}  # by their ids, oldest first
        self._ended: dict[str, None] = {}

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
        """Go on to an entry of this process if it may come next.

        Returns:
            `taken`; `overtaken`: made anew, it may be; `ended`: its question has an end already; `revoked`: its key is
            used no more already; `last`: its key is the only one left that signs.

        Raises:
            AuditUnavailableError: it has to be looked into the store, which cannot be read.
        """
        if entry.ts_us < self.ts_us or not self._fits(entry):
            return "overtaken"
        if entry.type == FINISHED_TYPE and self._has_end(entry.request_id):
            return "ended"
        if entry.type == KEY_REVOKED_TYPE:
            key_id = _key_id(entry.leaf)
            if key_id in self._revoked:
                return "revoked"
            if _signs(entry.leaf) and not self._signing - {key_id}:
                return "last"
        self.origin = entry.origin
        self._go_on(entry.type, entry.leaf, entry.request_id, entry.ts_us)
        if entry.type == RECEIVED_TYPE:
            _remember(self._open, entry.request_id)
        return "taken"

    def _has_end(self, request_id: str) -> bool:
        """Tell whether a question has an end: whoever stood still for long, or began anew, has to look."""
        if request_id in self._open:
            return False
        if request_id in self._ended:
            return True
        return any(leaf.type == FINISHED_TYPE for leaf in self._store.of_request(request_id))

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
        if kind in {KEY_CREATED_TYPE, KEY_REVOKED_TYPE}:
            self._learn_key(kind, leaf)
        elif kind == FINISHED_TYPE:
            self._open.pop(request_id, None)
            _remember(self._ended, request_id)

    def _learn_key(self, kind: str, leaf: bytes) -> None:
        key_id = _key_id(leaf)
        if kind == KEY_REVOKED_TYPE:
            self._revoked.add(key_id)
            self._signing.discard(key_id)
            return
        self._keys.add(key_id)
        if _signs(leaf) and key_id not in self._revoked:
            self._signing.add(key_id)


def refusal(taken: NotTaken) -> AuditUnavailableError:
    """Return the error for an entry that was not taken."""
    error, words = _REFUSED[taken]
    return error(words)


def _remember(questions: dict[str, None], request_id: str) -> None:
    questions[request_id] = None
    if len(questions) > _MOST_KNOWN:
        del questions[next(iter(questions))]


def _signs(leaf: bytes) -> bool:
    return bool(json.loads(leaf).get("purpose") == "signing")


def _key_id(leaf: bytes) -> str:
    return str(json.loads(leaf)["key_id"])
