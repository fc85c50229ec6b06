"""The same connections over TLS: a certificate of one's own, and every refusal still gets through."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from service.http.limits import ConnectionLimits
from tests.support.certificates import certify
from tests.support.connection_parts import GET, HEAD, OFTEN_S, PATIENCE_S, Running, is_refusal, running


@contextlib.contextmanager
def started(folder: Path, loop: str, *, head_s: float = 10.0) -> Iterator[Running]:
    given = ConnectionLimits(max_open=40, max_in_work=20, look_s=OFTEN_S, head_s=head_s)
    with structlog.testing.capture_logs(), running(given, loop=loop, certified=certify(folder)) as server:
        yield server


@pytest.fixture(params=["auto", "asyncio"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    with started(tmp_path, request.param) as opened:
        yield opened


def test_it_answers(server: Running) -> None:
    client = server.client()
    assert client.ask(GET).endswith(b"0")
    assert client.ask(HEAD + b"Content-Length: 3\r\n\r\nabc").endswith(b"3")
    assert server.app.asked[0]["scheme"] == "https"


@pytest.mark.parametrize("loop", ["auto", "asyncio"])
def test_a_slow_head_is_told_so(tmp_path: Path, loop: str) -> None:
    with started(tmp_path, loop, head_s=1.0) as server:  # a handshake on a busy machine takes its part of it
        assert is_refusal(408, server.client().trickle(HEAD, b"X-One: a\r\n"))


def test_a_head_with_too_many_lines_is_told_so(server: Running) -> None:
    many = server.client()
    many.send(HEAD + b"X: a\r\n" * 150)
    assert is_refusal(431, many.read())


def test_whoever_speaks_no_tls_gets_nothing(server: Running) -> None:
    server.tls = None
    assert b"HTTP/1.1 200" not in server.client().ask(GET)
    assert server.app.asked == []


def _in_one_piece(server: Running) -> bytes:
    """Send a request together with the end of the handshake, as browsers do; return the answer."""
    assert server.tls is not None
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    spoken = server.tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as plain:

        def until_done(step: Callable[[], object]) -> object:
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                    incoming.write(plain.recv(65_536))

        until_done(spoken.do_handshake)
        spoken.write(GET)
        plain.sendall(outgoing.read())
        answer = until_done(lambda: spoken.read(65_536))
        assert isinstance(answer, bytes)
        return answer


def test_what_ends_the_handshake_and_is_still_on_its_way_is_no_unread_answer(server: Running) -> None:
    for _ in range(5):
        assert _in_one_piece(server).startswith(b"HTTP/1.1 200 ")


def test_connections_that_ended_are_not_looked_at(server: Running) -> None:
    for _ in range(10):
        client = server.client()
        assert client.ask(GET).endswith(b"0")
        client.close()
    server.until(lambda: server.connections() == 0)
