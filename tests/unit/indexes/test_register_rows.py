"""A register's rows: nobody changes them, nothing is read that cannot be relied on, and what fails is told in words."""
# ruff: noqa: S608 - every part of a statement is of this file

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from indexes.errors import RegisterError
from indexes.events import Approval, Withdrawal
from indexes.library_register import register_of
from indexes.register_moving import move_to_rows, prepare_rows
from indexes.register_rows import RegisterRows
from indexes.register_schema import SCHEMA, TRIGGERS, granted
from indexes.register_state import RegisterPlace
from tests.support.postgres_proxy import Proxy
from tests.support.postgres_server import Server

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
APPROVAL = Approval("legal/a.md", "a" * 64, "Leave", "ann@x.example", AT, date(2027, 1, 1), ("staff",))
REVOKED = Withdrawal("revoke", "legal/a.md", "ann@x.example", AT.replace(hour=11), "superseded")
CHAIN = f"encode(sha256(decode((SELECT chain FROM {SCHEMA}.lines WHERE number = 2), 'hex') || sha256('x')), 'hex')"
OF_X = "encode(sha256('x'), 'hex')"


@pytest.fixture
def register(database_url: str, tmp_path: Path) -> RegisterPlace:
    """A register of two lines in a database."""
    move_to_rows(tmp_path, database_url)
    place = register_of(tmp_path, database_url)
    place.append([APPROVAL, REVOKED])
    return place


@pytest.fixture
def run(database_url: str) -> Callable[..., None]:
    """Run statements there, as the owner of the tables."""

    def run(*statements: str) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    return run


def test_no_session_changes_what_was_decided(register: RegisterPlace, database_url: str) -> None:
    lines = f"{SCHEMA}.lines"
    refused = {
        f"UPDATE {lines} SET line = 'x' WHERE number = 2": "never changes",
        f"DELETE FROM {lines} WHERE number = 2": "never goes",
        f"DELETE FROM {lines}": "never goes",
        f"TRUNCATE {lines}": "never goes",
        f"TRUNCATE {lines}, {SCHEMA}.history CASCADE": "never goes",
        f"DELETE FROM {SCHEMA}.history": "never goes",
        f"UPDATE {SCHEMA}.history SET value = 'left'": "never changes",
        f"INSERT INTO {lines} VALUES (2, 'x', {OF_X}, {CHAIN})": "follows the last one",
        f"INSERT INTO {lines} VALUES (4, 'x', {OF_X}, {CHAIN})": "follows the last one",
        f"INSERT INTO {lines} VALUES (NULL, 'x', {OF_X}, {CHAIN})": "follows the last one",
        f"INSERT INTO {lines} VALUES (3, 'x', {OF_X}, {OF_X})": "follows the last one",
        f"INSERT INTO {lines} VALUES (3, 'x', {OF_X}, NULL)": "follows the last one",
        f"INSERT INTO {lines} VALUES (3, 'y', {OF_X}, {CHAIN})": "check constraint",
        f"INSERT INTO {lines} VALUES (2, 'x', {OF_X}, {CHAIN}) ON CONFLICT DO NOTHING": "follows the last one",
        f"INSERT INTO {SCHEMA}.history VALUES (9, 'place', 'left')": "takes the next number",
    }
    before = register.lines()
    for role in ("origin", "replica", "local"):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"SET session_replication_role = {role}".encode())
            for statement, why in refused.items():
                with pytest.raises(psycopg.Error, match=why):
                    connection.execute(statement.encode())
    assert register.lines() == before


def test_a_line_with_a_newline_in_it_would_be_two_in_a_file(register: RegisterPlace, database_url: str) -> None:
    rows = RegisterRows(database_url)
    with (
        rows.held() as writer,
        pytest.raises(RegisterError, match=r"its tables refuse the line.*\(23514\)"),
        rows.transaction(writer),
    ):
        rows.add(writer, [b"one\ntwo"], after=rows.last_here(writer))
    assert register.refresh().position == 2


