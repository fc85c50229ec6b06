"""Makes the tables of the log, or brings them up, as their owner, and lets the service's own role write them.

Two roles: the owner, whom nobody but this is given, makes and changes tables; the service adds, reads and erases texts.
The same can be printed for whoever runs the database, and be run by them.
"""

from service.audit.errors import AuditUnavailableError
from service.audit.storage.postgres_moving import HalfMoved
from service.audit.storage.postgres_schema import SCHEMA_VERSION, granted, made
from service.audit.storage.postgres_steps import noted


def prepare(url: str, *, role: str) -> str:
    """Make or bring up the tables of a database, and let a role write them.

    Args:
        url: the address of the database, as the owner of its tables.
        role: the service's; empty: no other role than the owner is let in.

    Returns:
        The database, without who connects and how.

    Raises:
        AuditBusyError: a service writes the log: it has to be stopped.
        AuditUnavailableError: the database cannot be reached, or the owner may not do that.
        ValueError: the role's name would have to be quoted.
    """
    grants = granted(role) if role else []
    half = HalfMoved.take_half(url)
    try:
        if not half.may_change():
            raise AuditUnavailableError(
                f"the role that connects to {half.shown} does not own its tables: set GREENLIT_DATABASE_URL to the "
                "owner's address for this command"
            )
        half.run(grants)
    finally:
        half.close()
    return half.shown


def printed(role: str) -> str:
    """Return what `prepare` does for an empty database, as SQL.

    Raises:
        ValueError: the role's name would have to be quoted.
    """
    statements = [*made(), noted("schema", str(SCHEMA_VERSION)), *(granted(role) if role else [])]
    return "".join(f"{line};\n" for line in ("BEGIN", *statements, "COMMIT"))
