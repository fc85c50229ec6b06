"""One connection and its answers: slow, unread, asked for too soon."""

import asyncio
import threading
import time
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from service.http.limits import ConnectionLimits
from service.http.protocol import limited_protocol
from tests.support.connection_parts import EITHER_LOOP, GET, HEAD, MB, PATIENCE_S, SHORT_S, Start

# The answer


@pytest.mark.parametrize("path", [b"/wait", b"/quiet"])
def test_an_answer_may_take_as_long_as_it_takes(start: Start, path: bytes) -> None:
    server = start(head_s=SHORT_S, body_s=SHORT_S, unread_s=SHORT_S, ending_s=SHORT_S)
    client = server.client()
    client.send(GET.replace(b"/echo", path))
    time.sleep(3 * SHORT_S)
    server.app.go_on.set()
    answer = client.read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"waited" in answer or b"end" in answer


@EITHER_LOOP
def test_a_client_that_stops_reading_a_stream_is_ended(start: Start) -> None:
    server = start(unread_s=SHORT_S)
    assert server.client().ask(GET.replace(b"/echo", b"/stream")).startswith(b"HTTP/1.1 200")
    server.until(server.app.left.is_set)
    server.until(lambda: server.connections() == 0)


@EITHER_LOOP
def test_a_client_that_never_reads_an_answer_is_ended(start: Start) -> None:
    server = start(unread_s=SHORT_S)
    server.client().send(GET.replace(b"/echo", b"/big"))
    server.until(lambda: len(server.app.asked) == 1 and server.connections() == 0)


def test_a_client_that_reads_slowly_gets_its_answer(start: Start) -> None:
    server = start(head_s=SHORT_S, unread_s=5 * SHORT_S)
    client = server.client()
    client.send(GET.replace(b"/echo", b"/big"))
    got = 0
    for _ in range(10):
        time.sleep(SHORT_S)
        got += sum(len(client.piece()) for _ in range(20))
    got += len(client.read())
    assert got > 16 * MB


def test_a_stream_that_is_read_goes_on(start: Start) -> None:
    server = start(head_s=SHORT_S, body_s=SHORT_S, unread_s=SHORT_S)
    client = server.client()
    client.send(GET.replace(b"/echo", b"/stream"))
    for _ in range(20):
        time.sleep(SHORT_S / 5)
        for _ in range(100):
            client.piece()
    assert not server.app.left.is_set()
    server.app.go_on.set()
    assert client.read().endswith(b"end\r\n0\r\n\r\n")


class Written:
    """A transport whose other end reads as told, and a clock."""

    def __init__(self) -> None:
        self.unread = 0
        self.is_aborted = False
        self.now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def get_write_buffer_size(self) -> int:
        return self.unread

    def get_extra_info(self, _name: str) -> None:
        return None

    def abort(self) -> None:
        self.is_aborted = True


@pytest.mark.parametrize("reads", [True, False])
def test_what_is_read_and_written_again_between_two_looks_counts_as_read(reads: bool) -> None:  # noqa: FBT001
    limits = ConnectionLimits(max_open=9, max_in_work=8)

    async def streams(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.Event().wait()

    async def is_ended() -> bool:
        written = Written()
        config = uvicorn.Config(streams, http=limited_protocol(limits), log_config=None, ws="none")
        config.load()
        one: Any = config.http_protocol_class(  # type: ignore[call-arg]
            config=config, server_state=ServerState(), app_state={}, _loop=asyncio.get_running_loop()
        )
        one.connection_made(written)
        one.data_received(GET)
        one.loop = written
        one.look(0.0)
        written.unread = 100_000
        one.pause_writing()
        one.look(1.0)
        if reads:
            written.now_s = 2.0
            one.resume_writing()
            one.pause_writing()
        one.look(limits.unread_s)
        one.connection_lost(OSError())
        return written.is_aborted

    assert asyncio.run(is_ended()) is not reads


# One request after another


def test_a_connection_may_ask_again_and_again(start: Start) -> None:
    client = start().client()
    for length in range(20):
        assert client.ask(HEAD + b"Content-Length: %d\r\n\r\n" % length + b"a" * length).endswith(b"%d" % length)


@pytest.mark.parametrize("more", [GET, GET * 20_000, b"nonsense\r\n" * 9, b"\r\n" * 100_000])
def test_who_asks_again_before_the_answer_gets_that_answer_and_no_other(start: Start, more: bytes) -> None:
    server = start()
    client = server.client()
    sending = threading.Thread(target=client.send, args=(GET.replace(b"/echo", b"/wait") + more,))
    sending.start()
    server.until(lambda: len(server.app.asked) == 1)
    server.app.go_on.set()
    answer = client.read()
    sending.join()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"waited")
    assert b"connection: close" in answer
    assert len(server.app.asked) == 1


def test_who_goes_on_sending_while_the_answer_is_made_is_ended(start: Start) -> None:
    server = start(max_discarded_bytes=100_000)
    sent, answer = server.client().flood(GET.replace(b"/echo", b"/wait"), GET * 1000)
    assert sent < 32 * MB
    assert answer == b""
    assert len(server.app.asked) == 1


@EITHER_LOOP
def test_who_asks_again_without_having_read_is_ended(start: Start) -> None:
    server = start(unread_s=PATIENCE_S)
    client = server.client()
    client.send(GET.replace(b"/echo", b"/big"))
    server.until(lambda: server.server.server_state.total_requests == 1)
    client.send(GET)
    answer = client.read()
    assert len(answer) > 16 * MB
    assert answer.count(b"HTTP/1.1") == len(server.app.asked) == 1


def test_an_upgrade_that_is_not_to_be_had_is_answered_as_a_request(start: Start) -> None:
    client = start(body_s=SHORT_S).client()
    assert client.ask(GET[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n").endswith(b"0")
    assert client.ask().endswith(b"0")
