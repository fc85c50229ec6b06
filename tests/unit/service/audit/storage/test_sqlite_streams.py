"""Reading a whole SQLite store after somebody altered it: what is no text any more comes all the same."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.storage.sqlite_store import STORE_FILE, SqliteLeafStore
from service.audit.storage.store import Entry, Payload, StoredCheckpoint

LOWEST = -(2**63)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLeafStore]:
    with closing(SqliteLeafStore.open(tmp_path)) as store:
        payload = Payload("prompt", "payload-2026-11-1", b"sealed")
        store.append([Entry("o", "query.received", n, f"r-{n}", b"{}", (payload,)) for n in range(3)])
        store.publish(StoredCheckpoint("o", 3, "aa", "note"), [])
        yield store


@pytest.fixture
def file(store: SqliteLeafStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The store's file, past its triggers."""
    with closing(sqlite3.connect(tmp_path / STORE_FILE, isolation_level=None)) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        assert store.size() == 3
        yield file


def test_what_is_no_text_any_more_comes_with_a_sign_in_its_place(
    store: SqliteLeafStore, file: sqlite3.Connection
) -> None:
    file.execute("UPDATE leaves SET type = CAST(x'61ff' AS TEXT) WHERE seq = 1")
    file.execute("UPDATE payloads SET field = CAST(x'62ff' AS TEXT) WHERE seq = 2")
    file.execute("UPDATE checkpoints SET note = CAST(x'63ff' AS TEXT)")
    assert [leaf.type for leaf in store.stream_leaves(0, 3)] == ["query.received", "a\ufffd", "query.received"]
    assert [kept.payload.field for kept in store.stream_payloads(0, 3)] == ["prompt", "prompt", "b\ufffd"]
    assert [kept.type for kept in store.stream_payloads(0, 3)] == ["query.received", "a\ufffd", "query.received"]
    assert [kept.note for _, kept in store.stream_checkpoints(0, 1)] == ["c\ufffd"]
    with pytest.raises(AuditUnavailableError, match="cannot be read"):
        store.leaves(-1, 3)


def test_numbers_that_no_store_gives_out_can_be_asked_for(store: SqliteLeafStore, file: sqlite3.Connection) -> None:
    file.execute("PRAGMA foreign_keys = OFF")
    file.execute("UPDATE leaves SET seq = -7 WHERE seq = 0")
    file.execute("UPDATE checkpoints SET id = -1")
    assert [leaf.seq for leaf in store.stream_leaves(LOWEST, 3)] == [-7, 1, 2]
    assert [leaf.seq for leaf in store.stream_leaves(0, 3)] == [1, 2]
    assert [number for number, _ in store.stream_checkpoints(LOWEST, 3)] == [-1]
    orphan = next(store.stream_payloads(LOWEST, 3))
    assert (orphan.seq, orphan.type, orphan.request_id) == (0, "", ""), "its leaf has another number now"


def test_a_file_that_cannot_be_read_is_an_error_in_words(store: SqliteLeafStore, file: sqlite3.Connection) -> None:
    file.execute("DROP TABLE checkpoints")
    with pytest.raises(AuditUnavailableError, match=r"audit\.sqlite cannot be read"):
        list(store.stream_checkpoints(0, 3))
