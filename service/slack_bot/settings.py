"""Settings of the Slack bot, beside the service's own; `service/commands/slack.py` reads both. Secrets stay secret."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from indexes.settings import Folder, settings_error

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_BOT, _APP = "xoxb-", "xapp-"


def _api_address(text: str) -> str:
    """Return the address of Slack's Web API, which ends with a stroke.

    Raises:
        ValueError: it is none, or tokens would go over the network in the clear.
    """
    address = text.strip().rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise ValueError("expected an address like https://slack.com/api/, got another form")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("expected https, for an address that gets the bot's token")
    return address + "/"


class SlackSettings(BaseSettings):
    """What the Slack bot can be told. Each is the environment variable `GREENLIT_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="GREENLIT_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    slack_bot_token: SecretStr | None = Field(None, description="the Slack app's bot token, xoxb-...")
    slack_signing_secret: SecretStr | None = Field(
        None, description="the Slack app's signing secret; with it Slack may send over HTTP"
    )
    slack_app_token: SecretStr | None = Field(
        None, description="the Slack app's app-level token, xapp-...; with it the bot opens a connection to Slack"
    )
    slack_host: str = Field("127.0.0.1", min_length=1, description="the address that the Slack bot listens on")
    slack_port: int = Field(8010, ge=1, le=65535, description="the port that the Slack bot listens on")
    slack_state: Folder | None = Field(
        None, description="the folder of what the Slack bot has taken; var/slack unless set"
    )
    slack_share_with_apps: bool = Field(
        False, description="whether an answer may be shared in Slack's channels that other apps are members of"
    )
    slack_api_url: Annotated[str, AfterValidator(_api_address)] = Field(
        "https://slack.com/api/", description="Slack's Web API; another one for tests alone"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.slack_bot_token is None or not self.slack_bot_token.get_secret_value():
            raise ValueError("expected GREENLIT_SLACK_BOT_TOKEN, the Slack app's bot token (xoxb-...), got none")
        if not self.slack_bot_token.get_secret_value().startswith(_BOT):
            raise ValueError("GREENLIT_SLACK_BOT_TOKEN: expected a bot token (xoxb-...), got another kind")
        app_token = self.slack_app_token and self.slack_app_token.get_secret_value()
        if app_token and not app_token.startswith(_APP):
            raise ValueError("GREENLIT_SLACK_APP_TOKEN: expected an app-level token (xapp-...), got another kind")
        if not app_token and not self.signing_secret():
            raise ValueError(
                "expected GREENLIT_SLACK_SIGNING_SECRET, with which Slack sends over HTTP, or "
                "GREENLIT_SLACK_APP_TOKEN, with which the bot connects to Slack, got neither"
            )
        return self

    def bot_token(self) -> str:
        """Return the bot's token."""
        return self.slack_bot_token.get_secret_value() if self.slack_bot_token else ""

    def app_token(self) -> str | None:
        """Return the app-level token, if there is one."""
        return (self.slack_app_token.get_secret_value() or None) if self.slack_app_token else None

    def signing_secret(self) -> str | None:
        """Return the signing secret, if there is one."""
        return (self.slack_signing_secret.get_secret_value().strip() or None) if self.slack_signing_secret else None

    def state_folder(self, state: Path) -> Path:
        """Return the bot's folder.

        Args:
            state: of the installation.
        """
        return self.slack_state or state / "slack"


def read_slack_settings() -> SlackSettings:
    """Read the settings.

    Raises:
        SettingsError: naming the variable that is missing or wrong.
    """
    try:
        return SlackSettings()
    except ValidationError as error:
        raise settings_error(error) from None
