"""What a thread of Slack is called at Greenlit, so that a question in it can lean on the one before.

A conversation's id stands in the log in plain, so it must tie nobody to a place in Slack: it is an HMAC, under a key
that only the bot has, of month, workspace, channel, thread and person. Another month is another name, as whoever asks
has another pseudonym then; and two people in one thread have nothing in common.
"""

import hashlib
import hmac
import secrets
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from indexes.durable import create_file
from service.slack_bot.errors import NotConnectedError
from service.slack_bot.places import Place

KEY_FILE = "conversations.key"
_KEY_BYTES = 32
_HEX = 48  # 192 bits
_PREFIX = "slack-"


class ConversationNames:
    """Names threads, the same way as long as the key is the same."""

    def __init__(self, key: bytes, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Take the key, and what tells the time."""
        self._key = key
        self._now = now

    @classmethod
    def open(cls, folder: Path) -> "ConversationNames":
        """Return the names of a bot whose state is in a folder; the key is made if there is none.

        Raises:
            NotConnectedError: the key cannot be made or read, or others can read it.
        """
        path = folder / KEY_FILE
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                create_file(path, secrets.token_bytes(_KEY_BYTES), mode=0o600)
            key, mode = path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
        except OSError as error:
            raise NotConnectedError(f"{path} cannot be made or read: {error.strerror}") from error
        if mode & 0o077 or len(key) != _KEY_BYTES:
            raise NotConnectedError(
                f"expected {path} to hold {_KEY_BYTES} bytes that nobody else can read: remove it to get a new one"
            )
        return cls(key)

    def name(self, place: Place) -> str | None:
        """Return the name of the conversation at a place; `None` for a command, which stands alone."""
        if place.thread_ts is None:
            return None
        parts = (f"{self._now():%Y-%m}", place.team, place.channel, place.thread_ts, place.user)
        digest = hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()
        return _PREFIX + digest[:_HEX]
