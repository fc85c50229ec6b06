"""What calls language models, where one is configured: what it needs is an extra, and imported here only."""

from typing import TYPE_CHECKING

from service.commands.doors import missing_extra
from service.settings import Settings

if TYPE_CHECKING:
    from service.models.endpoints import Connect


def connecting(settings: Settings) -> "Connect | None":
    """Return what makes clients of the model that the settings ask for; `None` where they ask for none.

    Raises:
        SettingsError: what it needs is not installed.
    """
    if not settings.wants_a_model:
        return None
    try:
        from service.models.openai_like import open_model
    except ModuleNotFoundError as error:
        raise missing_extra(error, "llm", settings.wanted_for) from None
    return open_model
