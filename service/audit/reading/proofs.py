"""Proofs about the log for anybody who holds a receipt or an older checkpoint: hashes and signatures, no record.

Everything is about the newest checkpoint of a shard, so a leaf that no checkpoint covers yet has no proof yet; that
takes a second at most. How a proof is checked is in `tree`, and in the verifier that an auditor can carry.
"""

import base64
from collections.abc import Sequence
from typing import Any

from indexes.counting import counted
from service.audit.checkpoints.stored_tree import StoredTree
from service.audit.errors import FilterError, NoRecordError, NotCoveredError
from service.audit.reading.summaries import value_of
from service.audit.reading.walk import no_record
from service.audit.shards import RESTORED_TYPE, Shard, shard_of, shards_of
from service.audit.storage.store import LeafReader, StoredCheckpoint


class Proofs:
    """See the module. Any thread may call; nothing of it is put on record, for nobody's record is shown."""

    def __init__(self, *, store: LeafReader) -> None:
        """Prove from a store."""
        self._store = store

    def inclusion(self, seq: int) -> dict[str, Any]:
        """Prove that a record is in the log.

        Returns:
            `origin`, `seq`, `index` (in its shard), `leaf_hash` (hex), `size` (of the checkpoint), `proof` (hashes in
            base64, lowest first) and `checkpoint` (the signed note).

        Raises:
            NoRecordError: there is none with this number.
            NotCoveredError: no checkpoint covers it yet.
            AuditUnavailableError: the store cannot be read.
        """
        leaf = self._store.leaf(seq)
        shard = shard_of(shards_of(self._store), seq)
        if leaf is None or shard is None:
            raise no_record(self._store, seq)
        newest = self._store.newest_checkpoint(shard.origin)
        index = seq - shard.first_seq
        if newest is None or newest.size <= index:
            raise NotCoveredError(f"no checkpoint covers record {seq} yet: try again in a second")
        return {
            "origin": shard.origin,
            "seq": seq,
            "index": index,
            "leaf_hash": leaf.leaf_hash,
            "size": newest.size,
            "proof": _base64(self._tree(shard).inclusion(index, newest.size)),
            "checkpoint": newest.note,
        }

    def consistency(self, origin: str, old: int, new: int) -> dict[str, Any]:
        """Prove that a shard at one size begins with what it was at a smaller one.

        Returns:
            `origin`, `old_size`, `size` and `proof` (hashes in base64).

        Raises:
            FilterError: the old size is not from 1 to the new one.
            NoRecordError: there is no such shard.
            NotCoveredError: no checkpoint covers the new size yet.
            AuditUnavailableError: the store cannot be read.
        """
        if not 0 < old <= new:
            raise FilterError(f"expected an old size from 1 to the new size {new}, got {old}")
        shard = self._shard(origin)
        covered = self._covered(shard)
        if new > covered:
            raise NotCoveredError(
                f"the newest checkpoint of this shard covers {counted(covered, 'leaf', 'leaves')}, not {new} yet"
            )
        proof = _base64(self._tree(shard).consistency(old, new))
        return {"origin": origin, "old_size": old, "size": new, "proof": proof}

    def checkpoint(self, origin: str | None = None) -> str:
        """Return the newest checkpoint of a shard, or of the log, as a signed note.

        Raises:
            NoRecordError: there is no such shard.
            NotCoveredError: there is no checkpoint yet.
            AuditUnavailableError: the store cannot be read.
        """
        # A month that has just begun has no checkpoint for a moment: the log's newest is then that of the month before.
        shards = shards_of(self._store)[::-1] if origin is None else [self._shard(origin)]
        newest = next(filter(None, (self._newest(shard) for shard in shards)), None)
        if newest is None:
            raise NotCoveredError("there is no checkpoint yet: try again in a second")
        return newest.note

    def shards(self) -> list[dict[str, Any]]:
        """Return the shards, oldest first: `origin`, `first_seq`, and `size`, the leaves that a checkpoint covers.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        return [
            {"origin": shard.origin, "first_seq": shard.first_seq, "size": self._covered(shard)}
            for shard in shards_of(self._store)
        ]

    def restores(self) -> list[dict[str, Any]]:
        """Return the restores of the log, oldest first: `history`, `seq`, and `leaf`, the record's own text.

        A leaf says no name and no reason: those are sealed.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        leaves = self._store.of_type(RESTORED_TYPE)
        return [{"history": value_of(leaf)["history"], "seq": leaf.seq, "leaf": leaf.leaf.decode()} for leaf in leaves]

    def _shard(self, origin: str) -> Shard:
        found = next((shard for shard in shards_of(self._store) if shard.origin == origin), None)
        if found is None:
            raise NoRecordError("there is no such shard: expected an origin such as greenlit.local/audit/2026-11")
        return found

    def _newest(self, shard: Shard) -> StoredCheckpoint | None:
        return self._store.newest_checkpoint(shard.origin)

    def _covered(self, shard: Shard) -> int:
        newest = self._newest(shard)
        return newest.size if newest else 0

    def _tree(self, shard: Shard) -> StoredTree:
        return StoredTree(store=self._store, origin=shard.origin, first_seq=shard.first_seq)


def _base64(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]
