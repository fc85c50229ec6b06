"""The command slack: what keeps it from starting, in one line; and that it ends in order when it is told to."""

import json
import logging
import os
import signal
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from tests.support.command_line import Run
from tests.support.ports import free_port
from tests.support.slack_server import SlackServer
from tests.support.slack_server.state import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

_URL, _KEY = "http://127.0.0.1:9", "glk_secret"


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture(autouse=True)
def kept_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what the command sets for its whole process."""
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)


@pytest.fixture
def given() -> dict[str, str]:
    return {
        "GREENLIT_URL": _URL,
        "GREENLIT_API_KEY": _KEY,
        "GREENLIT_SLACK_BOT_TOKEN": BOT_TOKEN,
        "GREENLIT_SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "GREENLIT_SLACK_PORT": str(free_port()),
        "GREENLIT_SLACK_API_URL": "http://127.0.0.1:9/api/",
    }


def test_without_the_extra_it_says_which_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "service.slack_bot.bot", raising=False)
    monkeypatch.setitem(sys.modules, "slack_bolt", None)
    monkeypatch.setitem(sys.modules, "slack_bolt.async_app", None)

    result = run("slack")

    assert result.exit_code == 2
    said = result.stderr.replace("\n", " ")
    assert "expected what greenlit slack needs, found no slack_bolt" in said
    assert "pip install -e '.[slack]'" in said


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("GREENLIT_SLACK_BOT_TOKEN", "expected GREENLIT_SLACK_BOT_TOKEN"),
        ("GREENLIT_SLACK_SIGNING_SECRET", "expected GREENLIT_SLACK_SIGNING_SECRET"),
        ("GREENLIT_API_KEY", "expected an API key in GREENLIT_API_KEY with the scopes ask and act-for"),
        ("GREENLIT_URL", "no service of this installation is running"),
    ],
)
def test_what_is_missing_ends_it_with_2_and_its_name(run: Run, given: dict[str, str], missing: str, words: str) -> None:
    del given[missing]

    result = run("slack", **given)

    assert result.exit_code == 2
    assert result.stderr.startswith("greenlit: ")
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert BOT_TOKEN not in result.stderr


def test_a_port_in_use_is_said(run: Run, given: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given["GREENLIT_SLACK_PORT"] = str(taken.getsockname()[1])
        result = run("slack", **given)

    assert result.exit_code == 1
    assert "choose another with GREENLIT_SLACK_PORT" in result.stderr


def test_a_token_that_slack_refuses_ends_it_with_1(run: Run, given: dict[str, str], slack: SlackServer) -> None:
    given |= {"GREENLIT_SLACK_BOT_TOKEN": "xoxb-wrong", "GREENLIT_SLACK_API_URL": slack.api_url}

    result = run("slack", **given)

    assert result.exit_code == 1
    assert "Slack refuses GREENLIT_SLACK_BOT_TOKEN (invalid_auth)" in result.stderr
    assert "xoxb-wrong" not in result.output


def test_it_says_where_it_listens_and_ends_in_order_on_a_signal(
    run: Run, given: dict[str, str], slack: SlackServer
) -> None:
    given |= {"GREENLIT_SLACK_API_URL": slack.api_url, "GREENLIT_SLACK_APP_TOKEN": APP_TOKEN}
    health = f"http://127.0.0.1:{given['GREENLIT_SLACK_PORT']}/healthz"
    seen: list[int] = []

    def watch() -> None:
        try:
            slack.waits_for(lambda: slack.link.connections)
            slack.waits_for(_answers(health, seen))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    watching = threading.Thread(target=watch)
    watching.start()
    result = run("slack", **given)
    watching.join()

    assert result.exit_code == 0, result.output
    assert seen == [503], "Greenlit is away"
    address = f"http://127.0.0.1:{given['GREENLIT_SLACK_PORT']}"
    assert result.stdout == (
        f"The Slack bot is ready at {address}. Slack reaches it over HTTP, at /slack/events and over Socket Mode.\n"
    )
    logged = [json.loads(line) for line in result.stderr.splitlines()]
    assert (logged[0]["event"], logged[0]["logger"]) == ("started", "greenlit.slack")
    assert (logged[-1]["event"], logged[-1]["why"]) == ("stopped", "SIGTERM")
    assert _KEY not in result.output


def _answers(url: str, seen: list[int]) -> Callable[[], bool]:
    def look() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
                seen.append(response.status)
        except urllib.error.HTTPError as error:
            with error:
                seen.append(error.code)
        except OSError:
            return False
        return True

    return look
