"""The command doctor: what is wrong with this installation, and how to mend it."""

from typing import Annotated

import typer

from indexes.console import Part, fail, out
from indexes.errors import SettingsError
from service.settings import read_settings


def doctor(as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Say what is wrong with this installation and how to mend it."""
    from service.operating.doctor import examine

    try:
        settings = read_settings()
    except SettingsError as error:
        raise fail(error, 2) from error
    checks = examine(settings)
    if as_json:
        out.json({"checks": [check.as_json() for check in checks]})
    else:
        for check in checks:
            mark: Part = ("ok   ", "green") if check.ok else ("wrong", "red")
            out.line(mark, f" {check.name}: {check.detail}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
