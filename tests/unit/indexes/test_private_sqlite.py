"""What opening a private SQLite file promises where several processes do it at once."""

import contextlib
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from indexes import private_sqlite
from indexes.private_sqlite import connected, opened, run


def _two_tables(connection: sqlite3.Connection) -> None:
    run(connection, "CREATE TABLE IF NOT EXISTS one (n INT); CREATE TABLE IF NOT EXISTS two (n INT);")


def test_a_file_is_made_for_its_owner_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.sqlite"
    with contextlib.closing(opened(path, _two_tables)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert not connection.in_transaction
    assert names == {"one", "two"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_who_opens_while_another_reads_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as reader:
        reader.execute("CREATE TABLE one (n INT) STRICT")  # as whoever made the file a moment ago, not in its mode yet
        reader.execute("BEGIN")
        reader.execute("SELECT n FROM one").fetchall()
        let_go = threading.Timer(0.05, lambda: reader.execute("COMMIT"))
        let_go.start()
        with contextlib.closing(opened(path, _two_tables)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        let_go.join()


def test_who_never_lets_go_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_sqlite, "_BUSY_TIMEOUT_S", 0.02)
    path = tmp_path / "keys.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("CREATE TABLE one (n INT) STRICT")
        reader.execute("BEGIN")
        reader.execute("SELECT n FROM one").fetchall()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            opened(path, _two_tables)


def test_one_of_several_brings_an_older_form_up(tmp_path: Path) -> None:
    path, at_once = tmp_path / "keys.sqlite", threading.Barrier(4)
    with contextlib.closing(connected(path, timeout_s=0)) as connection:
        connection.execute("CREATE TABLE changes (n INT) STRICT")

    def bring_up(connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            run(connection, "ALTER TABLE changes RENAME TO key_changes; PRAGMA user_version = 1;")

    def open_it() -> None:
        at_once.wait()
        try:
            opened(path, bring_up).close()
        except sqlite3.Error as error:
            failed.append(error)

    failed: list[sqlite3.Error] = []
    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_what_cannot_be_prepared_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"

    def newer(connection: sqlite3.Connection) -> None:
        _two_tables(connection)
        raise ValueError("a newer release made it")

    with pytest.raises(ValueError, match="newer release"):
        opened(path, newer)
    with contextlib.closing(connected(path, timeout_s=0)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "keys.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        opened(tmp_path / "keys.sqlite", _two_tables)
    assert not (tmp_path / "elsewhere").exists()
