"""Brings a store that an older version made to the schema of this one, in numbered steps, each by hand.

All steps are taken in the transaction in which the store is opened: a crash leaves the store as it was. No leaf, no
checkpoint and no payload is ever changed by a step, so every proof and receipt stays what it was; what a step adds is
worked out from leaves. A schema below the oldest step, or beyond this version's, is refused by whoever calls.
"""

import json
import sqlite3
from collections.abc import Callable

from service.audit.keys.actors import conversation_key
from service.audit.storage.sqlite_schema import SCHEMA_VERSION

_PAGE = 10_000  # rows looked at at once


def _add_conversations(writer: sqlite3.Connection) -> None:
    """From 2 to 3: a leaf is found by the conversation of one person that it belongs to."""
    writer.execute("DROP TRIGGER IF EXISTS leaves_never_changes")  # made again with the rest, in the same transaction
    writer.execute("ALTER TABLE leaves ADD COLUMN conversation TEXT NOT NULL DEFAULT ''")
    (size,) = writer.execute("SELECT COALESCE(MAX(seq) + 1, 0) FROM leaves").fetchone()
    for start in range(0, size, _PAGE):
        rows = writer.execute(
            "SELECT seq, leaf FROM leaves WHERE seq >= ? AND seq < ? AND type = 'query.received'",
            (start, start + _PAGE),
        ).fetchall()
        said = [(seq, json.loads(leaf)) for seq, leaf in rows]
        turns = [
            (conversation_key(value["actor"], value["conversation_id"]), seq)
            for seq, value in said
            if "conversation_id" in value
        ]
        writer.executemany("UPDATE leaves SET conversation = ? WHERE seq = ?", turns)


def _pack_scopes(_: sqlite3.Connection) -> None:
    """From 3 to 4: scopes are packed, which older versions cannot read. Those of before stay as they are."""


# By the schema that each leads away from.
STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {2: _add_conversations, 3: _pack_scopes}
OLDEST = min(STEPS, default=SCHEMA_VERSION)


def upgrade(writer: sqlite3.Connection, version: int) -> None:
    """Take the steps from a schema to this version's, within the caller's transaction.

    Args:
        writer: in a transaction; the tables, triggers and indexes of this version are made after it.
        version: of the store, from `OLDEST` to `SCHEMA_VERSION`.
    """
    for step in range(version, SCHEMA_VERSION):
        STEPS[step](writer)
