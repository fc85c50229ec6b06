"""What is done with what Slack sends, however it came, before Slack is told that we have it.

In order: (1) whatever asks becomes a durable row and is then put to work, (2) a row that is there already is
acknowledged and not worked on again, (3) what people do with buttons, views and the home tab goes to Bolt, once, and
only from our own workspace. Where the disk refuses, Slack is told to come again.

Knows neither HTTP nor Socket Mode, and no signature: whoever calls has made sure that it is Slack.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.slack_bot.arriving.deliveries import Deliveries
from service.slack_bot.arriving.intake import Incoming, changed_user, incoming_command, incoming_event
from service.slack_bot.arriving.work import Item, Work
from service.slack_bot.errors import DeliveriesError, Later
from service.slack_bot.health import Health
from service.slack_bot.people import People
from service.slack_bot.workspace import Known

_ASKING = {"message", "app_mention"}
_MOST_TEXTS = 5000  # held at once; beyond, a text is read again from Slack when its turn comes
_LOOK_S = 2.0
_FINE, _NOT_FOUND = 200, 404


@dataclass(frozen=True, slots=True)
class Reply:
    """What Slack is told: a status of HTTP, and what a view or a button gets to see, as JSON or text."""

    status: int = _FINE
    body: str = field(default="", repr=False)
    is_json: bool = False


AGAIN = Reply(503)
NOT_OURS = Reply(403)
Dispatch = Callable[[Mapping[str, Any]], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes what Slack sends.

    Attributes:
        deliveries: keeps what asks.
        work: works it off.
        people: forgets whom Slack says has changed.
        known: whose bot this is.
        health: is told of a disk that refuses.
        dispatch: Bolt.
        slack_host: where commands may be answered, besides Slack's own hosts.
    """

    deliveries: Deliveries
    work: Work
    people: People
    known: Known
    health: Health
    dispatch: Dispatch
    slack_host: str = "slack.com"

    async def event(self, payload: Mapping[str, Any]) -> Reply:
        """Take an event of the Events API."""
        if (user := changed_user(payload)) is not None:
            self.people.forget(user)
        if (incoming := incoming_event(payload)) is not None:
            return await self._take(incoming)
        event, name = payload.get("event"), payload.get("event_id")
        kind = event.get("type") if isinstance(event, dict) else None
        if not isinstance(kind, str) or not isinstance(name, str):
            return Reply(400)
        if kind in _ASKING:
            return Reply()  # something that does not ask
        said = await self._once(f"event {name}", payload)
        return Reply() if said.status == _NOT_FOUND else said  # an event that nothing listens to is fine

    async def command(self, form: Mapping[str, Any]) -> Reply:
        """Take a slash command."""
        incoming = incoming_command(form, slack_host=self.slack_host)
        return Reply(400) if incoming is None else await self._take(incoming)

    async def interaction(self, payload: Mapping[str, Any], *, key: str) -> Reply:
        """Take what somebody did with a button or a view.

        Args:
            payload: as Slack sends it.
            key: of this request and no other: its signature, or its envelope.
        """
        return await self._once(f"interaction {key}", payload)

    async def go_on(self) -> None:
        """Put to work, again and again, what is open and not known here.

        It was written although that seemed to fail, or another bot left it, while this one had lost its place.
        """
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                found = await self.deliveries.unfinished_since()
            except DeliveriesError as error:
                self.health.ill("deliveries", str(error))
                continue
            for delivery in found or ():
                self.work.put(Item(delivery, maybe_sent=delivery.maybe_sent))
            if found is not None:
                self.health.well("deliveries")

    async def _take(self, incoming: Incoming) -> Reply:
        try:
            is_new = await self.deliveries.take(incoming.delivery)
        except DeliveriesError as error:
            self.health.ill("deliveries", str(error))
            return AGAIN
        self.health.well("deliveries")
        if is_new:
            is_kept = incoming.delivery.place.kind == "command" or self.work.waiting() < _MOST_TEXTS
            self.work.put(Item(incoming.delivery, incoming.text if is_kept else None))
        return Reply()

    async def _once(self, key: str, payload: Mapping[str, Any]) -> Reply:
        try:
            here = self.known.here()
            team, enterprise = _home_of(payload)
            if not here.is_home(team=team, enterprise=enterprise):
                return NOT_OURS
            if not await self.deliveries.is_first(key):
                return Reply()
        except Later:
            return AGAIN
        except DeliveriesError as error:
            self.health.ill("deliveries", str(error))
            return AGAIN
        return await self.dispatch(payload)


def _home_of(payload: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the workspace and the organisation that a payload is of."""

    def named(key: str) -> str | None:
        inner = payload.get(key)
        value = inner.get("id") if isinstance(inner, dict) else payload.get(f"{key}_id")
        return value if isinstance(value, str) else None

    return named("team"), named("enterprise")