def test_nothing_is_relied_on_whose_triggers_are_gone(
    register: RegisterPlace, database_url: str, tmp_path: Path, run: Callable[..., None]
) -> None:
    for table, name in TRIGGERS:
        run(f"ALTER TABLE {SCHEMA}.{table} DISABLE TRIGGER {name}")
        with pytest.raises(RegisterError, match=rf"the trigger {name} is gone, or does not always fire"):
            register_of(tmp_path, database_url).refresh()
        with pytest.raises(RegisterError, match=rf"the trigger {name} is gone"):
            register.append([APPROVAL])
        prepare_rows(database_url, role="")
    assert register_of(tmp_path, database_url).refresh().position == 2


def _changed(run: Callable[..., None], *statements: str) -> None:
    """Change lines as only the owner of the tables can, and put the triggers back."""
    off, on = (f"ALTER TABLE {SCHEMA}.lines {how} TRIGGER ALL" for how in ("DISABLE", "ENABLE"))
    always = (f"ALTER TABLE {SCHEMA}.{table} ENABLE ALWAYS TRIGGER {name}" for table, name in TRIGGERS)
    run(off, *statements, on, *always)


def test_a_server_that_was_put_back_from_yesterday_has_fewer_lines_and_they_are_what_is_seen(
    register: RegisterPlace, run: Callable[..., None], tmp_path: Path, database_url: str
) -> None:
    """As with a file that lost lines: what it says now holds, and its hashes tell whoever kept the record."""
    before = register.refresh()
    _changed(run, f"DELETE FROM {SCHEMA}.lines WHERE number = 2")
    after = register.refresh()
    assert after.position == 1
    assert after.line_hashes == before.line_hashes[:1]
    assert after.decisions["legal/a.md"].approvals == (APPROVAL,)
    register.append([REVOKED])
    assert register.refresh() == before == register_of(tmp_path, database_url).refresh()


def test_other_lines_in_the_place_of_those_that_were_read_are_seen_though_they_are_as_many(
    register: RegisterPlace, run: Callable[..., None], tmp_path: Path, database_url: str
) -> None:
    seen = register.refresh()
    _changed(run, f"DELETE FROM {SCHEMA}.lines WHERE number = 2")
    register_of(tmp_path, database_url).append([APPROVAL])
    after = register.refresh()
    assert after.position == seen.position
    assert after.line_hashes[1] != seen.line_hashes[1]
    assert not after.decisions["legal/a.md"].withdrawal


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            f"UPDATE {SCHEMA}.lines SET line = 'x', line_hash = {OF_X} WHERE number = 1",
            "its lines are not those that were written",
        ),
        (f"DELETE FROM {SCHEMA}.lines WHERE number = 1", "line 1 is missing"),
    ],
)
def test_lines_that_were_changed_behind_the_triggers_are_not_read(
    register: RegisterPlace, run: Callable[..., None], tmp_path: Path, database_url: str, change: str, found: str
) -> None:
    del register
    _changed(run, change)
    with pytest.raises(RegisterError, match=rf"is damaged \({found}\)"):
        register_of(tmp_path, database_url).refresh()


