"""A `LogCheck` that a store streams through: it also checks what a store holds beside its leaves.

A leaf's columns must repeat what it says. A checkpoint's row must repeat its note, and none may be missing between two
others. A text must open with its key (`sealing_keys`), and fit its commitment; who asked must be there, and be whom the
pseudonym stands for. The kept subtrees of a month must be those of its leaves. Keeps a page of each, the roots of a
month's subtrees of 256 leaves, and a few bytes a record.
"""

import array
import base64
import bisect
import hashlib
import heapq
import operator
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from service.audit.checking.sealing_keys import SealingKeys
from service.audit.checking.verifier import DAMAGE, LogCheck, NoteRow, TextRow, in_log_order
from service.audit.keys.actors import conversation_key
from service.audit.keys.keyring import Keyring
from service.audit.log import ASKER_FIELD
from service.audit.sealed_text import payload_context
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE, SENTENCE_TYPE
from service.audit.shards import Shard, month_of
from service.audit.storage.store import SUBTREE_LEAVES, LeafReader, StoredLeaf

_FIRST_SEQ = operator.attrgetter("first_seq")
_LOWEST = -(2**63)  # no store gives out a number below 0: what has one was put there by somebody else


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What a witness kept of a log: its verifier key, and the notes that it cosigned."""

    key: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What of a store is checked: the first `size` leaves, in these shards, and the first `checkpoints` checkpoints."""

    size: int
    checkpoints: int
    shards: tuple[Shard, ...]


