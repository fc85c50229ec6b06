"""What the triggers refuse to any program that opens the file: on record is what is there, in its order, for good."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.storage.sqlite_schema import SCHEMA_VERSION, TABLES
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, KeptScope, Payload, StoredCheckpoint, Subtree

ORIGIN = "o"

LEAVES = [
    ("UPDATE leaves SET leaf = x'00' WHERE seq = 1", "a leaf never changes"),
    ("UPDATE OR REPLACE leaves SET seq = 0 WHERE seq = 1", "a leaf never changes"),
    ("DELETE FROM leaves WHERE seq = 2", "a leaf never goes"),
    ("DELETE FROM leaves", "a leaf never goes"),
    ("INSERT OR REPLACE INTO leaves VALUES (1, 'h', 't', 1, 'r', '', x'00')", "takes the next number"),
    ("REPLACE INTO leaves VALUES (2, 'h', 't', 1, 'r', '', x'00')", "takes the next number"),
    (
        """REPLACE INTO leaves (rowid, leaf_hash, type, ts_us, request_id, conversation, leaf)
        VALUES (2, 'h', 't', 1, 'r', '', x'00')""",
        "next number",
    ),
    ("INSERT OR IGNORE INTO leaves VALUES (1, 'h', 't', 1, 'r', '', x'00')", "takes the next number"),
    (
        "INSERT INTO leaves VALUES (1, 'h', 't', 1, 'r', '', x'00') ON CONFLICT (seq) DO UPDATE SET leaf = x'00'",
        "takes the next number",
    ),
    ("INSERT INTO leaves VALUES (4, 'h', 't', 1, 'r', '', x'00')", "takes the next number"),
    ("INSERT INTO leaves VALUES (-1, 'h', 't', 1, 'r', '', x'00')", "takes the next number"),
    (
        """INSERT INTO leaves (leaf_hash, type, ts_us, request_id, conversation, leaf)
        VALUES ('h', 't', 1, 'r', '', x'00')""",
        "next number",
    ),
    (
        "INSERT INTO leaves VALUES (3, 'h', 't', 1, 'r', '', x'00'), (5, 'h', 't', 1, 'r', '', x'00')",
        "takes the next number",
    ),
]
CHECKPOINTS = [
    ("UPDATE checkpoints SET note = 'forged' WHERE id = 1", "a checkpoint never changes"),
    ("UPDATE OR REPLACE checkpoints SET id = 0 WHERE id = 1", "a checkpoint never changes"),
    ("DELETE FROM checkpoints WHERE id = 1", "a checkpoint never goes"),
    ("REPLACE INTO checkpoints VALUES (1, 'o', 9, 'r', 'forged')", "takes the next number"),
    ("REPLACE INTO checkpoints (rowid, origin, size, root, note) VALUES (1, 'o', 9, 'r', 'n')", "next number"),
    ("INSERT INTO checkpoints VALUES (7, 'o', 9, 'r', 'n')", "takes the next number"),
    ("INSERT OR IGNORE INTO checkpoints VALUES (0, 'o', 9, 'r', 'n')", "takes the next number"),
]
SUBTREES = [
    ("UPDATE subtrees SET hash = x'00'", "a subtree never changes"),
    ("UPDATE OR REPLACE subtrees SET number = 0 WHERE number = 1", "a subtree never changes"),
    ("DELETE FROM subtrees WHERE number = 1", "a subtree never goes"),
    ("REPLACE INTO subtrees VALUES ('o', 1, 1, x'00')", "it is there already"),
    ("INSERT OR IGNORE INTO subtrees VALUES ('o', 1, 0, x'00')", "it is there already"),
]
SCOPES = [
    ("UPDATE scopes SET pairs = x'00'", "a scope never changes"),
    ("UPDATE OR REPLACE scopes SET filter_hash = '0'", "a scope never changes"),
    ("DELETE FROM scopes", "a scope never goes"),
    ("REPLACE INTO scopes VALUES ('f', x'00')", "it is there already"),
    ("INSERT OR IGNORE INTO scopes VALUES ('f', x'00')", "it is there already"),
]
PAYLOADS = [
    ("UPDATE payloads SET sealed = x'00' WHERE seq = 1", "a payload never changes"),
    ("UPDATE OR REPLACE payloads SET seq = 0 WHERE seq = 1", "a payload never changes"),
    ("REPLACE INTO payloads VALUES (1, 'prompt', 'k', x'00')", "it is there already"),
    ("INSERT OR IGNORE INTO payloads VALUES (1, 'prompt', 'k', x'00')", "it is there already"),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLeafStore]:
    """A store with three leaves and their payloads, two checkpoints, two subtrees and two scopes."""
    with closing(SqliteLeafStore.open(tmp_path / "var")) as opened:
        opened.append([_entry(number) for number in range(3)])
        for size in (2, 3):
            checkpoint = StoredCheckpoint(ORIGIN, size, "0" * 64, "note")
            opened.publish(checkpoint, [Subtree(ORIGIN, 1, size - 2, bytes(32))])
        yield opened


@pytest.fixture
def somebody(store: SqliteLeafStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that has the file open, with SQLite's own settings."""
    assert store.size() == 3
    with closing(sqlite3.connect(tmp_path / "var" / "audit.sqlite", isolation_level=None)) as connection:
        yield connection


