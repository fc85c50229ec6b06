"""Reading beside the writer: by whoever only looks, without changing anything, and by the indexes."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, Payload

ORIGIN = "greenlit/audit/2026-11"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def writer(folder: Path) -> Iterator[SqliteLeafStore]:
    with closing(SqliteLeafStore.open(folder, busy_timeout_s=0.05)) as opened:
        yield opened


@pytest.fixture
def reader(writer: SqliteLeafStore, folder: Path) -> SqliteLeafStore:
    """A store that was never opened for writing, while another one is."""
    assert writer.size() == 0
    return SqliteLeafStore(folder=folder)


def _entry(number: int, kind: str = "query.received") -> Entry:
    request_id = f"request-{number}" if kind.startswith("query.") else ""
    payload = Payload("prompt", "payload-2026-11-1", b"sealed")
    return Entry(ORIGIN, kind, number, request_id, b"leaf %d" % number, (payload,))


def test_a_second_opener_reads_what_the_writer_has_committed(reader: SqliteLeafStore, writer: SqliteLeafStore) -> None:
    assert reader.size() == 0
    writer.append([_entry(0)])
    assert reader.leaf(0) == writer.leaf(0)
    assert reader.payloads(0) == (Payload("prompt", "payload-2026-11-1", b"sealed"),)


def test_a_second_opener_cannot_write(reader: SqliteLeafStore) -> None:
    with pytest.raises(AuditUnavailableError, match="is closed"):
        reader.append([_entry(0)])


def test_reading_does_not_wait_for_a_commit_that_is_under_way(
    reader: SqliteLeafStore, writer: SqliteLeafStore, folder: Path
) -> None:
    writer.append([_entry(0)])
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO leaves VALUES (1, 'h', 't', 1, 'r', '', x'00')")
        assert reader.size() == 1


def test_reading_makes_no_store(tmp_path: Path) -> None:
    reader = SqliteLeafStore(folder=tmp_path)
    with pytest.raises(AuditUnavailableError, match=r"audit\.sqlite cannot be read: it cannot be opened"):
        reader.size()
    assert list(tmp_path.iterdir()) == []


def test_reading_changes_nothing(writer: SqliteLeafStore, folder: Path) -> None:
    writer.append([_entry(number) for number in range(3)])
    writer.close()
    before = (folder / "audit.sqlite").read_bytes()
    reader = SqliteLeafStore(folder=folder)
    assert (reader.size(), len(reader.leaves(-1, 9)), reader.payload_seqs(0, 9)) == (3, 3, [0, 1, 2])
    assert (folder / "audit.sqlite").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["audit.lock", "audit.sqlite"]


def test_a_damaged_file_is_told_in_words(writer: SqliteLeafStore, folder: Path) -> None:
    writer.append([_entry(number) for number in range(100)])
    writer.close()
    content = bytearray((folder / "audit.sqlite").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (folder / "audit.sqlite").write_bytes(content)
    with pytest.raises(AuditUnavailableError, match=r"cannot be read: it is damaged \(SQLITE_CORRUPT"):
        SqliteLeafStore(folder=folder).leaves(-1, 100)


def _plans(store: SqliteLeafStore, patch: pytest.MonkeyPatch) -> list[str]:
    """Have every query explained; how SQLite goes about it is added to the list returned."""
    plans: list[str] = []
    rows = store._file.rows

    def explain(query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        plans.extend(row[3] for row in rows(f"EXPLAIN QUERY PLAN {query}", parameters))
        return rows(query, parameters)

    patch.setattr(store._file, "rows", explain)
    return plans


def test_what_is_looked_up_is_found_by_an_index(writer: SqliteLeafStore, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = _plans(writer, monkeypatch)
    writer.of_type("key.created", after=7)
    writer.newest_of("key.created")
    writer.of_request("request-1")
    writer.of_conversation("actor-1", "c-1", before=9, limit=5)
    writer.turns_of("actor-1")
    writer.of_questions([1, 2])
    writer.payloads_of([1, 2])
    writer.payload_seqs(1, 9)
    writer.checkpoints(ORIGIN, above=7)
    writer.newest_checkpoint(ORIGIN)
    writer.subtrees(ORIGIN, 1, 0, 9)
    writer.scope("f" * 64)
    assert not [plan for plan in plans if plan.startswith("SCAN")]
    assert sum("leaves_by_type (type=?" in plan for plan in plans) == 2
    assert sum("leaves_by_request (request_id=?" in plan for plan in plans) == 2
    assert sum("COVERING INDEX leaves_by_conversation (conversation=? AND seq<?" in plan for plan in plans) == 1
    assert sum("COVERING INDEX leaves_by_conversation (conversation>? AND con" in plan for plan in plans) == 1
    assert sum("checkpoints_by_size (origin=?" in plan for plan in plans) == 2


def test_the_hot_path_does_not_pay_for_the_index_of_rare_leaves(writer: SqliteLeafStore, folder: Path) -> None:
    writer.append([_entry(0), _entry(1, "query.finished"), _entry(2, "key.created")])
    with closing(sqlite3.connect(folder / "audit.sqlite")) as connection:
        query = (
            "SELECT seq FROM leaves INDEXED BY leaves_by_type WHERE type NOT IN ('query.received', 'query.finished')"
        )
        assert connection.execute(query).fetchall() == [(2,)]
        with pytest.raises(sqlite3.OperationalError, match="no query solution"):
            connection.execute("SELECT seq FROM leaves INDEXED BY leaves_by_type")


def test_a_text_that_somebody_damaged_streams_with_a_mark_in_its_place(writer: SqliteLeafStore, folder: Path) -> None:
    writer.append([_entry(0)])
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER leaves_never_changes")
        connection.execute("UPDATE leaves SET type = CAST(x'71ff' AS TEXT)")
    assert [leaf.type for leaf in writer.stream_leaves(0, 1)] == ["q\ufffd"]


def test_numbers_below_zero_stream_too(writer: SqliteLeafStore, folder: Path) -> None:
    writer.append([_entry(0)])
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER leaves_in_order")
        connection.execute("INSERT INTO leaves VALUES (-7, 'h', 't', 1, 'r', '', x'00')")
    assert [leaf.seq for leaf in writer.stream_leaves(-100, 1)] == [-7, 0]
    assert [leaf.seq for leaf in writer.leaves(-1, 9)] == [0]
