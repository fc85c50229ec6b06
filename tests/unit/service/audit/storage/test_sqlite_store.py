"""What is special to SQLite: how it is opened, how each trouble of a file is told, and that what is erased is gone."""

import dataclasses
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.errors import AuditUnavailableError
from service.audit.storage import sqlite_file
from service.audit.storage.sqlite_schema import SCHEMA_VERSION
from service.audit.storage.sqlite_steps import OLDEST
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, Payload, StoredCheckpoint
from tests.support.audit_parts import as_nobody

CANARY = "zebra-canary-4711"
ORIGIN = "greenlit/audit/2026-11"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteLeafStore]:
    with closing(SqliteLeafStore.open(folder, busy_timeout_s=0.05)) as opened:
        yield opened


def _entry(number: int, text: str = "How long?") -> Entry:
    payload = Payload(field="prompt", key_id="payload-2026-11-1", sealed=text.encode())
    return Entry(ORIGIN, "query.received", number, f"request-{number}", b"leaf", (payload,))


def _erasure(number: int, *ranges: tuple[int, int]) -> Entry:
    return Entry(ORIGIN, "payload.erased", number, "", b"erased", erases=ranges)


def _checkpoint(size: int) -> StoredCheckpoint:
    return StoredCheckpoint(ORIGIN, size, "0" * 64, "a note")


def _pragma(store: SqliteLeafStore, statement: str) -> object:
    assert store._writer is not None
    rows = store._writer.execute(f"PRAGMA {statement}").fetchall()
    return rows[0][0] if rows else None


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
        with pytest.raises(AuditUnavailableError, match=r"locked it \(SQLITE_BUSY\), or reads all of it"):
            store.reopen()
        reader.execute("COMMIT")
        store.reopen()
        assert b"request-0" in (folder / "audit.sqlite").read_bytes()


def test_a_write_takes_the_file_before_it_looks_for_the_next_number(store: SqliteLeafStore) -> None:
    statements: list[str] = []
    assert store._writer is not None
    store._writer.set_trace_callback(statements.append)
    store.append([_entry(0)])
    assert statements[0] == "BEGIN IMMEDIATE", "else somebody could take that number in between"
    assert statements[-1] == "COMMIT"


def _stumbling(number: int) -> Iterator[tuple[int, int]]:
    yield number, number
    raise KeyboardInterrupt


@pytest.mark.parametrize("error", [KeyboardInterrupt, AuditUnavailableError])
def test_what_fails_half_way_leaves_nothing_and_no_open_transaction(
    store: SqliteLeafStore, folder: Path, error: type[BaseException]
) -> None:
    store.append([_entry(0)])
    entry = _erasure(1, (0, 0))
    if error is KeyboardInterrupt:
        entry = dataclasses.replace(entry, erases=_stumbling(0))  # type: ignore[arg-type]
    else:
        entry = dataclasses.replace(entry, payloads=(Payload("prompt", None, b""),))  # type: ignore[arg-type]
    with pytest.raises(error):
        store.append([_entry(1), entry])
    assert store._writer is not None
    assert not store._writer.in_transaction
    assert (store.size(), store.payload_seqs(0, 9)) == (1, [0])
    with closing(sqlite3.connect(folder / "audit.sqlite", timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")


def test_files_are_for_their_owner_only(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0)])
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(("audit.lock", "audit.sqlite", "audit.sqlite-shm", "audit.sqlite-wal"), 0o600)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_no_log_shows_a_text_at_any_level(store: SqliteLeafStore, logged: list[str]) -> None:
    store.append([_entry(0, CANARY)])
    assert store.payloads(0)[0].sealed == CANARY.encode()
    assert CANARY not in str(logged)


def _found(folder: Path, text: str) -> list[str]:
    return [path.name for path in sorted(folder.iterdir()) if text.encode() in path.read_bytes()]


@pytest.mark.parametrize("text", [CANARY, CANARY * 2_000])
def test_what_was_erased_leaves_no_bytes_in_any_file(store: SqliteLeafStore, folder: Path, text: str) -> None:
    store.append([_entry(0, text), _entry(1, "How long?")])
    assert _found(folder, CANARY), "the search below would find it if it were there"
    store.append([_erasure(2, (0, 0))])
    assert _found(folder, CANARY) == []
    assert _found(folder, "How long?") != []


