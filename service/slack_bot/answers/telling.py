"""Asks Greenlit what somebody asked in Slack, and shows them what came, once.

1  where an earlier try may have shown it already, it is looked for, by the name of the question
2  Greenlit is asked on behalf of that person, under that name: the same question sent again gets the same answer
3  while it is worked on, Slack says so (`progress`); nothing of an answer is shown before all of it is on record
4  `sending` is told, durably, then the answer goes where its asker alone reads it (`posting`)

Whoever is nobody at Greenlit is told the same as whoever is nobody of ours in Slack. Keeps nothing.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.models.metadata import Metadata
from slack_sdk.web.async_client import AsyncWebClient

from service.clients.calls import Json
from service.clients.client import AsyncGreenlit
from service.clients.errors import CallError, RefusedCallError
from service.slack_bot.answers.answer_blocks import Offered, answer_message
from service.slack_bot.answers.conversation_names import ConversationNames
from service.slack_bot.answers.harmless import on_one_line
from service.slack_bot.answers.pieces import Message
from service.slack_bot.answers.posting import ANSWER_EVENT, Poster, metadata_of, said
from service.slack_bot.answers.progress import Progress
from service.slack_bot.answers.refusing import MAY_NOT_ASK, UNREACHABLE, not_ours_in_words
from service.slack_bot.api_key import problem_of_key
from service.slack_bot.errors import Later
from service.slack_bot.places import Asked, Place
from service.slack_bot.slack_calls import SlackSaidError, called

SLOW_S = 4.0
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,120}")
_AGAIN = "-again"
_PAGE, _MOST_PAGES = 200, 5  # of a thread in which an answer is looked for
_UNWELL_S = 3.0
_NOBODY, _NOT_ALLOWED, _TOO_LARGE, _NOT_TAKEN, _TOO_MANY, _OWN_FAULT = 401, 403, 413, 422, 429, 500
_NAMED_TWICE, _QUESTION = "named-twice", "question"


class Telling:
    """See the module. One event loop's.

    Attributes:
        problem: what somebody has to mend before anybody is answered, in words; `None` while there is nothing.
    """

    def __init__(
        self,
        web: AsyncWebClient,
        greenlit: AsyncGreenlit,
        *,
        public_url: str,
        names: ConversationNames,
        slow_s: float = SLOW_S,
    ) -> None:
        """Take both sides.

        Args:
            web: calls Slack as the bot.
            greenlit: calls Greenlit with a key that acts for people.
            public_url: where people open Greenlit's pages.
            names: names conversations.
            slow_s: after how long an answer in a direct message is told step by step, in seconds.
        """
        self._web, self._greenlit, self._poster = web, greenlit, Poster(web)
        self._public_url, self._names, self._slow_s = public_url.rstrip("/"), names, slow_s
        self.problem: str | None = None

    async def answer(self, asked: Asked, *, sending: Callable[[], Awaitable[None]]) -> None:
        """Answer a question where it was asked; return once Slack took it.

        Args:
            asked: the question.
            sending: keeps durably that something may be shown from now on.

        Raises:
            Later: Greenlit or Slack cannot be asked now; nothing is lost by trying again.
            SlackSaidError: Slack shows this person nothing.
        """
        if asked.maybe_sent and await self._is_there(asked):  # 1
            return
        async with Progress(self._web, asked.place, slow_s=self._slow_s) as progress:
            shown = await self._result(asked, progress)  # 2, 3
        await sending()  # 4
        if progress.stream is None or not await self._into_stream(asked, shown, progress):
            await self._poster.to_asker(asked.place, shown, delivery=asked.delivery)

    async def not_ours(self, place: Place, reason: str) -> None:
        """Tell somebody politely that they may not ask, and nothing else.

        Raises:
            Later: Slack cannot be asked now.
            SlackSaidError: Slack shows this person nothing.
        """
        await self._poster.to_asker(place, said(not_ours_in_words(reason)))

    async def unreachable(self, place: Place) -> None:
        """Tell somebody that there is no answer, and that they may ask again.

        Raises:
            Later: Slack cannot be asked now.
            SlackSaidError: Slack shows this person nothing.
        """
        await self._poster.to_asker(place, said(UNREACHABLE))

    async def _result(self, asked: Asked, progress: Progress) -> Message:
        name = _name(asked.delivery)
        try:
            try:
                answer = await self._asked(asked, name, progress)
            except RefusedCallError as error:
                if error.kind != _NAMED_TWICE:
                    raise
                # The message was edited between two tries: another question, under a name of its own.
                answer = await self._asked(asked, name + _AGAIN, progress)
        except RefusedCallError as error:
            return await self._instead(error)
        except CallError:
            raise Later(_UNWELL_S) from None
        self.problem = None
        place = asked.place
        thread = place.thread_ts if place.kind == "channel" else None
        offered = Offered(share=place.kind != "direct", thread=thread)
        return answer_message(answer, public_url=self._public_url, offered=offered)

    async def _asked(self, asked: Asked, name: str, progress: Progress) -> Json:
        told = self._greenlit.events(
            asked.text, conversation_id=self._names.name(asked.place), on_behalf_of=asked.email, name=name
        )
        async for event in told:
            if event.name == "status":
                progress.at(str(event.data.get("step")))
            elif event.name == "done":
                return event.data
        raise Later(_UNWELL_S)

    async def _instead(self, error: RefusedCallError) -> Message:
        """Return what is said where Greenlit gave a problem.

        Raises:
            Later: trying again may help.
        """
        if error.status == _TOO_MANY or error.status >= _OWN_FAULT:
            raise Later(error.retry_after_s or _UNWELL_S) from None
        if error.status == _NOBODY:
            self.problem = await problem_of_key(self._greenlit)
            return said(UNREACHABLE if self.problem else not_ours_in_words("unknown"))
        if error.status == _NOT_ALLOWED:
            return said(MAY_NOT_ASK)
        if error.status == _TOO_LARGE or error.kind == _QUESTION:
            return said(f"This cannot be asked: {on_one_line(_detail(error), most=300)}.")
        self.problem = f"Greenlit did not take a question: expected 200, got {error.status} ({error.kind})"
        return said(UNREACHABLE)

    async def _into_stream(self, asked: Asked, shown: Message, progress: Progress) -> bool:
        """Let the message that told the steps become the answer; tell whether it did.

        Where the stream has died, what was not sent yet is lost, so all of it is put in the message's place.
        """
        stream = progress.stream
        if stream is None or stream.ts is None:
            return False
        metadata = Metadata(ANSWER_EVENT, {"delivery": asked.delivery})
        try:
            stopping = stream.stop(chunks=[progress.last], blocks=shown.blocks, metadata=metadata)
            await called("chat.stopStream", stopping)
        except SlackSaidError:
            try:
                updating = self._web.chat_update(
                    channel=asked.place.channel, ts=stream.ts, text=shown.text, blocks=shown.blocks, metadata=metadata
                )
                await called("chat.update", updating)
            except SlackSaidError:
                return False
        return True

    async def _is_there(self, asked: Asked) -> bool:
        """Tell whether the answer stands in its thread. What its asker alone saw cannot be looked for: it is not."""
        place = asked.place
        if place.kind != "direct" or place.thread_ts is None:
            return False
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            looking = self._web.conversations_replies(
                channel=place.channel,
                ts=place.thread_ts,
                oldest=place.ts,
                include_all_metadata=True,
                limit=_PAGE,
                cursor=cursor,
            )
            try:
                found = await called("conversations.replies", looking)
            except SlackSaidError:
                return False
            if any(_names(one, asked.delivery) for one in found.get("messages") or ()):
                return True
            cursor = (found.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return False
            await asyncio.sleep(0)
        return False


def _names(found: Any, delivery: str) -> bool:
    return isinstance(found, dict) and metadata_of(found, ANSWER_EVENT).get("delivery") == delivery


def _name(delivery: str) -> str:
    """Return what a question is called at Greenlit, which takes names of some characters only."""
    return delivery if _NAME.fullmatch(delivery) else hashlib.sha256(delivery.encode()).hexdigest()


def _detail(error: RefusedCallError) -> str:
    """Return what was expected and what came; it holds no question, by Greenlit's own contract."""
    return str(error).partition(": ")[2].rstrip(".") or "Greenlit does not take it"
