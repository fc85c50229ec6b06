"""Events over a real connection: as they look there, and who leaves, does not read, or has to wait."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Send

from service.answering.errors import OverloadedError
from service.answering.progress import Event, Tell
from service.http.admission import Admission
from service.http.event_stream import EventResponse, wants_events
from service.http.limits import ConnectionLimits
from service.http.middleware import BodyLimit, RequestLog
from tests.support.connection_parts import MB, OFTEN_S, PATIENCE_S, SHORT_S, Application, Client, Running, running

ASKS = b"POST /told HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
PING = b": ping\n\n"
NEVER_S = 60.0


@dataclass
class Telling(Application):
    """Tells in `/told` what a test says, from a thread."""

    work: Callable[[Tell], object] = lambda _: None
    turn: Callable[[Callable[[], object], Callable[[], Awaitable[Any]]], Awaitable[object]] | None = None
    ping_s: float = NEVER_S
    ended: threading.Event = field(default_factory=threading.Event)

    async def told(self, receive: Receive, send: Send) -> None:
        response = EventResponse(self._work, problem=_problem, ping_s=self.ping_s)
        await RequestLog(BodyLimit(response), log=structlog.get_logger())(self.asked[-1], receive, send)

    async def _work(self, tell: Tell, gone: Callable[[], Awaitable[Any]]) -> object:
        def work() -> object:
            try:
                return self.work(tell)
            finally:
                self.ended.set()

        return await (self.turn(work, gone) if self.turn else asyncio.to_thread(work))

    def hold(self) -> None:
        """Wait, in a thread, until the test says so."""
        assert self.go_on.wait(PATIENCE_S)


def _problem(_request: Request, error: Exception) -> Response:
    return JSONResponse({"status": 429, "detail": type(error).__name__}, 429, {"Retry-After": "7"})


@contextlib.contextmanager
def _serving(app: Telling, **limits: float) -> Iterator[tuple[Running, list[Any]]]:
    given: dict[str, Any] = {"max_open": 40, "max_in_work": 30, "look_s": OFTEN_S, **limits}
    with structlog.testing.capture_logs() as lines, running(ConnectionLimits(**given), loop="auto", app=app) as server:
        yield server, lines


def _statuses(lines: list[Any]) -> list[int]:
    return [line["status"] for line in lines if line["event"] == "request"]


def _until(client: Client, *parts: bytes) -> bytes:
    """Read until all of these have come."""
    got = b""
    while not all(part in got for part in parts):
        piece = client.piece()
        assert piece, f"expected {parts}, got {got!r}"
        got += piece
    return got


def _body(answer: bytes) -> bytes:
    """Return the body of an answer that came in chunks."""
    rest, body = answer.partition(b"\r\n\r\n")[2], b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


def test_events_go_over_the_wire_as_lines_of_json() -> None:
    def work(tell: Tell) -> None:
        tell(Event("status", {"step": "looking"}))
        tell(Event("sentence", {"text": "Größe:\r\n\u2028event: done \U0001f600"}))

    with _serving(Telling(work=work)) as (server, lines):
        client = server.client()
        client.send(ASKS)
        answer = _until(client, b"\r\n0\r\n\r\n")
        assert client.ask(b"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n").endswith(b"0"), "the connection goes on"
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 200 ok\r\n")
    assert b"content-type: text/event-stream; charset=utf-8" in head
    assert b"x-accel-buffering: no" in head
    assert _body(answer).decode() == (
        'event: status\ndata: {"step":"looking"}\n\n'
        'event: sentence\ndata: {"text":"Größe:\\r\\n\u2028event: done \U0001f600"}\n\n'
    )
    assert _statuses(lines) == [200]


def test_each_event_goes_out_when_it_is_told_and_pings_do_while_nothing_is() -> None:
    def work(tell: Tell) -> None:
        tell(Event("status", {"step": "looking"}))
        app.hold()
        tell(Event("done", {}))

    app = Telling(work=work, ping_s=OFTEN_S)
    with _serving(app) as (server, _):
        client = server.client()
        client.send(ASKS)
        early = _until(client, b'"looking"', PING, PING)
        assert b"done" not in early
        app.go_on.set()
        assert b"event: done\ndata: {}\n\n" in _until(client, b"\r\n0\r\n\r\n")


def _crowded(patience_s: float, turned_away: list[str]) -> Telling:
    """Return what works on one at a time, and lets one more wait."""
    admission = Admission(at_once=1, waiting=1, patience_s=patience_s)

    async def turn(work: Callable[[], object], gone: Callable[[], Awaitable[Any]]) -> object:
        return await admission.run(work, turn_away=lambda: turned_away.append("a"), gone=gone)

    app = Telling(turn=turn, ping_s=OFTEN_S)
    app.work = lambda _: app.hold()
    return app


def test_whoever_waits_for_their_turn_is_pinged_and_told_in_the_stream_if_there_is_none() -> None:
    turned_away: list[str] = []
    with _serving(_crowded(SHORT_S, turned_away)) as (server, _):
        first, second = server.client(), server.client()
        first.send(ASKS)
        _until(first, PING)
        second.send(ASKS)
        waiting = _until(second, PING, b"\r\n0\r\n\r\n")
    assert waiting.startswith(b"HTTP/1.1 200"), "it had begun"
    assert b'event: error\ndata: {"status":429,"detail":"OverloadedError"}\n\n' in waiting
    assert turned_away == ["a"]


def test_whoever_leaves_while_they_wait_gives_up_their_place() -> None:
    turned_away: list[str] = []
    with _serving(_crowded(NEVER_S, turned_away)) as (server, lines):
        first, second = server.client(), server.client()
        first.send(ASKS)
        _until(first, PING)
        second.send(ASKS)
        _until(second, PING)
        second.close()
        server.until(lambda: turned_away == ["a"])
        server.until(lambda: _statuses(lines) == [499])


def test_what_breaks_before_the_first_byte_has_its_status_and_later_is_an_event() -> None:
    def breaks(_tell: Tell) -> None:
        raise OverloadedError(retry_after_s=7)

    def breaks_later(tell: Tell) -> None:
        tell(Event("status", {"step": "looking"}))
        raise KeyError

    app = Telling(work=breaks)
    with _serving(app) as (server, lines):
        answer = server.client().ask(ASKS)
        assert answer.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        assert b"retry-after: 7\r\n" in answer
        assert b"event" not in answer
        app.work = breaks_later
        client = server.client()
        client.send(ASKS)
        later = _body(_until(client, b"\r\n0\r\n\r\n"))
    assert later.endswith(b'event: error\ndata: {"status":429,"detail":"KeyError"}\n\n')
    assert _statuses(lines) == [429, 200]


@pytest.mark.parametrize("breaks", [False, True])
def test_the_work_of_whoever_leaves_half_way_ends_by_itself_and_they_are_logged_as_gone(*, breaks: bool) -> None:
    def work(tell: Tell) -> None:
        tell(Event("status", {"step": "looking"}))
        app.hold()
        tell(Event("done", {"text": "a" * MB}))
        if breaks:
            raise KeyError

    app = Telling(work=work, ping_s=OFTEN_S)
    with _serving(app) as (server, lines):
        client, other = server.client(), server.client()
        for one in (client, other):
            one.send(ASKS)
            _until(one, b'"looking"')
        client.close()
        server.until(lambda: server.connections() == 1)
        _until(other, PING, PING)
        _until(other, PING)  # by now a ping would have gone to the one who left, too
        assert _statuses(lines) == [], "a request is over when its work is"
        app.go_on.set()
        server.until(lambda: sorted(_statuses(lines)) == [200, 499])
    assert app.ended.is_set()


def test_whoever_does_not_read_holds_no_thread_and_is_cut_off() -> None:
    def work(tell: Tell) -> None:
        for _ in range(16):
            tell(Event("sentence", {"text": "a" * MB}))

    app = Telling(work=work)
    with _serving(app, unread_s=SHORT_S) as (server, lines):
        client = server.client()
        client.send(ASKS)
        assert app.ended.wait(PATIENCE_S), "the work waits for nobody"
        server.until(lambda: server.connections() == 0)
        server.until(lambda: _statuses(lines) == [499])
        assert len(client.read()) < 16 * MB


@pytest.mark.parametrize(
    ("accept", "wants"),
    [
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("application/json", False),
        ("text/event-stream", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("application/json, text/event-stream", True),
        ("text/event-stream;q=0.5, application/json", False),
        ("application/json;q=0.5, text/event-stream; q=0.9", True),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=a", False),
    ],
)
def test_events_are_for_whoever_names_them(*, accept: str, wants: bool) -> None:
    headers = [(b"accept", one.encode()) for one in accept.split(", ")]
    assert wants_events(Request({"type": "http", "headers": headers})) is wants


def test_an_event_of_any_text_is_one_event() -> None:
    text = "a\n\nevent: done\ndata: {}\r\r\n\x00"
    sent: list[bytes] = []

    async def work(tell: Tell, _gone: object) -> None:
        tell(Event("sentence", {"text": text}))

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    asyncio.run(EventResponse(work)({"type": "http"}, receive, send))
    (block,) = b"".join(sent).decode().split("\n\n")[:-1]
    name, data = block.split("\n")
    assert (name, json.loads(data.removeprefix("data: "))) == ("event: sentence", {"text": text})
