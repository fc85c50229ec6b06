"""The bot's settings: what is missing or wrong is said by its name, and a secret is never shown."""

from pathlib import Path

import pytest

from indexes.errors import SettingsError
from service import settings as of_the_service
from service.slack_bot.settings import SlackSettings, read_slack_settings

_GOOD = {"SLACK_BOT_TOKEN": "xoxb-secret", "SLACK_SIGNING_SECRET": "signing-secret"}


def _read(monkeypatch: pytest.MonkeyPatch, folder: Path, **given: str) -> SlackSettings:
    monkeypatch.chdir(folder)
    for name in SlackSettings.model_fields:
        monkeypatch.delenv(f"GREENLIT_{name.upper()}", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(f"GREENLIT_{name}", value)
    return read_slack_settings()


def test_a_token_and_a_signing_secret_are_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = _read(monkeypatch, tmp_path, **_GOOD, SLACK_APP_TOKEN="", SLACK_STATE="")

    assert (settings.bot_token(), settings.signing_secret(), settings.app_token()) == (
        "xoxb-secret", "signing-secret", None,
    )  # fmt: skip
    assert settings.state_folder(Path("/var/greenlit")) == Path("/var/greenlit/slack")
    assert (settings.slack_host, settings.slack_port, settings.slack_api_url) == (
        "127.0.0.1", 8010, "https://slack.com/api/",
    )  # fmt: skip
    assert "secret" not in repr(settings).replace("secret=", "")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "expected GREENLIT_SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xapp-secret"}, "GREENLIT_SLACK_BOT_TOKEN: expected a bot token"),
        ({"SLACK_APP_TOKEN": "xoxb-secret"}, "GREENLIT_SLACK_APP_TOKEN: expected an app-level token"),
        ({"SLACK_SIGNING_SECRET": ""}, "GREENLIT_SLACK_SIGNING_SECRET, with which"),
        ({"SLACK_PORT": "none"}, "GREENLIT_SLACK_PORT: "),
        ({"SLACK_API_URL": "slack.com"}, "GREENLIT_SLACK_API_URL: expected an address"),
        ({"SLACK_API_URL": "https://secret@slack.com/api"}, "GREENLIT_SLACK_API_URL: expected an address"),
        ({"SLACK_API_URL": "http://slack.example/api/"}, "GREENLIT_SLACK_API_URL: expected https"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_no_secret_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError) as error:
        _read(monkeypatch, tmp_path, **_GOOD | given)

    assert words in str(error.value)
    assert "secret" not in str(error.value).replace("signing secret", "")
    assert error.value.__cause__ is None


def test_an_address_is_taken_with_or_without_a_last_stroke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = _read(monkeypatch, tmp_path, **_GOOD, SLACK_API_URL="http://127.0.0.1:5/api")

    assert settings.slack_api_url == "http://127.0.0.1:5/api/"


def test_the_service_takes_none_of_them_for_a_slip() -> None:
    assert {f"GREENLIT_{name.upper()}" for name in SlackSettings.model_fields} == of_the_service._BESIDE
