"""What somebody sees who opens the bot: its home tab, and, beside the messages, questions to begin with.

Both are drawn anew at each opening, from what Greenlit says that they may read then. Somebody who may not ask gets a
polite word instead, also where documents were named before.
"""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from service.clients.calls import Call
from service.clients.errors import RefusedCallError
from service.slack_bot.answers.pieces import Message
from service.slack_bot.clicks.home_blocks import closed, home, prompts
from service.slack_bot.clicks.interactions import Sides, in_words
from service.slack_bot.errors import SlackBotError
from service.slack_bot.slack_calls import called

_TITLE = "Questions that the documents answer today"
_START, _DOCUMENTS = "/v1/start", "/v1/documents"


def register(app: AsyncApp, sides: Sides) -> None:
    """Show people the home tab and questions."""

    async def on_open(event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        user, team, tab = event.get("user"), body.get("team_id"), event.get("tab")
        if not isinstance(user, str) or not isinstance(team, str):
            return
        try:
            if tab == "home":
                shown = await _shown(sides, user, team)
                view = {"type": "home", "blocks": list(shown.blocks)}
                await called("views.publish", client.views_publish(user_id=user, view=view))
            elif tab == "messages":
                await _suggest(sides, user, team, str(event.get("channel")), client)
        except (SlackBotError, RefusedCallError):
            return  # the next opening draws it anew

    app.event("app_home_opened")(on_open)


async def _shown(sides: Sides, user: str, team: str) -> Message:
    try:
        email = await sides.email(user, team)
        start = await sides.call(Call("GET", _START, on_behalf_of=email))
        listed = await sides.call(Call("GET", _DOCUMENTS, on_behalf_of=email))
    except (SlackBotError, RefusedCallError) as error:
        return closed(in_words(error))
    return home(start, listed["documents"], public_url=sides.public_url)


async def _suggest(sides: Sides, user: str, team: str, channel: str, web: AsyncWebClient) -> None:
    email = await sides.email(user, team)
    start = await sides.call(Call("GET", _START, on_behalf_of=email))
    asked = prompts(start.get("questions") or ())
    if asked:
        # Without a thread: with one, Slack says yes and does nothing (agent_view).
        suggesting = web.assistant_threads_setSuggestedPrompts(channel_id=channel, title=_TITLE, prompts=asked)
        await called("assistant.threads.setSuggestedPrompts", suggesting)
