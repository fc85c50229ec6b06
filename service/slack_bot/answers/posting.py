"""Puts a message where its asker, and nobody else, reads it.

A direct message is answered in its thread, openly. In a channel, and after the slash command, Slack shows it to the
asker alone (an ephemeral message): in a thread only if that is active already, because in a new one Slack shows none.
A command is answered at its `response_url`, while that takes something. Where Slack takes no ephemeral message, the
asker gets it as a direct message. What Slack will not show as blocks is said in a line that leads to the page.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.metadata import Metadata
from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.answers.pieces import Message, message, paragraph, text
from service.slack_bot.places import Place
from service.slack_bot.slack_calls import SlackSaidError, called, responded

ANSWER_EVENT = "greenlit_answer"
_NOT_TAKEN = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}

Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts as the bot."""

    web: AsyncWebClient

    async def to_asker(self, place: Place, shown: Message, *, delivery: str | None = None) -> None:
        """Show a message to whoever asked at a place.

        Args:
            place: where they asked.
            shown: the message.
            delivery: names the question, so that its answer can be found again where a message can be looked for.

        Raises:
            Later: Slack cannot be asked now.
            SlackSaidError: Slack shows them nothing, in no way.
        """
        metadata = Metadata(ANSWER_EVENT, {"delivery": delivery}) if delivery else None
        if place.kind == "direct":
            await self._taken(lambda it: self._openly(place.channel, place.thread_ts, it, metadata), shown)
        elif place.response_url is not None and await self.at_address(place.response_url, shown):
            return
        else:
            await self._alone(place, shown, metadata)

    async def at_address(self, response_url: str, shown: Message, *, instead: bool = False) -> bool:
        """Answer something that somebody did; tell whether Slack took it.

        Args:
            response_url: what came with it; it takes five messages within half an hour.
            shown: the message, for them alone.
            instead: whether it takes the place of the message that they clicked in.

        Raises:
            Later: Slack cannot be asked now.
        """
        body = {
            "response_type": "ephemeral",
            "replace_original": instead,
            "text": shown.text,
            "blocks": list(shown.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        try:
            await responded(self.web, response_url, body)
        except SlackSaidError:
            return False
        return True

    async def openly(self, channel: str, thread_ts: str | None, shown: Message, metadata: Metadata | None) -> None:
        """Post a message for everybody in a conversation.

        Raises:
            Later: Slack cannot be asked now.
            SlackSaidError: Slack will not.
        """
        await self._taken(lambda it: self._openly(channel, thread_ts, it, metadata), shown)

    async def _openly(self, channel: str, thread_ts: str | None, shown: Message, metadata: Metadata | None) -> None:
        await called(
            "chat.postMessage",
            self.web.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=shown.text,
                blocks=shown.blocks,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
            ),
        )

    async def _alone(self, place: Place, shown: Message, metadata: Metadata | None) -> None:
        is_active = place.thread_ts is not None and place.thread_ts != place.ts

        async def ephemeral(it: Message) -> None:
            await called(
                "chat.postEphemeral",
                self.web.chat_postEphemeral(
                    channel=place.channel,
                    user=place.user,
                    thread_ts=place.thread_ts if is_active else None,
                    text=it.text,
                    blocks=it.blocks,
                ),
            )

        try:
            await self._taken(ephemeral, shown)
        except SlackSaidError:  # they left the conversation, or the bot is not in it
            await self._taken(lambda it: self._openly(place.user, None, it, metadata), shown)

    async def _taken(self, send: Send, shown: Message) -> None:
        """Send a message; where Slack will not show its blocks, a line instead, so that nobody waits for nothing."""
        try:
            await send(shown)
        except SlackSaidError as error:
            if error.code not in _NOT_TAKEN:
                raise
            await send(_too_much())


def said(words: str) -> Message:
    """Return a message of a sentence or two of our own."""
    return message(words, paragraph(text(words)))


def metadata_of(found: dict[str, Any], event_type: str) -> dict[str, Any]:
    """Return what a message of ours says of itself; empty where it is another, or says nothing."""
    held = found.get("metadata")
    if not isinstance(held, dict) or held.get("event_type") != event_type:
        return {}
    payload = held.get("event_payload")
    return payload if isinstance(payload, dict) else {}


def _too_much() -> Message:
    return said("There is an answer that Slack cannot show. Ask on Greenlit's own page, or see your record there.")
