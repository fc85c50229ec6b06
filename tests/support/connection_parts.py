"""A real server with short limits, an application that is slow or quick as told, and clients that never behave.

No test measures time: a client that would go on for half a minute is ended before, or it is not.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from service.http.limits import ConnectionLimits
from service.http.long_bodies import ALLOW
from service.http.protocol import limited_protocol
from tests.support.certificates import Certified

SECRET = "quokka4711"
HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\n"
GET = b"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PATIENCE_S = 30.0
SHORT_S = 0.3
OFTEN_S = 0.02
MB = 1024 * 1024


@dataclass
class Application:
    """Answers by path, and remembers what it saw."""

    asked: list[Scope] = field(default_factory=list)
    bodies: list[int] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope)
        await getattr(self, scope["path"].strip("/"))(receive, send)

    async def echo(self, receive: Receive, send: Send) -> None:
        """Answer when all of the body is here."""
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            length, more = length + len(message["body"]), message["more_body"]
        self.bodies.append(length)
        await _answer(send, str(length).encode())

    async def door(self, receive: Receive, send: Send) -> None:
        """Allow a long body once the test says so, and answer when all of it is here."""
        await asyncio.to_thread(self.go_on.wait)
        self.asked[-1][ALLOW](MB)
        await self.echo(receive, send)

    async def early(self, _receive: Receive, send: Send) -> None:
        """Answer whatever else comes."""
        await _answer(send, b"early")

    async def wait(self, receive: Receive, send: Send) -> None:
        """Answer when the test says so."""
        await receive()
        await asyncio.to_thread(self.go_on.wait)
        await _answer(send, b"waited")

    async def big(self, receive: Receive, send: Send) -> None:
        """Answer more than the sockets between us hold."""
        await receive()
        await _answer(send, b"a" * (16 * MB))

    async def stream(self, receive: Receive, send: Send) -> None:
        """Answer piece by piece, until nobody is there."""
        gone = asyncio.ensure_future(_gone(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.done() and not self.go_on.is_set():
            await send({"type": "http.response.body", "body": b"a" * 32_768, "more_body": True})
            await asyncio.sleep(0)
        gone.cancel()
        self.left.set()
        await send({"type": "http.response.body", "body": b"end"})

    async def quiet(self, _receive: Receive, send: Send) -> None:
        """Begin an answer, and go on when the test says so."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.to_thread(self.go_on.wait)
        await send({"type": "http.response.body", "body": b"end"})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, body: bytes) -> None:
    start: Message = {"type": "http.response.start", "status": 200}
    await send({**start, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def _length(answer: bytes) -> int | None:
    """Return how long an answer is, head and all, as soon as that can be told."""
    head, end, _ = answer.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
    return len(head + end) + (int(lengths[0]) if lengths else 0) if end else None


class Client:
    """A connection that never waits for long."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._socket = tls.wrap_socket(plain, server_hostname="localhost") if tls else plain

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # what it was told is what counts
            self._socket.sendall(data)

    def read(self) -> bytes:
        """Read until the server ends the connection."""
        got = bytearray()
        with contextlib.suppress(ConnectionError):
            while piece := self._socket.recv(65_536):
                got += piece
        return bytes(got)

    def ask(self, request: bytes = GET) -> bytes:
        """Send a request and read one answer."""
        self.send(request)
        return self.answer()

    def answer(self) -> bytes:
        """Read one answer: as far as its length says, or to the end of the connection."""
        got = b""
        while not (length := _length(got)) or len(got) < length:
            if not (piece := self.piece()):
                break
            got += piece
        return got

    def piece(self) -> bytes:
        """Read what is there."""
        try:
            return self._socket.recv(65_536)
        except ConnectionError:
            return b""

    def trickle(self, *pieces: bytes) -> bytes:
        """Send pieces with pauses, the last one over and over, until the server ends it; return what it said."""
        got = b""
        self._socket.settimeout(OFTEN_S)
        try:
            for n in range(round(PATIENCE_S / OFTEN_S)):
                self._socket.sendall(pieces[min(n, len(pieces) - 1)])
                with contextlib.suppress(TimeoutError):
                    if not (piece := self._socket.recv(65_536)):
                        return got
                    got += piece
        except ConnectionError:
            return got
        pytest.fail("the server never ended the connection")

    def flood(self, *pieces: bytes, megabytes: int = 64) -> tuple[int, bytes]:
        """Send as fast as it goes, the last piece over and over; return how many bytes were taken, and the answer."""
        sent = 0
        with contextlib.suppress(ConnectionError):
            for piece in pieces[:-1]:
                self._socket.sendall(piece)
            while sent < megabytes * MB:
                self._socket.sendall(pieces[-1])
                sent += len(pieces[-1])
        return sent, self.read()

    def close(self) -> None:
        self._socket.close()


@dataclass
class Running:
    """A server and its clients."""

    port: int
    app: Application
    server: uvicorn.Server
    tls: ssl.SSLContext | None = None
    clients: list[Client] = field(default_factory=list)

    def client(self) -> Client:
        self.clients.append(Client(self.port, self.tls))
        return self.clients[-1]

    def connections(self) -> int:
        return len(self.server.server_state.connections)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; it has to within a while."""
        ends = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < ends, "it never came to that"
            time.sleep(OFTEN_S)


Start = Callable[..., Running]
EITHER_LOOP = pytest.mark.parametrize("start", ["auto", "asyncio"], indirect=True)  # what is quicker, if it is there


@contextlib.contextmanager
def running(
    limits: ConnectionLimits, *, loop: str, certified: Certified | None = None, app: Application | None = None
) -> Iterator[Running]:
    app = app or Application()
    tls = ssl.create_default_context(cafile=certified.certificate) if certified else None
    config = uvicorn.Config(
        app,
        http=limited_protocol(limits),
        loop=loop,
        lifespan="off",
        log_config=None,
        access_log=False,
        ws="none",
        timeout_keep_alive=1,
        ssl_certfile=certified.certificate if certified else None,
        ssl_keyfile=certified.key if certified else None,
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    running = Running(listening.getsockname()[1], app, server, tls)
    try:
        running.until(lambda: server.started)
        yield running
    finally:
        app.go_on.set()  # nobody is left waiting
        for client in running.clients:
            client.close()
        server.should_exit = server.force_exit = True
        thread.join()
        listening.close()


def is_refusal(status: int, answer: bytes) -> bool:
    """Tell whether an answer is one problem with a status, and the last one of its connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return (
        head.startswith(b"HTTP/1.1 %d " % status)
        and b"content-type: application/problem+json" in head
        and b"connection: close" in head
        and b'"status": %d' % status in body
        and b"HTTP/1.1" not in body.replace(b"request of HTTP/1.1", b"")
    )
