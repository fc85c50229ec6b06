"""Socket Mode over a real WebSocket: acknowledged once it is kept, replaced in time, never deaf for long."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.slack_bot.arriving.deliveries import Deliveries
from service.slack_bot.arriving.socket_mode import Patience
from service.slack_bot.errors import DeliveriesError
from tests.support.slack_bot_parts import RunningBot, Told, config, running_bot
from tests.support.slack_server import SlackServer
from tests.support.slack_server.deliveries import Pace

_QUICK = Patience(hello_s=2.0, heartbeat_s=0.2, idle_s=0.4, overlap_s=0.3, pause_s=0.01, settled_s=0.05)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        server.sends_to(None, Pace(scale=1 / 600, timeout_s=0.5))
        yield server


@pytest.fixture
def bot(slack: SlackServer, tmp_path: Path) -> Iterator[RunningBot]:
    told = replace(config(slack, tmp_path, http=False, socket_mode=True), patience=_QUICK)
    with running_bot(told, Told()) as running:
        slack.waits_for(lambda: slack.link.connections)
        yield running


def _texts(bot: RunningBot) -> list[str]:
    return [asked.text for asked in bot.told.asked]


def test_messages_and_commands_come_over_the_connection_and_are_answered_once(
    slack: SlackServer, bot: RunningBot
) -> None:
    ann = slack.workspace.person("Ann")
    said = slack.says(ann, slack.workspace.direct(ann), "how much?", copies=3)
    slack.gives_command(ann, slack.workspace.direct(ann), "how little?")
    slack.settle()
    slack.waits_for(lambda: len(bot.told.asked) == 2)

    assert [attempt.status for one in said.deliveries for attempt in one.attempts] == [200, 200, 200]
    assert sorted(_texts(bot)) == ["how little?", "how much?"]


def test_what_cannot_be_kept_is_not_acknowledged_and_comes_again(
    slack: SlackServer, bot: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [True]
    take = Deliveries.take

    async def refused(self: Deliveries, *values: object) -> bool:
        if full:
            raise DeliveriesError(f"the disk is full {full.pop()}")
        return await take(self, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(Deliveries, "take", refused)
    ann = slack.workspace.person("Ann")
    said = slack.says(ann, slack.workspace.direct(ann), "how much?")
    slack.settle()
    slack.waits_for(lambda: bot.told.asked)

    assert [attempt.status for attempt in said.deliveries[0].attempts] == [0, 200]


def test_a_connection_that_is_to_end_is_replaced_and_nothing_is_lost(slack: SlackServer, bot: RunningBot) -> None:
    ann = slack.workspace.person("Ann")
    for number in range(6):
        slack.says(ann, slack.workspace.direct(ann), f"question {number}")
        slack.disconnect(close=number % 2 == 0)
    slack.settle()
    slack.waits_for(lambda: len(bot.told.asked) == 6)

    assert sorted(_texts(bot)) == [f"question {number}" for number in range(6)]
    assert slack.link.opened >= 2
    assert bot.said == [] or all("Greenlit" in str(values) for _, values in bot.said)


@pytest.mark.parametrize("how", ["answers-pings", "silent"])
def test_a_deaf_connection_is_replaced(slack: SlackServer, bot: RunningBot, how: str) -> None:
    deaf = list(slack.link.connections)
    slack.goes_deaf(how)  # type: ignore[arg-type]
    slack.waits_for(lambda: slack.link.connections and deaf[0] not in slack.link.connections)
    ann = slack.workspace.person("Ann")
    slack.says(ann, slack.workspace.direct(ann), "how much?")

    slack.waits_for(lambda: bot.told.asked)


def test_a_token_that_slack_refuses_is_in_the_health_with_its_name(slack: SlackServer, tmp_path: Path) -> None:
    told = config(slack, tmp_path, http=False, socket_mode=True)
    with running_bot(replace(told, app_token="xapp-1-wrong", patience=_QUICK), Told()) as bot:
        slack.waits_for(lambda: "GREENLIT_SLACK_APP_TOKEN (invalid_auth)" in bot.health()[1])
        assert bot.health()[0] == 503
        assert "xapp-1-wrong" not in str(bot.said)


def test_slack_that_is_away_is_tried_again_and_the_health_says_so(slack: SlackServer, tmp_path: Path) -> None:
    slack.faults.reset("apps.connections.open")
    told = replace(config(slack, tmp_path, http=False, socket_mode=True), patience=_QUICK)
    with running_bot(told, Told()) as bot:
        slack.waits_for(lambda: slack.link.connections)
        slack.waits_for(lambda: "connection to Slack" not in bot.health()[1])

    assert any("the connection to Slack is gone" in str(values) for _, values in bot.said)


def test_a_link_that_slack_has_switched_off_is_not_asked_for_again_and_again(
    slack: SlackServer, bot: RunningBot
) -> None:
    slack._do(slack.link.disconnect("link_disabled"))
    slack.waits_for(lambda: not slack.link.connections)
    opened = slack.link.opened
    slack.waits_for(lambda: "Socket Mode is switched off in the app's settings" in bot.health()[1])

    assert slack.link.opened == opened


def test_a_slack_that_closes_at_once_is_not_called_without_a_pause(slack: SlackServer, tmp_path: Path) -> None:
    patience = replace(_QUICK, pause_s=0.2, settled_s=5.0)
    told = replace(config(slack, tmp_path, http=False, socket_mode=True), patience=patience)
    with running_bot(told, Told()):
        for _ in range(3):
            slack.waits_for(lambda: slack.link.connections)
            slack.disconnect()
        opened = len(slack.record.called("apps.connections.open"))
        began_s, ended_s = slack.record.called("apps.connections.open")[0].at, time.monotonic()

    assert opened <= 4
    assert ended_s - began_s > 0.4 + 0.8
