"""What somebody says of an answer, by the buttons below it: helpful at once, anything else with a form.

It is on record at Greenlit before they are told so. Only whoever asked can say something: for anybody else there is no
such question.
"""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from service.clients.calls import Call
from service.clients.errors import RefusedCallError
from service.slack_bot.answers.answer_blocks import FEEDBACK, HELPFUL
from service.slack_bot.answers.posting import said
from service.slack_bot.clicks.forms import COMMENT, FEEDBACK_FORM, VERDICT, VERDICTS, feedback_form
from service.slack_bot.clicks.interactions import Clicked, Sides, clicked, field_of, in_words, tell
from service.slack_bot.clicks.sent_forms import Sent, taken
from service.slack_bot.errors import SlackBotError
from service.slack_bot.slack_calls import called

_THANKS = "Thank you. It is on record, and those who approve the documents see it without your name."
_NOT_YOURS = "This cannot be said any more: there is no such question of yours."


def register(app: AsyncApp, sides: Sides) -> None:
    """Let people say what an answer is worth."""

    async def on_click(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        who = clicked(body)
        if who is not None and who.request_id:
            await _clicked(who, client, sides)

    async def on_sent(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await taken(Sent("Feedback", ack, body, client), lambda who: _form(who, body, sides))

    app.action(FEEDBACK)(on_click)
    app.view(FEEDBACK_FORM)(on_sent)


async def _clicked(who: Clicked, web: AsyncWebClient, sides: Sides) -> None:
    try:
        if who.chosen == HELPFUL:
            await tell(web, who, said(await _say(who, sides, HELPFUL, "")))
        else:
            opening = web.views_open(trigger_id=who.trigger_id, view=feedback_form(who.request_id))
            await called("views.open", opening)
    except (SlackBotError, RefusedCallError) as error:
        await told_why(web, who, error)


async def _form(who: Clicked, body: dict[str, Any], sides: Sides) -> str:
    verdict = field_of(body, VERDICT)
    return await _say(who, sides, verdict if verdict in VERDICTS else "wrong", field_of(body, COMMENT))


async def _say(who: Clicked, sides: Sides, verdict: str, comment: str) -> str:
    """Put it on record; return what they are told."""
    said_of = {"request_id": who.request_id, "verdict": verdict, "comment": comment}
    email = await sides.email(who.user, who.team)
    try:
        await sides.call(Call("POST", "/v1/feedback", said_of, on_behalf_of=email))
    except RefusedCallError as error:
        if error.kind == "no-record":
            return _NOT_YOURS
        raise
    return _THANKS


async def told_why(web: AsyncWebClient, who: Clicked, error: Exception) -> None:
    """Tell whoever clicked that it came to nothing; where Slack shows them nothing either, nobody is told."""
    try:
        await tell(web, who, said(in_words(error)))
    except SlackBotError:
        return
