"""One delivery, from the row that was taken to its end.

In order: (1) it has to be of our own workspace, (2) its text is read again if this process has not got it, (3) what
does not ask is dropped: our own messages, mentions in code or quotes, messages that are gone, (4) where people of other
organisations are, nothing is answered, (5) whoever asks has to be one of ours with a confirmed address, (6) the
question is asked and the answer told (`Tells`); from the moment in which something of it may be in Slack the row says
so.

Whoever cannot be reached is tried again for ten minutes, then the person is told; telling them is tried for an hour.
Decides on no answer, and logs no text, no person and no message of an error.
"""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from indexes.logs import where_it_broke
from service.slack_bot.arriving.deliveries import Deliveries, Ending
from service.slack_bot.arriving.hints import Hints
from service.slack_bot.arriving.rereading import UnreadableError, read_again
from service.slack_bot.arriving.seldom import Seldom
from service.slack_bot.arriving.wording import is_mentioned, plain
from service.slack_bot.arriving.work import Item
from service.slack_bot.errors import DeliveriesError, Later, NotOursError, Reason, TakenOverError
from service.slack_bot.health import Health, Notice
from service.slack_bot.people import People
from service.slack_bot.places import Asked, Place
from service.slack_bot.slack_calls import SlackSaidError
from service.slack_bot.workspace import Known

TRIED_S = 600.0
_TOLD_S = 3600.0  # more, for telling that nothing could be reached
_REFUSED_EVERY_S = 600.0
_LONGEST_PAUSE_S = 60.0
_MOST_BREAKS = 3
_DISK_S = 5.0
_LONGEST_TRY_S = 180.0  # of asking and telling: nobody holds a worker for ever
_MOST_TRIES_COUNTED = 16


class Tells(Protocol):
    """What asks Greenlit and shows the answer in Slack.

    Attributes:
        problem: what somebody has to mend before anybody is answered, in words; `None` while there is nothing.
    """

    problem: str | None

    async def answer(self, asked: Asked, *, sending: Callable[[], Awaitable[None]]) -> None:
        """Ask and answer; call `sending` right before anything of the answer goes to Slack.

        Raises:
            Later: Greenlit or Slack cannot be reached, or wants us to wait.
            SlackSaidError: Slack shows this person nothing.
        """

    async def not_ours(self, place: Place, reason: Reason) -> None:
        """Say politely that this person cannot be answered; see `answer`."""

    async def unreachable(self, place: Place) -> None:
        """Say that Greenlit could not be reached; see `answer`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What handling a delivery needs."""

    web: AsyncWebClient
    known: Known
    people: People
    deliveries: Deliveries
    telling: Tells
    health: Health
    notice: Notice


