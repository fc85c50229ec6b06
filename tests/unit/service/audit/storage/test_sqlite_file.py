"""One SQLite file: how it is opened, what its errors say, and what they never say."""

import sqlite3
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

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
def writer(file: SqliteFile) -> Iterator[sqlite3.Connection]:
    with closing(file.connect()) as connection:
        connection.execute("UPDATE numbers SET t = 'x' WHERE n = 0")
        yield connection


COUNT = "SELECT COUNT(*) FROM numbers"


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    SqliteFile(tmp_path / "none.sqlite", busy_timeout_s=0.05)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_told_and_not_made(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "none.sqlite", busy_timeout_s=0.05)
    with pytest.raises(
        AuditUnavailableError, match=r"none\.sqlite cannot be read: it cannot be opened; if it was remo"
    ):
        file.rows(COUNT)
    assert list(tmp_path.iterdir()) == []


def test_every_connection_waits_for_the_disk_and_erases_what_it_deletes(file: SqliteFile) -> None:
    names = ("synchronous", "fullfsync", "foreign_keys", "secure_delete")
    settings = [file.rows(f"PRAGMA {name}")[0][0] for name in names]
    assert settings == [2, 1, 1, 1], "2 is FULL: in WAL mode the only level that syncs at each commit"


def test_each_reader_has_a_connection_of_its_own_and_closes_it(
    file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, connect = list[sqlite3.Connection](), file.connect

    def connecting() -> sqlite3.Connection:
        opened.append(connect())
        return opened[-1]

    monkeypatch.setattr(file, "connect", connecting)
    assert file.rows(COUNT) == file.rows(COUNT) == [(10,)]
    with pytest.raises(AuditUnavailableError, match=r"cannot be read: .* \(SQLITE_ERROR\)"):
        file.rows("SELECT * FROM nothing")
    assert len(list(file.stream("SELECT n FROM numbers WHERE n >= ? AND n < ?", 0, 9))) == 9
    next(file.stream("SELECT n FROM numbers WHERE n >= ? AND n < ?", 0, 9))  # and goes no further
    assert len(set(opened)) == 5
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


@pytest.fixture
def keeping(file: SqliteFile, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What was opened to read, while connections are kept."""
    opened, connect = list[object](), file.connect

    def connecting() -> sqlite3.Connection:
        opened.append(connect())
        return opened[-1]  # type: ignore[return-value]

    file.remember()
    file.keep()
    monkeypatch.setattr(file, "connect", connecting)
    del writer
    yield opened
    file.let_go()


def test_a_kept_connection_reads_what_is_on_the_disk_and_holds_nobody_up(
    file: SqliteFile, writer: sqlite3.Connection, keeping: list[object], path: Path
) -> None:
    assert file.rows("SELECT t FROM numbers WHERE n = 1") == [("t1",)]
    writer.execute("UPDATE numbers SET t = 'new' WHERE n = 2")
    assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0] == 0, "no transaction is open"
    assert file.rows("SELECT t FROM numbers WHERE n = 2") == [("new",)]
    path.write_bytes(path.read_bytes().replace(b"t7", b"TT"))  # behind the back of all connections
    assert file.rows("SELECT t FROM numbers WHERE n = 7") == [("TT",)]
    assert len(keeping) == 1


def test_connections_are_kept_for_as_many_as_read_at_once_and_closed_at_the_end(
    file: SqliteFile, keeping: list[object]
) -> None:
    with ThreadPoolExecutor(8) as readers:
        assert list(readers.map(lambda _: file.rows(COUNT)[0][0], range(100))) == [10] * 100
    file.let_go()
    assert file.rows(COUNT) == [(10,)]
    for connection in keeping:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")  # type: ignore[attr-defined]


def test_a_connection_that_failed_is_not_kept(file: SqliteFile, keeping: list[object]) -> None:
    file.rows(COUNT)
    with pytest.raises(AuditUnavailableError, match="SQLITE_ERROR"):
        file.rows("SELECT * FROM nothing")
    file.rows(COUNT)
    assert len(keeping) == 2


@pytest.mark.parametrize("part", ["some.sqlite", "some.sqlite-wal"])
def test_who_reads_finds_the_file_on_the_path_and_not_one_that_was_kept(
    file: SqliteFile, keeping: list[object], path: Path, part: str
) -> None:
    file.rows(COUNT)
    copy = path.with_name("copy")
    copy.write_bytes(path.with_name(part).read_bytes())
    copy.replace(path.with_name(part))
    file.rows(COUNT)
    assert len(keeping) == 2
    path.unlink()
    with pytest.raises(AuditUnavailableError, match="if it was removed, put it back"):
        file.rows(COUNT)


def test_what_is_wrong_with_the_file_is_looked_for_with_a_new_connection(
    file: SqliteFile, keeping: list[object]
) -> None:
    file.rows(COUNT)
    assert file.damage() is None
    assert len(keeping) == 2


def test_a_look_for_damage_is_broken_off_by_another_thread(file: SqliteFile) -> None:
    file.stop_looking()  # nobody looks: nothing to do

    def look_until_it_is_broken_off() -> str:
        for _ in range(20_000):  # each takes less than a thousandth of a second
            try:
                assert file.damage() is None
            except AuditUnavailableError as error:
                return str(error)
        return "never"

    with ThreadPoolExecutor(1) as other:
        looking = other.submit(look_until_it_is_broken_off)
        while not looking.done():
            file.stop_looking()
    assert looking.result().endswith("cannot be read: it was broken off (SQLITE_INTERRUPT)")
    assert file.damage() is None


def test_a_connection_may_be_used_by_another_thread_than_opened_it(writer: sqlite3.Connection) -> None:
    with ThreadPoolExecutor(1) as other:
        assert other.submit(writer.execute, COUNT).result().fetchall() == [(10,)]


def test_a_connection_begins_no_transaction_by_itself(writer: sqlite3.Connection) -> None:
    writer.execute("UPDATE numbers SET t = 'y' WHERE n = 1")
    assert not writer.in_transaction


def test_reading_waits_for_no_writer(file: SqliteFile, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM numbers")
        assert file.rows(COUNT) == [(10,)]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT * FROM nothing", r"it does not hold the tables of a log, or is damaged \(SQLITE_ERROR\): stop what"),
        (
            "INSERT INTO numbers VALUES (0, 'again')",
            r"its rows are not in order: .*\(SQLITE_CONSTRAINT_PRIMARYKEY\): st",
        ),
        ("SELECT 1; SELECT 2", "ProgrammingError$"),
    ],
)
def test_each_error_is_told_in_words_or_named(file: SqliteFile, statement: str, reason: str) -> None:
    with pytest.raises(AuditUnavailableError, match=rf"some\.sqlite cannot be read: {reason}"):
        file.rows(statement)


def _shown(error: BaseException) -> str:
    """Return what a report that is chained and shows local values would say of an error, below this test."""
    assert error.__traceback__ is not None
    below = error.__traceback__.tb_next
    report = traceback.TracebackException(type(error), error, below, capture_locals=True)
    return f"{error!r} {vars(error)!r} {''.join(report.format())}"


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO numbers VALUES (0, 'x')", "INSERT INTO numbers VALUES (0", "SELECT CAST(x'7aff' AS TEXT)"],
)
def test_errors_are_not_chained_to_the_database_s_own(file: SqliteFile, statement: str) -> None:
    """Its words may hold a text: what is not valid UTF-8 it shows in full."""
    with pytest.raises(AuditUnavailableError) as caught:
        file.rows(statement)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_text_that_cannot_be_decoded_is_in_no_report(file: SqliteFile, writer: sqlite3.Connection) -> None:
    writer.execute("UPDATE numbers SET t = CAST(? || x'ff' AS TEXT) WHERE n = 3", (CANARY.encode(),))
    with pytest.raises(sqlite3.OperationalError, match=CANARY):
        writer.execute("SELECT t FROM numbers").fetchall()
    with pytest.raises(
        AuditUnavailableError, match=r"cannot be read: a text in it is damaged \(OperationalError\)"
    ) as caught:
        file.rows("SELECT t FROM numbers WHERE n = ?", (3,))
    assert CANARY not in _shown(caught.value)


def test_an_error_that_is_not_the_databases_passes(file: SqliteFile) -> None:
    def stumble() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        file.guarded("read", stumble)


def test_no_log_shows_a_value_or_a_row_at_any_level(file: SqliteFile, logged: list[str]) -> None:
    assert file.rows("SELECT ?", (CANARY,)) == [(CANARY,)]
    assert CANARY not in str(logged)


def test_a_file_that_was_replaced_or_removed_is_noticed(
    file: SqliteFile, writer: sqlite3.Connection, path: Path
) -> None:
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
    assert writer.execute(COUNT).fetchall() == [(10,)], "which takes its writes in silence"


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
