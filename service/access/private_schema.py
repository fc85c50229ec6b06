"""The tables of sessions, API keys and pushed people in a database, in numbered steps, and what each role may do there.

The same tables as in the files, in a name space of their own beside the log's. The owner makes them and brings them up;
the role of the service adds, reads, changes and removes rows: unlike the log's, these are no record. `history` says
which steps were taken. A number of a change is later than any before and at least the server's clock in microseconds:
so one that was given before the database was put back from a copy does not come again. What replicas share besides,
counts of callers and requests by name, is in `shared_schema`.
"""

from collections.abc import Callable
from typing import Any

from indexes.postgres_guards import expected_role, schema_made
from service.access.shared_schema import second_step

SCHEMA = "greenlit_access"
SCHEMA_VERSION = 2
_TEXT = 'text COLLATE "C"'  # compared by bytes, whatever the system's collation is
VERSION = f"SELECT coalesce(max(version), 0) FROM {SCHEMA}.history"  # nosec B608  # noqa: S608  (a name of ours)


def _next(table: str) -> tuple[str, ...]:
    number = f"{SCHEMA}.next_of_{table}()"
    return (
        f"""CREATE FUNCTION {number} RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT greatest(coalesce(max(number), 0) + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
    FROM {SCHEMA}.{table} $$""",  # nosec B608  # noqa: S608  (names of ours)
        f"ALTER TABLE {SCHEMA}.{table} ALTER COLUMN number SET DEFAULT {number}",
    )


_FIRST = (
    schema_made(SCHEMA),
    f"CREATE TABLE {SCHEMA}.history (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())",
    f"""CREATE TABLE {SCHEMA}.keys (
    key_id {_TEXT} PRIMARY KEY, name {_TEXT} NOT NULL, hash bytea NOT NULL, scopes {_TEXT} NOT NULL,
    groups {_TEXT} NOT NULL, made_by {_TEXT} NOT NULL, made_at {_TEXT} NOT NULL, expires {_TEXT} NOT NULL,
    revoked_at {_TEXT}, last_used {_TEXT})""",
    f"""CREATE TABLE {SCHEMA}.key_changes (
    number bigint PRIMARY KEY, kind {_TEXT} NOT NULL, key_id {_TEXT} NOT NULL, by {_TEXT} NOT NULL,
    recorded integer NOT NULL DEFAULT 0)""",
    *_next("key_changes"),
    f"CREATE TABLE {SCHEMA}.peppers (number integer PRIMARY KEY, mark bytea NOT NULL)",
    f"CREATE TABLE {SCHEMA}.codes (code_hash bytea PRIMARY KEY, person {_TEXT} NOT NULL, ends_s float8 NOT NULL)",
    f"""CREATE TABLE {SCHEMA}.sessions (
    id_hash bytea PRIMARY KEY, person {_TEXT} NOT NULL, email {_TEXT}, name {_TEXT} NOT NULL, groups {_TEXT} NOT NULL,
    id_token {_TEXT}, used_s float8 NOT NULL, ends_s float8 NOT NULL)""",
    f"""CREATE TABLE {SCHEMA}.logins (
    id_hash bytea PRIMARY KEY, state {_TEXT} NOT NULL, nonce {_TEXT} NOT NULL, verifier {_TEXT} NOT NULL,
    ends_s float8 NOT NULL)""",
    f"""CREATE TABLE {SCHEMA}.people (
    person {_TEXT} PRIMARY KEY, email {_TEXT}, name {_TEXT} NOT NULL, groups {_TEXT} NOT NULL,
    seen_s float8 NOT NULL)""",
    f"CREATE INDEX people_by_email ON {SCHEMA}.people (email)",
    f"""CREATE TABLE {SCHEMA}.resources (
    number bigint PRIMARY KEY, id {_TEXT} UNIQUE NOT NULL, kind {_TEXT} NOT NULL, resource {_TEXT} NOT NULL,
    deleted integer NOT NULL)""",
    *_next("resources"),
    f"CREATE TABLE {SCHEMA}.people_changes (number bigint PRIMARY KEY)",
    *_next("people_changes"),
)
# By the version that each leads to.
STEPS: dict[int, tuple[str, ...]] = {1: _FIRST, 2: second_step(SCHEMA)}


def bring_up(execute: Callable[[str], Any], version: int) -> None:
    """Take the steps from a version, of which 0 is none, to this one's, within the caller's transaction."""
    for statement in _steps(version):
        execute(statement)


def _steps(version: int) -> list[str]:
    statements: list[str] = []
    for to in range(version + 1, SCHEMA_VERSION + 1):
        statements += [*STEPS[to], f"INSERT INTO {SCHEMA}.history (version) VALUES ({to})"]  # nosec B608  # noqa: S608
    return statements


def granted(role: str) -> list[str]:
    """Return the statements that let a role keep sessions, keys and people, and change no table.

    Args:
        role: its name: lower-case letters, digits, `_` and `-`.

    Raises:
        ValueError: it is no such name.
    """
    expected_role(role)
    return [
        f'GRANT USAGE ON SCHEMA {SCHEMA} TO "{role}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO "{role}"',
        f'REVOKE INSERT, UPDATE, DELETE ON {SCHEMA}.history FROM "{role}"',
        f'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO "{role}"',  # where PUBLIC may not
    ]


def printed(role: str) -> str:
    """Return what makes the tables in an empty database, as SQL; `role` may be empty.

    Raises:
        ValueError: as `granted`.
    """
    statements = [*_steps(0), *(granted(role) if role else [])]
    return "".join(f"{line};\n" for line in ("BEGIN", *statements, "COMMIT"))