def _entry(number: int) -> Entry:
    payload = Payload(field="prompt", key_id="payload-2026-11-1", sealed=b"sealed")
    scope = KeptScope("0f"[number % 2], b"pairs")
    return Entry(ORIGIN, "query.received", number, f"request-{number}", b"leaf", (payload,), scope=scope)


def _content(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}  # noqa: S608


def test_the_columns_are_those_of_every_store_of_this_version(somebody: sqlite3.Connection) -> None:
    """What changes here needs a new version, or stores that were made before are taken for what they are not."""
    assert SCHEMA_VERSION == 4
    columns = {
        name: {
            row[0]: row[1:]
            for row in somebody.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,))
        }
        for name in TABLES
    }
    assert columns == {
        "leaves": {
            "seq": ("INTEGER", 1, 1),
            "leaf_hash": ("TEXT", 1, 0),
            "type": ("TEXT", 1, 0),
            "ts_us": ("INTEGER", 1, 0),
            "request_id": ("TEXT", 1, 0),
            "conversation": ("TEXT", 1, 0),
            "leaf": ("BLOB", 1, 0),
        },
        "payloads": {
            "seq": ("INTEGER", 1, 1),
            "field": ("TEXT", 1, 2),
            "key_id": ("TEXT", 1, 0),
            "sealed": ("BLOB", 1, 0),
        },
        "checkpoints": {
            "id": ("INTEGER", 1, 1),
            "origin": ("TEXT", 1, 0),
            "size": ("INTEGER", 1, 0),
            "root": ("TEXT", 1, 0),
            "note": ("TEXT", 1, 0),
        },
        "subtrees": {
            "origin": ("TEXT", 1, 1),
            "level": ("INTEGER", 1, 2),
            "number": ("INTEGER", 1, 3),
            "hash": ("BLOB", 1, 0),
        },
        "scopes": {"filter_hash": ("TEXT", 1, 1), "pairs": ("BLOB", 1, 0)},
    }


@pytest.mark.parametrize(("statement", "message"), [*LEAVES, *CHECKPOINTS, *SUBTREES, *SCOPES, *PAYLOADS])
def test_what_is_on_record_stays_as_it_is(somebody: sqlite3.Connection, statement: str, message: str) -> None:
    before = _content(somebody)
    with pytest.raises(sqlite3.IntegrityError, match=message):
        somebody.execute(statement)
    assert _content(somebody) == before


@pytest.mark.parametrize("table", ["subtrees", "scopes"])
def test_no_row_can_be_replaced_by_its_place_in_the_file(somebody: sqlite3.Connection, table: str) -> None:
    """REPLACE of a row number that is taken would remove that row without firing the trigger that forbids it."""
    with pytest.raises(sqlite3.OperationalError, match="no such column: rowid"):
        somebody.execute(f"SELECT rowid FROM {table}")  # noqa: S608


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO leaves VALUES (3, 'h', 't', 1, 'r', '', x'00')",
        "INSERT INTO checkpoints VALUES (2, 'o', 1, 'r', 'n')",
        "INSERT INTO subtrees VALUES ('o', 1, 2, x'00')",
        "INSERT INTO scopes VALUES ('a', x'00')",
        "INSERT INTO payloads VALUES (1, 'answer', 'k', x'00')",
    ],
)
def test_what_comes_next_passes(somebody: sqlite3.Connection, statement: str) -> None:
    assert somebody.execute(statement).rowcount == 1


def test_the_store_goes_on_behind_a_leaf_that_somebody_added(
    store: SqliteLeafStore, somebody: sqlite3.Connection
) -> None:
    somebody.execute("INSERT INTO leaves VALUES (3, 'h', 't', 1, 'r', '', x'00')")
    assert [receipt.seq for receipt in store.append([_entry(4)])] == [4]


def test_payloads_may_go(somebody: sqlite3.Connection) -> None:
    assert somebody.execute("DELETE FROM payloads WHERE seq = 1").rowcount == 1


def test_a_payload_without_a_leaf_is_refused_by_the_store(store: SqliteLeafStore) -> None:
    assert store._writer is not None
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY constraint failed"):
        store._writer.execute("INSERT INTO payloads VALUES (9, 'prompt', 'k', x'00')")
