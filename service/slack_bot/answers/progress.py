"""Shows that a question is being worked on: nothing for the first moment, then a status, then what is being done.

In direct messages an answer that takes longer than some seconds gets a message that tells each step (a stream of
Slack's), and that becomes the answer in the end. Steps are words of our own; nothing of question or answer is in them.
What fails here keeps no answer back: Slack then simply shows less.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from slack_sdk.models.messages.chunk import TaskUpdateChunk
from slack_sdk.web.async_chat_stream import AsyncChatStream
from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.errors import SlackBotError
from service.slack_bot.places import Place
from service.slack_bot.slack_calls import called

STATUS_AFTER_S = 0.5  # most answers are there before
_STEPS = {
    "understanding": "Reading the questions before it",
    "looking": "Looking in the approved documents",
    "drafting": "Writing down what they say",
    "checking": "Checking each quote",
    "recording": "Putting it on record",
}
_FIRST = "looking"


class Progress:
    """Shows the progress of one question, from entering to leaving; never raises."""

    def __init__(self, web: AsyncWebClient, place: Place, *, slow_s: float) -> None:
        """Take where it is asked; `slow_s` is after how long a stream begins, in seconds."""
        self._web, self._place, self._slow_s = web, place, slow_s
        self._step = _FIRST
        self._moved, self._ended = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stream: AsyncChatStream | None = None

    @property
    def stream(self) -> AsyncChatStream | None:
        """The stream that began; `None` if none did. It may have died since."""
        return self._stream if self._stream is not None and self._stream.ts else None

    @property
    def last(self) -> TaskUpdateChunk:
        """What says that the last step is done."""
        return self._chunk(self._step, "complete")

    async def __aenter__(self) -> Self:
        if self._place.thread_ts is not None:
            self._task = asyncio.create_task(self._show())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: whatever is on its way to Slack arrives first, so that nothing comes after the answer."""
        self._ended.set()
        self._moved.set()
        if self._task is not None:
            await self._task

    def at(self, step: str) -> None:
        """Tell which step is being done."""
        if step in _STEPS and step != self._step:
            self._step = step
            self._moved.set()

    async def _show(self) -> None:
        with contextlib.suppress(SlackBotError):
            if await self._over(STATUS_AFTER_S):
                return
            await self._set_status("is looking in the approved documents…")
            if self._place.kind != "direct":
                await self._ended.wait()
                await self._set_status("")  # what only its asker sees does not end a status by itself
            elif not await self._over(max(0.0, self._slow_s - STATUS_AFTER_S)):
                await self._tell_steps()

    async def _tell_steps(self) -> None:
        self._stream = stream = await self._web.chat_stream(
            channel=self._place.channel,
            thread_ts=str(self._place.thread_ts),
            recipient_team_id=self._place.team,
            recipient_user_id=self._place.user,
        )
        before = ""
        while not self._ended.is_set():
            self._moved.clear()
            step = self._step
            if step != before:
                done = [self._chunk(before, "complete")] if before else []
                method = "chat.appendStream" if before else "chat.startStream"
                await called(method, stream.append(chunks=[*done, self._chunk(step, "in_progress")]))
                before = step
            await self._moved.wait()

    async def _set_status(self, words: str) -> None:
        await called(
            "assistant.threads.setStatus",
            self._web.assistant_threads_setStatus(
                channel_id=self._place.channel, thread_ts=str(self._place.thread_ts), status=words
            ),
        )

    async def _over(self, within_s: float) -> bool:
        """Tell whether it has ended, after waiting for that for so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), within_s)
        return self._ended.is_set()

    @staticmethod
    def _chunk(step: str, status: str) -> TaskUpdateChunk:
        return TaskUpdateChunk(id=step, title=_STEPS[step], status=status)
