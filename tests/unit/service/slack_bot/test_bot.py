"""The bot as a whole, over real HTTP against the Slack of the tests: started, killed, started again, stopped."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from indexes.logs import _NameOnly
from service.slack_bot.arriving.deliveries import Deliveries, Delivery
from service.slack_bot.arriving.hints import RESTARTED
from service.slack_bot.bot import FILE
from service.slack_bot.errors import NotConnectedError
from service.slack_bot.places import Asked, Place
from tests.support.slack_bot_parts import RunningBot, Told, config, running_bot
from tests.support.slack_server import SlackServer
from tests.support.slack_server.deliveries import Pace
from tests.support.slack_server.workspace import BOT_USER

_PACE = Pace(scale=1 / 600)
_MENTION = f"<@{BOT_USER}>"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def bot(slack: SlackServer, tmp_path: Path) -> Iterator[RunningBot]:
    with running_bot(config(slack, tmp_path), Told()) as running:
        slack.sends_to(running.events, _PACE)
        yield running


def _texts(bot: RunningBot) -> list[str]:
    return [asked.text for asked in bot.told.asked]


def test_a_message_is_answered_once_in_its_thread_whatever_comes_twice(slack: SlackServer, bot: RunningBot) -> None:
    ann = slack.workspace.person("Ann")
    direct = slack.workspace.direct(ann)
    said = slack.says(ann, direct, "how much?", copies=4)
    slack.settle()
    slack.waits_for(lambda: slack.record.in_thread(direct.id, said.thread))

    assert [one.text.splitlines()[0] for one in slack.record.in_thread(direct.id, said.thread)] == [
        "answer to how much?"
    ]
    assert [attempt.status for attempt in said.deliveries[0].attempts] == [200] * 4
    assert _texts(bot) == ["how much?"]


def test_its_own_messages_and_other_bots_are_not_answered(slack: SlackServer, bot: RunningBot) -> None:
    ann, other = slack.workspace.person("Ann"), slack.workspace.person("Otto", is_bot=True)
    room = slack.workspace.channel("general", [ann, other, BOT_USER])
    slack.says(other, room, f"{_MENTION} how much?")
    edited = slack.says(ann, room, f"{_MENTION} how little?")
    slack.edits(room, edited.message, f"{_MENTION} how much?")
    slack.says(ann, slack.workspace.direct(ann), "how much?")
    slack.settle()
    slack.waits_for(lambda: slack.record.in_thread(slack.workspace.direct_id(ann.id), None) or len(_texts(bot)) == 2)
    slack.settle()  # its own answer came back to it

    assert sorted(_texts(bot)) == ["how little?", "how much?"]


def test_whoever_is_no_member_gets_a_polite_refusal_and_is_never_asked_for(slack: SlackServer, bot: RunningBot) -> None:
    flags: list[dict[str, Any]] = [
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"deleted": True},
        {"is_email_confirmed": False},
        {"team": "T0OTHER"},
    ]
    for number, flag in enumerate(flags):
        somebody = slack.workspace.person(f"Guest{number}", **flag)
        slack.says(somebody, slack.workspace.direct(somebody), "how much?")
    slack.settle()
    slack.waits_for(lambda: len(bot.told.refused) == len(flags))

    assert sorted(reason for _, reason in bot.told.refused) == [
        "deleted", "elsewhere", "guest", "guest", "stranger", "unconfirmed",
    ]  # fmt: skip
    assert bot.told.asked == []


def test_two_hundred_mentions_at_once_are_worked_off(slack: SlackServer, bot: RunningBot) -> None:
    people = slack.workspace.people_named(f"Many{number}" for number in range(20))
    room = slack.workspace.channel("all", [*people, BOT_USER])
    for number in range(200):
        slack.says(people[number % 20], room, f"{_MENTION} question {number}")
    slack.settle()
    slack.waits_for(lambda: len(bot.told.asked) == 200)

    assert sorted(_texts(bot)) == sorted(f"question {number}" for number in range(200))


def test_a_follow_up_waits_for_the_answer_before_it(slack: SlackServer, bot: RunningBot) -> None:
    ann = slack.workspace.person("Ann")
    direct = slack.workspace.direct(ann)
    go_on = threading.Event()

    async def hold(asked: Asked) -> None:
        if asked.text == "first":
            await asyncio.to_thread(go_on.wait)

    bot.told.holds = hold
    first = slack.says(ann, direct, "first")
    slack.waits_for(lambda: _texts(bot) == ["first"])
    slack.says(ann, direct, "second", thread=first.thread)
    slack.says(ann, direct, "another thread")
    slack.settle()
    slack.waits_for(lambda: _texts(bot) == ["first", "another thread"])
    go_on.set()
    slack.waits_for(lambda: _texts(bot) == ["first", "another thread", "second"])


def test_what_was_taken_before_a_crash_is_read_again_and_answered_and_what_was_deleted_is_not(
    slack: SlackServer, tmp_path: Path
) -> None:
    ann = slack.workspace.person("Ann")
    direct, room = slack.workspace.direct(ann), slack.workspace.channel("crash", [ann, BOT_USER])
    slack.sends_to("http://127.0.0.1:9/", _PACE)  # nobody listens: as if a process had died after it took them
    asked = slack.says(ann, direct, "how much?")
    reply = slack.says(ann, room, f"{_MENTION} how little?", thread=slack.says(ann, room, "hello").thread)
    sent = slack.says(ann, direct, "was this answered?")
    gone = slack.says(ann, direct, "never mind")
    slack.edits(direct, asked.message, "how much now?")
    slack.deletes(direct, gone.message)
    slack.settle()
    url = slack.changes(lambda: slack.state.new_response_url(channel=direct.id, user=ann.id))

    async def take() -> None:
        deliveries = Deliveries(tmp_path / FILE)
        for name, channel, kind, said in (
            ("Ev1", direct.id, "direct", asked),
            ("Ev2", room.id, "channel", reply),
            ("Ev3", direct.id, "direct", sent),
            ("Ev4", direct.id, "direct", gone),
        ):
            place = Place(kind, "T0NORTH", channel, ann.id, ts=said.message.ts, thread_ts=said.thread)  # type: ignore[arg-type]
            await deliveries.take(Delivery(name, place))
        await deliveries.take(Delivery("cmd-1", Place("command", "T0NORTH", direct.id, ann.id, response_url=url)))
        await deliveries.sending("Ev3")
        await deliveries.close()

    asyncio.run(take())
    with running_bot(config(slack, tmp_path), Told()) as bot:
        slack.waits_for(lambda: len(bot.told.asked) == 3)
        slack.waits_for(lambda: any(RESTARTED in shown.text for shown in slack.record.shown))

    found = {(one.delivery, one.text, one.maybe_sent) for one in bot.told.asked}
    assert found == {
        ("Ev1", "how much now?", False),
        ("Ev2", "how little?", False),
        ("Ev3", "was this answered?", True),
    }

    async def left() -> list[Delivery]:
        deliveries = Deliveries(tmp_path / FILE)
        try:
            return deliveries.unfinished()
        finally:
            await deliveries.close()

    assert asyncio.run(left()) == []


def test_what_is_being_sent_when_the_bot_is_told_to_stop_is_sent(slack: SlackServer, tmp_path: Path) -> None:
    ann = slack.workspace.person("Ann")
    direct, told = slack.workspace.direct(ann), Told()

    async def hold(_: Asked) -> None:
        await asyncio.sleep(0.3)

    told.holds = hold
    with running_bot(config(slack, tmp_path), told) as bot:
        slack.sends_to(bot.events, _PACE)
        said = slack.says(ann, direct, "how much?")
        slack.waits_for(lambda: told.asked)

    assert len(slack.record.in_thread(direct.id, said.thread)) == 1


def test_a_second_bot_over_the_same_folder_does_not_start(slack: SlackServer, bot: RunningBot, tmp_path: Path) -> None:
    del bot
    with (
        pytest.raises(NotConnectedError, match="expected to be the only Slack bot"),
        running_bot(config(slack, tmp_path), Told()),
    ):
        pass


def test_a_token_that_slack_refuses_keeps_it_from_starting(slack: SlackServer, tmp_path: Path) -> None:
    slack.faults.refuse("auth.test", "token_revoked")
    with (
        pytest.raises(NotConnectedError, match=r"refuses GREENLIT_SLACK_BOT_TOKEN \(token_revoked\)"),
        running_bot(config(slack, tmp_path), Told()),
    ):
        pass


def test_slack_that_is_away_at_the_start_is_asked_again_and_nothing_that_comes_meanwhile_is_lost(
    slack: SlackServer, tmp_path: Path
) -> None:
    slack.faults.reset("auth.test")
    ann = slack.workspace.person("Ann")
    with running_bot(config(slack, tmp_path), Told()) as bot:
        slack.sends_to(bot.events, _PACE)
        assert "Slack does not answer" in bot.health()[1]
        slack.says(ann, slack.workspace.direct(ann), "how much?")
        slack.settle()
        slack.waits_for(lambda: bot.told.asked)
        assert "Slack does not answer" not in bot.health()[1]


def test_actions_reach_whoever_listens_with_the_bots_token_and_no_question_to_slack(
    slack: SlackServer, tmp_path: Path
) -> None:
    pressed: list[dict[str, Any]] = []

    def listens(app: AsyncApp) -> None:
        @app.action("share")
        async def share(ack: Any, body: dict[str, Any], client: Any) -> None:
            await ack()
            await asyncio.sleep(0.3)  # the bot is told to stop meanwhile
            await client.chat_postMessage(channel=body["user"]["id"], text="shared")
            pressed.append(body)

    ann = slack.workspace.person("Ann")
    before = len(slack.record.called("auth.test"))
    told = Told(listens=listens)
    with running_bot(config(slack, tmp_path), told) as bot:
        slack.sends_to(bot.events, _PACE)
        press = {"type": "button", "action_id": "share", "value": "1"}
        delivered = slack.presses(ann, press, channel=slack.workspace.direct(ann))
        unheard = slack.presses(ann, press | {"action_id": "other"}, channel=slack.workspace.direct(ann))
        slack.settle()

    assert len(pressed) == 1
    assert [attempt.status for attempt in delivered.attempts] == [200]
    assert [attempt.status for attempt in unheard.attempts] == [404]
    assert len(slack.record.called("auth.test")) == before + 1


def test_nothing_that_people_write_is_in_any_file_or_log(
    slack: SlackServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = "the merger with Southlight"
    handler, root = logging.StreamHandler(), logging.getLogger()
    handler.setFormatter(_NameOnly({}))
    level, handlers = root.level, root.handlers
    root.handlers = [handler]
    root.setLevel(logging.DEBUG)
    try:
        ann = slack.workspace.person("Ann")
        with running_bot(config(slack, tmp_path, socket_mode=True), Told(puts_off=1)) as bot:
            logging.getLogger("greenlit.slack").setLevel(logging.DEBUG)
            slack.sends_to(bot.events, _PACE)
            slack.says(ann, slack.workspace.direct(ann), words)
            slack.presses(ann, {"type": "button", "action_id": "none", "value": words})
            slack.sends_to(None, _PACE)
            slack.waits_for(lambda: slack.link.connections)
            slack.says(ann, slack.workspace.direct(ann), f"{words} again")
            slack.settle()
            slack.waits_for(lambda: len(bot.told.asked) == 3)
            files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    finally:
        root.setLevel(level)
        root.handlers = handlers
    captured = capfd.readouterr()
    log = captured.out + captured.err + json.dumps(bot.said)

    assert files
    assert not any(b"Southlight" in content or b"ann@" in content for content in files)
    assert "async_app" in log, "expected the libraries to say something at their lowest level"
    assert "Southlight" not in log
    assert "ann@" not in log
