"""MCP over HTTP: `POST /mcp`, for whoever is known, and what a client reads of where to sign in.

In order: (1) a page elsewhere may not call, (2) who calls is known, and within limits, whatever they call, (3) what
they sent is one message of the protocol, (4) the SDK speaks the protocol, for this request and no other. The protocol
keeps no session here, so there is no stream to listen to and nothing to delete: other methods than POST are refused.

A bearer token of the identity provider is good if it was made for this resource (RFC 8707), or for the API.
"""

import dataclasses
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import INVALID_REQUEST, PARSE_ERROR
from mcp_types.jsonrpc import JSONRPCNotification, jsonrpc_message_adapter
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from service.access.errors import NotAllowedError, NotSignedInError
from service.access.port import Access, Carried
from service.access.principals import Principal
from service.answering.library.reading import Reading
from service.http.asking import Asking
from service.http.doors import Door
from service.http.event_stream import Gone, as_usual
from service.http.given import given
from service.http.identity import carried, somebody, within_limits
from service.http.limits_per_caller import CallerLimits
from service.http.middleware import MAX_BODY_BYTES
from service.http.recognised import recognised
from service.mcp.knowledge import Knowledge
from service.mcp.protected import METADATA_PATH, PATH, ProtectedResource
from service.mcp.server import server_over
from service.mcp.within import WithinService

_VERSION = version("greenlit")
_Protected = Annotated[ProtectedResource, Depends(given(ProtectedResource))]
_Limits = Annotated[CallerLimits, Depends(given(CallerLimits))]
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _Challenging(APIRoute):
    """Tells whoever is not known where they learn how to sign in, whatever it was that they sent."""

    def get_route_handler(self) -> _Handler:
        """Return what answers a request."""
        usual = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await usual(request)
            except NotSignedInError as error:
                response = as_usual(request, error)
            protected: ProtectedResource = request.app.state.parts[ProtectedResource]
            response.headers["WWW-Authenticate"] = protected.challenge(request)
            return response

        return handler


async def from_no_page_elsewhere(request: Request, protected: _Protected) -> None:
    """Refuse what a page of another origin sent; a dependency. Programs send no Origin.

    Raises:
        NotAllowedError: one did.
    """
    sent, host = request.headers.getlist("origin"), request.headers.get("host", "")
    if sent and not (len(sent) == 1 and protected.origin.sent(sent[0], host)):
        raise NotAllowedError("expected a program, or a page of this service, got a page of another origin")


async def caller(
    sent: Annotated[Carried, Depends(carried)],
    access: Annotated[Access, Depends(given(Access))],
    limits: _Limits,
    protected: _Protected,
) -> Principal:
    """Return who calls, as the API recognises them, also by a token that was made for this resource; a dependency.

    Raises:
        NotSignedInError: nobody who is known.
        TooManyError: somebody who calls too often.
        NotAllowedError: a key that only pushes people and groups.
    """
    known = await recognised(access, dataclasses.replace(sent, resource=protected.audience))
    return await somebody(await within_limits(known, limits))


_router = APIRouter(route_class=_Challenging, include_in_schema=False)


@_router.post(PATH, dependencies=[Depends(from_no_page_elsewhere)])
async def speak(
    request: Request,
    principal: Annotated[Principal, Depends(caller)],
    asking: Annotated[Asking, Depends(given(Asking))],
    reading: Annotated[Reading, Depends(given(Reading))],
    limits: _Limits,
    protected: _Protected,
) -> Response:
    """Take one message of MCP, and answer it."""
    address = protected.address(request)
    return _Exchange(lambda gone: WithinService(principal, asking, reading, limits, address, request, gone))


@_router.get(METADATA_PATH)
async def metadata(request: Request, protected: _Protected) -> dict[str, object]:
    """Tell anybody where tokens for this resource come from (RFC 9728)."""
    return protected.metadata(request)


class _Exchange(Response):
    """Answers one message, by a server that is made for it and is gone when it is answered."""

    def __init__(self, knowledge: Callable[[Gone], Knowledge]) -> None:
        super().__init__()
        self._knowledge = knowledge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the message in the request's body.

        Raises:
            ClientDisconnect: there is no whole one.
        """
        body = await Request(scope, receive).body()
        if (refusal := _refusal(body)) is not None:
            await refusal(scope, receive, send)
            return
        server = server_over(self._knowledge(receive), version=_VERSION)
        manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=MAX_BODY_BYTES
        )
        async with manager.run():
            await manager.handle_request(_trimmed(scope), _again(body, receive), send)


def _refusal(body: bytes) -> Response | None:
    """Return the answer to what is no message. The SDK's own, for older clients, would repeat what they sent."""
    code, expected = INVALID_REQUEST, "expected one message of JSON-RPC 2.0, got something else"
    try:
        sent = from_json(body)
        read = jsonrpc_message_adapter.validate_python(sent, by_name=False)
        if not (isinstance(read, JSONRPCNotification) and "id" in sent):  # a request, whose id is none
            return None
    except ValidationError:
        pass
    except ValueError:
        code, expected = PARSE_ERROR, "expected a body of JSON in UTF-8, got something else"
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": expected}}, 400)


def _trimmed(scope: Scope) -> Scope:
    """Return a request without blanks around values of headers, which are no part of them (RFC 9110, section 5.5)."""
    return {**scope, "headers": [(name, value.strip(b" \t")) for name, value in scope["headers"]]}


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read, and then whatever comes after it."""
    waiting = [body]

    async def once_more() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return once_more


def door(protected: ProtectedResource) -> Door:
    """Return this door."""
    return Door(routes=_router.routes, parts={ProtectedResource: protected})
