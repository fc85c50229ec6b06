"""What can be read of the SQLite store: the `LeafReader` half of it, for the service and for whoever only looks.

Reading never waits for the writer and never changes anything.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from service.audit.storage.sqlite_file import SqliteFile
from service.audit.storage.sqlite_schema import CHECKPOINTS, LEAVES, PAYLOADS, SCOPES, SUBTREES
from service.audit.storage.store import Payload, StoredCheckpoint, StoredLeaf, StoredPayload

NEXT_SEQ = sa.select(sa.func.coalesce(sa.func.max(LEAVES.c.seq) + 1, 0))
NEXT_CHECKPOINT = sa.select(sa.func.coalesce(sa.func.max(CHECKPOINTS.c.id) + 1, 0))
_MAX_SEQ = 2**63 - 1  # SQLite's widest integer, which no leaf ever reaches; a larger number is no row, and no error
_CHECKPOINT = (CHECKPOINTS.c.origin, CHECKPOINTS.c.size, CHECKPOINTS.c.root, CHECKPOINTS.c.note)
# Each gives one page, between two numbers: plain SQL, because a row of a million costs more in the library than here.
_LEAF_PAGE = "SELECT seq, leaf_hash, type, ts_us, request_id, leaf FROM leaves WHERE seq >= ? AND seq < ? ORDER BY seq"
_PAYLOAD_PAGE = """
    SELECT payloads.seq, COALESCE(type, ''), COALESCE(request_id, ''), field, key_id, sealed
    FROM payloads LEFT JOIN leaves ON leaves.seq = payloads.seq
    WHERE payloads.seq >= ? AND payloads.seq < ? ORDER BY payloads.seq, field"""
_CHECKPOINT_PAGE = "SELECT id, origin, size, root, note FROM checkpoints WHERE id >= ? AND id < ? ORDER BY id"
_UNFINISHED = """
    SELECT seq, leaf_hash, type, ts_us, request_id, leaf FROM leaves WHERE type = 'query.received' AND request_id IN (
        SELECT request_id FROM leaves WHERE request_id <> '' AND type IN ('query.received', 'query.finished')
        GROUP BY request_id HAVING SUM(type = 'query.finished') = 0)
    AND request_id <> '' ORDER BY seq"""


class SqliteReads:
    """Reads a store's file; see `LeafReader` for what each method gives."""

    def __init__(self, file: SqliteFile) -> None:
        """Read this file; nothing is opened before the first call."""
        self._file = file

    def size(self) -> int:
        """See `LeafReader.size`."""
        return self._file.read(next_seq)

    def leaf(self, seq: int) -> StoredLeaf | None:
        """See `LeafReader.leaf`."""
        found = self._leaves(sa.select(LEAVES).where(LEAVES.c.seq == _seq(seq)))
        return found[0] if found else None

    def leaves(self, after: int, limit: int) -> list[StoredLeaf]:
        """See `LeafReader.leaves`."""
        return self._leaves(sa.select(LEAVES).where(LEAVES.c.seq > _seq(after)).order_by(LEAVES.c.seq).limit(limit))

    def leaf_hashes(self, start: int, end: int) -> list[bytes]:
        """See `LeafReader.leaf_hashes`."""
        query = sa.select(LEAVES.c.leaf_hash).where(LEAVES.c.seq >= _seq(start), LEAVES.c.seq < _seq(end))
        query = query.order_by(LEAVES.c.seq)
        return [bytes.fromhex(row[0]) for row in self._rows(query)]

    def of_type(self, kind: str, *, after: int = -1) -> list[StoredLeaf]:
        """See `LeafReader.of_type`."""
        return self._leaves(self._of_type(kind).where(LEAVES.c.seq > _seq(after)).order_by(LEAVES.c.seq))

    def newest_of(self, kind: str) -> StoredLeaf | None:
        """See `LeafReader.newest_of`."""
        found = self._leaves(self._of_type(kind).order_by(LEAVES.c.seq.desc()).limit(1))
        return found[0] if found else None

    def of_request(self, request_id: str) -> list[StoredLeaf]:
        """See `LeafReader.of_request`."""
        if not _is_text(request_id):
            return []
        query = sa.select(LEAVES).where(LEAVES.c.request_id == request_id, sa.text("request_id <> ''"))
        return self._leaves(query.order_by(LEAVES.c.seq))

    def unfinished(self) -> list[StoredLeaf]:
        """See `LeafReader.unfinished`."""
        return self._leaves(sa.text(_UNFINISHED))

    def payloads(self, seq: int) -> tuple[Payload, ...]:
        """See `LeafReader.payloads`."""
        query = sa.select(PAYLOADS.c.field, PAYLOADS.c.key_id, PAYLOADS.c.sealed)
        rows = self._rows(query.where(PAYLOADS.c.seq == _seq(seq)).order_by(PAYLOADS.c.field))
        return tuple(Payload(*row) for row in rows)

    def payload_seqs(self, start: int, end: int) -> list[int]:
        """See `LeafReader.payload_seqs`."""
        query = sa.select(PAYLOADS.c.seq).distinct()
        query = query.where(PAYLOADS.c.seq >= _seq(start), PAYLOADS.c.seq < _seq(end))
        return [row[0] for row in self._rows(query.order_by(PAYLOADS.c.seq))]

    def checkpoints(self, origin: str, *, above: int = -1, limit: int = 1000) -> list[StoredCheckpoint]:
        """See `LeafReader.checkpoints`."""
        query = sa.select(*_CHECKPOINT).where(CHECKPOINTS.c.origin == origin, CHECKPOINTS.c.size > _seq(above))
        return [StoredCheckpoint(*row) for row in self._rows(query.order_by(CHECKPOINTS.c.size).limit(limit))]

    def newest_checkpoint(self, origin: str) -> StoredCheckpoint | None:
        """See `LeafReader.newest_checkpoint`."""
        query = sa.select(*_CHECKPOINT).where(CHECKPOINTS.c.origin == origin)
        rows = self._rows(query.order_by(CHECKPOINTS.c.size.desc(), CHECKPOINTS.c.id.desc()).limit(1))
        return StoredCheckpoint(*rows[0]) if rows else None

    def subtrees(self, origin: str, level: int, start: int, end: int) -> list[bytes]:
        """See `LeafReader.subtrees`."""
        same = sa.and_(SUBTREES.c.origin == origin, SUBTREES.c.level == level)
        query = sa.select(SUBTREES.c.hash).where(same, SUBTREES.c.number >= start, SUBTREES.c.number < end)
        return [row[0] for row in self._rows(query.order_by(SUBTREES.c.number))]

    def scope(self, filter_hash: str) -> bytes | None:
        """See `LeafReader.scope`."""
        rows = self._rows(sa.select(SCOPES.c.pairs).where(SCOPES.c.filter_hash == filter_hash))
        return bytes(rows[0][0]) if rows else None

    def stream_leaves(self, start: int, end: int) -> Iterator[StoredLeaf]:
        """See `LeafReader.stream_leaves`."""
        return itertools.starmap(StoredLeaf, self._file.stream(_LEAF_PAGE, start, end))

    def stream_payloads(self, start: int, end: int) -> Iterator[StoredPayload]:
        """See `LeafReader.stream_payloads`."""
        for seq, kind, request_id, field, key_id, sealed in self._file.stream(_PAYLOAD_PAGE, start, end):
            yield StoredPayload(seq, kind, request_id, Payload(field, key_id, sealed))

    def stream_checkpoints(self, start: int, end: int) -> Iterator[tuple[int, StoredCheckpoint]]:
        """See `LeafReader.stream_checkpoints`."""
        for number, *row in self._file.stream(_CHECKPOINT_PAGE, start, end):
            yield number, StoredCheckpoint(*row)

    def checkpoint_count(self) -> int:
        """See `LeafReader.checkpoint_count`."""
        return int(self._rows(NEXT_CHECKPOINT)[0][0])

    def seqs_of_type(self, kind: str) -> list[int]:
        """See `LeafReader.seqs_of_type`."""
        query = self._of_type(kind).with_only_columns(LEAVES.c.seq).order_by(LEAVES.c.seq)
        return [row[0] for row in self._rows(query)]

    def scope_hashes(self) -> list[str]:
        """See `LeafReader.scope_hashes`."""
        return [row[0] for row in self._rows(sa.select(SCOPES.c.filter_hash).order_by(SCOPES.c.filter_hash))]

    @staticmethod
    def _of_type(kind: str) -> sa.Select[Any]:
        # The condition of the partial index has to stand in the query, or the index is not used.
        return sa.select(LEAVES).where(
            LEAVES.c.type == kind, sa.text("type NOT IN ('query.received', 'query.finished')")
        )

    def _leaves(self, query: sa.Executable) -> list[StoredLeaf]:
        return [StoredLeaf(*row) for row in self._rows(query)]

    def _rows(self, query: sa.Executable) -> Sequence[sa.Row[Any]]:
        return self._file.read(lambda connection: connection.execute(query).all())


def next_seq(connection: sa.Connection) -> int:
    """Return the next sequence number, as a connection sees it."""
    return int(connection.execute(NEXT_SEQ).scalar_one())


def _seq(number: int) -> int:
    return max(-1, min(number, _MAX_SEQ))


def _is_text(text: str) -> bool:
    """Tell whether SQLite can hold a text: half of a surrogate pair, as a command line may give it, is in no row."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
