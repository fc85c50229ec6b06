"""What stands around every door, as plain ASGI.

From the inside out: a limit on bodies, an answer to whatever breaks unforeseen, the service's names as host and no
others, closed headers, and a log line without any text.
"""

import asyncio
import time
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.long_bodies import ALLOW, Allow
from service.http.origin import Origin
from service.http.request_ids import HEADER, new_request

MAX_BODY_BYTES = 64 * 1024
_LEFT = 499  # nginx's word for a client that left; no client ever sees it
_FAILED = 500
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})  # what asks how the service is, every few seconds
TellRequest = Callable[[str, int], None]  # the route as it is declared, and the status
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class BodyLimit:
    """Refuses bodies of more than 64 KiB as they arrive, whatever length they declare.

    On the paths in `long`, a POST is passed on as it arrives, and may become as long as the route allows
    (`long_bodies`). Whoever sends more than that has left, as far as the route is told.
    """

    def __init__(self, app: ASGIApp, *, long: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._long = long

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its body is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope.get("method") == "POST" and scope["path"] in self._long:
            await self._app(scope, _as_allowed(scope, receive), send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MAX_BODY_BYTES:
                detail = f"expected a body of at most {MAX_BODY_BYTES} bytes, got more"
                await _problem("content-too-large", 413, "Content Too Large", detail)(scope, receive, send)
                return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)


def _as_allowed(scope: Scope, receive: Receive) -> Receive:
    """Return what gives a body that may be as long as whoever takes it allows."""
    most, came = MAX_BODY_BYTES, 0
    further: Allow = scope.get(ALLOW, lambda _: None)

    def allow(max_bytes: int) -> None:
        nonlocal most
        most = max_bytes
        further(max_bytes)

    async def counted() -> Message:
        nonlocal came
        if came > most:
            return {"type": "http.disconnect"}
        message = await receive()
        came += len(message.get("body", b""))
        return {"type": "http.disconnect"} if came > most else message

    scope[ALLOW] = allow
    return counted


class Failures:
    """Answers whatever breaks unforeseen: an error that got past here would be printed, message and all, by the server.

    `notice` is told of the kind of problem and the error. A client that left is no failure, and nobody to answer.
    """

    def __init__(self, app: ASGIApp, *, notice: Callable[[str, Exception], None]) -> None:
        self._app = app
        self._notice = notice

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer if nothing else can."""
        started = False

        async def noting_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting_start)
        except ClientDisconnect:
            raise  # for the log line
        except Exception as error:  # noqa: BLE001 - nothing may get past
            self._notice("internal", error)
            if scope["type"] == "http" and not started:
                problem = _problem("internal", 500, "Something broke", "the service log says where")
                await problem(scope, receive, send)


class KnownHostOnly:
    """Refuses requests for another host than this service: a page elsewhere may have given its name our address.

    One that names two hosts too: what stands in front may have looked at the other.
    """

    def __init__(self, app: ASGIApp, *, origin: Origin) -> None:
        self._app = app
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it is for this service."""
        if scope["type"] == "http" and not self._is_for_us(Headers(scope=scope).getlist("host")):
            detail = "expected this service's own name as the request's host, got another"
            await _problem("host", 400, "Bad Request", detail)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_for_us(self, hosts: list[str]) -> bool:
        return len(hosts) == 1 and self._origin.serves(hosts[0])


def _problem(kind: str, status: int, title: str, detail: str) -> JSONResponse:
    problem = {"type": f"urn:greenlit:problem:{kind}", "title": title, "status": status, "detail": detail}
    return JSONResponse(problem, status, media_type="application/problem+json")


class SecurityHeaders:
    """Sets the closed headers on every response that does not set its own.

    Where browsers come by TLS they are told to come by nothing else for a year.
    """

    def __init__(self, app: ASGIApp, *, by_tls: bool = False) -> None:
        self._app = app
        self._headers = {**_HEADERS, "Strict-Transport-Security": "max-age=31536000"} if by_tls else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers as the response starts."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


class RequestLog:
    """Logs method, route, status and duration: no address beyond the route, no query, no body, no names.

    Each request gets an id (`request_ids`), which the line and the response name. What only asks how the service is
    comes every few seconds, and is logged as `debug`. `tell` is told of each, for the metrics.

    Whoever left before the answer began is logged as 499, whatever answer nobody read; so is whoever the server cut
    off while they sent, and whoever left a stream before its end. What broke meanwhile is logged as such.
    """

    def __init__(
        self, app: ASGIApp, *, log: structlog.stdlib.BoundLogger, tell: TellRequest = lambda _route, _status: None
    ) -> None:
        self._app = app
        self._log = log
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log an HTTP request when it is over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with new_request() as request_id:
            await self._logged(scope, _Answer(receive, send, request_id))

    async def _logged(self, scope: Scope, answer: "_Answer") -> None:
        started_s = time.monotonic()
        try:
            await self._app(scope, answer.receive, answer.send)
        except ClientDisconnect:
            answer.leave(begun=True)  # and nobody needs to hear more of it
        except asyncio.CancelledError:
            answer.leave()
            raise
        finally:
            route = getattr(scope.get("route"), "path", "no route")
            took_ms = round((time.monotonic() - started_s) * 1000, 1)
            method = scope["method"] if scope["method"] in _METHODS else "other"  # a client may make one up
            status = answer.logged()
            log = self._log.debug if route in PROBES else self._log.info
            log("request", method=method, route=route, status=status, took_ms=took_ms)
            self._tell(route, status)


class _Answer:
    """What became of one request, as its messages pass by."""

    def __init__(self, receive: Receive, send: Send, request_id: str) -> None:
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self._came = False  # all of the request, so that only leaving is left to be told
        self._status: int | None = None
        self._left = False

    def leave(self, *, begun: bool = False) -> None:
        """Note that the client is gone, if the answer has not begun, or whether or not it has."""
        self._left = self._left or begun or self._status is None

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.leave()
        else:
            self._came = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self._came and await Request({"type": "http"}, self._receive).is_disconnected():
                self.leave()  # nobody may have looked since the request came: an answer is made in a thread
            self._status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self._request_id
        await self._send(message)

    def logged(self) -> int:
        """Return the status for the log."""
        status = self._status or (_LEFT if self._left else _FAILED)
        return _LEFT if self._left and status < _FAILED else status