class Handling:
    """Handles items, one call each until its end."""

    def __init__(self, parts: Parts, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Take what it needs."""
        self._parts, self._clock_s = parts, clock_s
        self._hints = Hints(parts.web)
        self._said = Seldom(_REFUSED_EVERY_S, clock_s=clock_s)

    async def handle(self, item: Item) -> float | None:
        """Work on an item; return when to try again, in seconds, or `None` at its end."""
        name = item.delivery.name
        try:
            if item.ending is None:
                item.ending = await self._worked(item)
            await self._parts.deliveries.end(name, item.ending)
        except Later as later:
            return self._pause_s(item, later.after_s)
        except TakenOverError:
            item.is_taken_over = item.maybe_sent = True  # whoever did it may have shown the answer
            return self._pause_s(item, 1.0)
        except DeliveriesError as error:
            self._parts.health.ill("deliveries", str(error))
            return _DISK_S
        except Exception as error:  # noqa: BLE001  (nothing that a question does may end the worker)
            item.broke += 1
            self._parts.notice("slack_broke", delivery=name, where=where_it_broke(error))
            return self._pause_s(item, 1.0)
        return None

    async def _worked(self, item: Item) -> Ending:
        """Try once; return how it ended, if it did."""
        late_s = self._clock_s() - item.began_s
        try:
            if (late_s >= TRIED_S or item.is_taken_over) and await self._parts.deliveries.ended(item.delivery.name):
                return "done"  # by another bot
            if item.broke < _MOST_BREAKS and late_s < TRIED_S:
                await self._handle(item)
                return "done"
            if late_s < TRIED_S + _TOLD_S and item.broke < 2 * _MOST_BREAKS:
                await self._parts.telling.unreachable(item.delivery.place)
            self._parts.notice("slack_given_up", delivery=item.delivery.name)
        except SlackSaidError as error:  # they have left, or the bot was put out of the conversation
            self._parts.notice("slack_untold", delivery=item.delivery.name, problem=str(error))
        return "given_up"

    async def _handle(self, item: Item) -> None:
        parts, delivery, place = self._parts, item.delivery, item.delivery.place
        here = parts.known.here()
        if place.user == here.bot_user:
            return
        if not here.is_home(team=place.team, enterprise=delivery.enterprise):
            if place.kind == "command":  # of somebody of another organisation, in a channel that is shared with them
                await self._refuse(item, "elsewhere")
            return
        text = await self._text(item)
        if text is None or (place.kind == "channel" and not is_mentioned(text, here.bot_user)):
            return
        if place.is_shared:
            await self._seldom(item, ("shared", place.user), lambda: self._hints.shared(place))
            return
        try:
            person = await parts.people.person(place.user, team=place.team)
        except NotOursError as error:
            await self._refuse(item, error.reason)
            return
        words = plain(text, here.bot_user)
        if not words:
            await self._hints.empty(place)
            return

        await self._ask(item, words, person.email)

    async def _ask(self, item: Item, words: str, email: str) -> None:
        parts, delivery = self._parts, item.delivery

        asked = Asked(delivery.name, delivery.place, text=words, email=email, maybe_sent=item.maybe_sent)
        try:
            async with asyncio.timeout(_LONGEST_TRY_S):
                await parts.telling.answer(asked, sending=functools.partial(self._sending, item))
        except TimeoutError:
            raise Later from None
        finally:
            if parts.telling.problem is None:
                parts.health.well("asking")
            else:
                parts.health.ill("asking", parts.telling.problem)

    async def _sending(self, item: Item) -> None:
        await self._parts.deliveries.sending(item.delivery.name, again=item.maybe_sent)
        item.maybe_sent = True

    async def _text(self, item: Item) -> str | None:
        """Return what was written, from memory or from Slack; `None` if there is nothing to answer any more."""
        place = item.delivery.place
        if item.text is None:
            if place.kind == "command":  # nobody can read it again
                await self._hints.restarted(place, maybe_sent=item.maybe_sent)
                return None
            try:
                item.text = await read_again(self._parts.web, place)
            except UnreadableError as error:
                self._parts.notice("slack_unreadable", problem=str(error))
                await self._hints.restarted(place, maybe_sent=item.maybe_sent)
        return item.text

    async def _refuse(self, item: Item, reason: Reason) -> None:
        place = item.delivery.place
        await self._seldom(item, ("refused", place.user), lambda: self._parts.telling.not_ours(place, reason))

    async def _seldom(self, item: Item, key: tuple[str, str], say: Callable[[], Awaitable[None]]) -> None:
        """Say something that nobody shall hear again and again; a crash does not make it twice either."""
        if item.delivery.maybe_sent or not self._said.begins(key):
            return
        try:
            await self._sending(item)
            await say()
        except BaseException:
            self._said.failed(key)
            raise

    def _pause_s(self, item: Item, after_s: float) -> float:
        pause_s = max(after_s, min(_LONGEST_PAUSE_S, 0.5 * float(1 << item.tries)))
        item.tries = min(item.tries + 1, _MOST_TRIES_COUNTED)
        return pause_s
