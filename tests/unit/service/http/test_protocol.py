"""One connection and its requests: slow, long, broken."""

import time

import pytest

from tests.support.connection_parts import CHUNKED, EITHER_LOOP, HEAD, MB, PATIENCE_S, SHORT_S, Start, is_refusal

# The head


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD, b"X-One: a\r\n"),
        (HEAD + b"X-One: ", b"a"),
        (b"G",) * 3,
        (b"GET /", b"a"),
        (b"\r\n",),
    ],
    ids=["a header at a time", "a header without an end", "a method", "an address without an end", "empty lines"],
)
def test_a_head_that_takes_too_long_is_ended_however_it_trickles(start: Start, pieces: tuple[bytes, ...]) -> None:
    server = start(head_s=SHORT_S)
    answer = server.client().trickle(*pieces)
    assert is_refusal(408, answer) or is_refusal(400, answer)
    assert server.app.asked == []


@EITHER_LOOP
def test_a_connection_that_asks_nothing_is_closed_without_a_word(start: Start) -> None:
    assert start(head_s=SHORT_S).client().read() == b""


def test_so_is_one_that_asks_nothing_more(start: Start) -> None:
    client = start().client()
    assert client.ask().endswith(b"0")
    assert client.read() == b""


def test_a_second_head_has_a_time_too(start: Start) -> None:
    client = start(head_s=SHORT_S).client()
    assert client.ask().endswith(b"0")
    assert is_refusal(408, client.trickle(HEAD, b"X-One: a\r\n"))


def _head_of(length: int) -> bytes:
    before, after = b"GET /echo HTTP/1.1\r\nHost: localhost\r\nX: ", b"\r\n\r\n"
    return before + b"a" * (length - len(before) - len(after)) + after


@pytest.mark.parametrize("cut", [1, 999, 100_000])
def test_a_head_may_be_as_long_as_the_limit_and_no_longer(start: Start, cut: int) -> None:
    server = start(max_head_bytes=1000)
    for length, is_answered in ((1000, True), (1001, False)):
        head = _head_of(length)
        client = server.client()
        client.send(head[:cut])
        server.until(lambda: server.connections() > 0)
        client.send(head[cut:])
        answer = client.answer() if is_answered else client.read()
        assert answer.endswith(b"0") if is_answered else is_refusal(431, answer)
        client.close()
    assert len(server.app.asked) == 1


def test_a_long_body_in_the_same_bytes_as_a_head_does_not_make_the_head_longer(start: Start) -> None:
    answer = start(max_head_bytes=200).client().ask(HEAD + b"Content-Length: 5000\r\n\r\n" + b"a" * 5000)
    assert answer.endswith(b"5000")


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ((HEAD, b"X-Some: value\r\n" * 4000), 431),
        ((HEAD + b"X: ", b"a" * 65_536), 431),
        ((b"GET /", b"a" * 65_536), 414),
        ((b"\r\n" * 32_768,), 431),
        ((CHUNKED + b"1\r\na\r\n0\r\n", b"X-Some: value\r\n" * 4000), 413),
        ((CHUNKED + b"1\r\na\r\n0\r\nX: ", b"a" * 65_536), 413),
        ((CHUNKED + b"1;", b"a" * 65_536), 413),
        ((CHUNKED, (b"1;" + b"a" * 60 + b"\r\na\r\n") * 1000), 413),
        ((HEAD + b"Content-Length: 999999999\r\n\r\n", b"a" * 65_536), 413),
        ((CHUNKED + b"fffffff\r\n", b"a" * 65_536), 413),
    ],
    ids=[
        "headers",
        "one header",
        "an address",
        "empty lines",
        "trailers",
        "one trailer",
        "one chunk extension",
        "chunk extensions",
        "a body",
        "a chunk",
    ],
)
def test_a_flood_is_cut_off_before_long(start: Start, pieces: tuple[bytes, ...], status: int) -> None:
    server = start(max_discarded_bytes=100_000, ending_s=SHORT_S)
    sent, answer = server.client().flood(*pieces)
    assert sent < 32 * MB  # what the sockets between us hold
    assert answer == b"" or is_refusal(status, answer)  # who is cut off while sending may not see it
    assert server.app.bodies == []
    server.until(lambda: server.connections() == 0)


def test_so_many_headers_and_no_more(start: Start) -> None:
    server = start(max_headers=10)
    assert server.client().ask(HEAD + b"X: a\r\n" * 9 + b"\r\n").endswith(b"0")
    assert is_refusal(431, server.client().ask(HEAD + b"X: a\r\n" * 10 + b"\r\n"))
    assert len(server.app.asked) == 1


