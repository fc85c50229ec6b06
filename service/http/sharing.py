"""Which of several processes that listen on one socket takes a connection: one that has no more than any other.

The kernel wakes all of them, and the same one nearly always comes first and takes whatever waits. So each process says,
in memory that they share, how many connections it has, and takes one at a time where no other has fewer. Else it leaves
it a moment to those, and then takes it all the same: nobody waits for a process that stands still.

One socket for all and not one each (`SO_REUSEPORT`): what waits in it when a process ends is taken by the others, and
who has how many decides, not a hash of addresses. How many there may be is not decided here (`connections`).

Of uvicorn it uses that `Server.startup` listens on the sockets that it is given, here none, what a protocol is made
with, and that `shutdown` closes sockets. None of it is documented; tests/unit/service/http/test_sharing.py sees it.
"""

import asyncio
import contextlib
import functools
from collections.abc import Callable
from typing import Any, cast

import uvicorn

from service.http.shares import Shares

Socket = Any  # whose module is not imported: nothing here opens one
_MOMENT_S = 0.005
_MOMENTS = 10  # one that is well takes what is left to it within a few milliseconds
_NO_ROOM_S = 1.0  # as long as asyncio waits where the system has no room for another connection


class SharingServer(uvicorn.Server):
    """Serves what it takes of sockets that other processes listen on too; see the module."""

    def __init__(self, config: uvicorn.Config, *, shares: Shares) -> None:
        """Take how it serves, and what it shares with the others; its protocols say there how many are open."""
        super().__init__(config)
        self._shares = shares
        self._taking: list[_Taking] = []

    async def startup(self, sockets: list[Socket] | None = None) -> None:
        """Begin to take connections."""
        await super().startup(sockets=[])
        make = functools.partial(
            cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class),
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        self._shares.have(0)
        self._taking = [_Taking(one, make, config=self.config, shares=self._shares) for one in sockets or ()]

    async def shutdown(self, sockets: list[Socket] | None = None) -> None:
        """Take no more connections, and end in order as ever: what waits in the sockets is for the others."""
        for one in self._taking:
            one.stop()
        self._shares.leave()
        await super().shutdown(sockets)


class _Taking:
    """Takes connections of one socket, as long as it is not stopped. Within an event loop."""

    def __init__(
        self,
        listening: Socket,
        make: Callable[[], asyncio.BaseProtocol],
        *,
        config: uvicorn.Config,
        shares: Shares,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listening, self._make, self._config, self._shares = listening, make, config, shares
        self._left = 0  # moments that the one which waits was left to others
        self._later: asyncio.TimerHandle | None = None
        self._made: set[asyncio.Task[None]] = set()
        listening.setblocking(False)
        listening.listen(config.backlog)
        self._loop.add_reader(listening, self._look)

    def stop(self) -> None:
        """Take none any more."""
        self._loop.remove_reader(self._listening)
        if self._later is not None:
            self._later.cancel()

    def _look(self) -> None:
        """Take a connection that waits, if there is one, or leave it to others."""
        if self._left < _MOMENTS and not self._shares.has_least():
            self._left += 1
            self._pause(_MOMENT_S)
            return
        self._left = 0
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another process was quicker, or it is gone
        except OSError:
            self._pause(_NO_ROOM_S)
            return
        connection.setblocking(False)
        self._shares.come(1)
        making = self._loop.create_task(self._begin(connection))
        self._made.add(making)
        making.add_done_callback(self._made.discard)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._later = self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._loop.add_reader(self._listening, self._look)
        self._look()

    async def _begin(self, connection: Socket) -> None:
        """Hand a connection to a protocol of its own; by TLS, once both sides know each other."""
        try:
            with contextlib.suppress(OSError):  # it left, or does not speak TLS
                await self._loop.connect_accepted_socket(self._make, connection, ssl=self._config.ssl)
        finally:
            self._shares.come(-1)
