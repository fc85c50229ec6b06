"""The Web API over HTTP: reads a call as Slack does, checks its token, does it, records it, and answers."""

import asyncio
import json
import time
from typing import Any

from aiohttp import web

from tests.support.slack_server import reading, surfaces, writing
from tests.support.slack_server.faults import Faults
from tests.support.slack_server.recording import Call
from tests.support.slack_server.state import APP_TOKEN, BOT_TOKEN, METHODS, RefusedError, State

__all__ = ["WebApi", "reading", "surfaces"]

Json = dict[str, Any]


class WebApi:
    """Handlers of `/api/METHOD` and `/response/NAME`."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self.link = ""  # the address for Socket Mode

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer a call."""
        name, at = request.match_info["method"], time.monotonic()
        arguments = await _arguments(request)
        fault = self._faults.next(name)
        status, answer, headers = 200, {}, {}
        match fault.kind if fault else "":
            case "limit":
                status, answer = 429, {"ok": False, "error": "ratelimited"}
                headers = {"Retry-After": f"{fault.seconds:.0f}"} if fault else {}
            case "error":
                answer = {"ok": False, "error": fault.error if fault else ""}
            case "status":
                status, answer = fault.status if fault else 500, {}
            case "reset":
                self._record(at, name, arguments, 0, {}, is_fault=True)
                return _broken(request)
            case _:
                answer = self._done(name, request, arguments)
        self._record(at, name, arguments, status, answer, is_fault=fault is not None)
        if fault and fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "reset-after":
            return _broken(request)
        if fault and fault.kind == "status":
            return web.Response(status=status, text="<html>upstream connect error</html>", content_type="text/html")
        return web.json_response(answer, status=status, headers=headers)

    def _done(self, name: str, request: web.Request, arguments: Json) -> Json:
        given = str(arguments.pop("token", "") or request.headers.get("Authorization", "").removeprefix("Bearer "))
        try:
            return {"ok": True, **self._answer(name, given, arguments)}
        except RefusedError as refused:
            return refused.answer

    def _answer(self, name: str, given: str, arguments: Json) -> Json:
        if not given:
            raise RefusedError("not_authed")
        if name == "apps.connections.open":
            if given != APP_TOKEN:
                raise RefusedError("not_allowed_token_type" if given == BOT_TOKEN else "invalid_auth")
            return {"url": f"{self.link}?ticket={next(self._state.numbers)}&app_id=A0"}
        if given != BOT_TOKEN:
            raise RefusedError("not_allowed_token_type" if given == APP_TOKEN else "invalid_auth")
        if name not in METHODS:
            raise RefusedError("unknown_method", req_method=name)
        return METHODS[name](self._state, arguments)

    def _record(
        self, at: float, name: str, arguments: Json, status: int, answer: Json, *, is_fault: bool = False
    ) -> None:
        self._state.record.calls.append(Call(at, name, arguments, status, answer, is_fault))

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer what is posted to a `response_url`."""
        at, name = time.monotonic(), request.match_info["name"]
        body = await _arguments(request)
        fault = self._faults.next("response_url")
        if fault and fault.kind == "reset":
            return _broken(request)
        if fault and fault.kind in ("limit", "status"):
            status = 429 if fault.kind == "limit" else fault.status
            self._record(at, "response_url", body, status, {}, is_fault=True)
            return web.Response(status=status, text="no", headers={"Retry-After": f"{fault.seconds:.0f}"})
        status, text = writing.respond(self._state, name, body)
        self._record(at, "response_url", body | {"response_url": name}, status, {"ok": status == 200, "error": text})
        if fault and fault.kind == "reset-after":
            return _broken(request)
        return web.Response(status=status, text=text)


def _broken(request: web.Request) -> web.StreamResponse:
    """End the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _arguments(request: web.Request) -> Json:
    """Return the arguments: of the query, and of a body that is a form or JSON."""
    found: Json = dict(request.query)
    body = await request.read()
    if not body:
        return found
    if request.content_type == "application/json":
        try:
            value = json.loads(body)
        except ValueError:
            return found | {"invalid_json": True}
        return found | value if isinstance(value, dict) else found
    return found | {name: str(value) for name, value in (await request.post()).items()}
