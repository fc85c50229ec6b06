"""What stands around every door."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.answering.errors import OverloadedError
from service.http.admission import Admission
from service.http.middleware import MAX_BODY_BYTES, BodyLimit, Failures, KnownHostOnly, RequestLog, SecurityHeaders
from service.http.origin import Origin

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
    client = _client(KnownHostOnly(Starlette(routes=ROUTES), origin=Origin()))
    assert client.get("/echo/a", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:80:80", "127.0.0.2", "", "[::]"])
def test_no_other_host_is(host: str) -> None:
    response = _client(KnownHostOnly(Starlette(routes=ROUTES), origin=Origin())).get("/echo/a", headers={"Host": host})
    assert response.status_code == 400
    assert response.json()["type"] == "urn:greenlit:problem:host"


def test_a_request_without_a_host_is_refused() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/echo/a", "headers": []}
    asyncio.run(KnownHostOnly(Starlette(routes=ROUTES), origin=Origin())(scope, receive, send))
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

    for around in (
        BodyLimit(app),
        KnownHostOnly(app, origin=Origin()),
        Failures(app, notice=noting),
        SecurityHeaders(app),
    ):
        asyncio.run(around({"type": "lifespan"}, nothing, nothing))
    asyncio.run(RequestLog(app, log=structlog.get_logger())({"type": "lifespan"}, nothing, nothing))
    assert seen == ["lifespan"] * 5


BODY: Message = {"type": "http.request", "body": b"question=a", "more_body": False}
HALF: Message = {**BODY, "more_body": True}
GONE: Message = {"type": "http.disconnect"}
FORM = [(b"content-type", b"application/x-www-form-urlencoded")]


class Asked:
    """A request in messages, to an application as it stands in the service; what was logged of it, and what noted."""

    def __init__(self, app: ASGIApp, *messages: Message) -> None:
        self.sent: list[Message] = []
        self.noted: list[str] = []
        self._messages = list(messages)
        self._app = RequestLog(
            Failures(app, notice=lambda _kind, error: self.noted.append(type(error).__name__)),
            log=structlog.get_logger(),
        )
        self.scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": FORM, "query_string": b""}

    async def _receive(self) -> Message:
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages[0] if self._messages[0] is GONE else self._messages.pop(0)  # gone is for good

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    def status(self) -> Any:
        """Return the status that was logged."""

        async def within_a_while() -> None:
            await asyncio.wait_for(self._app(self.scope, self._receive, self._send), 10)

        with structlog.testing.capture_logs() as lines:
            asyncio.run(within_a_while())
        (line,) = lines
        return line["status"]


async def _form(request: Request) -> Response:
    async with request.form() as form:
        return PlainTextResponse(str(form["question"]))


def _routed(endpoint: Any) -> ASGIApp:
    return Starlette(routes=[Route("/", endpoint, methods=["POST"])]).router


@pytest.mark.parametrize("messages", [(GONE,), (HALF, GONE)])
def test_who_leaves_while_sending_is_logged_as_gone(messages: tuple[Message, ...]) -> None:
    asked = Asked(BodyLimit(_routed(_form)), *messages)
    assert (asked.status(), asked.sent, asked.noted) == (499, [], [])


def test_who_leaves_while_a_form_is_read_has_not_broken_anything() -> None:
    asked = Asked(_routed(_form), HALF, GONE)
    assert (asked.status(), asked.sent, asked.noted) == (499, [], [])


def test_nor_has_who_leaves_while_an_answer_is_sent() -> None:
    async def leaves(_request: Request) -> Response:
        raise ClientDisconnect  # servers that speak a newer ASGI let sending tell it

    asked = Asked(_routed(leaves), BODY)
    assert (asked.status(), asked.sent, asked.noted) == (499, [], [])


def test_a_refusal_that_comes_of_leaving_is_logged_as_gone() -> None:
    async def body(request: Request) -> Response:
        try:
            return PlainTextResponse(await request.body())
        except ClientDisconnect as error:
            raise HTTPException(400) from error  # as FastAPI does, whatever broke while it read a body

    asked = Asked(Starlette(routes=[Route("/", body, methods=["POST"])]), HALF, GONE)
    assert (asked.status(), asked.noted) == (499, [])


def test_who_leaves_the_queue_is_logged_as_gone_and_on_record() -> None:
    admission = Admission(at_once=1, waiting=1, patience_s=60)
    turned_away: list[str] = []
    free = threading.Event()

    async def ask(request: Request) -> Response:
        working = asyncio.ensure_future(admission.run(free.wait, turn_away=free.wait, gone=asyncio.Event().wait))
        await asyncio.sleep(0)
        try:
            await admission.run(free.wait, turn_away=lambda: turned_away.append("a"), gone=request.receive)
        except OverloadedError:
            return PlainTextResponse("", 429)
        finally:
            free.set()
            await working
        raise AssertionError

    asked = Asked(BodyLimit(_routed(ask)), BODY, GONE)
    assert (asked.status(), asked.noted, turned_away) == (499, [], ["a"])


def test_who_leaves_while_the_answer_is_made_is_logged_as_gone_and_on_record() -> None:
    recorded: list[str] = []

    def answer(_request: Request) -> Response:  # in a thread
        recorded.append("a")
        return PlainTextResponse("an answer")

    asked = Asked(BodyLimit(_routed(answer)), BODY, GONE)
    assert (asked.status(), asked.noted, recorded) == (499, [], ["a"])


def test_who_stays_is_logged_with_their_answer() -> None:
    asked = Asked(BodyLimit(_routed(_form)), HALF, BODY)
    assert (asked.status(), asked.sent[0]["status"]) == (200, 200)


def test_an_answer_before_the_request_is_all_here_takes_nothing_of_it() -> None:
    async def reads_late(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert await receive() == HALF
        await send({"type": "http.response.body", "body": b""})

    assert Asked(reads_late, HALF, BODY).status() == 200


def test_what_breaks_while_nobody_waits_is_a_failure_still() -> None:
    asked = Asked(BodyLimit(_routed(_breaks)), BODY, GONE)
    assert (asked.status(), asked.noted) == (500, ["ValueError"])


def test_who_leaves_a_stream_had_an_answer() -> None:
    async def streams(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert await receive() == BODY
        assert await receive() == GONE

    assert Asked(streams, BODY, GONE).status() == 200


def test_an_application_that_says_nothing_has_failed() -> None:
    async def says_nothing(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()

    assert Asked(says_nothing, BODY).status() == 500


@pytest.mark.parametrize(("answer", "status"), [([], 499), ([200], 200)])
def test_a_request_that_is_cancelled_is_logged_as_gone_unless_it_was_answered(answer: list[int], status: int) -> None:
    async def cancelled(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for started in answer:
            await send({"type": "http.response.start", "status": started, "headers": []})
        raise asyncio.CancelledError

    asked = Asked(cancelled, BODY)
    with structlog.testing.capture_logs() as lines, pytest.raises(asyncio.CancelledError):
        asyncio.run(asked._app(asked.scope, asked._receive, asked._send))
    assert [line["status"] for line in lines] == [status]