def test_the_services_role_reads_and_adds_and_nothing_more(
    register: RegisterPlace, postgres_server: Server, database_url: str, tmp_path: Path
) -> None:
    role = database_url.partition("?")[0].rpartition("/")[2]
    postgres_server.run(f"CREATE ROLE {role} LOGIN")
    url = database_url.replace("user=owner", f"user={role}")
    theirs = register_of(tmp_path, url)
    with pytest.raises(RegisterError, match=r"the role may not: run greenlit audit prepare --role ROLE"):
        theirs.refresh()
    prepare_rows(database_url, role=role)
    assert theirs.refresh() == register.refresh()
    theirs.append([APPROVAL])
    assert register.refresh().position == 3
    with psycopg.connect(url, autocommit=True) as connection:
        for change in ("UPDATE lines SET line = ''", "DELETE FROM lines", "TRUNCATE lines", "DROP TABLE lines"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SET search_path = {SCHEMA}; {change}".encode())
    with pytest.raises(ValueError, match="expected the name of a role"):
        granted('x"; DROP TABLE lines')


def test_where_nothing_can_be_written_decisions_are_refused_and_questions_go_on(
    register: RegisterPlace, database_url: str, tmp_path: Path
) -> None:
    read_only = register_of(tmp_path, f"{database_url}&options=-cdefault_transaction_read_only%3Don")
    assert read_only.refresh() == register.refresh()
    with pytest.raises(RegisterError, match=r"cannot be written: it is read-only: a standby, or set so \(25006\)"):
        read_only.append([APPROVAL])
    assert read_only.refresh().position == 2


def test_a_standby_may_not_know_of_a_revocation_so_nothing_is_read_from_it(
    register: RegisterPlace, run: Callable[..., None], database_url: str, tmp_path: Path
) -> None:
    del register
    run("CREATE SCHEMA standby", "CREATE FUNCTION standby.pg_is_in_recovery() RETURNS bool RETURN true")
    standby = register_of(tmp_path, f"{database_url}&options=-csearch_path%3Dstandby,pg_catalog")
    with pytest.raises(RegisterError, match="is a standby, which may not know of what was decided last"):
        standby.refresh()


def test_a_place_that_is_locked_for_too_long_says_so(
    register: RegisterPlace, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexes.register_rows._WRITES", "SET lock_timeout = 50")
    with RegisterRows(database_url).held(), pytest.raises(RegisterError, match=r"another writer has locked it.*55P03"):
        register.append([APPROVAL])
    register.append([APPROVAL])


def test_what_lost_its_connection_answers_nothing_it_remembers_and_comes_back_by_itself(
    register: RegisterPlace, database_url: str, tmp_path: Path, postgres_server: Server
) -> None:
    with Proxy(postgres_server) as way:
        far = register_of(tmp_path, database_url.replace(str(postgres_server.folder), str(way.folder)))
        assert far.refresh() == register.refresh()
        way.cut()
        for _ in range(2):
            with pytest.raises(RegisterError, match=r"the register in postgresql://.* cannot be opened: "):
                far.refresh()
        assert far.look() == ()
        with pytest.raises(RegisterError, match="cannot be opened"):
            far.append([APPROVAL])
        register.append([APPROVAL])
        way.mend()
        assert far.refresh() == register.refresh()
        assert far.refresh().position == 3
        way.drop()  # the connection alone, as a restart of the server does
        assert far.refresh().position == 3


def test_where_nobody_made_its_tables_no_question_fails_at_the_server_and_they_are_seen_once_they_come(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str | None] = []
    execute = psycopg.Connection.execute

    def noting(self: psycopg.Connection, *given: object, **more: object) -> object:
        try:
            return execute(self, *given, **more)  # type: ignore[call-overload]
        except psycopg.Error as error:
            failed.append(error.sqlstate)
            raise

    monkeypatch.setattr(psycopg.Connection, "execute", noting)
    place = register_of(tmp_path, database_url)
    assert [place.refresh().position for _ in range(3)] == [0, 0, 0]
    assert failed == []
    move_to_rows(tmp_path, database_url)
    register_of(tmp_path, database_url).append([APPROVAL])
    assert place.refresh().position == 1


def test_a_password_is_in_no_word(postgres_server: Server, tmp_path: Path) -> None:
    for url in (
        f"{postgres_server.url('nowhere')}&password=s3cret4711",
        "postgresql://u:x@s3cret4711@db.example:5432/log",
        "postgresql://u:s3cret4711@127.0.0.1:1/log",
    ):
        with pytest.raises(RegisterError) as told:
            register_of(tmp_path, url).refresh()
        assert "s3cret" not in str(told.value)
        assert told.value.__cause__ is told.value.__context__ is None


def test_whether_a_decision_was_recorded_is_not_claimed_when_nobody_knows(
    register: RegisterPlace, database_url: str, tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks while the end of the transaction is on its way."""
    with Proxy(postgres_server) as way:
        far = register_of(tmp_path, database_url.replace(str(postgres_server.folder), str(way.folder)))
        add = RegisterRows.add

        def add_and_lose(self: RegisterRows, *given: object, **more: object) -> None:
            add(self, *given, **more)  # type: ignore[arg-type]
            way.cut()

        monkeypatch.setattr(RegisterRows, "add", add_and_lose)
        with pytest.raises(
            RegisterError, match=r"for sure: the connection to the server is lost.*; greenlit register says whether"
        ):
            far.append([APPROVAL])
    assert register.refresh().position == 2
