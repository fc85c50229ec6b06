"""The command doctor: what is wrong with this installation, and how to mend it."""

from typing import Annotated

import typer

from indexes.console import Part, fail, out
from indexes.errors import SettingsError
from service.settings import Settings, read_settings

_MARKS: dict[str, Part] = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "wrong": ("wrong  ", "red")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="exit with 1 for a warning too")] = False,
) -> None:
    """Say what is wrong with this installation and how to mend it.

    Exits with 1 if something is wrong, which a person has to mend. A warning is worth knowing and stops nothing, such
    as approvals that end soon or have ended.
    """
    from contextlib import closing

    from service.access_made import key_ring
    from service.commands.models import connecting
    from service.operating.doctor import examine

    try:
        settings = read_settings()
    except SettingsError as error:
        raise fail(error, 2) from error
    checks = examine(
        settings,
        running=lambda: _problems_of_running(settings),
        connecting=lambda: connecting(settings),
        keys=lambda: closing(key_ring(settings)),
    )
    if as_json:
        out.json({"checks": [check.as_json() for check in checks]})
    else:
        for check in checks:
            out.line(_MARKS[check.level], f" {check.name}: {check.detail}")
    if any(not check.ok or (strict and check.level == "warning") for check in checks):
        raise typer.Exit(1)


def _problems_of_running(settings: Settings) -> list[str]:
    """Return what the running service finds wrong; that it cannot be asked is wrong too."""
    from service.commands.calling import CallError, called

    try:
        _, told = called(settings, "GET", "/readyz")
    except CallError as error:
        return [str(error)]
    if not isinstance(told.get("problems"), list):
        return ["the running service does not say how it is: expected problems from /readyz, got none"]
    return [*map(str, told["problems"])] or [f"{part} fails" for part in told.get("failing", ())]
