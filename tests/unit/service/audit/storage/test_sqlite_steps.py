"""A store that an older version made is brought up when it is opened, wholly or not at all, and proves the same."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import uuid6

from service.audit.checking.verify_store import verify_store
from service.audit.errors import AuditUnavailableError
from service.audit.leaves import Asker, QueryReceived
from service.audit.storage import sqlite_steps
from service.audit.storage.sqlite_schema import INDEXES, SCHEMA_VERSION, TABLES, TRIGGERS
from service.audit.storage.sqlite_steps import OLDEST, STEPS
from service.audit.storage.sqlite_store import STORE_FILE, SqliteLeafStore
from tests.support.small_log import BUILD, QUESTION, RELEASE, open_small_log

# As the version before the present schema made it; the other tables are as they are now.
LEAVES_OF_2 = """CREATE TABLE leaves (
    seq INTEGER NOT NULL, leaf_hash TEXT NOT NULL, type TEXT NOT NULL, ts_us INTEGER NOT NULL,
    request_id TEXT NOT NULL, leaf BLOB NOT NULL, PRIMARY KEY (seq))"""
OF_2 = "seq, leaf_hash, type, ts_us, request_id, leaf"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder whose log has schema 2: two questions, of which the second belongs to a conversation."""
    with open_small_log(tmp_path) as log:
        log.ask()
        entry = QueryReceived(str(uuid6.uuid7()), "web", "token", BUILD, RELEASE, conversation_id="c-1")
        received = log.opened.log.received(entry, asker=Asker("mira", frozenset({"staff"})), prompt=QUESTION)
        log.end(entry.request_id, received)
        log.opened.log.publish()
    _made_older(tmp_path / STORE_FILE)
    return tmp_path


def _made_older(path: Path) -> None:
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(path.with_name("older.sqlite"))) as older:
        older.execute(LEAVES_OF_2)
        for name, statement in TABLES.items():
            if name != "leaves":
                older.execute(statement)
            columns = OF_2 if name == "leaves" else "*"
            rows = now.execute(f"SELECT {columns} FROM {name}").fetchall()  # noqa: S608  (names of tables)
            if rows:
                older.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        for statement in (*TRIGGERS, *(one for one in INDEXES if "conversation" not in one)):
            older.execute(statement)
        older.execute("PRAGMA user_version = 2")
        older.commit()
    path.with_name("older.sqlite").replace(path)


def _version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / STORE_FILE)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_there_is_a_step_from_every_older_schema() -> None:
    assert list(STEPS) == list(range(OLDEST, SCHEMA_VERSION))


def test_an_older_store_goes_on_and_every_proof_holds(folder: Path) -> None:
    with open_small_log(folder) as log:
        assert _version(folder) == SCHEMA_VERSION
        asked = log.leaf(7)
        assert [log.stored(seq).conversation for seq in (5, 7)] == ["", f"{asked['actor']}/c-1"]
        log.ask()
        log.opened.log.publish()
        verdict = verify_store(
            log.store,
            keys=[log.opened.signer.key().text()],
            keyring=log.opened.keyring,
            signed=log.opened.signer.last(),
        )
    assert verdict.ok, verdict.problems


def test_it_has_the_triggers_and_indexes_of_a_new_one(folder: Path, tmp_path: Path) -> None:
    def made(path: Path) -> set[tuple[str, str]]:
        with closing(sqlite3.connect(path)) as connection:
            return set(connection.execute("SELECT type, name FROM sqlite_master").fetchall())

    with closing(SqliteLeafStore.open(folder)), closing(SqliteLeafStore.open(tmp_path / "new")):
        assert made(folder / STORE_FILE) == made(tmp_path / "new" / STORE_FILE)
    with (
        closing(sqlite3.connect(folder / STORE_FILE)) as connection,
        pytest.raises(sqlite3.Error, match="never changes"),
    ):
        connection.execute("UPDATE leaves SET conversation = 'x'")


def test_a_step_that_is_cut_off_leaves_the_store_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = STEPS[2]

    def cut_off(writer: sqlite3.Connection) -> None:
        whole(writer)
        raise sqlite3.OperationalError

    with monkeypatch.context() as patched:
        patched.setitem(sqlite_steps.STEPS, 2, cut_off)
        with pytest.raises(AuditUnavailableError):
            SqliteLeafStore.open(folder)
    assert _version(folder) == 2
    with closing(SqliteLeafStore.open(folder)) as store:
        assert store.size() == 9


def test_whoever_only_reads_is_told_and_changes_nothing(folder: Path) -> None:
    before = (folder / STORE_FILE).read_bytes()
    with pytest.raises(AuditUnavailableError, match=r"has schema 2, expected 4: .* start greenlit serve"):
        SqliteLeafStore(folder=folder).expect_schema()
    assert (folder / STORE_FILE).read_bytes() == before
