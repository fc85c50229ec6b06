"""Makes the tables of sessions, API keys and pushed people in a database, as their owner, for the service's own role.

The same can be printed for whoever runs the database (`private_schema.printed`).
"""

from contextlib import closing

from indexes.database import Database
from indexes.errors import DatabaseError
from service.access.private_schema import SCHEMA, granted
from service.access.private_tables import see_to_schema

_OWNS = "SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = %s"


def prepare(url: str, *, role: str) -> None:
    """Make or bring up the tables of a database, and let a role keep sessions, keys and people in them.

    Args:
        url: the address of the database, as the owner of its tables.
        role: the service's; empty: no other role than the owner is let in.

    Raises:
        DatabaseError: the database cannot be reached, or whoever connects may not do that.
        ValueError: the role's name would have to be quoted.
    """
    grants = granted(role) if role else []
    with closing(Database(url, schema=SCHEMA, prepare=see_to_schema)) as database, database.lent() as connection:
        if not connection.execute(_OWNS.encode(), (SCHEMA,)).fetchall()[0][0]:
            raise DatabaseError(
                f"the role that connects to {database.shown} does not own the tables of sessions and keys: set "
                "GREENLIT_DATABASE_URL to the owner's address for this command"
            )
        with connection.transaction():
            for statement in grants:
                connection.execute(statement.encode())
