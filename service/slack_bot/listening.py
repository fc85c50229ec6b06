"""The bot's own small server: Slack's requests, and looks at the bot's health, as long as it listens.

It holds connections to the service's limits, and leaves signals to whoever runs the bot. What comes is `arriving`'s.
"""

import contextlib
import socket
from collections.abc import Callable, Generator

import uvicorn
from starlette.types import ASGIApp

from service.http.limits import limits_for
from service.http.protocol import limited_protocol

_MOST_IN_WORK = 1024  # requests at once: each waits for one commit
_IDLE_S = 30
_END_S = 5  # for requests that are being taken


def server_of(app: ASGIApp, *, ready: Callable[[], None]) -> uvicorn.Server:
    """Return a server that is not started.

    Args:
        app: what takes requests.
        ready: is called when it listens.
    """
    config = uvicorn.Config(
        app,
        http=limited_protocol(limits_for(_MOST_IN_WORK)),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        proxy_headers=False,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_END_S,
    )
    return _Server(config, ready)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the bot: the library would raise them again before all has come to its end."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
