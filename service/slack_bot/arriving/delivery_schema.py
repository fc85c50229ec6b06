"""The tables of Slack's deliveries in a database, beside the log's, and what the role of the service may do there."""

from indexes.postgres_guards import schema_made

SCHEMA = "greenlit_slack"
SCHEMA_VERSION = 1
_TEXT = 'text COLLATE "C"'
VERSION = f"SELECT coalesce(max(version), 0) FROM {SCHEMA}.history"  # nosec B608  # noqa: S608  (a name of ours)
# Not `to_regclass`: within a transaction that goes by what this session knew before it waited for a lock.
HAS_TABLES = f"""
    SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = '{SCHEMA}' AND relname = 'history'"""  # nosec B608  # noqa: S608  (a name of ours)


def made() -> list[str]:
    """Return the statements that make the tables in a database without them."""
    return [
        schema_made(SCHEMA),
        f"CREATE TABLE {SCHEMA}.history (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())",
        f"""CREATE TABLE {SCHEMA}.deliveries (
    delivery {_TEXT} PRIMARY KEY, kind {_TEXT} NOT NULL, team {_TEXT} NOT NULL, enterprise {_TEXT},
    channel {_TEXT} NOT NULL, "user" {_TEXT} NOT NULL, ts {_TEXT}, thread_ts {_TEXT}, response_url {_TEXT},
    is_shared integer NOT NULL, state {_TEXT} NOT NULL CHECK (state IN ('taken', 'sending', 'done', 'given_up')),
    taken_s float8 NOT NULL, changed_s float8 NOT NULL)""",
        f"CREATE UNIQUE INDEX one_message ON {SCHEMA}.deliveries (channel, ts) WHERE ts IS NOT NULL",
        f"CREATE INDEX by_state ON {SCHEMA}.deliveries (state, changed_s)",
        f"CREATE TABLE {SCHEMA}.seen (key bytea PRIMARY KEY, until_s float8 NOT NULL)",
        f"INSERT INTO {SCHEMA}.history (version) VALUES ({SCHEMA_VERSION})",  # nosec B608  # noqa: S608
    ]


def printed(role: str) -> str:
    """Return what makes the tables in an empty database, as SQL; `role`, whose name was checked, may be empty."""
    statements = [*made(), *(granted(role) if role else [])]
    return "".join(f"{line};\n" for line in ("BEGIN", *statements, "COMMIT"))


def granted(role: str) -> list[str]:
    """Return the statements that let a role, whose name was checked, keep deliveries and change no table."""
    return [
        f'GRANT USAGE ON SCHEMA {SCHEMA} TO "{role}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.deliveries, {SCHEMA}.seen TO "{role}"',
        f'GRANT SELECT ON {SCHEMA}.history TO "{role}"',
    ]
