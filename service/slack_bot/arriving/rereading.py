"""Reads a message again from Slack: after a restart nothing of its text is here, because nothing of it was kept.

What it says now counts: an edited message is asked as it is now, a deleted one is not asked.
"""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.arriving.intake import is_spoken
from service.slack_bot.errors import SlackBotError
from service.slack_bot.places import Place
from service.slack_bot.slack_calls import SlackSaidError, called

_GONE = {"message_not_found", "thread_not_found"}
_NEAR = 10  # of a thread Slack gives the first message, too


class UnreadableError(SlackBotError):
    """Slack does not let the bot read this conversation."""


async def read_again(web: AsyncWebClient, place: Place) -> str | None:
    """Return what a message says now; `None` if it is gone, or is no longer its author's.

    Raises:
        Later: Slack cannot be reached now.
        UnreadableError: the bot may not read there.
    """
    channel, ts = place.channel, place.ts
    try:
        if place.thread_ts == ts:
            call = web.conversations_history(channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1)
            said = await called("conversations.history", call)
        else:
            thread = str(place.thread_ts)
            call = web.conversations_replies(
                channel=channel, ts=thread, oldest=ts, latest=ts, inclusive=True, limit=_NEAR
            )
            said = await called("conversations.replies", call)
    except SlackSaidError as error:
        if error.code in _GONE:
            return None
        raise UnreadableError(f"expected to read a message again, got {error.code}") from None
    return _text(said, place)


def _text(said: dict[str, Any], place: Place) -> str | None:
    messages = said.get("messages")
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, dict) and message.get("ts") == place.ts and message.get("user") == place.user:
            text = message.get("text")
            return text if is_spoken(message) and isinstance(text, str) else None
    return None
