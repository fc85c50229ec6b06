"""What stands around every door."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.middleware import MAX_BODY_BYTES, BodyLimit, Failures, OwnHostOnly, RequestLog, SecurityHeaders

SECRET = "quokka4711"


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _breaks(_request: Request) -> Response:
    raise ValueError(SECRET)


async def _breaks_halfway(_request: Request) -> Response:
    async def halves() -> Any:
        yield b"first half"
        raise ValueError(SECRET)

    return StreamingResponse(halves())


async def _own_headers(_request: Request) -> Response:
    return PlainTextResponse("", headers={"Content-Security-Policy": "sandbox", "Cache-Control": "max-age=9"})


ROUTES = [
    Route("/echo/{name}", _echo, methods=["GET", "POST"]),
    Route("/breaks", _breaks),
    Route("/halfway", _breaks_halfway),
    Route("/own", _own_headers),
]


def _client(app: ASGIApp) -> TestClient:
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


@pytest.mark.parametrize("size", [0, 1, MAX_BODY_BYTES - 1, MAX_BODY_BYTES])
def test_a_body_up_to_the_limit_is_passed_on_whole(size: int) -> None:
    assert _client(BodyLimit(Starlette(routes=ROUTES))).post("/echo/a", content=b"a" * size).text == str(size)


@pytest.mark.parametrize("pieces", [1, 2, 999])
def test_a_larger_body_is_refused_however_it_comes(pieces: int) -> None:
    def arriving() -> Any:
        for _ in range(pieces):
            yield b"a" * (MAX_BODY_BYTES // pieces + 1)

    response = _client(BodyLimit(Starlette(routes=ROUTES))).post("/echo/a", content=arriving())
    assert response.status_code == 413
    assert response.json()["detail"] == "expected a body of at most 65536 bytes, got more"


def test_who_hangs_up_while_sending_is_not_answered() -> None:
    sent: list[Message] = []
    messages: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError

    asyncio.run(BodyLimit(never)({"type": "http"}, receive, send))
    assert sent == []


def test_every_response_is_closed_to_everything_but_itself() -> None:
    headers = _client(SecurityHeaders(Starlette(routes=ROUTES))).get("/echo/a").headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_a_response_may_be_more_closed_than_that() -> None:
    headers = _client(SecurityHeaders(Starlette(routes=ROUTES))).get("/own").headers
    assert headers.get_list("content-security-policy") == ["sandbox"]
    assert headers["cache-control"] == "max-age=9"


def test_what_breaks_is_answered_and_noted_without_its_words() -> None:
    noted: list[tuple[str, str]] = []
    app = Failures(Starlette(routes=ROUTES), notice=lambda kind, error: noted.append((kind, type(error).__name__)))
    response = TestClient(_inner(app), base_url="http://localhost").get("/breaks")  # nothing is raised to the server
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert SECRET not in response.text
    assert noted == [("internal", "ValueError")]


def test_what_breaks_halfway_is_noted_and_not_answered_twice() -> None:
    noted: list[str] = []
    app = Failures(Starlette(routes=ROUTES), notice=lambda kind, _error: noted.append(kind))
    response = TestClient(_inner(app), base_url="http://localhost").get("/halfway")
    assert response.text == "first half"
    assert noted == ["internal"]


def _inner(app: Failures) -> ASGIApp:
    """Take Starlette's own answer to errors out, as it stands outside of ours in the service."""
    starlette = app._app
    assert isinstance(starlette, Starlette)
    app._app = starlette.router
    return app


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:1", "LocalHost"])
def test_this_machine_is_answered(host: str) -> None:
    client = _client(OwnHostOnly(Starlette(routes=ROUTES)))
    assert client.get("/echo/a", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:80:80", "127.0.0.2", "", "[::]"])
def test_no_other_host_is(host: str) -> None:
    response = _client(OwnHostOnly(Starlette(routes=ROUTES))).get("/echo/a", headers={"Host": host})
    assert response.status_code == 400
    assert response.json()["type"] == "urn:greenlit:problem:host"


def test_a_request_without_a_host_is_refused() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/echo/a", "headers": []}
    asyncio.run(OwnHostOnly(Starlette(routes=ROUTES))(scope, receive, send))
    assert sent[0]["status"] == 400


def test_a_log_line_has_no_text_of_the_request() -> None:
    with structlog.testing.capture_logs() as lines:
        client = _client(RequestLog(Starlette(routes=ROUTES), log=structlog.get_logger()))
        client.post(f"/echo/{SECRET}?q={SECRET}", content=SECRET, headers={"X-Q": SECRET, "Cookie": f"q={SECRET}"})
        client.get(f"/{SECRET}")
        client.get("/breaks")
    assert [sorted(line) for line in lines] == [["event", "log_level", "method", "route", "status", "took_ms"]] * 3
    assert [(line["method"], line["status"]) for line in lines] == [("POST", 200), ("GET", 404), ("GET", 500)]
    assert SECRET not in str(lines)


def test_a_made_up_method_is_not_logged() -> None:
    with structlog.testing.capture_logs() as lines:
        _client(RequestLog(Starlette(routes=ROUTES), log=structlog.get_logger())).request(SECRET, "/echo/a")
    assert [line["method"] for line in lines] == ["other"]


def test_what_is_not_http_passes_by() -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    def noting(_kind: str, _error: Exception) -> None:
        raise AssertionError

    for around in (BodyLimit(app), OwnHostOnly(app), Failures(app, notice=noting), SecurityHeaders(app)):
        asyncio.run(around({"type": "lifespan"}, nothing, nothing))
    asyncio.run(RequestLog(app, log=structlog.get_logger())({"type": "lifespan"}, nothing, nothing))
    assert seen == ["lifespan"] * 5
