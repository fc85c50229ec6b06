"""A document that somebody misses: a form, then a request at Greenlit that approvers see without a name."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from service.clients.calls import Call
from service.clients.errors import RefusedCallError
from service.slack_bot.answers.answer_blocks import WISH
from service.slack_bot.clicks.feedback import told_why
from service.slack_bot.clicks.forms import WISH_FORM, WISHED, wish_form
from service.slack_bot.clicks.interactions import Clicked, Sides, clicked, field_of
from service.slack_bot.clicks.sent_forms import Sent, taken
from service.slack_bot.errors import SlackBotError
from service.slack_bot.slack_calls import called

_TAKEN = "It is on record, and open until somebody who approves documents closes it. Your record at Greenlit says how."
_NOT_TAKEN = "This could not be taken. Say in plain words which document is missing."


def register(app: AsyncApp, sides: Sides) -> None:
    """Let people ask for documents."""

    async def on_click(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        who = clicked(body)
        if who is None:
            return
        try:
            await sides.email(who.user, who.team)  # whoever may not ask is told so before they type
            opening = client.views_open(trigger_id=who.trigger_id, view=wish_form(who.request_id))
            await called("views.open", opening)
        except SlackBotError as error:
            await told_why(client, who, error)

    async def on_sent(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await taken(Sent("Ask for a document", ack, body, client), lambda who: _wish(who, body, sides))

    app.action(WISH)(on_click)
    app.view(WISH_FORM)(on_sent)


async def _wish(who: Clicked, body: dict[str, Any], sides: Sides) -> str:
    email = await sides.email(who.user, who.team)
    wish = {"wish": field_of(body, WISHED), "request_id": who.request_id or None}
    try:
        await sides.call(Call("POST", "/v1/requests", wish, on_behalf_of=email))
    except RefusedCallError as error:
        if error.kind in ("request", "no-record"):
            return _NOT_TAKEN
        raise
    return _TAKEN