def test_what_was_erased_under_a_reader_is_gone_with_the_next_checkpoint(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0, CANARY), _entry(1)])
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM payloads").fetchall()
        store.append([_erasure(2, (0, 0))])
        assert store.payloads(0) == ()
        assert _found(folder, CANARY) != [], "the reader still needs it"
        store.publish(_checkpoint(3), ())
        assert _found(folder, CANARY) != [], "and so it does then"
    store.publish(_checkpoint(3), ())
    assert _found(folder, CANARY) == []


def test_an_erasure_waits_for_nobody_who_reads(store: SqliteLeafStore, folder: Path) -> None:
    """Whoever records comes behind it: a backup of a large log reads for a minute."""
    said: list[str] = []
    assert store._writer is not None
    store.append([_entry(0, CANARY)])
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM payloads").fetchall()
        store._writer.set_trace_callback(said.append)
        store.append([_erasure(1, (0, 0))])
    emptying = said.index("PRAGMA wal_checkpoint(TRUNCATE)")
    assert said[emptying - 1 : emptying + 2 : 2] == ["PRAGMA busy_timeout = 0", "PRAGMA busy_timeout = 50"]
    assert _pragma(store, "busy_timeout") == 50


def test_the_room_that_a_long_read_made_the_write_ahead_log_take_is_given_back(
    store: SqliteLeafStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_WAL_BYTES", 64 << 10)
    store.reopen()
    store.append([_entry(0)])
    with closing(sqlite3.connect(folder / "audit.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM payloads").fetchall()
        store.append([_entry(number, "long " * 2_000) for number in range(1, 600)])
        store.append([_entry(600)])
        grown = (folder / "audit.sqlite-wal").stat().st_size
    for number in range(601, 604):
        store.append([_entry(number)])
    assert (folder / "audit.sqlite-wal").stat().st_size <= 64 << 10 < grown


def test_a_checkpoint_into_a_removed_file_is_told(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0)])
    (folder / "audit.sqlite-wal").unlink()
    with pytest.raises(AuditUnavailableError, match="was removed or replaced"):
        store.publish(StoredCheckpoint(ORIGIN, 1, "0" * 64, "note"), [])


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
    with tempfile.TemporaryDirectory() as name, as_nobody(Path(name)):
        folder = Path(name) / "store"
        SqliteLeafStore.open(folder).close()
        (folder / "audit.sqlite").chmod(0o400)
        with pytest.raises(AuditUnavailableError, match="cannot be opened"):
            SqliteLeafStore.open(folder)


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


def test_a_file_that_is_swapped_while_it_is_opened_is_told(
    store: SqliteLeafStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handle would hold the old file, and the paths that are watched from then on the new one."""
    store.append([_entry(0)])
    store.close()
    prepare = store._prepare

    def prepare_and_swap() -> None:
        prepare()
        swapped = folder.rename(folder.with_name("elsewhere"))
        shutil.copytree(swapped, folder)

    with monkeypatch.context() as patch:
        patch.setattr(store, "_prepare", prepare_and_swap)
        with pytest.raises(AuditUnavailableError, match="was replaced while it was opened: try again"):
            store.reopen()
    store.reopen()
    store.append([_entry(1)])
    assert SqliteLeafStore(folder=folder).size() == 2


def test_a_removed_write_ahead_log_is_told(store: SqliteLeafStore, folder: Path) -> None:
    (folder / "audit.sqlite-wal").unlink()
    with pytest.raises(AuditUnavailableError, match="was removed or replaced"):
        store.append([_entry(0)])


def test_a_file_that_is_no_store_is_told(folder: Path) -> None:
    folder.mkdir()
    (folder / "audit.sqlite").write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(AuditUnavailableError, match=r"cannot be opened: it is not a SQLite file"):
        SqliteLeafStore.open(folder)


@pytest.mark.parametrize("version", [OLDEST - 1, SCHEMA_VERSION + 1])
def test_a_store_of_another_version_is_left_alone(store: SqliteLeafStore, folder: Path, version: int) -> None:
    _pragma(store, f"user_version = {version}")
    store.close()
    before = (folder / "audit.sqlite").read_bytes()
    with pytest.raises(AuditUnavailableError, match=f"has schema {version}, .* use that one. Nothing was changed"):
        SqliteLeafStore.open(folder)
    assert (folder / "audit.sqlite").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AuditUnavailableError, match=r"the folder .* cannot be made \(File exists\)"):
        SqliteLeafStore.open(tmp_path / "file" / "var")


def test_the_store_closes_what_it_opened(store: SqliteLeafStore, folder: Path) -> None:
    store.append([_entry(0)])
    assert store.size() == 1
    store.close()
    assert sorted(path.name for path in folder.iterdir()) == ["audit.lock", "audit.sqlite"]
