"""A log in PostgreSQL at the command line: prepared, moved there, looked at, and never with the password in a word."""

import contextlib
import json
import sys
from pathlib import Path

import psycopg
import pytest

from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.postgres_prepare import preparing
from service.audit.storage.postgres_schema import SCHEMA
from tests.support.audit_doors import asked
from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown
from tests.support.postgres_server import Server
from tests.support.service_parts import POLICY, open_studio, with_rules

SECRET = "s3cret4711"
NAMED = {"GREENLIT_LOG_NAME": "greenlit.test"}


@pytest.fixture
def settings(library: TinyLibrary, database_url: str) -> dict[str, str]:
    """Settings of an installation that answered a question and was then told of a database."""
    grown(library, _ask)
    return NAMED | {"GREENLIT_DATABASE_URL": f"{database_url}&password={SECRET}"}


def _ask(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        asked(studio)
        studio.opened.log.publish()


def _database(settings: dict[str, str]) -> str:
    return settings["GREENLIT_DATABASE_URL"].partition("?")[0].rpartition("/")[2]


def test_a_log_moves_and_every_command_finds_it_there(settings: dict[str, str], run: Run, tmp_path: Path) -> None:
    refused = run("audit", "list", **settings)
    assert refused.exit_code == 1
    assert "run greenlit audit move" in refused.stderr
    moved = run("audit", "move", **settings)
    assert moved.exit_code == 0, moved.stderr
    assert "Compared with the file, and verified." in moved.stdout
    assert run("audit", "verify", **settings).stdout.splitlines()[0] == "all is as it was signed"
    listed = json.loads(run("audit", "list", "--json", **settings).stdout)["records"]
    answer = next(record["seq"] for record in listed if record["type"] == "query.finished")
    assert run("audit", "show", str(answer), **settings).exit_code == 0
    exported = run("audit", "export", str(tmp_path / "export"), **settings)
    assert exported.exit_code == 0, exported.stderr
    assert run("audit", "verify", str(tmp_path / "export"), **settings).exit_code == 0
    types = [record["type"] for record in json.loads(run("audit", "list", "--json", **settings).stdout)["records"]]
    assert types.count("audit.read") >= 2, "looks at it are on record there"
    for command in (refused, moved, exported):
        assert SECRET not in command.output


def test_keys_people_and_sessions_move_with_the_log_or_after_it(
    settings: dict[str, str], run: Run, library: TinyLibrary
) -> None:
    wish = ("keys", "create", "--scope", "ask", "--expires", "2027-01-01", "--name")
    assert run(*wish, "slack", **NAMED).exit_code == 0
    moved = run("audit", "move", **settings)
    assert "Carried too: API keys, pushed people and sessions" in moved.stdout
    assert "slack" in run("keys", "list", **settings).stdout
    without = run("keys", "list", **NAMED)
    assert (without.exit_code, "set GREENLIT_DATABASE_URL" in without.stderr) == (1, True)
    state = library.root / "state"
    (state / "api_keys.sqlite.moved").rename(state / "api_keys.sqlite")  # a version before this carried the log alone
    again = run("audit", "move", **settings)
    assert again.exit_code == 0, again.stderr
    assert "The log is in the database already." in again.stdout
    assert "Nothing reads api_keys.sqlite.moved any more." in again.stdout
    assert SECRET not in moved.output + without.output + again.output


def test_doctor_names_the_database_and_warns_of_a_role_that_owns_the_tables(
    settings: dict[str, str], run: Run, postgres_server: Server
) -> None:
    run("audit", "move", **settings)
    looked = run("doctor", "--json", **settings)
    (log,) = [check for check in json.loads(looked.stdout)["checks"] if check["name"] == "audit log"]
    assert f"records in postgresql://{postgres_server.folder}" in log["detail"]
    assert log["level"] == "warning"
    assert "as the owner of the log's tables" in str(log)
    assert SECRET not in looked.output
    role = f"service_{_database(settings)[5:]}"
    postgres_server.run(f"CREATE ROLE {role} LOGIN", database=_database(settings))
    prepared = run("audit", "prepare", "--role", role, **settings)
    assert f"of log, register, sessions, API keys and pushed people, which {role} may use." in prepared.stdout
    by_service = settings | {"GREENLIT_DATABASE_URL": postgres_server.url(_database(settings), user=role)}
    (log,) = [
        check
        for check in json.loads(run("doctor", "--json", **by_service).stdout)["checks"]
        if check["name"] == "audit log"
    ]
    assert log["level"] == "ok"
    by_other = run("audit", "prepare", "--role", role, **by_service)
    assert by_other.exit_code == 1
    assert "does not own its tables" in by_other.stderr


def test_what_prepare_prints_makes_the_same_tables(settings: dict[str, str], run: Run, postgres_server: Server) -> None:
    role = f"service_{_database(settings)[5:]}"
    postgres_server.run(f"CREATE ROLE {role} LOGIN")
    printed = run("audit", "prepare", "--sql", "--role", role)
    assert printed.exit_code == 0
    with psycopg.connect(settings["GREENLIT_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(printed.stdout.encode())
        with pytest.raises(psycopg.Error, match="for a database without tables of Greenlit: run"):
            connection.execute(printed.stdout.encode())
    by_service = settings | {"GREENLIT_DATABASE_URL": postgres_server.url(_database(settings), user=role)}
    assert run("audit", "move", **by_service).exit_code == 0, "a role that adds may carry a log over"
    assert run("audit", "verify", **by_service).exit_code == 0
    assert run("register", "move", **by_service).exit_code == 0, "and a register"
    assert run("revoke", POLICY, "--by", "ann@x.example", "--reason", "old", **by_service).exit_code == 0


def test_tables_of_this_version_are_prepared_again_beside_services_that_write_them(
    settings: dict[str, str], run: Run, postgres_server: Server, tmp_path: Path
) -> None:
    """Compositions and charts run it before each start of anything, and whatever answers goes on."""
    role = f"again_{_database(settings)[5:]}"
    postgres_server.run(f"CREATE ROLE {role} LOGIN")
    assert run("audit", "prepare", **settings).exit_code == 0
    with contextlib.closing(PostgresBesideStore.open(settings["GREENLIT_DATABASE_URL"], folder=tmp_path / "state")):
        again = run("audit", "prepare", "--role", role, **settings)
        assert (again.exit_code, f"which {role} may use." in again.stdout) == (0, True), again.stderr
        postgres_server.run(
            f"ALTER TABLE {SCHEMA}.leaves DISABLE TRIGGER leaves_in_order", database=_database(settings)
        )
        damaged = run("audit", "prepare", "--role", role, **settings)
        assert (damaged.exit_code, "the trigger leaves_in_order is gone" in damaged.stderr) == (1, True)


def test_two_do_not_prepare_the_same_tables_at_once(
    settings: dict[str, str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server fails whoever grants a right on a table that another grants a right on at that moment."""
    monkeypatch.setattr("service.audit.storage.postgres_database._WRITES", "SET lock_timeout = 50")
    with preparing(settings["GREENLIT_DATABASE_URL"]):
        second = run("audit", "prepare", **settings)
        assert (second.exit_code, "cannot be prepared: another session has locked it" in second.stderr) == (1, True)
    assert run("audit", "prepare", **settings).exit_code == 0


def test_schemas_that_were_made_for_an_owner_who_may_make_none_are_filled(
    settings: dict[str, str], run: Run, postgres_server: Server
) -> None:
    owner = f"owner_{_database(settings)[5:]}"
    postgres_server.run(f"CREATE ROLE {owner} LOGIN")
    by_owner = settings | {"GREENLIT_DATABASE_URL": postgres_server.url(_database(settings), user=owner)}
    refused = run("audit", "prepare", **by_owner)
    assert (refused.exit_code, "the role may not" in refused.stderr) == (1, True)
    schemas = ("greenlit_audit", "greenlit_register", "greenlit_access", "greenlit_slack")
    postgres_server.run(
        *(f"CREATE SCHEMA {one} AUTHORIZATION {owner}" for one in schemas), database=_database(settings)
    )
    for _ in range(2):
        made = run("audit", "prepare", **by_owner)
        assert made.exit_code == 0, made.stderr


def test_a_copy_says_that_the_log_is_not_in_it(settings: dict[str, str], run: Run, tmp_path: Path) -> None:
    run("audit", "move", **settings)
    copied = run("backup", str(tmp_path / "copies"), **settings)
    assert copied.exit_code == 0, copied.stderr
    assert "the log itself is in PostgreSQL and not in this copy, which holds its keys" in " ".join(
        copied.stderr.split()
    )
    shrunk = run("audit", "shrink", **settings)
    assert (shrunk.exit_code, "expected one in a file" in shrunk.stderr) == (1, True)
    assert not list((tmp_path / "copies").rglob("*.moved"))
    assert not list((tmp_path / "copies").rglob("audit.sqlite*")), "texts that are erased later would stay in it"


@pytest.mark.parametrize("words", [("audit", "move"), ("audit", "prepare")])
def test_without_a_database_there_is_nothing_to_do(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.exit_code, "expected GREENLIT_DATABASE_URL to name the database" in result.stderr) == (2, True)


@pytest.mark.parametrize("words", [("audit", "move"), ("audit", "verify"), ("audit", "list"), ("doctor",)])
def test_an_address_of_another_kind_stops_every_command_and_is_not_repeated(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words, GREENLIT_DATABASE_URL=f"mysql://u:{SECRET}@db/log")
    assert result.exit_code == 2
    assert "GREENLIT_DATABASE_URL: expected an address that begins with postgresql://" in result.stderr
    assert SECRET not in result.output


def test_a_role_that_would_have_to_be_quoted_is_used_wrongly(settings: dict[str, str], run: Run) -> None:
    result = run("audit", "prepare", "--role", "x; DROP TABLE y", **settings)
    assert (result.exit_code, "expected the name of a role" in result.stderr) == (2, True)
    with psycopg.connect(settings["GREENLIT_DATABASE_URL"], autocommit=True) as connection:
        assert connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.leaves",)).fetchone() == (None,)


@pytest.mark.parametrize("words", [("audit", "move"), ("audit", "verify"), ("audit", "list"), ("audit", "prepare")])
def test_a_missing_library_is_told_with_what_to_install(
    settings: dict[str, str], run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    for name in [name for name in sys.modules if name.startswith(("service.audit.storage.postgres_", "psycopg"))]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("service.audit.moving", "service.commands.database"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    result = run(*words, **settings)
    assert result.exit_code == 1
    assert "found no psycopg: pip install -e '.[postgres]'" in result.stderr
