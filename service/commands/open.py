"""The command open: a new sign-in link of the running service. Asks the service nothing, and needs no build."""

from indexes.console import fail, out
from indexes.errors import SettingsError
from service.access.errors import AccessError
from service.commands.opening import sign_in_link
from service.settings import read_settings


def open_() -> None:
    """Print a new link that signs a browser in: it works once, within ten minutes."""
    from service.operating.running import NotRunningError, running_url

    try:
        settings = read_settings()
    except SettingsError as error:
        raise fail(error, 2) from error
    try:
        out.line(sign_in_link(settings, running_url(settings.state)))
    except (NotRunningError, AccessError) as error:
        raise fail(error, 1) from error
