"""What the tables of PostgreSQL refuse to any session: on record is what is there, in its order, for good."""
# ruff: noqa: S608 - every part of a statement is of this file

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from service.audit.errors import AuditDamagedError, AuditUnavailableError
from service.audit.storage.postgres_beside import PostgresBesideStore
from service.audit.storage.postgres_prepare import prepare
from service.audit.storage.postgres_schema import SCHEMA, SCHEMA_VERSION, TABLES, TRIGGERS, granted
from service.audit.storage.postgres_steps import noted
from service.audit.storage.postgres_store import PostgresLeafStore
from service.audit.storage.store import Entry, KeptScope, Payload, StoredCheckpoint, Subtree
from tests.support.postgres_server import Server

ORIGIN = "o"
HASH = "encode(sha256('\\x0000'::bytea), 'hex')"  # of the leaf x'00'

LEAVES = [
    ("UPDATE leaves SET leaf = '\\x00' WHERE seq = 1", "a leaf never changes"),
    ("UPDATE leaves SET seq = 3 WHERE seq = 2", "a leaf never changes"),
    ("DELETE FROM leaves WHERE seq = 2", "a leaf never goes"),
    ("DELETE FROM leaves", "a leaf never goes"),
    ("TRUNCATE leaves", "a leaf never goes"),
    ("TRUNCATE leaves, payloads CASCADE", "never goes"),
    (f"INSERT INTO leaves VALUES (1, {HASH}, 't', 1, 'r', '', '\\x00')", "takes the next number"),
    (f"INSERT INTO leaves VALUES (4, {HASH}, 't', 1, 'r', '', '\\x00')", "takes the next number"),
    (f"INSERT INTO leaves VALUES (-1, {HASH}, 't', 1, 'r', '', '\\x00')", "takes the next number"),
    (f"INSERT INTO leaves VALUES (NULL, {HASH}, 't', 1, 'r', '', '\\x00')", "takes the next number"),
    (
        f"INSERT INTO leaves VALUES (1, {HASH}, 't', 1, 'r', '', '\\x00') ON CONFLICT (seq) DO UPDATE SET leaf = ''",
        "takes the next number",
    ),
    (
        f"INSERT INTO leaves VALUES (1, {HASH}, 't', 1, 'r', '', '\\x00') ON CONFLICT DO NOTHING",
        "takes the next number",
    ),
    (
        f"INSERT INTO leaves VALUES (3, {HASH}, 't', 1, 'r', '', '\\x00'), (5, {HASH}, 't', 1, 'r', '', '\\x00')",
        "takes the next number",
    ),
    ("INSERT INTO leaves VALUES (3, 'h', 't', 1, 'r', '', '\\x00')", "check constraint"),
    (f"INSERT INTO leaves VALUES (3, {HASH}, 't', 1, 'r', '', '\\x01')", "check constraint"),
]
CHECKPOINTS = [
    ("UPDATE checkpoints SET note = 'forged' WHERE id = 1", "a checkpoint never changes"),
    ("DELETE FROM checkpoints WHERE id = 1", "a checkpoint never goes"),
    ("TRUNCATE checkpoints", "a checkpoint never goes"),
    ("INSERT INTO checkpoints VALUES (1, 'o', 9, 'r', 'forged')", "takes the next number"),
    ("INSERT INTO checkpoints VALUES (7, 'o', 9, 'r', 'n')", "takes the next number"),
    ("INSERT INTO checkpoints VALUES (2, 'o', 2, 'another', 'n')", "checkpoints only go forward"),
    ("INSERT INTO checkpoints VALUES (2, 'o', 1, 'r', 'n')", "checkpoints only go forward"),
]
OTHERS = [
    ("UPDATE subtrees SET hash = '\\x00'", "a subtree never changes"),
    ("DELETE FROM subtrees WHERE number = 1", "a subtree never goes"),
    ("TRUNCATE subtrees", "a subtree never goes"),
    ("INSERT INTO subtrees VALUES ('o', 1, 1, '\\x00')", "duplicate key"),
    (
        "INSERT INTO subtrees VALUES ('o', 1, 1, '\\x00') ON CONFLICT (origin, level, number) DO UPDATE SET hash = ''",
        "ch",
    ),
    ("UPDATE scopes SET pairs = '\\x00'", "a scope never changes"),
    ("DELETE FROM scopes", "a scope never goes"),
    ("TRUNCATE scopes", "a scope never goes"),
    ("INSERT INTO scopes VALUES ('f', '\\x00')", "duplicate key"),
    ("UPDATE payloads SET sealed = '\\x00' WHERE seq = 1", "a payload never changes"),
    ("TRUNCATE payloads", "a payload never goes"),
    ("INSERT INTO payloads VALUES (1, 'prompt', 'k', '\\x00')", "duplicate key"),
    ("INSERT INTO payloads VALUES (9, 'prompt', 'k', '\\x00')", "a payload has a leaf"),
    ("UPDATE history SET value = '9'", "what was done never changes"),
    ("DELETE FROM history", "what was done never goes"),
    ("INSERT INTO history VALUES (7, 'schema', '9')", "takes the next number"),
    ("UPDATE agreed SET value = '9'", "what was agreed never changes"),
    ("DELETE FROM agreed", "what was agreed never goes"),
]


