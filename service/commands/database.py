"""The commands for a log in PostgreSQL: `greenlit audit prepare`, for a register there too, and `greenlit audit move`.

Exit codes: 0 done, 1 refused, 2 used wrongly.
"""

from typing import Annotated

import typer

from indexes.console import fail, out, problem
from indexes.counting import counted
from indexes.errors import RegisterError, SettingsError
from service.audit.errors import AuditError
from service.settings import Settings, read_settings


def prepare(
    role: Annotated[
        str, typer.Option(help="the role that the service connects as; it may add, read, erase texts")
    ] = "",
    sql: Annotated[
        bool, typer.Option("--sql", help="only print the statements, for whoever runs the database")
    ] = False,
) -> None:
    """Make the tables of log and register in PostgreSQL, or bring them up, as their owner; let the service in."""
    try:
        from indexes.register_moving import prepare_rows
        from indexes.register_schema import printed as printed_register
        from service.audit.storage.postgres_prepare import prepare as make
        from service.audit.storage.postgres_prepare import printed

        if sql:
            out.text((printed(role) + printed_register(role)).rstrip())
            return
        shown = make(_with_database().database(), role=role)
        prepare_rows(_with_database().database(), role=role)
    except (SettingsError, ValueError) as error:
        raise fail(error, 2) from error
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    except (AuditError, RegisterError) as error:
        raise fail(error, 1) from error
    out.line(f"{shown} holds the tables of a log and a register" + (f", which {role} may write." if role else "."))


def move() -> None:
    """Move the log from its file into the database of GREENLIT_DATABASE_URL, with the service stopped."""
    try:
        from service.audit.moving import move_log

        settings = _with_database()
        moved = move_log(
            settings.state,
            keys=settings.keys_folder(),
            name=settings.log_name,
            database=settings.database(),
            tell=_tell,
        )
    except SettingsError as error:
        raise fail(error, 2) from error
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    except AuditError as error:
        raise fail(error, 1) from error
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
