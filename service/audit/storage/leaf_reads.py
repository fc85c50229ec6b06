"""What can be read of a store whose tables a database holds: the `LeafReader` half of it, the same SQL for every one.

For the service and for whoever only looks. Reading never waits for the writer and never changes anything. A `Database`
knows how it is connected to and what its errors mean; here is only what is asked, with `?` for each value.
"""

import itertools
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from service.audit.errors import AuditDamagedError
from service.audit.keys.actors import conversation_key
from service.audit.storage.kept_scopes import unpacked
from service.audit.storage.store import (
    MAX_SEQ,
    Payload,
    StoredCheckpoint,
    StoredLeaf,
    StoredPayload,
    Subtree,
    leaf_hash,
)

NEXT_SEQ = "SELECT COALESCE(MAX(seq) + 1, 0) FROM leaves"
NEXT_CHECKPOINT = "SELECT COALESCE(MAX(id) + 1, 0) FROM checkpoints"
_HASH_BYTES = 32
_MOST_VARIABLES = 500  # a statement of SQLite may have 999, wherever SQLite comes from
_VERIFY = "run greenlit audit verify, and put the store back as it was"
_LEAF = "SELECT seq, leaf_hash, type, ts_us, request_id, leaf, conversation FROM leaves"
_CHECKPOINT = "SELECT origin, size, root, note FROM checkpoints WHERE origin = ?"
# The condition of the partial index has to stand in the query, or the index is not used.
_OF_TYPE = "type = ? AND type NOT IN ('query.received', 'query.finished')"
_OF_CONVERSATION = """
    SELECT seq FROM leaves WHERE conversation = ? AND conversation <> '' AND seq < ? ORDER BY seq DESC LIMIT ?"""
_OF_ANY_CONVERSATION = """
    SELECT conversation, seq FROM leaves
    WHERE conversation >= ? AND conversation < ? AND conversation <> '' ORDER BY conversation, seq"""
# Each gives one page, between two numbers.
_LEAF_PAGE = f"{_LEAF} WHERE seq >= ? AND seq < ? ORDER BY seq"
_PAYLOAD_PAGE = """
    SELECT payloads.seq, COALESCE(type, ''), COALESCE(request_id, ''), field, key_id, sealed
    FROM payloads LEFT JOIN leaves ON leaves.seq = payloads.seq
    WHERE payloads.seq >= ? AND payloads.seq < ? ORDER BY payloads.seq, field"""
_CHECKPOINT_PAGE = "SELECT id, origin, size, root, note FROM checkpoints WHERE id >= ? AND id < ? ORDER BY id"
_LATE_ANSWERS = """
    SELECT leaf FROM leaves WHERE seq > (SELECT COALESCE(MAX(seq), 0) FROM leaves) - 1000 AND type = 'query.finished'
    ORDER BY seq DESC LIMIT 16"""
# Of all there are: by the index alone. Of those above a number, which are few: question by question.
_UNFINISHED = f"""
    {_LEAF} WHERE type = 'query.received' AND request_id IN (
        SELECT request_id FROM leaves WHERE request_id <> '' AND type IN ('query.received', 'query.finished')
        GROUP BY request_id HAVING SUM(CASE type WHEN 'query.finished' THEN 1 ELSE 0 END) = 0)
    AND request_id <> '' ORDER BY seq"""  # nosec B608  # noqa: S608  (parts are of this module)
_UNFINISHED_ABOVE = f"""
    {_LEAF} WHERE seq > ? AND type = 'query.received' AND request_id <> '' AND NOT EXISTS (SELECT 1 FROM leaves AS e
    WHERE e.request_id = leaves.request_id AND e.request_id <> '' AND e.type = 'query.finished') ORDER BY seq"""  # nosec B608  # noqa: S608


