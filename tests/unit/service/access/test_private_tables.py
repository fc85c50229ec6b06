"""What is special to tables: who makes them, which version, which role, and what is told while they cannot be used."""

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from indexes.errors import DatabaseError
from service.access.errors import KeysError, SessionsUnavailableError
from service.access.key_store import Key, KeyStore
from service.access.named_requests import Named, NamedRequests
from service.access.people import Person
from service.access.private_prepare import prepare
from service.access.private_schema import SCHEMA, SCHEMA_VERSION, printed
from service.access.private_tables import PrivateTables, in_database
from service.access.session_store import SessionStore
from service.access.sessions import Lasting, Sessions
from tests.support.keeps import name_in
from tests.support.postgres_server import Server, standby_away

MIRA = Person("mira-1", "mira@northlight.example", "Mira", frozenset({"newsroom"}))
TODAY = date(2026, 11, 29)
KEY = Key(
    "abcdefghij",
    "slack",
    bytes(32),
    frozenset({"ask"}),
    frozenset(),
    "cli",
    "2026-11-29T12:00:00Z",
    TODAY + timedelta(days=30),
)
_HISTORY = f"SELECT version FROM {SCHEMA}.history"  # noqa: S608
_NEWER = f"INSERT INTO {SCHEMA}.history (version) VALUES ({SCHEMA_VERSION + 1})"  # noqa: S608
_NO_KEYS = f"DELETE FROM {SCHEMA}.key_changes; DELETE FROM {SCHEMA}.keys"  # noqa: S608
Open = Callable[[str], KeyStore]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    with contextlib.ExitStack() as stack:
        yield lambda url: stack.enter_context(contextlib.closing(KeyStore(in_database(url, state=tmp_path))))


@pytest.fixture
def role(postgres_server: Server) -> str:
    name = f"service_{secrets.token_hex(4)}"
    postgres_server.run(f"CREATE ROLE {name} LOGIN")
    return name


def _by(server: Server, url: str, role: str) -> str:
    return server.url(name_in(url), user=role)


def test_replicas_that_start_at_once_make_the_tables_once(database_url: str, opened: Open) -> None:
    at_once, found = threading.Barrier(4), []

    def start() -> None:
        keys = opened(database_url)
        at_once.wait()
        found.append(keys.all())

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[]] * 4
    with psycopg.connect(database_url) as connection:
        history = connection.execute(_HISTORY.encode()).fetchall()
    assert history == [(version,) for version in range(1, SCHEMA_VERSION + 1)]


def test_a_role_of_its_own_keeps_everything_and_changes_no_table(
    access_url: str, postgres_server: Server, role: str, opened: Open, tmp_path: Path
) -> None:
    by_service = _by(postgres_server, access_url, role)
    with pytest.raises(KeysError, match=r"the role may not|it holds no tables"):
        opened(by_service).all()
    prepare(access_url, role=role)
    keys = opened(by_service)
    keys.add(KEY, today=TODAY)
    keys.mark_recorded(keys.unrecorded()[0].number)
    keys.revoke("slack", by="op", at="2026-11-29T13:00:00Z")
    keys.forget(KEY.key_id)
    store = SessionStore(in_database(by_service, state=tmp_path), clock_s=lambda: 1000.0)
    with contextlib.closing(Sessions(store, Lasting())) as sessions:
        code = sessions.new_code("mira-1")
        assert sessions.end(sessions.begin_by_code(code).session_id) is None
        sessions.begin(MIRA, before=None, id_token=None)
    with psycopg.connect(by_service, autocommit=True) as connection:
        for statement in (
            f"DROP TABLE {SCHEMA}.keys",
            f"ALTER TABLE {SCHEMA}.keys ADD COLUMN x int",
            f"TRUNCATE {SCHEMA}.sessions",
            _NEWER,
            f"CREATE TABLE {SCHEMA}.more (x int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
    with pytest.raises(DatabaseError, match="does not own the tables"):
        prepare(by_service, role=role)


def test_who_may_make_no_tables_is_told_to_prepare(
    database_url: str, postgres_server: Server, role: str, opened: Open
) -> None:
    with pytest.raises(KeysError, match=r"it holds no tables of sessions and keys: run greenlit audit prepare"):
        opened(_by(postgres_server, database_url, role)).all()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(printed(role).encode())
    assert opened(_by(postgres_server, database_url, role)).all() == []


def test_a_schema_of_a_newer_version_is_left_as_it_is(database_url: str, opened: Open) -> None:
    opened(database_url).all()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_NEWER.encode())
    with pytest.raises(KeysError, match=f"has schema {SCHEMA_VERSION + 1} .*, expected at most {SCHEMA_VERSION}"):
        opened(database_url).all()


