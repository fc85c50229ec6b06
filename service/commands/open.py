"""The command open: a new sign-in link of the running service. Asks the service nothing, and needs no build."""

import typer
from rich.console import Console
from rich.markup import escape

from indexes.errors import SettingsError
from service.access.errors import AccessError
from service.commands.opening import sign_in_link
from service.settings import read_settings

_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)


def _fail(error: Exception | str, code: int) -> typer.Exit:
    _err.print(f"[red]greenlit:[/red] {escape(str(error))}")
    return typer.Exit(code)


def open_() -> None:
    """Print a new link that signs a browser in: it works once, within ten minutes."""
    from service.operating.running import NotRunningError, running_url

    try:
        settings = read_settings()
    except SettingsError as error:
        raise _fail(error, 2) from error
    try:
        _out.print(escape(sign_in_link(settings, running_url(settings.state))))
    except (NotRunningError, AccessError) as error:
        raise _fail(error, 1) from error
