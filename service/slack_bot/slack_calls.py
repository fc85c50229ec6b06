"""What goes wrong when Slack is called, in one form: come again later, or a code that is one of Slack's own words.

A library's message could hold what was sent or what came back, so none is kept or told.
"""

import math
import re
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from service.slack_bot.errors import Later, SlackBotError

_CODE = re.compile(r"[a-z0-9_]{1,64}")
_AGAIN_S = 2.0
_LONGEST_S = 600.0
_PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_REFUSED, _TOO_MANY, _OWN_FAULT = 400, 429, 500


class SlackSaidError(SlackBotError):
    """Slack answered that it will not.

    Attributes:
        code: Slack's own word for it, such as `user_not_found`; `unknown` where it gave none.
    """

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"expected Slack to do {method}, got {code}")
        self.code = code


async def called(method: str, call: Awaitable[Any]) -> dict[str, Any]:
    """Wait for a call of Slack's Web API and return the object that it gives.

    Args:
        method: its name, for messages.
        call: what `AsyncWebClient` was asked for.

    Raises:
        Later: Slack cannot be reached, is unwell, or wants us to wait.
        SlackSaidError: Slack will not.
    """
    try:
        said = await call
    except SlackApiError as error:
        raise _meant(method, error) from None
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError):
        raise Later(_AGAIN_S) from None
    data = said.data
    return data if isinstance(data, dict) else {}


async def responded(web: AsyncWebClient, response_url: str, message: dict[str, Any]) -> None:
    """Send a message to where a command or a button may be answered.

    Args:
        web: whose connections are used.
        response_url: as Slack gave it; good for half an hour and five messages.
        message: such as `{"response_type": "ephemeral", "text": ...}`.

    Raises:
        Later: Slack cannot be reached, is unwell, or wants us to wait.
        SlackSaidError: Slack will not: the address is too old, or used up.
    """
    hook = AsyncWebhookClient(response_url, session=web.session, logger=web.logger, retry_handlers=[])
    try:
        said = await hook.send_dict(message)
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError):
        raise Later(_AGAIN_S) from None
    if said.status_code == _TOO_MANY or said.status_code >= _OWN_FAULT:
        raise Later(wait_s(said.headers))
    if said.status_code >= _REFUSED:
        raise SlackSaidError("response_url", f"http_{said.status_code}")


def _meant(method: str, error: SlackApiError) -> SlackBotError:
    response: Any = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if status == _TOO_MANY or code in _PASSING or not isinstance(code, str) or (status or 0) >= _OWN_FAULT:
        return Later(wait_s(getattr(response, "headers", None)))
    return SlackSaidError(method, code if _CODE.fullmatch(code) else "unknown")


def wait_s(headers: Any) -> float:
    """Return how long Slack wants us to wait, in seconds, within bounds; a short while where it does not say."""
    given: Any = next((value for name, value in (headers or {}).items() if name.lower() == "retry-after"), None)
    try:
        seconds = float(given[0] if isinstance(given, list) else given)
    except (TypeError, ValueError):
        return _AGAIN_S
    return min(max(seconds, _AGAIN_S / 2), _LONGEST_S) if math.isfinite(seconds) else _AGAIN_S
