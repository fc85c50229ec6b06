"""What goes wrong at Slack in one form: come again later, or a code. Nothing that was sent or came is in a message."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.errors import Later, SlackBotError
from service.slack_bot.slack_calls import SlackSaidError, called, responded, wait_s
from tests.support.slack_server import SlackServer
from tests.support.slack_server.state import BOT_TOKEN

_SECRET_WORDS = "the merger with Southlight"


def _against(api_url: str, what: Callable[[AsyncWebClient], Coroutine[Any, Any, Any]]) -> Any:
    async def do() -> Any:
        async with aiohttp.ClientSession() as session:
            return await what(AsyncWebClient(BOT_TOKEN, base_url=api_url, session=session, retry_handlers=[]))

    return asyncio.run(do())


async def _posts(web: AsyncWebClient) -> SlackBotError | dict[str, Any]:
    try:
        return await called("chat.postMessage", web.chat_postMessage(channel="D00001", text=_SECRET_WORDS))
    except SlackBotError as error:
        return error


def test_each_fault_of_slack_is_one_to_wait_for_or_a_code() -> None:
    with SlackServer() as slack:
        slack.workspace.person("Ann")
        slack.faults.limit("chat.postMessage", retry_after_s=7)
        slack.faults.break_down("chat.postMessage")
        slack.faults.refuse("chat.postMessage", "internal_error")
        slack.faults.reset("chat.postMessage")
        slack.faults.refuse("chat.postMessage", "is_archived")
        slack.faults.refuse("chat.postMessage", _SECRET_WORDS)
        found = [_against(slack.api_url, _posts) for _ in range(7)]

    later, said, fine = found[:4], found[4:6], found[6]
    assert [type(one) for one in later] == [Later] * 4
    assert [one.after_s for one in later] == [7, 2, 2, 2]
    assert [one.code for one in said if isinstance(one, SlackSaidError)] == ["is_archived", "unknown"]
    assert fine["ok"] is True
    assert all(_SECRET_WORDS not in str(one) and one.__cause__ is None for one in [*later, *said])
    assert len(slack.record.called("chat.postMessage")) == 7, "nothing is sent twice by the library"


def test_where_nobody_listens_it_is_one_to_wait_for() -> None:
    assert isinstance(_against("http://127.0.0.1:9/api/", _posts), Later)


def test_an_address_that_answers_is_one_of_the_same_kinds() -> None:
    async def respond(web: AsyncWebClient, url: str) -> SlackBotError | None:
        try:
            await responded(web, url, {"response_type": "ephemeral", "text": "fine"})
        except SlackBotError as error:
            return error
        return None

    with SlackServer() as slack:
        ann = slack.workspace.person("Ann")
        made = slack.changes(lambda: slack.state.new_response_url(channel="D00001", user=ann.id))
        slack.faults.limit("response_url", retry_after_s=9)
        limited, fine, unknown, unreachable = (
            _against(slack.api_url, lambda web, url=url: respond(web, url))  # type: ignore[misc]
            for url in (made, made, f"{slack.url}/response/none", "http://127.0.0.1:9/x")
        )

    assert isinstance(limited, Later)
    assert limited.after_s == 9
    assert fine is None
    assert isinstance(unknown, SlackSaidError)
    assert isinstance(unreachable, Later)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"retry-after": ["5"]}, 5),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "999999"}, 600),
        ({"Retry-After": "nan"}, 2),
        ({"Retry-After": "inf"}, 2),
        ({"Retry-After": "soon"}, 2),
        ({}, 2),
        (None, 2),
    ],
)
def test_how_long_slack_wants_us_to_wait_is_kept_to_within_bounds(headers: Any, seconds: float) -> None:
    assert wait_s(headers) == seconds
