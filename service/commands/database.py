"""The commands for an installation in PostgreSQL: `greenlit audit prepare` and `greenlit audit move`.

Exit codes: 0 done, 1 refused, 2 used wrongly.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.console import fail, out, problem
from indexes.counting import counted
from indexes.errors import DatabaseError, RegisterError, SettingsError
from service.access.errors import AccessError
from service.audit.errors import AuditError
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from service.audit.moving import Moved


def prepare(
    role: Annotated[
        str, typer.Option(help="the role that the service connects as; it may add, read, erase texts")
    ] = "",
    sql: Annotated[
        bool, typer.Option("--sql", help="only print the statements, for whoever runs the database")
    ] = False,
) -> None:
    """Make the tables in PostgreSQL, or bring them up, as their owner; let the service's role use them."""
    try:
        from indexes.register_moving import prepare_rows
        from indexes.register_schema import printed as printed_register
        from service.access.private_prepare import prepare as make_private
        from service.access.private_schema import printed as printed_private
        from service.audit.storage.postgres_prepare import prepare as make
        from service.audit.storage.postgres_prepare import preparing, printed
        from service.slack_bot.arriving.delivery_schema import printed as printed_slack
        from service.slack_bot.arriving.delivery_tables import prepare as make_slack

        if sql:
            whole = (printed, printed_register, printed_private, printed_slack)
            out.text(_in_one(*(one(role) for one in whole)))
            return
        url = _with_database().database()
        with preparing(url):
            shown = make(url, role=role)
            for more in (prepare_rows, make_private, make_slack):
                more(url, role=role)
    except (SettingsError, ValueError) as error:
        raise fail(error, 2) from error
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    except (AuditError, RegisterError, DatabaseError) as error:
        raise fail(error, 1) from error
    who = f", which {role} may use." if role else "."
    out.line(f"{shown} holds the tables of log, register, sessions, API keys and pushed people{who}")


# All or nothing, so that a database which holds tables already is left as it is: psql goes on after an error.
_NONE_YET = """DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_tables WHERE schemaname IN
        ('greenlit_audit', 'greenlit_register', 'greenlit_access', 'greenlit_slack')) THEN
    RAISE EXCEPTION 'these statements are for a database without tables of Greenlit: % as the owner of what is there',
        'run greenlit audit prepare'; END IF; END $$;
"""


def _in_one(*printed: str) -> str:
    """Return statements that are a transaction each as one for all of them."""
    bare = (one.removeprefix("BEGIN;\n").removesuffix("COMMIT;\n") for one in printed)
    return f"BEGIN;\n{_NONE_YET}{''.join(bare)}COMMIT;"


def move() -> None:
    """Move log, API keys, people and sessions into the database of GREENLIT_DATABASE_URL, with the service stopped."""
    try:
        from service.access.private_moving import carry
        from service.audit.moving import is_moved, move_log

        settings = _with_database()
        state, url = settings.state, settings.database()
        if is_moved(state, database=url):
            out.line("The log is in the database already.")
        else:
            moved = move_log(state, keys=settings.keys_folder(), name=settings.log_name, database=url, tell=_tell)
            _tell_moved(moved)
        with _nobody_beside(state):
            carried = carry(state, url=url)
    except SettingsError as error:
        raise fail(error, 2) from error
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    except (AuditError, AccessError, DatabaseError) as error:
        raise fail(error, 1) from error
    if carried.left:
        out.line(f"Carried too: API keys, pushed people and sessions, {counted(carried.rows, 'row')}; compared.")
        out.line(f"Nothing reads {', '.join(path.name for path in carried.left)} any more.")


@contextlib.contextmanager
def _nobody_beside(state: Path) -> Iterator[None]:
    from service.audit.storage.writer_lock import LOCK_FILE, WriterLock

    lock = WriterLock(path=state / LOCK_FILE)
    lock.take()
    try:
        yield
    finally:
        lock.release()


def _tell_moved(moved: "Moved") -> None:
    carried = (counted(moved.leaves, "record"), counted(moved.texts, "text"), counted(moved.checkpoints, "checkpoint"))
    out.line(f"In the database: {', '.join(carried)}.")
    out.line(f"Compared with the file, and verified. Nothing reads {moved.left} any more.")
    out.line("Remove it once the database is copied: texts that are erased from now on stay readable in it.")


_TELL_EVERY = 50_000  # records


def _tell(at: int, of: int) -> None:
    if at % _TELL_EVERY < 512 and at < of:  # noqa: PLR2004 - a page of them
        problem(f"{at} of {counted(of, 'record')}")


def _with_database() -> Settings:
    settings = read_settings()
    if not settings.database():
        raise SettingsError("expected GREENLIT_DATABASE_URL to name the database, got none")
    return settings


def _missing(error: ModuleNotFoundError) -> typer.Exit:
    from service.commands.doors import missing_extra

    return fail(missing_extra(error, "postgres", "GREENLIT_DATABASE_URL"), 1)
