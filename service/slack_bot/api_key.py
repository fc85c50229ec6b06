"""Whose fault it is that Greenlit knows nobody: the person's, or that of the key that the bot shows."""

from service.clients.calls import Call
from service.clients.client import AsyncGreenlit
from service.clients.errors import CallError, RefusedCallError
from service.slack_bot.errors import Later

_UNWELL_S = 3.0
_NO_KEY = (401, 403)
_NEEDED = ("ask", "act-for")
_NOT_TAKEN = "Greenlit does not take GREENLIT_API_KEY: expected one that has not ended, with the scopes ask and act-for"
_LACKS = "GREENLIT_API_KEY may not ask for people: expected a key made with --scope ask,act-for"


async def problem_of_key(greenlit: AsyncGreenlit) -> str | None:
    """Return what is wrong with the key, in words; `None` if it may ask for people, and it is they who are unknown.

    Raises:
        Later: nobody can say now.
    """
    try:
        told = await greenlit.call(Call("GET", "/v1/me"))
    except RefusedCallError as error:
        if error.status in _NO_KEY:
            return _NOT_TAKEN
        raise Later(error.retry_after_s or _UNWELL_S) from None
    except CallError:
        raise Later(_UNWELL_S) from None
    scopes = told.get("scopes")
    return None if isinstance(scopes, list) and all(one in scopes for one in _NEEDED) else _LACKS
