"""The command `greenlit audit shrink`: gives the room of what was erased back to the disk.

Erasing takes the bytes out of the file of the store at once, and leaves the file as large as it was: what is recorded
next is written there. Here the file is written anew. No record changes, so nothing is recorded. A service that runs has
the store, and could record nothing meanwhile, so no answer: it is to be stopped first. Exit codes: 0 done, 1 refused, 2
used wrongly.
"""

from typing import Annotated

import typer

from indexes.console import fail, out
from indexes.errors import SettingsError
from service.audit.errors import AuditBusyError, AuditError
from service.settings import read_settings


def shrink(as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Give the room of what was erased back to the disk; the service has to be stopped meanwhile."""
    from service.audit.storage.sqlite_store import STORE_FILE, SqliteLeafStore

    try:
        settings = read_settings()
        if settings.database():
            raise fail(
                "the log is in a PostgreSQL database: expected one in a file; the room of what was erased is used "
                "again by what comes, and VACUUM FULL greenlit_audit.payloads gives it back",
                1,
            )
        state = settings.state
        if not (state / STORE_FILE).is_file():
            raise fail(f"expected a log in {state}, there is none", 1)
        store = SqliteLeafStore.open(state)
    except SettingsError as error:
        raise fail(error, 2) from error
    except AuditBusyError as error:
        raise fail(
            "the log is being written, by greenlit serve or another command: expected nobody to, for nothing can be "
            "recorded while the file shrinks; stop it first",
            1,
        ) from error
    except AuditError as error:
        raise fail(error, 1) from error
    try:
        before, after = store.shrink()
    except AuditError as error:
        raise fail(error, 1) from error
    finally:
        store.close()
    if as_json:
        out.json({"before_bytes": before, "after_bytes": after})
    else:
        out.line(f"{state / STORE_FILE}: {before:,} bytes before, {after:,} now")