def _kept(url: str, folder: Path) -> str:
    """Fill a database with three leaves, and all that may come with them, and return its address."""
    with closing(PostgresBesideStore.open(url, folder=folder)) as store:
        payload = Payload("prompt", "k", b"sealed")
        scope = KeptScope("f", b"pairs")
        store.append([Entry(ORIGIN, "t", n, f"r-{n}", b"leaf", (payload,), scope=scope) for n in range(3)])
        store.agree("name", "value")
        for size in (1, 2):
            store.publish(StoredCheckpoint(ORIGIN, size, "r", "n"), [Subtree(ORIGIN, 1, size - 1, b"h")])
    return url


@pytest.fixture
def kept(log_url: str, tmp_path: Path) -> str:
    """The address of a filled database that nobody has open."""
    return _kept(log_url, tmp_path)


@pytest.fixture(scope="module")
def shared(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same, one for all tests of this module: they change nothing."""
    return _kept(postgres_server.url(postgres_server.new_database()), tmp_path_factory.mktemp("var"))


@pytest.fixture(scope="module")
def owner(shared: str) -> Iterator[psycopg.Connection]:
    """A connection to it of who owns the tables, in no transaction."""
    with psycopg.connect(shared, autocommit=True) as connection:
        yield connection


def _rows(url: str) -> list[list[tuple[object, ...]]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return _rows_at(connection)


def _rows_at(connection: psycopg.Connection) -> list[list[tuple[object, ...]]]:
    return [connection.execute(f"SELECT * FROM {SCHEMA}.{name}".encode()).fetchall() for name in TABLES]


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        _run_at(connection, *statements)


def _run_at(connection: psycopg.Connection, *statements: str) -> None:
    """Run statements in one transaction, to whose end settings hold too."""
    with connection.transaction():
        connection.execute(f"SET LOCAL search_path = {SCHEMA}".encode())
        for statement in statements:
            connection.execute(statement.encode())


@pytest.mark.parametrize(("statement", "why"), LEAVES + CHECKPOINTS + OTHERS, ids=lambda value: str(value)[:40])
def test_what_is_on_record_stays_as_it_is_even_for_who_owns_it(
    owner: psycopg.Connection, statement: str, why: str
) -> None:
    before = _rows_at(owner)
    for first in ("SELECT 1", "SET LOCAL session_replication_role = replica"):  # as tools that copy databases say
        with pytest.raises(psycopg.Error, match=why):
            _run_at(owner, first, statement)
    assert _rows_at(owner) == before


def test_a_payload_goes_when_it_is_erased(kept: str) -> None:
    _run(kept, "DELETE FROM payloads WHERE seq = 1")
    assert [row[0] for row in _rows(kept)[list(TABLES).index("payloads")]] == [0, 2]


def test_two_sessions_that_take_one_number_leave_no_gap_and_no_pair(kept: str) -> None:
    add = f"INSERT INTO {SCHEMA}.leaves VALUES (3, {HASH}, 't', 1, 'r', '', '\\x00')".encode()
    with psycopg.connect(kept) as one, psycopg.connect(kept) as other:
        one.execute(add)
        other.execute("SET lock_timeout = 50")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(add)
        other.rollback()
        one.commit()
        with pytest.raises(psycopg.errors.IntegrityError, match="takes the next number"):
            other.execute(add)


def test_tables_without_one_of_their_triggers_are_not_written(kept: str, tmp_path: Path) -> None:
    reading = PostgresLeafStore.reading(kept, folder=tmp_path)
    with psycopg.connect(kept, autocommit=True) as owner:
        for table, name in TRIGGERS:
            _run_at(owner, f"ALTER TABLE {table} DISABLE TRIGGER {name}")
            with pytest.raises(AuditDamagedError, match=f"the trigger {name} is gone, or does not always fire"):
                PostgresLeafStore.open(kept, folder=tmp_path)
            assert name in (reading.damage() or "")
            _run_at(owner, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    assert reading.damage() is None
    _run(kept, "DROP TRIGGER leaves_in_order ON leaves")
    with pytest.raises(AuditDamagedError, match="the trigger leaves_in_order is gone"):
        PostgresLeafStore.open(kept, folder=tmp_path)


def test_a_trigger_that_fires_for_some_sessions_only_is_told(kept: str, tmp_path: Path) -> None:
    _run(kept, "ALTER TABLE leaves ENABLE TRIGGER leaves_in_order")
    with pytest.raises(AuditDamagedError, match="does not always fire"):
        PostgresLeafStore.open(kept, folder=tmp_path)


def test_a_gap_is_damage(kept: str, tmp_path: Path) -> None:
    reading = PostgresLeafStore.reading(kept, folder=tmp_path)
    assert reading.damage() is None
    _run(
        kept,
        "ALTER TABLE leaves DISABLE TRIGGER leaves_never_go",
        "DELETE FROM leaves WHERE seq = 1",
        "ALTER TABLE leaves ENABLE ALWAYS TRIGGER leaves_never_go",
    )
    assert "1 of 3 records are missing" in (reading.damage() or "")


def test_the_role_of_the_service_adds_reads_and_erases_and_nothing_more(
    kept: str, tmp_path: Path, postgres_server: Server
) -> None:
    role = f"service_{kept.partition('?')[0].rpartition('_')[2]}"
    database = kept.partition("?")[0].rpartition("/")[2]
    postgres_server.run(f"CREATE ROLE {role} LOGIN", *granted(role), database=database)
    url = postgres_server.url(database, user=role)
    with closing(PostgresLeafStore.open(url, folder=tmp_path)) as store:
        payload = Payload("prompt", "k", b"sealed")
        store.append([Entry(ORIGIN, "t", 1, "r", b"leaf", (payload,), erases=((0, 0),), scope=KeptScope("g", b"p"))])
        store.publish(StoredCheckpoint(ORIGIN, 3, "r", "n"), [Subtree(ORIGIN, 1, 2, b"h")])
        assert (store.size(), store.payload_seqs(0, 9), store.may_change()) == (4, [1, 2, 3], False)
    with psycopg.connect(url, autocommit=True) as service:
        for table, statement in [
            *((name, f"UPDATE {name} SET {_column(name)} = {_column(name)}") for name in TABLES),
            *((name, f"DELETE FROM {name}") for name in TABLES if name != "payloads"),
            *((name, f"TRUNCATE {name}") for name in TABLES),
            *((name, f"DROP TABLE {name}") for name in TABLES),
            ("leaves", "ALTER TABLE leaves DISABLE TRIGGER leaves_never_go"),
            ("leaves", "CREATE OR REPLACE FUNCTION leaves_never_go() RETURNS trigger LANGUAGE sql AS ''"),
        ]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                _run_at(service, statement)
            assert table in TABLES
    with closing(PostgresLeafStore.open(kept, folder=tmp_path)) as store:
        assert store.may_change()


def _column(table: str) -> str:
    others = {"checkpoints": "note", "scopes": "pairs", "subtrees": "hash", "history": "value", "agreed": "value"}
    return others.get(table, "seq")


@pytest.mark.parametrize("role", ["", "Owner", 'a"b', "a b", "a;b", "ä", "a" * 64, "1a"])
def test_a_role_that_would_have_to_be_quoted_is_refused(role: str) -> None:
    with pytest.raises(ValueError, match="expected the name of a role in lower-case"):
        granted(role)


_TRUSTING = f"""
    SELECT proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname = '{SCHEMA}' AND prorettype = 'trigger'::regtype
    AND NOT COALESCE('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)"""


def _trusting(url: str) -> list[str]:
    """Return the functions of triggers whose names mean what the session says that they fire in."""
    with psycopg.connect(url, autocommit=True) as connection:
        return [name for (name,) in connection.execute(_TRUSTING.encode()).fetchall()]


def test_triggers_of_an_older_version_get_their_own_names_when_the_tables_are_prepared(kept: str) -> None:
    before = _rows(kept)
    _run(kept, *(f"ALTER FUNCTION {SCHEMA}.{name}() RESET search_path" for _, name in TRIGGERS), noted("schema", "2"))
    assert sorted(_trusting(kept)) == sorted(name for _, name in TRIGGERS)
    prepare(kept, role="")
    assert _trusting(kept) == []
    after = _rows(kept)
    history = list(TABLES).index("history")
    assert [row[1:] for row in after.pop(history)][-1] == ("schema", str(SCHEMA_VERSION))
    assert before.pop(history)
    assert after == before, "no record is touched"


def test_a_rule_of_the_database_against_changes_of_tables_is_told_in_words(database_url: str) -> None:
    refuse = "BEGIN RAISE EXCEPTION 'quokka4711: no changes on Fridays'; END"
    statements = (
        f"CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ {refuse} $$",
        "CREATE EVENT TRIGGER no_changes ON ddl_command_start EXECUTE FUNCTION refuse()",
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    with pytest.raises(AuditUnavailableError, match=r"is not Greenlit's refuses it, .*: ask whoever .*P0001") as caught:
        prepare(database_url, role="")
    assert "quokka4711" not in str(caught.value)
