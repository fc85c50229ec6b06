"""Rows of the PostgreSQL store, as its statements take and give them: one value, columns, what is to be kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.audit.storage.leaf_reads import NEXT_CHECKPOINT
from service.audit.storage.postgres_database import Connection
from service.audit.storage.store import Entry, Receipt, StoredCheckpoint, Subtree, leaf_hash

ADD_LEAVES = """
    INSERT INTO leaves (seq, leaf_hash, type, ts_us, request_id, conversation, leaf) SELECT * FROM unnest(
    %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::bytea[])"""
ADD_PAYLOADS = """
    INSERT INTO payloads (seq, field, key_id, sealed) SELECT * FROM unnest(
    %s::bigint[], %s::text[], %s::text[], %s::bytea[])"""
ADD_SCOPE = "INSERT INTO scopes (filter_hash, pairs) VALUES (%s, %s) ON CONFLICT DO NOTHING"
ERASE = "DELETE FROM payloads WHERE seq >= %s AND seq <= %s"
ADD_CHECKPOINT = "INSERT INTO checkpoints (id, origin, size, root, note) VALUES (%s, %s, %s, %s, %s)"
ADD_SUBTREE = "INSERT INTO subtrees (origin, level, number, hash) VALUES (%s, %s, %s, %s)"


def one(connection: Connection, query: str, *parameters: object) -> Any:
    """Return the first value of a query; `None` if it gives no row."""
    row = connection.execute(query.encode(), parameters or None).fetchone()
    return row[0] if row else None


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Return rows, which are at least one, by their columns."""
    return [list(column) for column in zip(*rows, strict=True)]


def additions(
    entries: Sequence[Entry], first: int, scopes: Mapping[str, bytes]
) -> tuple[list[Receipt], list[tuple[str, Sequence[Any]]]]:
    """Return the receipts of entries, and the statements that add them, with their values.

    Args:
        entries: at least one.
        first: the number of the first leaf.
        scopes: filters that are not kept yet, by their hashes.
    """
    leaves: list[tuple[Any, ...]] = []
    payloads: list[tuple[Any, ...]] = []
    receipts: list[Receipt] = []
    for seq, entry in enumerate(entries, first):
        receipts.append(Receipt(origin=entry.origin, seq=seq, leaf_hash=leaf_hash(entry.leaf)))
        found_by = (entry.type, entry.ts_us, entry.request_id, entry.conversation)
        leaves.append((seq, receipts[-1].leaf_hash, *found_by, entry.leaf))
        payloads.extend((seq, payload.field, payload.key_id, payload.sealed) for payload in entry.payloads)
    statements: list[tuple[str, Sequence[Any]]] = [(ADD_LEAVES, columns(leaves))]
    if payloads:
        statements.append((ADD_PAYLOADS, columns(payloads)))
    statements += [(ERASE, span) for entry in entries for span in entry.erases]
    statements += [(ADD_SCOPE, scope) for scope in scopes.items()]
    return receipts, statements


def publish(writer: Connection, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
    """Keep a checkpoint within a transaction."""
    row = (one(writer, NEXT_CHECKPOINT), checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.note)
    writer.execute(ADD_CHECKPOINT, row)
    for tree in subtrees:
        writer.execute(ADD_SUBTREE, (tree.origin, tree.level, tree.number, tree.hash))
