"""One SQLite file: how it is opened, what its errors say, and what they never say."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.audit.errors import AuditUnavailableError
from service.audit.storage import sqlite_file
from service.audit.storage.sqlite_file import SqliteFile

CANARY = "zebra-canary-4711"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a table of ten numbers, in WAL mode."""
    path = tmp_path / "a folder with 100% odd?name" / "some.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY, t TEXT)")
        connection.executemany("INSERT INTO numbers VALUES (?, ?)", [(number, f"t{number}") for number in range(10)])
    return path


@pytest.fixture
def file(path: Path) -> SqliteFile:
    return SqliteFile(path, busy_timeout_s=0.05)


@pytest.fixture
def writer(file: SqliteFile) -> Iterator[sa.Connection]:
    with file.connect() as connection:
        connection.exec_driver_sql("UPDATE numbers SET t = 'x' WHERE n = 0")
        connection.rollback()
        yield connection


def _count(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SELECT COUNT(*) FROM numbers").scalar_one())


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    SqliteFile(tmp_path / "none.sqlite", busy_timeout_s=0.05)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_told_and_not_made(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "none.sqlite", busy_timeout_s=0.05)
    with pytest.raises(
        AuditUnavailableError, match=r"none\.sqlite cannot be read: it cannot be opened; if it was remo"
    ):
        file.read(_count)
    assert list(tmp_path.iterdir()) == []


def test_every_connection_waits_for_the_disk_and_erases_what_it_deletes(file: SqliteFile) -> None:
    def settings(connection: sa.Connection) -> list[int]:
        names = ("synchronous", "fullfsync", "foreign_keys", "secure_delete")
        return [int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names]

    assert file.read(settings) == [2, 1, 1, 1], "2 is FULL: in WAL mode the only level that syncs at each commit"


def test_each_reader_has_a_connection_of_its_own(file: SqliteFile) -> None:
    first, second = (file.read(lambda connection: connection.connection.driver_connection) for _ in range(2))
    assert first is not second
    assert isinstance(first, sqlite3.Connection)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")


def test_reading_waits_for_no_writer(file: SqliteFile, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM numbers")
        assert file.read(_count) == 10


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT * FROM nothing", "SQLITE_ERROR"),
        ("INSERT INTO numbers VALUES (0, 'again')", "SQLITE_CONSTRAINT_PRIMARYKEY"),
    ],
)
def test_an_error_that_has_no_words_is_named(file: SqliteFile, statement: str, reason: str) -> None:
    with pytest.raises(AuditUnavailableError, match=rf"some\.sqlite cannot be read: {reason}$"):
        file.read(lambda connection: connection.exec_driver_sql(statement))


def test_errors_carry_neither_statement_nor_values(file: SqliteFile) -> None:
    query = sa.text("INSERT INTO numbers VALUES (0, :text)")
    with pytest.raises(AuditUnavailableError) as caught:
        file.read(lambda connection: connection.execute(query, {"text": CANARY}))
    assert CANARY not in f"{caught.value!r} {vars(caught.value)!r}"
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_an_error_that_is_not_the_databases_passes(file: SqliteFile) -> None:
    def stumble(_: sa.Connection) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        file.read(stumble)


def test_no_log_shows_a_value_or_a_row_at_any_level(file: SqliteFile, caplog: pytest.LogCaptureFixture) -> None:
    query = sa.text("SELECT :text")
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="sqlalchemy.engine"):
        assert file.read(lambda connection: connection.execute(query, {"text": CANARY}).scalar_one()) == CANARY
    assert CANARY not in caplog.text


def test_a_file_that_was_replaced_or_removed_is_noticed(file: SqliteFile, writer: sa.Connection, path: Path) -> None:
    file.remember()
    assert file.still_there()
    log, copy = path.with_name("some.sqlite-wal"), path.with_name("copy")
    copy.write_bytes(log.read_bytes())
    copy.replace(log)
    assert not file.still_there(), "the same bytes in another file are another file"
    file.remember()
    assert file.still_there()
    log.unlink()
    assert not file.still_there()
    assert not writer.closed


def test_what_is_not_there_cannot_be_remembered(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SqliteFile(tmp_path / "none.sqlite", busy_timeout_s=0.05).remember()


def test_a_stream_is_read_page_by_page_and_holds_nobody_up(
    file: SqliteFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_STREAM_PAGE", 3)
    rows = file.stream("SELECT n, t FROM numbers WHERE n >= ? AND n < ? ORDER BY n", 1, 9)
    assert next(rows) == (1, "t1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE numbers SET t = 'new'")
        busy, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy, "between two pages no transaction is open"
    assert list(rows) == [(2, "t2"), (3, "t3"), *[(number, "new") for number in range(4, 9)]]


def test_a_stream_tells_of_trouble_in_words(file: SqliteFile, path: Path) -> None:
    path.unlink()
    with pytest.raises(AuditUnavailableError, match="cannot be read: it cannot be opened"):
        list(file.stream("SELECT n FROM numbers WHERE n >= ? AND n < ?", 0, 9))