class Database(Protocol):
    """Where the tables are. Every method raises AuditUnavailableError when it cannot be read."""

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query, with a `?` for each parameter."""

    def stream(self, query: str, start: int, end: int) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a query for the numbers `[start, end)`, a page of numbers at a time.

        Between two pages no transaction is open, so nobody who reads for long keeps the database from tidying up.

        Args:
            query: with two parameters, where a page begins and where it ends.
            start: the first number; those below 0 make one page.
            end: after the last number.
        """

    def damage(self) -> str | None:
        """See `LeafReader.damage`."""

    def stop_looking(self) -> None:
        """See `LeafReader.stop_looking`."""


class LeafReads:
    """Reads a store's tables; see `LeafReader` for what each method gives."""

    def __init__(self, database: Database) -> None:
        """Read these tables; nothing is opened before the first call."""
        self._database = database

    def size(self) -> int:
        """See `LeafReader.size`."""
        return int(self._database.rows(NEXT_SEQ)[0][0])

    def leaf(self, seq: int) -> StoredLeaf | None:
        """See `LeafReader.leaf`."""
        found = self._leaves("WHERE seq = ?", bounded(seq))
        return found[0] if found else None

    def leaves(self, after: int, limit: int) -> list[StoredLeaf]:
        """See `LeafReader.leaves`."""
        return self._leaves("WHERE seq > ? ORDER BY seq LIMIT ?", bounded(after), limit)

    def leaf_hashes(self, start: int, end: int) -> list[bytes]:
        """See `LeafReader.leaf_hashes`."""
        query = "SELECT seq, leaf_hash FROM leaves WHERE seq >= ? AND seq < ? ORDER BY seq"
        return [_hash(*row) for row in self._database.rows(query, (bounded(start), bounded(end)))]

    def of_type(self, kind: str, *, after: int = -1) -> list[StoredLeaf]:
        """See `LeafReader.of_type`."""
        return self._leaves(f"WHERE {_OF_TYPE} AND seq > ? ORDER BY seq", kind, bounded(after))

    def newest_of(self, kind: str) -> StoredLeaf | None:
        """See `LeafReader.newest_of`."""
        found = self._leaves(f"WHERE {_OF_TYPE} ORDER BY seq DESC LIMIT 1", kind)
        return found[0] if found else None

    def of_request(self, request_id: str) -> list[StoredLeaf]:
        """See `LeafReader.of_request`."""
        if not _is_text(request_id):
            return []
        return self._leaves("WHERE request_id = ? AND request_id <> '' ORDER BY seq", request_id)

    def of_questions(self, seqs: Sequence[int]) -> list[StoredLeaf]:
        """See `LeafReader.of_questions`."""
        found: list[StoredLeaf] = []
        for these, marks in _parts(seqs):
            asked = f"SELECT request_id FROM leaves WHERE seq IN ({marks})"  # nosec B608  # noqa: S608  (marks are ?s)
            found += self._leaves(f"WHERE request_id IN ({asked}) AND request_id <> ''", *these)
        return sorted({leaf.seq: leaf for leaf in found}.values(), key=lambda leaf: leaf.seq)

    def of_conversation(
        self, actor: str, conversation_id: str, *, before: int = MAX_SEQ, limit: int = MAX_SEQ
    ) -> list[int]:
        """See `LeafReader.of_conversation`."""
        if not _is_text(conversation_id):
            return []
        rows = self._database.rows(_OF_CONVERSATION, (conversation_key(actor, conversation_id), bounded(before), limit))
        return [row[0] for row in rows][::-1]

    def turns_of(self, actor: str) -> list[tuple[str, int]]:
        """See `LeafReader.turns_of`."""
        first = conversation_key(actor, "")
        after = first[:-1] + chr(ord(first[-1]) + 1)  # above all that begin with it
        rows = self._database.rows(_OF_ANY_CONVERSATION, (first, after))
        return [(conversation.removeprefix(first), seq) for conversation, seq in rows]

    def unfinished(self, *, after: int = -1) -> list[StoredLeaf]:
        """See `LeafReader.unfinished`."""
        rows = self._database.rows(*((_UNFINISHED_ABOVE, (bounded(after),)) if after >= 0 else (_UNFINISHED,)))
        return [whole(*row) for row in rows]

    def payloads(self, seq: int) -> tuple[Payload, ...]:
        """See `LeafReader.payloads`."""
        query = "SELECT field, key_id, sealed FROM payloads WHERE seq = ? ORDER BY field"
        return tuple(Payload(*row) for row in self._database.rows(query, (bounded(seq),)))

    def payloads_of(self, seqs: Sequence[int]) -> dict[int, tuple[Payload, ...]]:
        """See `LeafReader.payloads_of`."""
        found: dict[int, list[Payload]] = {}
        for these, marks in _parts(seqs):
            query = f"SELECT seq, field, key_id, sealed FROM payloads WHERE seq IN ({marks}) ORDER BY seq, field"  # nosec B608  # noqa: S608  (marks are ?s)
            for seq, *row in self._database.rows(query, these):
                found.setdefault(seq, []).append(Payload(*row))
        return {seq: tuple(payloads) for seq, payloads in found.items()}

    def leaves_at(self, seqs: Collection[int]) -> list[StoredLeaf]:
        """See `LeafReader.leaves_at`."""
        found: list[StoredLeaf] = []
        for these, marks in _parts(sorted(set(seqs))):
            found += self._leaves(f"WHERE seq IN ({marks}) ORDER BY seq", *these)
        return found

    def payload_seqs(self, start: int, end: int) -> list[int]:
        """See `LeafReader.payload_seqs`."""
        query = "SELECT DISTINCT seq FROM payloads WHERE seq >= ? AND seq < ? ORDER BY seq"
        return [row[0] for row in self._database.rows(query, (bounded(start), bounded(end)))]

    def checkpoints(self, origin: str, *, above: int = -1, limit: int = 1000) -> list[StoredCheckpoint]:
        """See `LeafReader.checkpoints`."""
        query = f"{_CHECKPOINT} AND size > ? ORDER BY size LIMIT ?"
        return [StoredCheckpoint(*row) for row in self._database.rows(query, (origin, bounded(above), limit))]

    def newest_checkpoint(self, origin: str) -> StoredCheckpoint | None:
        """See `LeafReader.newest_checkpoint`."""
        rows = self._database.rows(f"{_CHECKPOINT} ORDER BY size DESC, id DESC LIMIT 1", (origin,))
        return StoredCheckpoint(*rows[0]) if rows else None

    def subtrees(self, origin: str, level: int, start: int, end: int) -> list[bytes]:
        """See `LeafReader.subtrees`."""
        query = (
            "SELECT hash FROM subtrees WHERE origin = ? AND level = ? AND number >= ? AND number < ? ORDER BY number"
        )
        rows = self._database.rows(query, (origin, level, start, end))
        if any(not isinstance(row[0], bytes) or len(row[0]) != _HASH_BYTES for row in rows):
            raise AuditDamagedError(f"a subtree that is kept of {origin} is not as it was written: {_VERIFY}")
        return [row[0] for row in rows]

    def all_subtrees(self) -> list[Subtree]:
        """Return every subtree that is kept, of all shards, in order: one for 256 leaves."""
        query = "SELECT origin, level, number, hash FROM subtrees ORDER BY origin, level, number"
        return [Subtree(*row) for row in self._database.rows(query)]

    def scope(self, filter_hash: str) -> bytes | None:
        """See `LeafReader.scope`."""
        kept = self.scope_as_kept(filter_hash)
        return None if kept is None else unpacked(kept, self.scope_as_kept)

    def scope_as_kept(self, filter_hash: str) -> bytes | None:
        """Return what is kept of the pairs that a filter hash stands for (`kept_scopes`); `None` if nothing is."""
        rows = self._database.rows("SELECT pairs FROM scopes WHERE filter_hash = ?", (filter_hash,))
        return bytes(rows[0][0]) if rows else None

    def late_filter_hash(self) -> str | None:
        """Return the filter hash of the last answer that is on record, if it is not long ago."""
        for (leaf,) in self._database.rows(_LATE_ANSWERS):
            with suppress(ValueError, KeyError, TypeError):  # nothing was searched for, or altered
                return str(json.loads(leaf)["retrieval"]["filter_hash"])
        return None

    def stream_leaves(self, start: int, end: int) -> Iterator[StoredLeaf]:
        """See `LeafReader.stream_leaves`."""
        return itertools.starmap(StoredLeaf, self._database.stream(_LEAF_PAGE, start, end))

    def stream_payloads(self, start: int, end: int) -> Iterator[StoredPayload]:
        """See `LeafReader.stream_payloads`."""
        for seq, kind, request_id, field, key_id, sealed in self._database.stream(_PAYLOAD_PAGE, start, end):
            yield StoredPayload(seq, kind, request_id, Payload(field, key_id, sealed))

    def stream_checkpoints(self, start: int, end: int) -> Iterator[tuple[int, StoredCheckpoint]]:
        """See `LeafReader.stream_checkpoints`."""
        for number, *row in self._database.stream(_CHECKPOINT_PAGE, start, end):
            yield number, StoredCheckpoint(*row)

    def checkpoint_count(self) -> int:
        """See `LeafReader.checkpoint_count`."""
        return int(self._database.rows(NEXT_CHECKPOINT)[0][0])

    def seqs_of_type(self, kind: str) -> list[int]:
        """See `LeafReader.seqs_of_type`."""
        query = f"SELECT seq FROM leaves WHERE {_OF_TYPE} ORDER BY seq"  # nosec B608  # noqa: S608  (parts are of this module)
        return [row[0] for row in self._database.rows(query, (kind,))]

    def scope_hashes(self) -> list[str]:
        """See `LeafReader.scope_hashes`."""
        return [row[0] for row in self._database.rows("SELECT filter_hash FROM scopes ORDER BY filter_hash")]

    def _leaves(self, which: str, *parameters: Any) -> list[StoredLeaf]:
        return [whole(*row) for row in self._database.rows(f"{_LEAF} {which}", parameters)]

    def damage(self) -> str | None:
        """See `LeafReader.damage`."""
        return self._database.damage()

    def stop_looking(self) -> None:
        """See `LeafReader.stop_looking`."""
        self._database.stop_looking()


