"""What shows answers in Slack, put together: it asks and tells, and listens for what people do with what they see."""

from collections.abc import Awaitable, Callable

from service.clients.errors import CallError
from service.slack_bot.bot import Doors, Shows
from service.slack_bot.errors import Later, Reason
from service.slack_bot.places import Asked, Place
from service.slack_bot.slack_calls import called, responded

_REFUSED = "I can only answer members of our own workspace."
_UNREACHABLE = "Greenlit could not be reached; please ask again later."


def showing(doors: Doors) -> Shows:
    """Return what shows answers."""
    return Shows(_Plain(doors), lambda _app: None)


class _Plain:
    """Shows an answer's sentences and nothing more."""

    problem: str | None = None

    def __init__(self, doors: Doors) -> None:
        self._web, self._greenlit = doors.web, doors.greenlit

    async def answer(self, asked: Asked, *, sending: Callable[[], Awaitable[None]]) -> None:
        """Ask, and post what comes."""
        try:
            answer = await self._greenlit.ask(asked.text, on_behalf_of=asked.email, name=asked.delivery)
        except CallError:
            raise Later(2.0) from None
        await sending()
        sentences = [str(sentence["text"]) for sentence in answer.get("sentences", [])]
        await self._post(asked.place, " ".join(sentences) or str(answer.get("message", "")), asked.delivery)

    async def not_ours(self, place: Place, reason: Reason) -> None:
        """Refuse politely."""
        del reason
        await self._post(place, _REFUSED, None)

    async def unreachable(self, place: Place) -> None:
        """Say that nothing could be reached."""
        await self._post(place, _UNREACHABLE, None)

    async def _post(self, place: Place, text: str, delivery: str | None) -> None:
        if place.response_url is not None:
            await responded(self._web, place.response_url, {"response_type": "ephemeral", "text": text})
            return
        if place.kind == "direct":
            metadata = delivery and {"event_type": "greenlit_answer", "event_payload": {"delivery": delivery}}
            post = self._web.chat_postMessage(
                channel=place.channel, text=text, thread_ts=place.thread_ts, metadata=metadata or None
            )
            await called("chat.postMessage", post)
            return
        whisper = self._web.chat_postEphemeral(channel=place.channel, user=place.user, text=text)
        await called("chat.postEphemeral", whisper)
