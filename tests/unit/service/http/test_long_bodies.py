"""A long body comes only as far as whoever takes it allows, and next to none of it before they were asked."""

import threading
import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from service.http.long_bodies import allow_body
from service.http.middleware import MAX_BODY_BYTES, BodyLimit
from tests.support.connection_parts import EITHER_LOOP, HEAD, MB, SHORT_S, Start, is_refusal

LONG = 300 * 1024


async def _takes(request: Request) -> Response:
    allow_body(request.scope, int(request.query_params.get("allows", MAX_BODY_BYTES)))
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
    except ClientDisconnect:
        return PlainTextResponse(f"{size}, then they left")
    return PlainTextResponse(str(size))


def _client() -> TestClient:
    routes = [Route("/long", _takes, methods=["POST"]), Route("/usual", _takes, methods=["POST"])]
    return TestClient(BodyLimit(Starlette(routes=routes), long=frozenset({"/long"})))


def test_a_body_may_be_as_long_as_is_allowed_on_the_paths_that_take_one() -> None:
    assert _client().post(f"/long?allows={LONG}", content=b"a" * LONG).text == str(LONG)
    assert _client().post(f"/usual?allows={LONG}", content=b"a" * LONG).status_code == 413


@pytest.mark.parametrize("allows", [MAX_BODY_BYTES, LONG - 1])
def test_who_sends_a_body_that_is_longer_than_allowed_has_left(allows: int) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LONG // 1024):
            yield b"a" * 1024

    assert "they left" in _client().post(f"/long?allows={allows}", content=pieces()).text


@EITHER_LOOP
def test_a_connection_reads_no_more_than_usual_before_it_is_known_who_sends(start: Start) -> None:
    server = start()
    client = server.client()
    head = HEAD.replace(b"/echo", b"/door") + b"Content-Length: %d\r\n\r\n" % MB
    sending = threading.Thread(target=client.send, args=(head + b"a" * MB,))
    sending.start()
    server.until(lambda: len(server.app.asked) == 1)
    time.sleep(SHORT_S)  # in which all of it would be read, and refused
    server.app.go_on.set()
    assert client.answer().startswith(b"HTTP/1.1 200")
    sending.join()
    assert server.app.bodies == [MB]
    flood = HEAD + b"Content-Length: %d\r\n\r\n" % MB  # the next request is as any other
    assert is_refusal(413, server.client().flood(flood, b"a" * 65_536)[1])
    assert server.app.bodies == [MB]