def whole(*row: Any) -> StoredLeaf:
    """Return a leaf, if it is the one that was written: nobody is to read a record that became another."""
    found = StoredLeaf(*row)
    texts = all(isinstance(text, str) for text in (found.type, found.request_id, found.conversation))
    fits = texts and isinstance(found.ts_us, int) and isinstance(found.leaf, bytes)
    if not fits or leaf_hash(found.leaf) != found.leaf_hash:
        raise _not_as_written(found.seq)
    return found


def _hash(seq: int, digest: Any) -> bytes:
    try:
        return bytes.fromhex(digest)
    except (TypeError, ValueError):
        raise _not_as_written(seq) from None


def _not_as_written(seq: int) -> AuditDamagedError:
    return AuditDamagedError(f"record {seq} is not as it was written: {_VERIFY}")


def _parts(seqs: Sequence[int]) -> Iterator[tuple[list[int], str]]:
    """Give numbers in parts that a statement has room for, each with its parameters."""
    for begin in range(0, len(seqs), _MOST_VARIABLES):
        these = [bounded(seq) for seq in seqs[begin : begin + _MOST_VARIABLES]]
        yield these, ", ".join("?" * len(these))


def bounded(number: int) -> int:
    """Return a number that a database can hold: a larger one, or one below 0, is no row, and no error."""
    return max(-1, min(number, MAX_SEQ))


def _is_text(text: str) -> bool:
    """Tell whether a row can hold a text: half of a surrogate pair, or a NUL, as a caller may send, is in none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
