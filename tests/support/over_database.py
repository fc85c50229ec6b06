"""The database of tests that run over one: made with every table, searched, or written past its triggers."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg

from indexes import register_schema
from indexes.register_state import hash_line
from service.access import private_schema
from service.audit.storage.postgres_store import PostgresLeafStore
from service.slack_bot.arriving import delivery_schema
from tests.support.postgres_server import Server

Connection = psycopg.Connection[tuple[Any, ...]]
_LINES = f"{register_schema.SCHEMA}.lines"


def made_template(server: Server, folder: Path) -> str:
    """Make a database with the tables of everything, in which decisions lie; return its name."""
    name = server.new_database()
    PostgresLeafStore.open(server.url(name), folder=folder).close()
    register = (*register_schema.made(), register_schema.noted("place", "here"))
    server.run(*register, private_schema.printed(""), *delivery_schema.made(), database=name)
    return name


def tables_holding(connection: Connection, needle: str, schemas: Sequence[str]) -> list[str]:
    """Return the tables that hold a text as it stands in their columns, bytes too."""
    where = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2"
    tables = [f"{schema}.{table}" for schema, table in connection.execute(where, (list(schemas),))]
    return [table for table in tables if needle.encode() in _content(connection, table)]


def _content(connection: Connection, table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)".encode()) as copy:
        return b"".join(bytes(part) for part in copy)


def past_triggers(connection: Connection, table: str, *, run: Iterable[tuple[str, Sequence[Any]]]) -> None:
    """Run statements while the triggers of a table do not fire, as its owner could; then they do again."""
    triggers = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
    names = [name for (name,) in connection.execute(triggers, (table,))]
    with connection.transaction():
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        for statement, values in run:
            assert connection.execute(statement.encode(), values or None).rowcount != 0, statement
        for name in names:
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}".encode())


def rewrite_register(url: str, content: bytes) -> None:
    """Let the lines of the register be these bytes, numbered and chained as if they had been added."""
    lines = content.split(b"\n")
    rows, chain = [], register_schema.NO_CHAIN
    for number, line in enumerate(lines[:-1] if lines[-1] == b"" else lines, 1):
        digest = hash_line(line)
        chain = register_schema.chained(chain, digest)
        rows.append((number, line, digest, chain))
    insert = f"INSERT INTO {_LINES} (number, line, line_hash, chain) VALUES (%s, %s, %s, %s)"  # noqa: S608
    with psycopg.connect(url, autocommit=True) as connection:
        run = [(f"DELETE FROM {_LINES}", ()), *((insert, row) for row in rows)]  # noqa: S608
        past_triggers(connection, _LINES, run=run)
