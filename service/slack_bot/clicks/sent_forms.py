"""A form that was sent: Slack is answered at once, then what became of it stands in the form's place.

Slack waits three seconds for an answer to a form; Greenlit puts what it says on record first, and may take longer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from service.clients.errors import RefusedCallError
from service.slack_bot.clicks.forms import outcome
from service.slack_bot.clicks.interactions import Clicked, filled_in, in_words
from service.slack_bot.errors import SlackBotError
from service.slack_bot.slack_calls import called

_WORKING = "One moment: it is being put on record."


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that came: its title, how Slack is answered, what Slack sent, and how Slack is called."""

    title: str
    ack: Any
    body: dict[str, Any] = field(repr=False)
    web: AsyncWebClient


async def taken(sent: Sent, work: Callable[[Clicked], Awaitable[str]]) -> None:
    """Answer Slack, do the work, and show what it says.

    Args:
        sent: the form.
        work: puts what was filled in on record; returns what whoever sent it is told.
    """
    who = filled_in(sent.body)
    if who is None:
        await sent.ack()
        return
    await sent.ack(response_action="update", view=outcome(sent.title, _WORKING))
    try:
        words = await work(who)
    except (SlackBotError, RefusedCallError) as error:
        words = in_words(error)
    view_id = sent.body["view"].get("id")
    try:
        await called("views.update", sent.web.views_update(view_id=view_id, view=outcome(sent.title, words)))
    except SlackBotError:
        return  # they closed it, or Slack is away; what was said is on record
