"""A response that tells events while work goes on: server-sent events, the same for every door.

Its first byte waits for the first event or the first ping; what breaks before that is answered as it would be without a
stream, with its status. What breaks later is told as an event `error` that holds the same problem. While nothing is
told, also while the work waits for its turn, a ping goes out every 15 s, so that nothing in between takes the
connection for dead.

The work does not wait for whoever reads: it ends when it would, and what was told and not yet read waits here, no more
than one answer. Who does not read is cut off by the limits on connections (`limits`). Who leaves is told nothing
more; the work still ends by itself, because it has a record to end (at once where a language model writes, which is
told to stop), and the log calls them gone (`RequestLog`).
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, cast

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.answering.errors import StoppedError
from service.answering.progress import Event, Tell

MEDIA_TYPE = "text/event-stream"
PING_S = 15.0  # as the specification of server-sent events recommends
_OTHER = "application/json"
_HEADERS = {"X-Accel-Buffering": "no"}  # nginx in front would keep events back

Gone = Callable[[], Awaitable[Any]]
Work = Callable[[Tell, Gone], Awaitable[object]]
Problem = Callable[[Request, Exception], Response]
Wire = Callable[[str, str], bytes]


def wants_events(request: Request) -> bool:
    """Tell whether a request asks for events: by name, and not for JSON rather than them."""
    wanted = dict.fromkeys((MEDIA_TYPE, _OTHER), 0.0)
    for media_range in ",".join(request.headers.getlist("accept")).lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        if name in wanted:
            wanted[name] = _weight(parameters)
    return wanted[MEDIA_TYPE] > 0 and wanted[MEDIA_TYPE] >= wanted[_OTHER]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter.removeprefix("q="))
            except ValueError:
                return 0.0
    return 1.0


def named_event(name: str, data: str) -> bytes:
    """Return an event as it is sent: its name, and its data on a line."""
    return format_sse_event(event=name, data_str=data)


def as_usual(request: Request, error: Exception) -> Response:
    """Return what the application answers an error with where there is no stream."""
    handlers = request.app.exception_handlers
    handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    return cast("Response", handler(request, error))


class EventResponse(Response):
    """Does some work, and sends what it tells."""

    media_type = MEDIA_TYPE

    def __init__(
        self, work: Work, *, problem: Problem = as_usual, ping_s: float = PING_S, wire: Wire = named_event
    ) -> None:
        """Take the work; it begins when the response is to be sent.

        Args:
            work: is given what tells an event, and what returns once the client has gone.
            problem: returns what an error is answered with.
            ping_s: how long nothing is sent before a ping is, in seconds.
            wire: returns what is sent of an event, by its name and its data as JSON.
        """
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._work = work
        self._problem = problem
        self._ping_s = ping_s
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the work and send what it tells.

        Raises:
            ClientDisconnect: the client left before the end of what had begun.
        """
        stream = _Stream(send, self.raw_headers, self._wire)
        leaving = asyncio.ensure_future(_left(receive))
        working = asyncio.ensure_future(self._work(stream.tell, lambda: asyncio.shield(leaving)))
        working.add_done_callback(lambda _: stream.end())
        try:
            while piece := await stream.next(self._ping_s):
                if not leaving.done():
                    await stream.send(piece)
            error = working.exception()
            if isinstance(error, StoppedError):
                raise ClientDisconnect
            if isinstance(error, Exception):
                problem = self._problem(Request(scope), error)
                if not stream.begun:
                    await problem(scope, receive, send)
                    return
                if not leaving.done():
                    await stream.send(self._wire("error", bytes(problem.body).decode()))
            if leaving.done():
                raise ClientDisconnect
            await stream.send(b"", more=False)
        finally:
            leaving.cancel()
            working.cancel()


class _Stream:
    """What is told and not yet sent, and what is sent."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], wire: Wire) -> None:
        self.begun = False
        self._wire = wire
        self._send = send
        self._headers = headers
        self._loop = asyncio.get_running_loop()
        self._told: list[bytes] = []
        self._news = asyncio.Event()
        self._ended = False

    def tell(self, event: Event) -> None:
        """Take an event; any thread may call."""
        piece = self._wire(event.name, json.dumps(event.data, ensure_ascii=False, separators=(",", ":")))
        with contextlib.suppress(RuntimeError):  # the loop has ended, and whoever listened with it
            self._loop.call_soon_threadsafe(self._add, piece)

    def end(self) -> None:
        """Take note that there is nothing more to come."""
        self._ended = True
        self._news.set()

    async def next(self, ping_s: float) -> bytes:
        """Return what is there to send, a ping if nothing comes for so long, nothing at the end."""
        try:
            await asyncio.wait_for(self._news.wait(), ping_s)
        except TimeoutError:
            return KEEPALIVE_COMMENT
        told, self._told = b"".join(self._told), []
        if not self._ended:
            self._news.clear()
        return told

    async def send(self, piece: bytes, *, more: bool = True) -> None:
        """Send something; waits for whoever reads."""
        if not self.begun:
            self.begun = True
            await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    def _add(self, piece: bytes) -> None:
        self._told.append(piece)
        self._news.set()


async def _left(receive: Receive) -> None:
    """Return once the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
