"""What Slack sends over HTTP: one address for events, commands and what people do with buttons, and the bot's health.

In order: (1) a request without the form of a signature is refused before its body is read, (2) the body is read up to
its limit, (3) the signature is checked over the bytes that came, (4) only then is anything of it understood, (5) it is
taken (`taking`), and acknowledged after that. Whatever is wrong with a request is a 4xx in words that hold nothing of
it.

What a connection may cost is bounded by whoever listens (`service.http.limits`).
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.slack_bot.health import Health
from service.slack_bot.signatures import SIGNATURE, Signatures
from service.slack_bot.taking import Reply, Taking

MAX_BODY_BYTES = 192 * 1024  # a message is at most 40,000 characters; with its blocks, twice that in bytes or so
_MOST_FIELDS = 64
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_DETAILS = {
    400: "expected an event, a command or an interaction of Slack, got something else",
    401: "expected a signature of our own Slack app, of the last five minutes, got none",
    403: "expected our own workspace, got another",
    413: f"expected a body of at most {MAX_BODY_BYTES} bytes, got more",
    415: f"expected {_JSON} or {_FORM}, got another content type",
    503: "expected to keep what came, could not: send it again in a while",
}


def receiving_app(taking: Taking | None, signatures: Signatures | None, health: Health) -> Starlette:
    """Return the application that Slack and whoever watches the bot talk to.

    Args:
        taking: takes what Slack sends.
        signatures: tells Slack from others; without one nothing is taken over HTTP (Socket Mode alone).
        health: of the bot.
    """

    async def healthz(_: Request) -> Response:
        problems = health.problems()
        said = {"status": "unwell" if problems else "ok", "problems": problems}
        return JSONResponse(said, 503 if problems else 200, {"cache-control": "no-store"})

    routes = [Route("/healthz", healthz)]
    if taking is not None and signatures is not None:
        receiver = _Receiver(taking, signatures)
        routes.append(Route("/slack/events", receiver.receive, methods=["POST"]))
    app = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_found})
    app.router.redirect_slashes = False
    return app


class _RefusedError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class _Receiver:
    def __init__(self, taking: Taking, signatures: Signatures) -> None:
        self._taking, self._signatures = taking, signatures

    async def receive(self, request: Request) -> Response:
        """Take one request."""
        try:
            return _answered(await self._received(request))
        except _RefusedError as refused:
            return _problem(refused.status)
        except ClientDisconnect:
            return _problem(400)

    async def _received(self, request: Request) -> Reply:
        if not self._signatures.is_formed(request.headers):
            raise _RefusedError(401)
        body = await _body(request)
        if not self._signatures.is_good(request.headers, body):
            raise _RefusedError(401)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == _JSON:
            return await self._event(_object(body))
        if content_type == _FORM:
            return await self._form(_fields(body), key=request.headers[SIGNATURE])
        raise _RefusedError(415)

    async def _event(self, payload: Mapping[str, Any]) -> Reply:
        kind, challenge = payload.get("type"), payload.get("challenge")
        if kind == "event_callback":
            return await self._taking.event(payload)
        if kind == "url_verification" and isinstance(challenge, str):
            return Reply(body=json.dumps({"challenge": challenge}), is_json=True)
        if kind == "app_rate_limited":
            return Reply()
        raise _RefusedError(400)

    async def _form(self, fields: Mapping[str, str], *, key: str) -> Reply:
        if "payload" in fields:
            return await self._taking.interaction(_object(fields["payload"].encode("utf-8", "replace")), key=key)
        if "command" in fields:
            return await self._taking.command(fields)
        raise _RefusedError(400)


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and (len(length) > len(str(MAX_BODY_BYTES)) or int(length) > MAX_BODY_BYTES):
        raise _RefusedError(413)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise _RefusedError(413)
    return bytes(body)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _RefusedError(400) from None
    if not isinstance(value, dict):
        raise _RefusedError(400)
    return value


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise _RefusedError(400) from None


def _answered(reply: Reply) -> Response:
    if reply.status in _DETAILS:
        return _problem(reply.status)
    return Response(reply.body, reply.status, media_type=_JSON if reply.is_json else "text/plain")


def _problem(status: int) -> Response:
    title = HTTPStatus(status).phrase
    kind = "urn:greenlit:problem:" + title.lower().replace(" ", "-")
    said = {"type": kind, "title": title, "status": status, "detail": _DETAILS[status]}
    again = {"retry-after": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {"x-slack-no-retry": "1"}
    return JSONResponse(said, status, {"cache-control": "no-store", **again}, media_type="application/problem+json")


async def _not_found(_: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    title = HTTPStatus(status).phrase
    return JSONResponse({"type": "about:blank", "title": title, "status": status}, status)
