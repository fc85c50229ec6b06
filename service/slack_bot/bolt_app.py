"""The Bolt app: it takes what people do with buttons, views and the home tab to whoever listens for it.

Messages, mentions and commands do not come here: Bolt remembers no delivery and acknowledges before anything is kept.
Nor does it ask Slack who the bot is: when that fails it tells Slack that all is well and runs no listener. Signatures
were checked, and a request from another workspace turned away, before anything comes here.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.listener.async_listener_completion_handler import AsyncListenerCompletionHandler
from slack_bolt.listener.async_listener_start_handler import AsyncListenerStartHandler
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.arriving.taking import AGAIN, Reply
from service.slack_bot.workspace import Known

_OWN_FAULT = 500


class Bolt:
    """The app, with no listener yet.

    Attributes:
        app: what listeners are registered with.
    """

    def __init__(self, web: AsyncWebClient, known: Known, logger: logging.Logger) -> None:
        """Make it.

        Args:
            web: calls Slack.
            known: whose bot this is, which is known before anything comes here.
            logger: of what Bolt says; its messages hold what people sent, so whoever configures it keeps none of them.
        """
        logger.setLevel(logging.ERROR)  # it warns that the token is not used, and it is: `authorize` gives it
        self.app = AsyncApp(
            name="greenlit",
            logger=logger,
            client=web,
            authorize=_authorize(web, known),
            signing_secret="checked-before",  # nosec B106  # noqa: S106  (Bolt wants one; it checks nothing)
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
        )
        logger.setLevel(logging.WARNING)
        self._listening = _Listening()
        self.app.listener_runner.listener_start_handler = _Begins(self._listening)
        self.app.listener_runner.listener_completion_handler = _Ends(self._listening)

    async def dispatch(self, payload: Mapping[str, Any]) -> Reply:
        """Return what the app says to a payload."""
        said = await self.app.async_dispatch(AsyncBoltRequest(body=dict(payload), mode="socket_mode"))
        if said.status >= _OWN_FAULT:
            return AGAIN
        content_type = str(next(iter(said.headers.get("content-type", [])), ""))
        return Reply(said.status, said.body or "", is_json=content_type.startswith("application/json"))

    async def finish(self, grace_s: float) -> None:
        """Wait until no listener is at work, for so long in seconds."""
        try:
            async with asyncio.timeout(grace_s):
                await self._listening.idle.wait()
        except TimeoutError:
            return


class _Listening:
    """Counts the listeners that are at work: Bolt lets them go on after it has answered, and forgets them."""

    def __init__(self) -> None:
        self.count = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def add(self, number: int) -> None:
        self.count += number
        if self.count:
            self.idle.clear()
        else:
            self.idle.set()


class _Begins(AsyncListenerStartHandler):
    def __init__(self, listening: _Listening) -> None:
        self._listening = listening

    async def handle(self, request: Any, response: Any) -> None:
        del request, response
        self._listening.add(1)


class _Ends(AsyncListenerCompletionHandler):
    def __init__(self, listening: _Listening) -> None:
        self._listening = listening

    async def handle(self, request: Any, response: Any) -> None:
        del request, response
        self._listening.add(-1)


def _authorize(web: AsyncWebClient, known: Known) -> Any:
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

    return authorize
