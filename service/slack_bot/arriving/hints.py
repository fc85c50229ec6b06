"""Short fixed words to whoever asked: how to ask, and what came in the way. None holds anything of what was asked.

They go to that one person alone, as answers do (`posting`).
"""

import contextlib

from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.answers.posting import Poster, said
from service.slack_bot.places import Place
from service.slack_bot.slack_calls import SlackSaidError

EMPTY = "Ask me a question in plain words. I answer from documents that our organisation has approved."
EMPTY_COMMAND = "Write your question behind the command, such as `/ask how long do we keep invoices?`"
SHARED = (
    "I do not answer where people of other organisations are. Write to me directly, or ask in a channel of our own."
)
RESTARTED = "I was restarted before I could answer; please ask again."
MAYBE_ANSWERED = "I was restarted while I was answering. If you see no answer, please ask again."


class Hints:
    """Says them."""

    def __init__(self, web: AsyncWebClient) -> None:
        """Take what calls Slack."""
        self._poster = Poster(web)

    async def empty(self, place: Place) -> None:
        """Say how to ask.

        Raises:
            Later: Slack cannot be reached now.
        """
        await self._say(place, EMPTY_COMMAND if place.kind == "command" else EMPTY)

    async def shared(self, place: Place) -> None:
        """Say that nothing is answered where people of other organisations are; see `empty`."""
        await self._say(place, SHARED)

    async def restarted(self, place: Place, *, maybe_sent: bool) -> None:
        """Say that a question was lost to a restart, and what to do; see `empty`."""
        await self._say(place, MAYBE_ANSWERED if maybe_sent else RESTARTED)

    async def _say(self, place: Place, words: str) -> None:
        with contextlib.suppress(SlackSaidError):  # they have left, or the conversation is gone: nobody is to be told
            await self._poster.to_asker(place, said(words))
