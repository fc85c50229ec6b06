"""A connection with limits: uvicorn's protocol, with an end to whatever a client is slow at or sends too much of.

A connection is in one of four phases: in HEAD and BODY it sends a request, in WORK the whole request is here and is
being answered, in ENDING it was told why it ends. Each has a limit on bytes, and all but WORK a time that trickled
bytes do not prolong; the application may let one request's body have more of both (`long_bodies`). No request is
queued: one that comes before the last answer was read is not looked at, and the connection ends with that answer.
Beyond `max_open` connections, whoever has not been answered for longest goes; nobody in WORK does.

Of uvicorn it uses what a protocol is called with, `send_400_response`, `flow`, `tasks`, and of `cycle`, one request,
`response_started`, `response_complete`, `disconnected`, `message_event` and `keep_alive`. None of it is documented;
tests/unit/service/http/test_protocol.py has a test for each.
"""

import asyncio
import enum
import math
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.http.connections import Connections
from service.http.limits import ConnectionLimits
from service.http.long_bodies import ALLOW


class _Phase(enum.Enum):
    HEAD = enum.auto()
    BODY = enum.auto()
    WORK = enum.auto()
    ENDING = enum.auto()


class _StoppedError(Exception):
    """Stops the parser; uvicorn then calls `send_400_response`."""


def limited_protocol(
    limits: ConnectionLimits, *, tell: Callable[[int], object] = lambda _: None
) -> type[HttpToolsProtocol]:
    """Return the protocol of one server, as `uvicorn.Config(http=...)` takes it.

    Args:
        limits: what a connection may cost.
        tell: is told how many connections are open whenever that changes.
    """
    connections = Connections(limits, tell)

    class Limited(_LimitedConnection):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, limits=limits, all_connections=connections, **kwargs)

    return Limited


