"""SQL that every schema of ours in PostgreSQL is made and guarded with: triggers that always fire, who may use it.

Text only: nothing here connects. What a trigger refuses, and what a role may do, each schema says itself.
"""

import re

# What a code (SQLSTATE) means that begins with P0, as no trigger of ours refuses: somebody else's function raised it.
REFUSED_THERE = (
    "a function or trigger that is not Greenlit's refuses it, such as an event trigger against changes of tables: ask "
    "whoever runs the database"
)
_ROLE = re.compile(r"[a-z_][a-z0-9_-]{0,62}")


def expected_role(role: str) -> str:
    """Return the name of a role, which may stand between quotes as it is.

    Raises:
        ValueError: it is no name in lower-case letters, digits, `_` and `-`.
    """
    if not _ROLE.fullmatch(role):
        raise ValueError(f"expected the name of a role in lower-case letters, digits, _ and -, got '{role}'")
    return role


def schema_made(schema: str) -> str:
    """Return the statement that makes a schema if it is missing.

    `IF NOT EXISTS` alone wants the right to make schemas in the database even where there is nothing to make; whoever
    runs it may have made this one for the owner of the tables, and grant nothing else.
    """
    return f"DO $$ BEGIN IF to_regnamespace('{schema}') IS NULL THEN CREATE SCHEMA {schema}; END IF; END $$"


def let_in(schema: str, role: str) -> list[str]:
    """Return the statements that let a role look into a schema and call its functions; tables are each granted besides.

    Functions may be called by everybody, unless whoever runs the database has taken that away for new ones.

    Raises:
        ValueError: as `expected_role`.
    """
    expected_role(role)
    return [f'GRANT {right} SCHEMA {schema} TO "{role}"' for right in ("USAGE ON", "EXECUTE ON ALL FUNCTIONS IN")]


def trigger(schema: str, table: str, name: str, *, fires: str, body: str) -> list[str]:
    """Return the statements that make a trigger of a table, or bring it up, and have it fire in every session.

    Args:
        schema: of the table; the trigger's function lies there too.
        table: its name.
        name: of the trigger, and of its function.
        fires: when and for what; `{on}` stands for the table.
        body: of the function, in PL/pgSQL, from BEGIN to END.
    """
    on = f"ON {schema}.{table}"
    # What its names mean is not for the session to say that it fires in.
    settled = "LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp"
    return [
        f"CREATE OR REPLACE FUNCTION {schema}.{name}() RETURNS trigger {settled} AS $$ {body} $$",
        f"CREATE OR REPLACE TRIGGER {name} {fires.format(on=on)} EXECUTE FUNCTION {schema}.{name}()",
        # Also in a session that sets session_replication_role, as tools that copy databases do.
        f"ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER {name}",
    ]
