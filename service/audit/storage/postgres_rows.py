"""Rows of the PostgreSQL store, as its statements take and give them: one value, columns, a checkpoint to be kept."""

from collections.abc import Sequence
from typing import Any

from service.audit.storage.leaf_reads import NEXT_CHECKPOINT
from service.audit.storage.postgres_database import Connection
from service.audit.storage.store import StoredCheckpoint, Subtree

ADD_CHECKPOINT = "INSERT INTO checkpoints (id, origin, size, root, note) VALUES (%s, %s, %s, %s, %s)"
ADD_SUBTREE = "INSERT INTO subtrees (origin, level, number, hash) VALUES (%s, %s, %s, %s)"


def one(connection: Connection, query: str, *parameters: object) -> Any:
    """Return the first value of a query; `None` if it gives no row."""
    row = connection.execute(query.encode(), parameters or None).fetchone()
    return row[0] if row else None


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Return rows, which are at least one, by their columns."""
    return [list(column) for column in zip(*rows, strict=True)]


def publish(writer: Connection, checkpoint: StoredCheckpoint, subtrees: Sequence[Subtree]) -> None:
    """Keep a checkpoint within a transaction."""
    row = (one(writer, NEXT_CHECKPOINT), checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.note)
    writer.execute(ADD_CHECKPOINT, row)
    for tree in subtrees:
        writer.execute(ADD_SUBTREE, (tree.origin, tree.level, tree.number, tree.hash))
