"""SQL that every schema of ours in PostgreSQL is guarded with: triggers that always fire, and names of roles.

Text only: nothing here connects. What a trigger refuses, and what a role may do, each schema says itself.
"""

import re

_ROLE = re.compile(r"[a-z_][a-z0-9_-]{0,62}")


def expected_role(role: str) -> str:
    """Return the name of a role, which may stand between quotes as it is.

    Raises:
        ValueError: it is no name in lower-case letters, digits, `_` and `-`.
    """
    if not _ROLE.fullmatch(role):
        raise ValueError(f"expected the name of a role in lower-case letters, digits, _ and -, got '{role}'")
    return role


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
    return [
        f"CREATE OR REPLACE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE OR REPLACE TRIGGER {name} {fires.format(on=on)} EXECUTE FUNCTION {schema}.{name}()",
        # Also in a session that sets session_replication_role, as tools that copy databases do.
        f"ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER {name}",
    ]
