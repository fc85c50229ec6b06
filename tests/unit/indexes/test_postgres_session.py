"""Sessions of PostgreSQL: the same whatever a role is set to, with the primary alone, and nobody else's."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from indexes.database import Database
from indexes.errors import DatabaseError, RegisterError
from indexes.events import Approval
from indexes.library_register import register_of
from indexes.postgres_address import read_address, shown_address
from indexes.postgres_session import BoundedConnection, Connection, confirmed, is_shared
from indexes.register_moving import move_to_rows
from service.audit.errors import AuditUnavailableError
from service.audit.storage.postgres_database import PostgresDatabase
from tests.support.postgres_server import Server, a_server, standby_away

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
APPROVAL = Approval("legal/a.md", "a" * 64, "Ürlaub – 休暇", "ann@x.example", AT, date(2027, 1, 1), ("staff",))
# What a database or a role may be set to, by whoever runs the server.
SET = {
    "client_encoding": "latin9",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
    "synchronous_commit": "off",
    "bytea_output": "escape",
    "search_path": "nowhere",
}


def _asked(url: str, statement: bytes) -> list[Any]:
    with _lent(url) as connection:
        return connection.execute(statement).fetchall()


def test_what_a_database_is_set_to_changes_nothing_of_what_is_kept(
    database_url: str, tmp_path: Path, postgres_server: Server
) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    postgres_server.run(*(f"ALTER DATABASE {name} SET {setting} = '{value}'" for setting, value in SET.items()))
    move_to_rows(tmp_path, database_url)
    register = register_of(tmp_path, database_url)
    register.append([APPROVAL])
    assert register.refresh().decisions["legal/a.md"].approvals == (APPROVAL,)
    settings = ("standard_conforming_strings", "default_transaction_isolation", "synchronous_commit", "client_encoding")
    asked = ", ".join(f"current_setting('{setting}')" for setting in settings)
    assert _asked(database_url, f"SELECT {asked}".encode()) == [("on", "read committed", "on", "UTF8")]


def test_nobody_is_let_in_by_what_a_standby_knows(database_url: str) -> None:
    assert _asked(database_url, b"SELECT 1") == [(1,)]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA standby")
        connection.execute("CREATE FUNCTION standby.pg_is_in_recovery() RETURNS bool RETURN true")
    with pytest.raises(DatabaseError, match=r"is a standby, which may not know .*target_session_attrs=read-write"):
        _asked(f"{database_url}&options=-csearch_path%3Dstandby,pg_catalog", b"SELECT 1")


class Pooled:
    """A connection through a pool, which gives its statements to one of the pool's sessions of the server."""

    def __init__(self, sessions: Iterator[int], *, called: int = 1) -> None:
        self.info = SimpleNamespace(backend_pid=called)  # what the pool calls it
        self._sessions = sessions
        self.is_open = True

    def execute(self, _: bytes) -> Any:
        return SimpleNamespace(fetchall=lambda: [(next(self._sessions),)])

    def close(self) -> None:
        self.is_open = False


def test_a_pool_that_shares_sessions_is_told_from_one_that_gives_each_its_own() -> None:
    def shared(one: list[int], *others: list[int]) -> bool:
        left = iter(others)
        return is_shared(_pooled(one), lambda: _pooled(next(left)))

    assert not shared([1]), "nobody is between"
    assert shared([7] * 4, [7] * 3)
    assert shared([7, 8, 7, 9], [7, 7, 9]), "it met the same session once"
    assert not shared([7] * 4, [8] * 3)
    assert not is_shared(_pooled([7]), lambda: None), "a pool with room for one"
    assert not is_shared(cast("Any", _of_a_server()), lambda: pytest.fail("it was asked for another"))


def _pooled(sessions: list[int]) -> Any:
    return Pooled(iter(sessions))


def _of_a_server() -> Pooled:
    return Pooled(iter([4711]), called=4711)


def test_a_commit_that_waits_for_a_standby_is_broken_off_and_not_claimed(
    database_url: str, tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept by the server that was asked; whether it will be known after a failover nobody can tell."""
    monkeypatch.setattr("indexes.register_rows.CONFIRMED_S", 0.05)
    monkeypatch.setattr("indexes.postgres_session.CONFIRMED_S", 0.05)
    cancel, early = BoundedConnection.cancel_safe, itertools.cycle([True, False])

    def come_too_early(connection: BoundedConnection, *, timeout: float) -> None:
        """The server has not read the commit yet, every other time: what it is asked then is lost."""
        if not next(early):
            cancel(connection, timeout=timeout)

    monkeypatch.setattr(BoundedConnection, "cancel_safe", come_too_early)
    move_to_rows(tmp_path, database_url)
    register = register_of(tmp_path, database_url)
    with standby_away(postgres_server), _lent(database_url) as connection:
        with pytest.raises(RegisterError, match=r"for sure: a standby that .* does not confirm it; greenlit register"):
            register.append([APPROVAL])
        assert register.refresh().position == 1
        for made in ("made", "made_too"):  # on the connection that waited
            with pytest.raises(DatabaseError, match=r"^a standby that .* does not confirm it$"), confirmed(connection):
                connection.execute(f"CREATE TABLE {made} ()".encode())
        with confirmed(connection):  # nothing has to be kept
            connection.execute(b"SELECT FROM made, made_too")


@contextlib.contextmanager
def _lent(url: str) -> Iterator[Connection]:
    with contextlib.closing(Database(url, schema="public", most=1)) as database, database.lent() as connection:
        yield connection


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("postgresql://u:p@one:5433,two:5434/log", "postgresql://one:5433,two:5434/log"),
        ("postgresql://u@one,two/log", "postgresql://one,two/log"),
        ("host=one,two port=5433 dbname=log", "postgresql://one:5433,two:5433/log"),
        ("postgresql://u@one:5433,two/log", "postgresql://one:5433,two/log"),
        ("postgresql://one/log", "postgresql://one/log"),
    ],
)
def test_each_host_is_shown_with_its_port(said: str, shown: str) -> None:
    assert shown_address(read_address(said)) == shown


def test_a_server_that_stands_still_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It takes bytes and connections and answers none, as one does whose disk hangs; what it has is asked again."""
    monkeypatch.setattr("indexes.postgres_session.PATIENCE_S", 0.3)
    with a_server() as server:
        url = server.url(server.new_database(), connect_timeout="2")
        move_to_rows(tmp_path, url)
        register, log = register_of(tmp_path, url), PostgresDatabase(url)
        for module in ("service.audit.storage.postgres_database", "indexes.register_rows"):
            monkeypatch.setattr(f"{module}._READING_S", 0.3)
        with contextlib.closing(Database(url, schema="public", most=1)) as database, contextlib.closing(register):
            log.keep()
            asks: list[Callable[[], object]] = [
                lambda: _one_of(database),
                register.refresh,
                lambda: log.rows("SELECT 1"),
            ]
            for ask in asks:
                ask()
            with server.standing_still():
                with pytest.raises(DatabaseError, match=r"^the server does not answer$"):
                    asks[0]()
                for ask in asks[1:]:
                    with pytest.raises(
                        (RegisterError, AuditUnavailableError), match=r"does not answer|timeout expired"
                    ):
                        ask()
            for ask in asks:
                ask()
            log.let_go()


def _one_of(database: Database) -> list[Any]:
    with database.lent() as connection:
        return connection.execute(b"SELECT 1").fetchall()