def test_a_database_that_takes_nothing_still_says_who_is_known(
    database_url: str, postgres_server: Server, tmp_path: Path, opened: Open
) -> None:
    place = in_database(database_url, state=tmp_path)
    with contextlib.closing(Sessions(SessionStore(place, clock_s=lambda: 1000.0), Lasting())) as sessions:
        session_id = sessions.begin(MIRA, before=None, id_token=None).session_id
        sessions.close()
        postgres_server.run(f"ALTER DATABASE {name_in(database_url)} SET default_transaction_read_only = on")
        assert sessions.person(session_id) == MIRA
        with pytest.raises(SessionsUnavailableError, match=r"it is read-only: a standby, or set so \(25006\)"):
            sessions.new_code("mira-1")
        with pytest.raises(KeysError, match="it is read-only"):
            opened(database_url).add(KEY, today=TODAY)


def test_a_number_that_was_given_before_the_database_was_put_back_does_not_come_again(
    access_url: str, opened: Open
) -> None:
    """What a service knows after one change must not pass for what is known after another."""
    keys = opened(access_url)
    keys.add(KEY, today=TODAY)
    (before,) = keys.unrecorded()
    with psycopg.connect(access_url, autocommit=True) as connection:  # as a copy from before that would be
        connection.execute(_NO_KEYS.encode())
    keys.add(KEY, today=TODAY)
    (after,) = keys.unrecorded()
    assert after.number > before.number


def test_while_one_puts_changes_on_record_another_waits(access_url: str, opened: Open) -> None:
    one, other = opened(access_url), opened(access_url)
    one.add(KEY, today=TODAY)
    recorded: list[int] = []
    looks = threading.Barrier(2)

    def record(keys: KeyStore) -> None:
        with keys.recording():
            changes = keys.unrecorded()
            with contextlib.suppress(threading.BrokenBarrierError):
                looks.wait(0.2)  # both see the change, unless one waits for the other
            for change in changes:
                recorded.append(change.number)
                keys.mark_recorded(change.number)

    threads = [threading.Thread(target=record, args=(keys,)) for keys in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(recorded) == 1


def test_what_was_known_is_not_told_while_nobody_can_be_asked(
    access_url: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = opened(access_url)
    keys.add(KEY, today=TODAY)
    watch = keys.watching()
    assert watch.newest() > 0

    def gone(_: object) -> None:
        raise KeysError("the server is gone")

    with monkeypatch.context() as cut:
        cut.setattr(PrivateTables, "reading", gone)
        assert watch.newest() == -1
    assert watch.newest() > 0


def test_no_error_holds_what_was_to_be_kept(access_url: str, tmp_path: Path) -> None:
    store = SessionStore(in_database(access_url, state=tmp_path), clock_s=lambda: 1000.0)
    with contextlib.closing(Sessions(store, Lasting())) as sessions:
        with pytest.raises(SessionsUnavailableError) as caught:
            sessions.begin(Person("mira\0-1", None, "Mira"), before=None, id_token="a-token-of-hers")
        assert "DataError" in str(caught.value)
        assert "token" not in str(caught.value)
        assert sessions.begin(MIRA, before=None, id_token=None)


def test_nobody_waits_for_ever_for_a_standby_that_is_away(
    access_url: str, tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever signs in is told that it is not sure, in its time; nobody who is signed in waits behind them."""
    monkeypatch.setattr("indexes.postgres_session.CONFIRMED_S", 0.05)
    keep, now_s = in_database(access_url, state=tmp_path), [1000.0]
    store, names = SessionStore(keep, clock_s=lambda: now_s[0]), NamedRequests(keep, secret=lambda: bytes(32), kept_s=0)
    with contextlib.closing(Sessions(store, Lasting())) as sessions:
        session = sessions.begin(MIRA, before=None, id_token=None).session_id
        names.take(Named("mira-1", "once", b"?", "request-1"))
        with standby_away(postgres_server):
            with pytest.raises(SessionsUnavailableError, match="a standby that the server waits for does not confirm"):
                sessions.begin(MIRA, before=None, id_token=None)
            now_s[0] += 100  # it is noted that the session is in use
            assert sessions.person(session) == MIRA
            names.forget_old()
