"""Makes the tables of the log, or brings them up, as their owner, and lets the service's own role write them.

Two roles: the owner, whom nobody but this is given, makes and changes tables; the service adds, reads and erases texts.
The same can be printed for whoever runs the database, and be run by them.
"""

import contextlib
from collections.abc import Iterator
from contextlib import closing

from service.audit.errors import AuditDamagedError, AuditUnavailableError
from service.audit.storage.postgres_database import PostgresDatabase
from service.audit.storage.postgres_moving import HalfMoved
from service.audit.storage.postgres_schema import SCHEMA_VERSION, granted, made
from service.audit.storage.postgres_steps import VERSION, noted
from service.audit.storage.postgres_store import PostgresLeafStore

_PREPARING = int.from_bytes(b"prepares")  # the number of a lock of the database


@contextlib.contextmanager
def preparing(url: str) -> Iterator[None]:
    """Let nobody else prepare the same database meanwhile, whichever of its tables: who grants at once fails.

    Args:
        url: the address of the database, as the owner of its tables.

    Raises:
        AuditUnavailableError: the database cannot be reached, or somebody else prepares it for too long.
    """
    database = PostgresDatabase(url)
    with closing(database.connect_to_write()) as connection:
        database.guarded("prepared", lambda: connection.execute("SELECT pg_advisory_lock(%s)", (_PREPARING,)))
        yield


def prepare(url: str, *, role: str) -> str:
    """Make or bring up the tables of a database, and let a role write them.

    Where there is nothing to bring up it does no more than let the role in, beside services that write the log:
    whatever runs this before each start, or each upgrade, need not stop them.

    Args:
        url: the address of the database, as the owner of its tables.
        role: the service's; empty: no other role than the owner is let in.

    Returns:
        The database, without who connects and how.

    Raises:
        AuditBusyError: a service writes the log, whose tables another version made: it has to be stopped.
        AuditDamagedError: triggers of the tables are gone, or do not fire.
        AuditUnavailableError: the database cannot be reached, or the owner may not do that.
        ValueError: the role's name would have to be quoted.
    """
    grants = granted(role) if role else []
    database = PostgresDatabase(url)
    if _is_of_this_version(database):
        _let_in(database, grants)
        return database.shown
    half = HalfMoved.take_half(url)
    try:
        half.run(grants)
    finally:
        half.close()
    return half.shown


def _is_of_this_version(database: PostgresDatabase) -> bool:
    try:
        found = database.rows(VERSION)
    except AuditUnavailableError:
        return False  # no tables, or none that can be read: whoever makes them is told why
    return found == [(str(SCHEMA_VERSION),)]


def _let_in(database: PostgresDatabase, grants: list[str]) -> None:
    if not PostgresLeafStore(database=database, folder=None).may_change():
        raise AuditUnavailableError(
            f"the role that connects to {database.shown} does not own its tables: set GREENLIT_DATABASE_URL to the "
            "owner's address for this command"
        )
    with closing(database.connect_to_write()) as connection:
        if problem := database.guarded("read", lambda: database.fault(connection)):
            raise AuditDamagedError(problem)

        def let_in() -> None:
            with connection.transaction():
                for grant in grants:
                    connection.execute(grant.encode())

        database.guarded("written", let_in)


def printed(role: str) -> str:
    """Return what `prepare` does for an empty database, as SQL.

    Raises:
        ValueError: the role's name would have to be quoted.
    """
    statements = [*made(), noted("schema", str(SCHEMA_VERSION)), *(granted(role) if role else [])]
    return "".join(f"{line};\n" for line in ("BEGIN", *statements, "COMMIT"))
