"""The Bolt app: it takes what people do with buttons, views and the home tab to whoever listens for it.

Messages, mentions and commands do not come here: Bolt remembers no delivery and acknowledges before anything is kept.
Nor does it ask Slack who the bot is: when that fails it tells Slack that all is well and runs no listener. Signatures
were checked, and a request from another workspace turned away, before anything comes here.
"""

import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.taking import AGAIN, Reply
from service.slack_bot.workspace import Known

_OWN_FAULT = 500


def bolt_app(web: AsyncWebClient, known: Known, logger: logging.Logger) -> AsyncApp:
    """Return the app, with no listener yet.

    Args:
        web: calls Slack.
        known: whose bot this is, which is known before anything comes here.
        logger: of what Bolt says; its messages hold what people sent, so whoever configures it keeps none of them.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult | None:
        here = known.here()
        if not here.is_home(team=team_id, enterprise=enterprise_id):
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            bot_user_id=here.bot_user,
            bot_id=here.bot_id,
            bot_token=web.token,
        )

    logger.setLevel(logging.ERROR)  # it warns that the token is not used, and it is: `authorize` gives it
    app = AsyncApp(
        name="greenlit",
        logger=logger,
        client=web,
        authorize=authorize,  # type: ignore[arg-type]  # it may return nothing, which means: not ours
        signing_secret="checked-before",  # nosec B106  # noqa: S106  (Bolt wants one; it checks nothing)
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
    )
    logger.setLevel(logging.WARNING)
    return app


async def dispatched(app: AsyncApp, payload: Mapping[str, Any]) -> Reply:
    """Return what the app says to a payload."""
    said = await app.async_dispatch(AsyncBoltRequest(body=dict(payload), mode="socket_mode"))
    if said.status >= _OWN_FAULT:
        return AGAIN
    is_json = str(next(iter(said.headers.get("content-type", [])), "")).startswith("application/json")
    return Reply(said.status, said.body or "", is_json=is_json)