class _LimitedConnection(HttpToolsProtocol):
    def __init__(self, *args: Any, limits: ConnectionLimits, all_connections: Connections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits, self._all = limits, all_connections
        self._most_s = {_Phase.HEAD: limits.head_s, _Phase.ENDING: limits.ending_s}
        self._phase, self._since_s, self._arrived = _Phase.HEAD, self.loop.time(), 0
        self._unread, self._read_s = 0, self._since_s  # as it was at the last look; when it last became less
        self._deaf = False  # whatever else it sends
        self._answered = False
        self._status = 400  # of the refusal when the parser stops
        self._body_bytes, self._body_s = limits.max_body_bytes, limits.body_s  # of this request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._all.opened(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._all.lost(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser piece by piece, each as long as the phase still allows."""
        while data and not self._deaf and self._phase is not _Phase.ENDING:
            phase = self._phase
            most = self._most_bytes()
            piece, data = data[: most - self._arrived], data[most - self._arrived :]
            self._arrived += len(piece)
            super().data_received(piece)
            if self._phase is phase and self._arrived >= most:
                self._status = 413 if phase is _Phase.BODY else 431
                self.send_400_response()
        if data:  # it is thrown away, and still read: that is how we hear that a client has left
            self._arrived += len(data)
            if self._arrived > self._limits.max_discarded_bytes:
                self.end("went on sending")

    def _most_bytes(self) -> int:
        if self._phase is not _Phase.BODY:
            return self._limits.max_head_bytes
        # What was answered before all of it was here is thrown away, to its end if that comes: who cuts it off while a
        # client's next request may be on its way has that one fail, and nobody can say why.
        answered = self.cycle.response_complete
        return max(self._body_bytes, self._limits.max_discarded_bytes) if answered else self._body_bytes

    def on_message_begin(self) -> None:
        # Before the first answer what is unread is TLS's own: the end of its handshake may still be on its way.
        if self._phase is not _Phase.HEAD or (self._answered and self.unread()):
            raise _StoppedError
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._limits.max_address_bytes:
            self._status = 414
            raise _StoppedError

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase is not _Phase.HEAD:
            return  # a trailer, which nobody reads
        super().on_header(name, value)
        if len(self.headers) > self._limits.max_headers:
            self._status = 431
            raise _StoppedError

    def on_headers_complete(self) -> None:
        self._body_bytes, self._body_s = self._limits.max_body_bytes, self._limits.body_s
        allowing: dict[str, Any] = {ALLOW: self._allow_body}
        self.scope.update(allowing)  # type: ignore[typeddict-item]  # what ASGI knows of is typed, and no more
        super().on_headers_complete()
        self._enter(_Phase.BODY)  # of which no more than some 64 KiB are read before the application asks for it

    def _allow_body(self, max_bytes: int) -> None:
        """Let this request's body be so long, and take as long as a slow line takes for it (`long_bodies`)."""
        if self._phase is _Phase.BODY:
            self._body_bytes = max_bytes + self._limits.max_body_bytes
            self._body_s = self._limits.body_s + max_bytes / self._limits.least_body_bytes_s

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle.response_complete:  # it was answered before all of it was here
            self._enter(_Phase.HEAD)
            return
        self._enter(_Phase.WORK)
        most = self._limits.max_in_work
        if len(self.tasks) > most and len(self.tasks) - self._all.bodies() > most:
            self._refuse(503)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._answered = True
        if self._phase is _Phase.WORK:
            self._enter(_Phase.HEAD)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_s = self.loop.time()

    def send_400_response(self, msg: str = "") -> None:  # noqa: ARG002  (uvicorn has one message for everything)
        """End what the parser cannot go on with."""
        if self._phase is _Phase.WORK:
            self._deaf, self.cycle.keep_alive = True, False
        elif self._phase is _Phase.HEAD and self.unread():
            self.transport.close()  # once the last answer was read
        elif self._phase is not _Phase.ENDING:
            self._refuse(self._status)

    def unread(self) -> int:
        """Return how many bytes wait here for the client to take them."""
        try:
            return self.transport.get_write_buffer_size()
        except AttributeError:  # asyncio's TLS transport, after its end: it has let go of what it would ask
            return 0

    def sends_body(self) -> bool:
        """Tell whether a request waits for the rest of its body."""
        return self._phase is _Phase.BODY and not self.cycle.response_complete

    def look(self, now_s: float) -> None:
        """End this connection if its time is over."""
        unread, before, self._unread = self.unread(), self._unread, self.unread()
        writes = self._phase is _Phase.WORK and not self.flow.write_paused  # what is unread may then well grow
        if not unread or unread < before or writes:
            self._read_s = now_s
        if now_s - self._read_s >= self._limits.unread_s:
            self.end("did not read")
        elif self._phase is _Phase.HEAD and unread:
            self._since_s = now_s  # it has all its time once it has read
        elif now_s - self._since_s < self._time_s():
            return
        elif self._phase is _Phase.ENDING:
            self.transport.abort()
        elif self._phase is _Phase.BODY or self._arrived:
            self._refuse(408)
        else:
            self.transport.close()

    def _time_s(self) -> float:
        return self._body_s if self._phase is _Phase.BODY else self._most_s.get(self._phase, math.inf)

    def end(self, why: str) -> None:
        """End this connection at once, whatever is on its way."""
        self._all.ending(self, why)
        self.transport.abort()

    def _enter(self, phase: _Phase) -> None:
        self._phase, self._since_s, self._arrived = phase, self.loop.time(), 0
        if phase is _Phase.WORK:
            self._all.works(self)
        else:
            self._all.waits(self)

    def _refuse(self, status: int) -> None:
        """Say why this connection ends, if that can still be said, and tell the application that nobody waits."""
        if self.transport.is_closing():
            return
        cycle = None if self._phase is _Phase.HEAD else self.cycle
        self._all.ending(self, str(status))
        self._enter(_Phase.ENDING)
        if cycle is None or not cycle.response_started:  # an answer that has begun just breaks off
            self.transport.write(self._limits.refusal(status))
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()  # TLS has no half-closed connections; what was written is sent first
