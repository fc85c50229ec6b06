"""Errors as OpenAI's clients read them: `{"error": {message, type, param, code}}`, on the paths of this door.

What the door itself refuses is a `ChatRequestError`, which names the parameter. Everything else that goes wrong there,
also before any route is found, is a problem already (`service/http`, the handlers of the application); `InTheirForm`
stands around it all and rewrites it. `x-should-retry: false` keeps a client from trying again by itself where that
would only put another failure on record. No error repeats a text of the request.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.errors import RequestError

COMPLETIONS, MODELS = "/v1/chat/completions", "/v1/models"
_PROBLEM = "application/problem+json"
_PREFIX = "urn:greenlit:problem:"
_KEPT = ("retry-after", "www-authenticate", "allow")
_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}
_CODES = {"not-signed-in": "invalid_api_key", "too-many": "rate_limit_exceeded"}
_ON_RECORD = {
    "internal",
    "library",
    "log",
    "model-unavailable",
    "overloaded",
}  # it may be on record already: once is enough


class ChatRequestError(RequestError):
    """A request that this door does not take.

    Attributes:
        param: which part of it, by a name of ours.
        code: says why, for programs.
        status: of HTTP.
    """

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int = HTTPStatus.BAD_REQUEST.value,
    ) -> None:
        super().__init__(message)
        self.param = param
        self.code = code
        self.status = status


def error_of(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return a problem in their form."""
    status, kind = int(problem["status"]), str(problem["type"]).removeprefix(_PREFIX)
    server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _error(
        f"{problem['title']}: {problem['detail']}",
        kind="server_error" if server else _TYPES.get(HTTPStatus(status), "invalid_request_error"),
        param="messages" if kind == "question" else None,
        code=_CODES.get(kind, kind.replace("-", "_")),
    )


def add_chat_handlers(app: FastAPI) -> None:
    """Answer what this door does not take in its own form."""

    def refused(_request: Request, error: Exception) -> Response:
        said = error if isinstance(error, ChatRequestError) else ChatRequestError("expected a chat, got something else")
        value = _error(str(said), kind="invalid_request_error", param=said.param, code=said.code)
        return JSONResponse(value, said.status)

    app.add_exception_handler(ChatRequestError, refused)


class InTheirForm:
    """Rewrites problems on the paths of this door; plain ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and rewrite its answer if that is a problem."""
        if scope["type"] != "http" or not _is_ours(scope["path"]):
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        body = bytearray()

        async def rewriting(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                if Headers(raw=message["headers"]).get("content-type", "").startswith(_PROBLEM):
                    held = message
                    return
            elif held is not None:
                body.extend(message.get("body", b""))
                if message.get("more_body", False):
                    return
                await _rewritten(held, bytes(body))(scope, receive, send)
                return
            await send(message)

        await self._app(scope, receive, rewriting)


def _is_ours(path: str) -> bool:
    return path in (COMPLETIONS, MODELS) or path.startswith(f"{MODELS}/")


def _rewritten(start: Message, body: bytes) -> Response:
    status, came = int(start["status"]), Headers(raw=start["headers"])
    kept = {name: came[name] for name in _KEPT if name in came}
    if not body:  # of HEAD
        return Response(None, status, kept)
    problem = json.loads(body)
    if str(problem["type"]).removeprefix(_PREFIX) in _ON_RECORD:
        kept["x-should-retry"] = "false"
    status = HTTPStatus.BAD_REQUEST.value if status == HTTPStatus.UNPROCESSABLE_ENTITY else status
    return JSONResponse(error_of(problem), status, kept)


def _error(message: str, *, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
