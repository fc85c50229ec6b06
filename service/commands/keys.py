"""The commands of API keys: `greenlit keys …`.

They write to the keys of this installation, with and without a running service, which takes a change up, and puts it
on record, when the next request brings a key. Exit codes: 0 done, 1 refused, 2 used wrongly.
"""

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indexes.console import fail, out
from indexes.errors import SettingsError
from service.access.errors import AccessError, KeyWishError
from service.audit.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.access.key_ring import KeyRing

app = typer.Typer(help="API keys, for programs: create, list, revoke.")

_BY = "cli"
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@contextlib.contextmanager
def _ring() -> "Iterator[KeyRing]":
    from service.access_made import key_ring
    from service.settings import read_settings

    try:
        ring = key_ring(read_settings())
    except SettingsError as error:
        raise fail(error, 2) from error
    with contextlib.closing(ring):
        yield ring


@app.command()
def create(
    name: Annotated[str, typer.Option(help="lower-case letters, digits and -")],
    scope: Annotated[
        str, typer.Option(help="ask, act-for, audit, operate, scim, metrics; several separated by commas")
    ],
    expires: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="the last day (UTC) on which it is valid")],
    groups: Annotated[str, typer.Option(help="what it may read by itself, separated by commas")] = "",
) -> None:
    """Make a key and print it, once: keep it where secrets are kept."""
    from service.access.key_ring import KeyWish

    wish = KeyWish(name, _listed(scope), expires.replace(tzinfo=UTC).date(), _listed(groups))
    try:
        with _ring() as ring:
            made = ring.make(wish, by=_BY)
    except KeyWishError as error:
        raise fail(error, 2) from error
    except (AccessError, AuditError) as error:
        raise fail(error, 1) from error
    out.line(made.secret)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys that were ever made, without their secrets."""
    try:
        with _ring() as ring:
            shown = [ring.shown(key) for key in ring.all()]
    except AccessError as error:
        raise fail(error, 1) from error
    if as_json:
        out.json({"keys": shown})
        return
    columns = ("id", "name", "state", "scopes", "groups", "expires", "last_used")
    out.table(columns, [[_cell(key[column]) for column in columns] for key in shown])


@app.command()
def revoke(name_or_id: Annotated[str, typer.Argument(help="of a key that is not revoked")]) -> None:
    """Revoke a key: it opens nothing from the next request on."""
    try:
        with _ring() as ring:
            key = ring.revoke(name_or_id, by=_BY)
    except AccessError as error:
        raise fail(error, 1) from error
    out.line(f"revoked {key.name} ({key.key_id})")


def _listed(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _cell(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value or "")
