"""Whose fault it is that Greenlit knows nobody: the person's, or that of the key that the bot shows."""

from service.clients.calls import Call
from service.clients.client import AsyncGreenlit
from service.clients.errors import CallError, RefusedCallError
from service.slack_bot.errors import Later

_UNWELL_S = 3.0
_NO_KEY = (401, 403)


async def takes_key(greenlit: AsyncGreenlit) -> bool:
    """Tell whether Greenlit takes the key by itself; if so, it was the person whom it does not know.

    Raises:
        Later: nobody can say now.
    """
    try:
        await greenlit.call(Call("GET", "/v1/me"))
    except RefusedCallError as error:
        if error.status in _NO_KEY:
            return False
        raise Later(error.retry_after_s or _UNWELL_S) from None
    except CallError:
        raise Later(_UNWELL_S) from None
    return True
