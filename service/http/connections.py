"""The connections of one server: who has not been answered for longest, and when times are looked at.

What makes a connection end is `protocol`'s part. All of it happens in one event loop.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import structlog

from service.http.limits import ConnectionLimits


class Connection(Protocol):
    """What is known of a connection here."""

    def unread(self) -> int:
        """Return how many bytes wait here for the client to take them."""

    def sends_body(self) -> bool:
        """Tell whether a request waits for the rest of its body."""

    def look(self, now_s: float) -> None:
        """End this connection if its time is over."""

    def end(self, why: str) -> None:
        """End this connection at once."""


class Connections:
    """Those that are open. One that is not waiting is in work: its request is here, and being answered."""

    def __init__(self, limits: ConnectionLimits, tell: Callable[[int], object]) -> None:
        """Take what they may cost, and what is told how many are open whenever that changes."""
        self._limits = limits
        self._tell = tell
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, None] = {}  # longest first
        self._ended: Counter[str] = Counter()
        self._looking = False

    def opened(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        """Take a new connection in; if it is one too many, the one that waits longest goes."""
        self._open.add(connection)
        self._waiting[connection] = None
        self._tell(len(self._open))
        if not self._looking:
            self._looking = True
            loop.call_later(self._limits.look_s, self._look, loop)
        if len(self._open) > self._limits.max_open:
            oldest = next((one for one in self._waiting if not one.unread()), next(iter(self._waiting)))
            oldest.end("made room")

    def waits(self, connection: Connection) -> None:
        """Note that a connection is not in work: a new turn after an answer, the same one otherwise."""
        self._waiting.setdefault(connection)

    def works(self, connection: Connection) -> None:
        """Note that a connection's request is being answered."""
        self._waiting.pop(connection, None)

    def lost(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)
        self._tell(len(self._open))

    def ending(self, connection: Connection, why: str) -> None:
        """Note why a connection is ended by us, for the log."""
        self._ended[why] += 1
        self._waiting.pop(connection, None)  # another one goes next

    def bodies(self) -> int:
        """Return how many requests wait for the rest of their body."""
        return sum(one.sends_body() for one in self._waiting)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is over time and say what was ended; again and again while anybody is connected."""
        self._looking = bool(self._open)
        if self._looking:  # first, so that nothing below can stop it
            loop.call_later(self._limits.look_s, self._look, loop)
        if self._ended:
            structlog.get_logger("greenlit").warning("connections ended", why=dict(self._ended))
            self._ended.clear()
        for connection in tuple(self._open):
            connection.look(loop.time())
