"""Connections of one process to the database that replicas share: bounded, none waits for another's, told when lost."""

import contextlib
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from indexes.database import Database
from indexes.errors import DatabaseError
from tests.support.postgres_server import Server

SECRET = "s3cret4711"


@pytest.fixture
def database(made_access_url: str) -> Iterator[Database]:
    with contextlib.closing(Database(made_access_url, schema="public", most=2, patience_s=0.05)) as made:
        yield made


def _own(database: Database) -> int:
    with database.lent() as connection:
        return connection.info.backend_pid


def test_a_connection_is_used_again_and_two_at_once_are_two(database: Database) -> None:
    assert _own(database) == _own(database)
    with database.lent() as one, database.lent() as other:
        assert one.info.backend_pid != other.info.backend_pid
    database.close()
    with database.lent() as connection:
        assert connection.execute(b"SELECT 1").fetchall() == [(1,)], "whoever comes later opens it again"


def test_nobody_waits_for_what_another_asks(database: Database) -> None:
    began, asked = threading.Event(), []

    def slow() -> None:
        with database.lent() as connection:
            began.set()
            asked.extend(connection.execute(b"SELECT pg_sleep(0.2)").fetchall())

    thread = threading.Thread(target=slow)
    thread.start()
    began.wait()
    with database.lent() as connection:
        assert connection.execute(b"SELECT 1").fetchall() == [(1,)]
        assert not asked
    thread.join()


def test_there_are_never_more_and_who_finds_none_is_told(database: Database) -> None:
    with database.lent(), database.lent(), pytest.raises(DatabaseError, match=r"all 2 connections .* are in use"):
        _own(database)
    assert _own(database)


def _asked(database: Database, *statements: bytes) -> list[object]:
    with database.lent() as connection:
        for statement in statements[:-1]:
            connection.execute(statement)
        return list(connection.execute(statements[-1]).fetchall())


def test_what_was_lent_when_it_was_closed_is_not_kept(database: Database) -> None:
    with database.lent() as connection:
        database.close()
        assert connection.execute(b"SELECT 1").fetchall() == [(1,)]
    assert connection.closed
    with database.lent() as another:
        assert not another.closed


def test_what_a_database_is_set_to_changes_no_promise(database_url: str, postgres_server: Server) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    for said in ("default_transaction_isolation = 'repeatable read'", "synchronous_commit = off"):
        postgres_server.run(f"ALTER DATABASE {name} SET {said}")
    asked = "SELECT current_setting('transaction_isolation'), current_setting('synchronous_commit')"
    with contextlib.closing(Database(database_url, schema="public")) as database, database.lent() as connection:
        assert connection.execute(asked.encode()).fetchall() == [("read committed", "on")]


def test_what_waits_for_more_than_the_disk_goes_on_doing_so(database_url: str, postgres_server: Server) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    postgres_server.run(f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
    with contextlib.closing(Database(database_url, schema="public")) as database, database.lent() as connection:
        assert connection.execute(b"SHOW synchronous_commit").fetchall() == [("remote_apply",)]


def test_what_was_begun_and_not_ended_goes_with_its_connection(database: Database) -> None:
    with pytest.raises(DatabaseError, match=r"22012"):
        _asked(database, b"BEGIN; CREATE TABLE left_over (x int)", b"SELECT 1 / 0")
    assert _asked(database, b"SELECT to_regclass('left_over')") == [(None,)]


def test_a_connection_that_the_server_ended_is_not_lent_again(database: Database, postgres_server: Server) -> None:
    before = _own(database)
    postgres_server.run(f"SELECT pg_terminate_backend({before})")
    deadline = time.monotonic() + 10
    while _own(database) == before:  # that it has ended is on its way
        assert time.monotonic() < deadline
    assert _own(database) != before


def test_one_that_is_lost_in_the_middle_is_told_and_the_next_begins_anew(database: Database) -> None:
    with database.lent() as one, database.lent():
        kept = one.info.backend_pid
    with pytest.raises(DatabaseError, match=r"the server ends, or begins|connection to the server is lost"):
        _asked(database, b"SELECT pg_terminate_backend(pg_backend_pid())")
    assert _own(database) != kept, "what else was kept leads to the same server"


def test_a_row_is_never_in_an_error_and_no_password_either(made_access_url: str) -> None:
    with contextlib.closing(Database(f"{made_access_url}&password={SECRET}", schema="public")) as database:
        row = b"INSERT INTO once VALUES ('a-secret-row')"
        with pytest.raises(DatabaseError, match=r"^SQLSTATE 23505$") as caught:
            _asked(database, b"CREATE TEMPORARY TABLE once (word text PRIMARY KEY)", row, row)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    gone = Database(f"postgresql://u:{SECRET}@127.0.0.1:1/log", schema="public")
    with pytest.raises(DatabaseError, match="refused") as caught:
        _own(gone)
    assert SECRET not in f"{caught.value} {gone.shown}"


@pytest.mark.parametrize("url", ["postgresql://u:a@b@c/log", "postgresql://h:port/log", "no address"])
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(DatabaseError, match="GREENLIT_DATABASE_URL cannot be read") as caught:
        Database(url, schema="public")
    assert url not in str(caught.value)


def test_a_new_connection_is_looked_at_before_it_is_lent(made_access_url: str) -> None:
    looked: list[psycopg.Connection[tuple[object, ...]]] = []

    def refuse(connection: psycopg.Connection[tuple[object, ...]]) -> None:
        looked.append(connection)
        raise DatabaseError("not this one")

    database = Database(made_access_url, schema="public", prepare=refuse)
    with pytest.raises(DatabaseError, match=r"^not this one$"):
        _own(database)
    assert looked[0].closed
