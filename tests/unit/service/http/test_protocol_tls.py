"""The same connections over TLS: a certificate of one's own, and every refusal still gets through."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from service.http.limits import ConnectionLimits
from tests.support.certificates import certify
from tests.support.connection_parts import GET, HEAD, OFTEN_S, SHORT_S, Running, is_refusal, running


@pytest.fixture(params=["auto", "asyncio"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    limits = ConnectionLimits(max_open=40, max_in_work=20, head_s=SHORT_S, look_s=OFTEN_S)
    with structlog.testing.capture_logs(), running(limits, loop=request.param, certified=certify(tmp_path)) as started:
        yield started


def test_it_answers(server: Running) -> None:
    client = server.client()
    assert client.ask(GET).endswith(b"0")
    assert client.ask(HEAD + b"Content-Length: 3\r\n\r\nabc").endswith(b"3")
    assert server.app.asked[0]["scheme"] == "https"


def test_a_slow_head_and_one_with_too_many_lines_are_told_so(server: Running) -> None:
    assert is_refusal(408, server.client().trickle(HEAD, b"X-One: a\r\n"))
    many = server.client()
    many.send(HEAD + b"X: a\r\n" * 150)
    assert is_refusal(431, many.read())


def test_whoever_speaks_no_tls_gets_nothing(server: Running) -> None:
    server.tls = None
    assert b"HTTP/1.1 200" not in server.client().ask(GET)
    assert server.app.asked == []
