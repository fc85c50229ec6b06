"""What is special to SQLite: the triggers, the modes, and how each trouble of a file is told."""

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.sqlite_store import SqliteLeafStore
from service.audit.store import Entry, Payload

CANARY = "zebra-canary-4711"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteLeafStore]:
    with closing(SqliteLeafStore.open(folder, busy_timeout_s=0.05)) as opened:
        yield opened


def _entry(number: int, text: str = "How long?") -> Entry:
    payload = Payload(field="prompt", salt=bytes(32), body=text.encode())
    return Entry("greenlit/audit/2026-11", "query.received", number, f"request-{number}", b"leaf", (payload,))


def _pragma(store: SqliteLeafStore, statement: str) -> object:
    assert store._writer is not None
    result = store._writer.exec_driver_sql(f"PRAGMA {statement}")
    value = result.scalar() if result.returns_rows else None
    store._writer.rollback()
    return value


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE leaves SET leaf = x'00' WHERE seq = 1", "never changes"),
        ("UPDATE OR REPLACE leaves SET seq = 0 WHERE seq = 1", "never changes"),
        ("DELETE FROM leaves WHERE seq = 2", "never deleted"),
        ("DELETE FROM leaves", "never deleted"),
        ("INSERT OR REPLACE INTO leaves VALUES (1, 'h', 't', 1, 'r', x'00')", "next sequence number"),
        ("REPLACE INTO leaves VALUES (2, 'h', 't', 1, 'r', x'00')", "next sequence number"),
        ("INSERT OR IGNORE INTO leaves VALUES (1, 'h', 't', 1, 'r', x'00')", "next sequence number"),
        (
            "INSERT INTO leaves VALUES (1, 'h', 't', 1, 'r', x'00') ON CONFLICT (seq) DO UPDATE SET leaf = x'00'",
            "next sequence number",
        ),
        ("INSERT INTO leaves VALUES (4, 'h', 't', 1, 'r', x'00')", "next sequence number"),
        ("INSERT INTO leaves VALUES (-1, 'h', 't', 1, 'r', x'00')", "next sequence number"),
        (
            "INSERT INTO leaves (leaf_hash, type, ts_us, request_id, leaf) VALUES ('h', 't', 1, 'r', x'00')",
            "next sequence number",
        ),
        ("INSERT INTO leaves VALUES (3, 'h', 't', 1, 'r', x'00'), (5, 'h', 't', 1, 'r', x'00')", "next sequence"),
    ],
)
def test_sql_can_only_add_the_next_leaf(store: SqliteLeafStore, folder: Path, statement: str, message: str) -> None:
    store.append([_entry(0), _entry(1), _entry(2)])
    before = store.leaves(-1, 10)
    with closing(sqlite3.connect(folder / "audit.sqlite")) as connection:
        with pytest.raises(sqlite3.IntegrityError, match=message):
            connection.execute(statement)
        connection.rollback()
    assert store.leaves(-1, 10) == before


def test_the_next_leaf_is_the_one_insert_that_passes(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0)])
    with closing(sqlite3.connect(folder / "audit.sqlite")) as connection:
        connection.execute("INSERT INTO leaves VALUES (1, 'h', 't', 1, 'r', x'00')")
        connection.commit()
    assert [receipt.seq for receipt in store.append([_entry(2)])] == [2]


def test_every_commit_waits_for_the_disk(store: SqliteLeafStore) -> None:
    assert _pragma(store, "journal_mode") == "wal"
    assert _pragma(store, "synchronous") == 2, "2 is FULL: in WAL mode the only level that syncs at each commit"


def test_opening_an_old_store_writes_to_it_so_that_a_failure_shows_then(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0)])
    store.reopen()
    assert (folder / "audit.sqlite-wal").stat().st_size > 0


def test_what_a_failed_process_left_in_the_write_ahead_log_is_made_durable_anew(
    store: SqliteLeafStore, folder: Path
) -> None:
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM leaves").fetchall()
        store.append([_entry(0)])
        with pytest.raises(AuditUnavailableError, match="another program is reading it"):
            store.reopen()
        reader.execute("COMMIT")
        store.reopen()
        assert b"request-0" in (folder / "audit.sqlite").read_bytes()


