"""The doors that a service has only where they are configured: what they need is an extra, and imported here only."""

from typing import TYPE_CHECKING

from indexes.errors import SettingsError
from service.settings import Settings

if TYPE_CHECKING:
    from service.http.doors import Door


def more_doors(settings: Settings) -> "list[Door]":
    """Return the doors that the settings name.

    Raises:
        SettingsError: what one of them needs is not installed.
    """
    if not settings.mcp:
        return []
    from service.http.origin import Origin

    try:
        from service.mcp.protected import ProtectedResource
        from service.mcp.routes import door
    except ModuleNotFoundError as error:
        raise missing_extra(error, "mcp", "GREENLIT_MCP=true") from None
    provider = (settings.oidc_issuer, tuple(settings.oidc_scopes.split())) if settings.auth == "oidc" else ()
    return [door(ProtectedResource(Origin(settings.public_url), *provider))]


def missing_extra(error: ModuleNotFoundError, extra: str, wanted_by: str) -> SettingsError:
    """Return what to install, if a module of an extra is missing.

    Raises:
        ModuleNotFoundError: the one given, if it is a module of ours.
    """
    if (error.name or "").partition(".")[0] in ("service", "indexes"):
        raise error
    return SettingsError(f"expected what {wanted_by} needs, found no {error.name}: pip install -e '.[{extra}]'")
