"""Brings the tables of the PostgreSQL store to the schema of this version, in numbered steps, each by hand.

All steps are taken in one transaction by the owner of the tables, and each is put down in `history`: a crash leaves the
tables as they were. No leaf, no checkpoint and no payload is ever changed by a step, so every proof and receipt stays
what it was. A schema beyond this version's is refused by whoever calls.
"""

from collections.abc import Callable
from typing import Any

from service.audit.storage.postgres_schema import SCHEMA, SCHEMA_VERSION, made

Execute = Callable[[str], Any]
# By the schema that each leads away from. What is new, `made` makes: in 2 the table `agreed` and `expect_last`, in 3
# the functions of all triggers anew, whose names mean the same whatever the session says (`search_path`).
STEPS: dict[int, Callable[[Execute], None]] = {1: lambda _: None, 2: lambda _: None}
VERSION = f"SELECT value FROM {SCHEMA}.history WHERE what = 'schema' ORDER BY id DESC LIMIT 1"  # nosec B608  # noqa: S608  (a name of ours)


def bring_up(execute: Execute, version: int) -> None:
    """Take the steps from a schema to this version's, and make what is missing, within the caller's transaction.

    Args:
        execute: runs a statement.
        version: of the tables; 0: there are none.
    """
    execute("SET LOCAL statement_timeout = 0")  # of a large log an index takes its time, and nobody waits for an answer
    for step in range(version, SCHEMA_VERSION):
        if step:
            STEPS[step](execute)
    for statement in made():
        execute(statement)
    if version != SCHEMA_VERSION:
        execute(noted("schema", str(SCHEMA_VERSION)))


def noted(what: str, value: str) -> str:
    """Return the statement that puts down what was done; both are words of ours, without quotes."""
    return f"""INSERT INTO {SCHEMA}.history (id, what, value)
    SELECT COALESCE(MAX(id) + 1, 0), '{what}', '{value}' FROM {SCHEMA}.history"""  # nosec B608  # noqa: S608  (words of ours)