class StoreCheck(LogCheck):
    """See the module; `month` for each shard, then `finish`."""

    def __init__(
        self,
        *,
        store: LeafReader,
        snapshot: Snapshot,
        keys: Sequence[str],
        keyring: Keyring | None,
        witness: Witnessed | None,
    ) -> None:
        """Begin; rows are read as they are needed.

        Args:
            store: what to check.
            snapshot: what of it.
            keys: verifier keys of the log.
            keyring: opens the texts; `None`: they are not checked.
            witness: what a witness kept.
        """
        self.filters: dict[str, int] = {}  # filter hashes, and the first record that names each
        self.unnamed = array.array("q")  # questions without who asked
        self.named_keys: dict[str, int] = {}  # the log's own, by itself, and which record names each
        self.sealing = SealingKeys(keyring) if keyring else None
        self._store = store
        self._snapshot = snapshot
        self.signed_sizes: Counter[str] = Counter()  # of the largest checkpoint of each shard so far
        self._said: Any = None  # by the leaf that streams by
        self._askers: dict[int, str | None] = {}  # of the questions that stream by; `None`: it cannot be opened
        self._hashes: list[bytes] = []  # since the month's last complete subtree of 256 leaves
        self._roots: list[bytes] = []  # of the month's complete subtrees of 256 leaves
        kept = [(*_said_by(note)[:2], note, "witness") for note in witness.notes] if witness else []
        place = in_log_order(shard.origin for shard in snapshot.shards)
        super().__init__(
            keys=keys,
            notes=heapq.merge(self._own_notes(), sorted(kept, key=place), key=place),
            texts=self._opened_texts(self.sealing) if self.sealing else None,
            witness=witness.key if witness else "",
        )

    def month(self, shard: Shard, end: int) -> None:
        """Check the leaves of a shard, up to the number `end`, which is not its own any more, and its subtrees."""
        size = end - shard.first_seq
        row = {"origin": shard.origin, "first_seq": shard.first_seq, "start": 0, "end": size, "size": size}
        leaves = self._leaves(shard.first_seq or _LOWEST, end)
        self._hashes, self._roots = [], []
        self.shard({**row, "left": [], "right": []}, leaves)
        for _ in leaves:  # the row of the last one is looked at when another is asked for
            pass
        self._check_subtrees(shard)

    def _read(self, seq: int, leaf: dict[str, Any]) -> None:
        self._said = leaf
        if leaf["type"] == "key.created" and leaf["purpose"] == "signing":
            self.named_keys.setdefault(leaf["vkey"], seq)
        if self.sealing:
            self.sealing.read(seq, leaf)
        super()._read(seq, leaf)

    def _leaves(self, start: int, end: int) -> Iterator[tuple[int, bytes, str]]:
        """Give leaves; when the next one is asked for, the one before has passed, and its row is looked at."""
        for row in self._store.stream_leaves(start, end):
            if row.seq < 0:
                self.expect(False, row.seq, "order", "has a number that no store gives out")
                continue
            self._said = None
            yield row.seq, row.leaf if isinstance(row.leaf, bytes) else b"", str(row.leaf_hash)
            try:
                self._grow(bytes.fromhex(row.leaf_hash))
                self._check_row(row, self._said)
            except DAMAGE:
                self.expect(False, row.seq, "leaf", "is not of the form of a record")

    def _check_row(self, row: StoredLeaf, said: dict[str, Any]) -> None:
        kind = said["type"]
        asked = kind == RECEIVED_TYPE
        request_id = said["request_id"] if asked or kind in (SENTENCE_TYPE, FINISHED_TYPE) else ""
        turn = asked and "conversation_id" in said
        conversation = conversation_key(said["actor"], said["conversation_id"]) if turn else ""
        found_by = (row.type, row.ts_us, row.request_id, row.conversation)
        same = found_by == (kind, said["ts_us"], request_id, conversation)
        self.expect(same, row.seq, "leaf", "is kept under another type, time, question or conversation than it says")
        if retrieval := said.get("retrieval"):
            self.filters.setdefault(retrieval["filter_hash"], row.seq)
        if self.sealing and (asked or row.seq in self._askers):
            self._check_asker(row.seq, said if asked else None, self.sealing)

    def _check_asker(self, seq: int, asked: dict[str, Any] | None, sealing: SealingKeys) -> None:
        if seq not in self._askers:
            self.unnamed.append(seq)
            return
        name = self._askers.pop(seq)
        if asked is None:
            self.expect(False, seq, "payload", "has who asked beside it, and is no question")
        elif name is not None:
            sealing.try_pseudonym(seq, origin=asked["origin"], subject=name, actor=asked["actor"])

    def _own_notes(self) -> Iterator[NoteRow]:
        """Give the store's checkpoints; a row that is wrong by itself is counted and left out."""
        following, origins = 0, {shard.origin for shard in self._snapshot.shards}
        for number, row in self._store.stream_checkpoints(_LOWEST, self._snapshot.checkpoints):
            whole = number == following
            self.expect(whole, self.seq, "checkpoint", f"expected the kept checkpoint {following} here, got {number}")
            following = number + 1
            same = (row.origin, row.size, row.root) == _said_by(row.note)
            words = f"the kept checkpoint {number} is of a month that is not here"
            if self.expect(
                same, self.seq, "checkpoint", f"the kept checkpoint {number} is not what its row says"
            ) and self.expect(row.origin in origins, self.seq, "checkpoint", words):
                self.signed_sizes[row.origin] = max(row.size, self.signed_sizes[row.origin])
                yield row.origin, row.size, row.note, "checkpoint"

    def _opened_texts(self, sealing: SealingKeys) -> Iterator[TextRow]:
        """Give the store's texts; of one that cannot be opened it is only known that it is there."""
        for row in self._store.stream_payloads(_LOWEST, self._snapshot.size):
            field = str(row.payload.field)
            if not row.type:  # its record is not here, which the check of the row says
                yield row.seq, field, None, b""
                continue
            shards = self._snapshot.shards
            shard = shards[bisect.bisect_right(shards, row.seq, key=_FIRST_SEQ) - 1]
            context = payload_context(shard.origin, row.type, row.request_id, field)
            opened = sealing.open(row.seq, row.payload, month=month_of(shard.origin), context=context)
            salt, text = opened or (None, b"")
            if field == ASKER_FIELD:
                self._askers[row.seq] = None if salt is None else text.decode("utf-8", "replace")
            yield row.seq, field, salt, text

    def _grow(self, leaf_hash: bytes) -> None:
        self._hashes.append(leaf_hash)
        if len(self._hashes) == SUBTREE_LEAVES:
            self._roots.append(_root_of(self._hashes))
            self._hashes.clear()

    def _check_subtrees(self, shard: Shard) -> None:
        """Compare each level of a shard's subtrees; those under no checkpoint may not be kept yet."""
        roots, level, width = self._roots, 1, SUBTREE_LEAVES
        while roots:
            kept = self._store.subtrees(shard.origin, level, 0, len(roots))
            due = max(self.signed_sizes[shard.origin] // width, len(kept))
            for number, root in enumerate(roots[:due]):
                begin = shard.first_seq + number * width
                same, what = (
                    kept[number : number + 1] == [root],
                    f"to {begin + width - 1}: their kept subtree is another",
                )
                if not self.expect(same, begin, "tree", what, begin + width - 1):
                    break
            whole = range(0, len(roots) - SUBTREE_LEAVES + 1, SUBTREE_LEAVES)
            roots = [_root_of(roots[begin : begin + SUBTREE_LEAVES]) for begin in whole]
            level, width = level + 1, width * SUBTREE_LEAVES


def _said_by(note: str) -> tuple[str, int, str]:
    """Return what a note says, as the columns beside it should: origin, size, root in hex. Believes nothing."""
    try:
        origin, size, root, *_ = note.split("\n")
        return origin, int(size), base64.b64decode(root, validate=True).hex()
    except DAMAGE:
        return "", -1, ""


def _root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of 256 hashes, row by row: half the time of a tree that can grow."""
    row = list(hashes)
    while len(row) > 1:
        row = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]
