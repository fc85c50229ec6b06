"""The tests' own Slack: it takes and refuses what Slack does, and its checker sees what it is there to see."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.slack_server import Question, Rights, SlackServer, check
from tests.support.slack_server.deliveries import body_of, signed
from tests.support.slack_server.forging import forgeries
from tests.support.slack_server.running import MENTION
from tests.support.slack_server.state import BOT_TOKEN, SIGNING_SECRET
from tests.support.slack_server.workspace import BOT_USER, Channel, Member

SCOPES = ["chat:write", "users:read", "im:history", "channels:read"]
FACT = "fifty-one euros"
MANIFEST = {
    "features": {"slash_commands": [{"command": "/ask"}]},
    "oauth_config": {"scopes": {"bot": SCOPES}},
    "settings": {"event_subscriptions": {"bot_events": []}},
}


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer(MANIFEST) as running:
        yield running


@pytest.fixture
def ann(slack: SlackServer) -> Member:
    return slack.workspace.person("Ann")


@pytest.fixture
def room(slack: SlackServer, ann: Member) -> Channel:
    return slack.workspace.channel("general", [ann, slack.workspace.person("Guest", is_restricted=True), BOT_USER])


def calls(slack: SlackServer, *what: Callable[[AsyncWebClient], Awaitable[Any]]) -> list[str]:
    """Call the Web API with Slack's own client; return the error of each call, or nothing for one that was good."""

    async def call_all() -> list[str]:
        client, errors = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[]), []
        for one in what:
            try:
                await one(client)
                errors.append("")
            except SlackApiError as refused:
                errors.append(str(refused.response.get("error", refused.response.status_code)))
        return errors

    return asyncio.run(call_all())


def test_it_refuses_what_slack_refuses(slack: SlackServer, ann: Member, room: Channel) -> None:
    stranger = slack.workspace.person("Bea")
    divider, text = {"type": "divider"}, {"type": "mrkdwn", "text": "x" * 2_900}
    bad: dict[str, list[dict[str, Any]]] = {
        "too many": [divider] * 51,
        "an unknown type": [{"type": "surprise"}],
        "a text in a quote that is empty": [
            {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": ""}]}]}
        ],
        "an id twice": [divider | {"block_id": "a"}] * 2,
    }
    posted = calls(
        slack,
        *(lambda web, one=one: web.chat_postMessage(channel=room.id, text="x", blocks=one) for one in bad.values()),
        lambda web: web.chat_postMessage(channel=room.id, text="x", blocks=[{"type": "section", "text": text}] * 5),
        lambda web: web.chat_postMessage(channel="C0", text="x"),
        lambda web: web.chat_postEphemeral(channel=room.id, user=stranger.id, text="x"),
        lambda web: web.chat_startStream(channel=room.id, thread_ts="1.2"),
        lambda web: web.conversations_history(channel=room.id),
        lambda web: web.users_info(user="U0"),
        lambda web: web.chat_postMessage(channel=room.id, text="x", token="xoxb-other"),
    )
    assert posted == [
        *["invalid_blocks"] * len(bad),
        "msg_blocks_too_long",
        "channel_not_found",
        "user_not_in_channel",
        "missing_recipient_user_id",
        "missing_scope",
        "user_not_found",
        "invalid_auth",
    ]
    assert slack.record.shown == []
    del ann


def test_a_stream_that_lasted_too_long_is_none(slack: SlackServer, ann: Member) -> None:
    direct = slack.workspace.direct(ann)
    thread = slack.says(ann, direct, "How much?").thread
    said = calls(slack, lambda web: web.chat_startStream(channel=direct.id, thread_ts=thread, markdown_text=FACT))
    ts = slack.record.shown[-1].message
    slack.state.stream_lives_s = 0
    late = calls(
        slack,
        lambda web: web.chat_appendStream(channel=direct.id, ts=ts, markdown_text="more"),
        lambda web: web.chat_update(channel=direct.id, ts=ts, text="all of it"),
    )
    assert [*said, *late] == ["", "message_not_in_streaming_state", ""]


def test_only_what_it_signs_itself_is_signed(slack: SlackServer, ann: Member) -> None:
    said = {"type": "event_callback", "event": {"type": "message", "user": ann.id, "text": "How much?"}}
    verifier, body = SignatureVerifier(SIGNING_SECRET), body_of(said, "event")
    assert verifier.is_valid_request(body, signed(body))
    for forged in forgeries(said):
        try:
            valid = verifier.is_valid_request(forged.body, forged.headers)
        except (ValueError, TypeError, UnicodeDecodeError):
            continue  # the SDK's own weakness, which an app has to stand before
        assert not valid, forged.name
    del slack


def test_the_checker_sees_what_is_lost_twice_or_in_a_wrong_place(
    slack: SlackServer, ann: Member, room: Channel
) -> None:
    direct = slack.workspace.direct(ann)
    lost, twice, public = (slack.says(ann, place, "How much?") for place in (direct, direct, room))
    calls(
        slack,
        lambda web: web.chat_postMessage(channel=direct.id, thread_ts=twice.thread, text=f"It is {FACT}."),
        lambda web: web.chat_postMessage(channel=direct.id, thread_ts=twice.thread, text=f"It is {FACT}."),
        lambda web: web.chat_postMessage(channel=room.id, thread_ts=public.thread, text="An answer", blocks=_button()),
        lambda web: web.chat_postEphemeral(channel=room.id, user=ann.id, text=f"{FACT}, <!channel>"),
    )
    questions = [
        Question("lost", direct.id, ann.id, (FACT,), thread=lost.thread),
        Question("twice", direct.id, ann.id, (FACT,), thread=twice.thread),
        Question("in the room", room.id, ann.id, (FACT,)),
    ]
    rights = Rights({FACT: frozenset({ann.id})})
    checked = check(slack.record, questions, rights, kills=[one.at for one in slack.record.shown])
    assert [checked.lost[0][:4], checked.twice, checked.answered] == ["lost", ["twice: 2"], 2]
    assert len(checked.in_wrong_places) == 1  # the guest of the room could have read the button
    assert checked.mentions_of_all == [f"chat.postEphemeral in {room.id}"]


def test_what_is_sent_again_to_one_person_alone_after_a_kill_is_counted_apart(
    slack: SlackServer, ann: Member, room: Channel
) -> None:
    slack.says(ann, room, f"{MENTION} How much?")
    once = [lambda web: web.chat_postEphemeral(channel=room.id, user=ann.id, text=FACT)]
    calls(slack, *once * 2)
    questions, rights = [Question("q", room.id, ann.id, (FACT,))], Rights({})
    first, second = (one.at for one in slack.record.shown)
    between = (first + second) / 2  # on a quick machine they are less than a millisecond apart
    assert check(slack.record, questions, rights, kills=[between]).again_after_a_kill == ["q: 2"]
    assert check(slack.record, questions, rights, kills=[first - 60]).twice == ["q: 2"]
    calls(slack, *once)
    assert check(slack.record, questions, rights, kills=[between]).twice == ["q: 3"]


def _button() -> list[dict[str, Any]]:
    value = json.dumps({"sentence": f"It is {FACT}."})
    button = {"type": "button", "text": {"type": "plain_text", "text": "More"}, "action_id": "more", "value": value}
    return [{"type": "actions", "elements": [button]}]
