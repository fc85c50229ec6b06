"""Which conversation of ours a chat of the client is, where the client names it.

The name stands in the client's own database, beside a person's name. In the record it would tie that person to their
pseudonym, without the two people that a reveal takes. So what stands there is an HMAC of it, with a key of this
installation, the asker and the month: whoever has both databases learns nothing, two people in one chat are two
conversations, and the pseudonyms of two months are not tied together.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime

from starlette.datastructures import Headers

OPEN_WEBUI_CHAT = "X-OpenWebUI-Chat-Id"
CHAT = "Greenlit-Chat"  # for clients whose headers one writes oneself, such as LibreChat
_NAME = re.compile(r"[A-Za-z0-9._:@/-]{1,256}")
_NONE = re.compile(r"new|null|undefined|local:.*|temporary.*", re.IGNORECASE)  # a chat that is not kept, or not yet
_HEX = 32


class Chats:
    """Gives conversations their ids."""

    def __init__(self, *, key: Callable[[], bytes], now: Callable[[], datetime]) -> None:
        """Take what reads the key, at the first use, and the clock (UTC)."""
        self._read_key = key
        self._key: bytes | None = None
        self._now = now

    def conversation(self, headers: Headers, asker: str) -> str | None:
        """Return the id of the conversation that a request belongs to; `None` where the client names no chat.

        Args:
            headers: of the request.
            asker: a principal's id.

        Raises:
            AuditKeyError: the key cannot be read or made.
        """
        for header in (CHAT, OPEN_WEBUI_CHAT):
            named = headers.getlist(header)
            if len(named) == 1 and _NAME.fullmatch(named[0]) and not _NONE.fullmatch(named[0]):
                return self._id(header, named[0], asker)
        return None

    def _id(self, *of: str) -> str:
        if self._key is None:
            self._key = self._read_key()
        told = json.dumps([f"{self._now():%Y-%m}", *of]).encode()
        return f"o-{hmac.digest(self._key, told, hashlib.sha256).hex()[:_HEX]}"