def test_an_address_may_be_so_long(start: Start) -> None:
    server = start(max_address_bytes=100)
    assert server.client().ask(b"GET /echo?%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"a" * 94)).endswith(b"0")
    assert is_refusal(414, server.client().ask(b"GET /echo?%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"a" * 95)))


@pytest.mark.parametrize(
    "request_", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", CHUNKED + b"z\r\n"]
)
def test_what_is_not_http_is_told_so(start: Start, request_: bytes) -> None:
    server = start()
    assert is_refusal(400, server.client().ask(request_))
    assert server.app.bodies == []


# The body


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b"Content-Length: 1000\r\n\r\n" + b"a" * 500, b""),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b"a"),
        (CHUNKED, b"1\r\na\r\n"),
        (CHUNKED + b"1;", b"a"),
        (CHUNKED + b"1\r\na\r\n0\r\n", b"X: a\r\n"),
    ],
    ids=["half of it", "trickled", "trickled in chunks", "trickled beside chunks", "trickled behind chunks"],
)
def test_a_body_that_takes_too_long_is_ended_and_the_application_told(start: Start, pieces: tuple[bytes, ...]) -> None:
    server = start(body_s=SHORT_S)
    assert is_refusal(408, server.client().trickle(*pieces))
    server.until(server.app.left.is_set)
    assert server.app.bodies == []


def test_the_application_is_told_before_the_client_has_gone(start: Start) -> None:
    server = start(body_s=SHORT_S, ending_s=10 * PATIENCE_S)
    server.client().send(HEAD + b"Content-Length: 1000\r\n\r\n" + b"a" * 500)
    server.until(server.app.left.is_set)
    assert server.connections() == 1


def test_a_body_has_its_own_time_beside_the_head(start: Start) -> None:
    server = start(head_s=SHORT_S, body_s=PATIENCE_S)
    client = server.client()
    client.send(HEAD + b"Content-Length: 2\r\n\r\na")
    time.sleep(2 * SHORT_S)
    assert client.ask(b"a").endswith(b"2")


@pytest.mark.parametrize(
    ("head", "body", "is_passed_on"),
    [
        (b"Content-Length: 1000\r\n\r\n", b"a" * 1000, True),
        (b"Content-Length: 1001\r\n\r\n", b"a" * 1001, False),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 100 + b"0\r\n\r\n", True),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 200 + b"0\r\n\r\n", False),
    ],
)
def test_a_body_with_its_framing_may_be_so_long(start: Start, head: bytes, body: bytes, is_passed_on: bool) -> None:  # noqa: FBT001
    server = start(max_body_bytes=1000)
    client = server.client()
    client.send(HEAD + head)
    server.until(lambda: len(server.app.asked) == 1)
    answer = client.ask(body)
    assert answer.startswith(b"HTTP/1.1 200") if is_passed_on else is_refusal(413, answer)
    assert len(server.app.bodies) == is_passed_on


def test_trailers_are_read_and_left_out(start: Start) -> None:
    server = start()
    client = server.client()
    assert client.ask(CHUNKED + b"1\r\na\r\n0\r\nX-Trailer: a\r\n\r\n").endswith(b"1")
    assert client.ask().endswith(b"0")  # and the connection goes on
    assert [name for scope in server.app.asked for name, _ in scope["headers"]] == [
        b"host",
        b"transfer-encoding",
        b"host",
    ]


def test_a_body_that_was_answered_early_has_an_end_all_the_same(start: Start) -> None:
    client = start(body_s=SHORT_S).client()
    answer = client.trickle(HEAD.replace(b"/echo", b"/early") + b"Content-Length: 100000\r\n\r\n", b"a")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"early")


@pytest.mark.parametrize("length", [10, MB])
def test_a_body_that_was_answered_early_may_be_sent_to_its_end(start: Start, length: int) -> None:
    """Also one that is longer than what is taken: clients send it whole before they read, and then the next request."""
    client = start().client()
    assert client.ask(HEAD.replace(b"/echo", b"/early") + b"Content-Length: %d\r\n\r\n" % length).endswith(b"early")
    client.send(b"a" * length)
    assert client.ask().endswith(b"0")


def test_an_answer_that_has_begun_is_not_mixed_with_a_refusal(start: Start) -> None:
    client = start(body_s=SHORT_S).client()
    answer = client.trickle(HEAD.replace(b"/echo", b"/quiet") + b"Content-Length: 100000\r\n\r\n", b"a")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"408" not in answer


def test_who_waits_to_be_asked_for_a_body_is_asked(start: Start) -> None:
    client = start().client()
    head = HEAD + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    assert client.ask(head) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert client.ask(b"a").endswith(b"1")