def test_files_are_for_their_owner_only(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0)])
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(("audit.lock", "audit.sqlite", "audit.sqlite-shm", "audit.sqlite-wal"), 0o600)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_no_log_shows_a_text_at_any_level(store: SqliteLeafStore, caplog: pytest.LogCaptureFixture) -> None:
    assert store._engine.hide_parameters
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="sqlalchemy.engine"):
        store.append([_entry(0, CANARY)])
        assert store.payloads(0)[0].body == CANARY.encode()
    assert CANARY not in caplog.text


def test_a_locked_file_is_told_and_passes(store: SqliteLeafStore, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(AuditUnavailableError, match=r"cannot be written: another program has locked it"):
            store.append([_entry(0)])
        with pytest.raises(AuditUnavailableError, match=r"cannot be opened: another program"):
            store.reopen()
        other.execute("ROLLBACK")
    store.reopen()
    assert store.append([_entry(0)])[0].seq == 0


def test_a_full_disk_is_told_and_passes(store: SqliteLeafStore) -> None:
    store.append([_entry(0)])
    _pragma(store, f"max_page_count = {_pragma(store, 'page_count')}")
    with pytest.raises(AuditUnavailableError, match=r"cannot be written: the disk is full \(SQLITE_FULL\)") as caught:
        store.append([_entry(1, CANARY * 1000)])
    assert CANARY not in str(caught.value)
    store.reopen()
    assert store.append([_entry(1)])[0].seq == 1


def test_a_read_only_file_is_told_and_passes(store: SqliteLeafStore) -> None:
    _pragma(store, "query_only = ON")
    with pytest.raises(AuditUnavailableError, match=r"cannot be written: it is read-only"):
        store.append([_entry(0)])
    store.reopen()
    assert store.append([_entry(0)])[0].seq == 0


def test_a_store_that_cannot_be_written_does_not_look_open() -> None:
    """As somebody else than root, who may write a read-only file; in a folder that anybody may enter."""
    with tempfile.TemporaryDirectory() as name, _as_nobody(Path(name)):
        folder = Path(name) / "store"
        SqliteLeafStore.open(folder).close()
        (folder / "audit.sqlite").chmod(0o400)
        with pytest.raises(AuditUnavailableError, match="cannot be opened"):
            SqliteLeafStore.open(folder)


@contextmanager
def _as_nobody(folder: Path) -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_removed_folder_is_told_although_sqlite_would_go_on(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0)])
    shutil.move(folder, folder.with_name("elsewhere"))
    with pytest.raises(AuditUnavailableError, match="was removed or replaced while it was in use: put it back"):
        store.append([_entry(1)])
    with pytest.raises(AuditUnavailableError, match=r"audit\.lock cannot be opened \(No such file or directory\)"):
        store.reopen()
    folder.mkdir()
    with pytest.raises(AuditUnavailableError, match="if it was removed, put it back"):
        store.reopen()
    assert not (folder / "audit.sqlite").exists(), "an empty store in its place would be a log that forgot everything"
    shutil.rmtree(folder)
    shutil.move(folder.with_name("elsewhere"), folder)
    store.reopen()
    assert store.leaf(0) is not None


def test_a_removed_write_ahead_log_is_told(store: SqliteLeafStore, folder: Path) -> None:
    (folder / "audit.sqlite-wal").unlink()
    with pytest.raises(AuditUnavailableError, match="was removed or replaced"):
        store.append([_entry(0)])


def test_a_file_that_is_no_store_is_told(folder: Path) -> None:
    folder.mkdir()
    (folder / "audit.sqlite").write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(AuditUnavailableError, match=r"cannot be opened: it is not a SQLite file"):
        SqliteLeafStore.open(folder)


def test_a_store_of_a_later_version_is_left_alone(store: SqliteLeafStore, folder: Path) -> None:
    _pragma(store, "user_version = 2")
    store.close()
    with pytest.raises(AuditUnavailableError, match="has schema 2, expected 1"):
        SqliteLeafStore.open(folder)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AuditUnavailableError, match=r"the folder .* cannot be made \(File exists\)"):
        SqliteLeafStore.open(tmp_path / "file" / "var")


def test_the_store_closes_what_it_opened(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0)])
    store.close()
    assert sorted(path.name for path in folder.iterdir()) == ["audit.lock", "audit.sqlite"]
