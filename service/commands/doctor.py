"""The command doctor: what is wrong with this installation, and how to mend it."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from indexes.errors import SettingsError
from indexes.names import printable
from service.settings import read_settings

_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)


def _fail(error: Exception | str, code: int) -> typer.Exit:
    _err.print(f"[red]greenlit:[/red] {escape(str(error))}")
    return typer.Exit(code)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False) -> None:
    """Say what is wrong with this installation and how to mend it."""
    from service.operating.doctor import examine

    try:
        settings = read_settings()
    except SettingsError as error:
        raise _fail(error, 2) from error
    checks = examine(settings)
    if as_json:
        print(json.dumps({"checks": [check.as_json() for check in checks]}, indent=1))
    else:
        for check in checks:
            mark = "[green]ok[/green]   " if check.ok else "[red]wrong[/red]"
            _out.print(f"{mark} {check.name}: {escape(printable(check.detail))}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
