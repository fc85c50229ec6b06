"""What Slack sends over HTTP: one address for events, commands and what people do with buttons, and the bot's health.

In order: (1) a request without the form of a signature is refused before its body is read, (2) the body is read up to
its limit, (3) the signature is checked over the bytes that came, (4) only then is anything of it understood, (5) it is
taken (`taking`), and acknowledged after that. Whatever is wrong with a request is a 4xx in words that hold nothing of
it.

What a connection may cost is bounded by whoever listens (`service.http.limits`). Plain ASGI: two routes need no
framework, and an acknowledgement is to cost next to nothing.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from service.slack_bot.arriving.signatures import SIGNATURE, TIMESTAMP, Signatures
from service.slack_bot.arriving.taking import Reply, Taking
from service.slack_bot.health import Health

MAX_BODY_BYTES = 192 * 1024  # a message is at most 40,000 characters; with its blocks, twice that in bytes or so
_MOST_FIELDS = 64
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_DETAILS = {
    400: "expected an event, a command or an interaction of Slack, got something else",
    401: "expected a signature of our own Slack app, of the last five minutes, got none",
    403: "expected our own workspace, got another",
    404: "there is nothing here",
    405: "expected another method",
    413: f"expected a body of at most {MAX_BODY_BYTES} bytes, got more",
    415: f"expected {_JSON} or {_FORM}, got another content type",
    503: "expected to keep what came, could not: send it again in a while",
}


_READ = {SIGNATURE.encode(), TIMESTAMP.encode(), b"content-type", b"content-length"}
_PROBLEM = "application/problem+json"
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


class _RefusedError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Receiving:
    """The application that Slack and whoever watches the bot talk to."""

    def __init__(self, taking: Taking, signatures: Signatures | None, health: Health) -> None:
        """Take what it needs.

        Args:
            taking: takes what Slack sends.
            signatures: tells Slack from others; without one nothing is taken over HTTP (Socket Mode alone).
            health: of the bot.
        """
        self._taking, self._signatures, self._health = taking, signatures, health

    async def __call__(self, scope: Mapping[str, Any], receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        try:
            reply, kind = await self._reply(scope, receive)
        except _RefusedError as refused:
            reply, kind = _problem(refused.status), _PROBLEM
        body = reply.body.encode("utf-8", "replace")
        headers = {"content-type": kind, "content-length": str(len(body)), "cache-control": "no-store"}
        if reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["retry-after"] = "5"
        elif reply.status >= HTTPStatus.BAD_REQUEST:
            headers["x-slack-no-retry"] = "1"
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    async def _reply(self, scope: Mapping[str, Any], receive: _Receive) -> tuple[Reply, str]:
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            if method not in {"GET", "HEAD"}:
                raise _RefusedError(405)
            problems = self._health.problems()
            said = {"status": "unwell" if problems else "ok", "problems": problems}
            return Reply(503 if problems else 200, json.dumps(said), is_json=True), _JSON
        if path != "/slack/events" or self._signatures is None:
            raise _RefusedError(404)
        if method != "POST":
            raise _RefusedError(405)
        headers = {name: value.decode("latin-1") for name, value in reversed(scope["headers"]) if name in _READ}
        reply = await self._received({name.decode(): value for name, value in headers.items()}, receive)
        if reply.status in _DETAILS:
            raise _RefusedError(reply.status)
        return reply, _JSON if reply.is_json else "text/plain"

    async def _received(self, headers: Mapping[str, str], receive: _Receive) -> Reply:
        signatures = self._signatures
        if signatures is None or not signatures.is_formed(headers):
            raise _RefusedError(401)
        body = await _body(headers, receive)
        if not signatures.is_good(headers, body):
            raise _RefusedError(401)
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == _JSON:
            return await self._event(_object(body))
        if content_type == _FORM:
            return await self._form(_fields(body), key=headers[SIGNATURE])
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


async def _body(headers: Mapping[str, str], receive: _Receive) -> bytes:
    length = headers.get("content-length", "0")
    if length.isdecimal() and (len(length) > len(str(MAX_BODY_BYTES)) or int(length) > MAX_BODY_BYTES):
        raise _RefusedError(413)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _RefusedError(400)  # whoever sent it has left
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise _RefusedError(413)
        if not message.get("more_body", False):
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


def _problem(status: int) -> Reply:
    title = HTTPStatus(status).phrase
    kind = "urn:greenlit:problem:" + title.lower().replace(" ", "-")
    said = {"type": kind, "title": title, "status": status, "detail": _DETAILS[status]}
    return Reply(status, json.dumps(said), is_json=True)
