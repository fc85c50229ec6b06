"""What schemas are made and guarded with, in databases that are set up in more ways than one."""
# ruff: noqa: S608 - every part of a statement is of this file

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from indexes.database import Database
from indexes.errors import DatabaseError, RegisterError
from indexes.events import Approval
from indexes.library_register import register_of
from indexes.postgres_guards import let_in
from indexes.register_moving import move_to_rows, prepare_rows
from indexes.register_schema import NO_CHAIN, SCHEMA
from tests.support.postgres_server import Server

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
APPROVAL = Approval("legal/a.md", "a" * 64, "Leave", "ann@x.example", AT, date(2027, 1, 1), ("staff",))
Roles = Callable[[str], str]


@pytest.fixture
def roles(database_url: str, postgres_server: Server) -> Roles:
    """Make a role of the database's own that has no right, and return its address."""
    name = database_url.partition("?")[0].rpartition("/")[2]

    def made(called: str) -> str:
        postgres_server.run(f"CREATE ROLE {called}_{name} LOGIN")
        return database_url.replace("user=owner", f"user={called}_{name}")

    return made


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _role(url: str) -> str:
    return url.rpartition("user=")[2]


def test_an_owner_who_may_make_no_schemas_works_in_one_that_was_made_for_it(
    roles: Roles, database_url: str, tmp_path: Path
) -> None:
    owner, service = roles("owner"), roles("service")
    with pytest.raises(RegisterError, match=r"the role may not.*42501"):
        prepare_rows(owner, role=_role(service))
    _run(database_url, f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {_role(owner)}")
    for _ in range(2):
        prepare_rows(owner, role=_role(service))
    move_to_rows(tmp_path, service)
    register_of(tmp_path, service).append([APPROVAL])
    assert register_of(tmp_path, service).refresh().position == 1


def test_a_role_that_is_let_in_calls_functions_though_everybody_elses_right_was_taken_away(
    roles: Roles, database_url: str
) -> None:
    service = roles("service")
    _run(
        database_url,
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "CREATE SCHEMA ours",
        "CREATE FUNCTION ours.one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _run(service, "SELECT ours.one()")
    _run(database_url, *let_in("ours", _role(service)))
    _run(service, "SELECT ours.one()")
    with pytest.raises(ValueError, match="expected the name of a role"):
        let_in("ours", 'x"; DROP SCHEMA ours')


def test_no_session_says_what_the_names_in_a_trigger_mean(roles: Roles, database_url: str, tmp_path: Path) -> None:
    """A role that may make functions somewhere would make its own `encode`, and add lines out of order."""
    service = roles("service")
    prepare_rows(database_url, role=_role(service))
    move_to_rows(tmp_path, database_url)
    _run(database_url, f"CREATE SCHEMA theirs AUTHORIZATION {_role(service)}")
    add = f"INSERT INTO {SCHEMA}.lines VALUES (1, 'x', pg_catalog.encode(sha256('x'), 'hex'), '{NO_CHAIN}')"
    fake = f"CREATE FUNCTION theirs.encode(bytea, text) RETURNS text LANGUAGE sql AS $$ SELECT '{NO_CHAIN}' $$"
    with pytest.raises(psycopg.Error, match="a line follows the last one"):
        _run(service, fake, "SET search_path = theirs, pg_catalog", add)
    assert register_of(tmp_path, database_url).refresh().position == 0


def test_a_rule_of_the_database_against_changes_of_tables_is_told_in_words(database_url: str) -> None:
    refuse = "BEGIN RAISE EXCEPTION 'quokka4711: no changes on Fridays'; END"
    _run(
        database_url,
        f"CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ {refuse} $$",
        "CREATE EVENT TRIGGER no_changes ON ddl_command_start EXECUTE FUNCTION refuse()",
    )
    words = r"is not Greenlit's refuses it, such as an event trigger .*: ask whoever runs the database \(P0001\)"
    with pytest.raises(RegisterError, match=words) as of_the_register:
        prepare_rows(database_url, role="")
    shared = Database(database_url, schema="public")
    with pytest.raises(DatabaseError, match=words) as of_the_others, shared.lent() as connection:
        connection.execute(b"CREATE TABLE theirs (x int)")
    shared.close()
    assert "quokka4711" not in f"{of_the_register.value} {of_the_others.value}"
