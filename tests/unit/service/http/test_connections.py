"""Many connections at once, and what the log says of them."""

import structlog

from tests.support.connection_parts import CHUNKED, EITHER_LOOP, GET, HEAD, MB, SECRET, SHORT_S, Start, is_refusal

# Many at once


@EITHER_LOOP
def test_three_hundred_slow_ones_are_ended_and_others_answered_meanwhile(start: Start) -> None:
    server = start(head_s=1.0, body_s=1.0)
    beginnings = (HEAD, HEAD + b"X: ", HEAD + b"Content-Length: 1000\r\n\r\n" + b"a" * 500)
    slow = [server.client() for _ in range(300)]
    for n, client in enumerate(slow):
        client.send(beginnings[n % 3])
    for _ in range(20):
        assert server.client().ask().endswith(b"0")
    for n, client in enumerate(slow):
        assert is_refusal(408, client.read()), n


@EITHER_LOOP
def test_one_connection_too_many_costs_the_one_that_waits_longest_its_place(start: Start) -> None:
    server = start(max_open=4)
    asking, *waiting = (server.client() for _ in range(4))
    asking.send(GET.replace(b"/echo", b"/wait"))
    server.until(lambda: len(server.app.asked) == 1)
    waiting[0].send(HEAD + b"X-One: a\r\n")
    waiting[1].send(HEAD + b"Content-Length: 2\r\n\r\na")
    assert waiting[2].ask().endswith(b"0")  # from now on it waits for a shorter time than the others
    for oldest in waiting:
        assert server.client().ask().endswith(b"0")
        assert oldest.read() == b""
    server.app.go_on.set()
    assert asking.answer().endswith(b"waited")


def test_who_is_still_reading_goes_last(start: Start) -> None:
    server = start(max_open=2)
    reading, idle = server.client(), server.client()
    reading.send(GET.replace(b"/echo", b"/big"))
    server.until(lambda: server.server.server_state.total_requests == 1)
    assert idle.ask().endswith(b"0")
    assert server.client().ask().endswith(b"0")
    assert idle.read() == b""
    assert len(reading.read()) > 16 * MB


def test_with_many_times_as_many_as_may_be_open_somebody_who_asks_is_answered(start: Start) -> None:
    server = start(max_open=20)
    for _ in range(10):
        for _ in range(20):
            server.client().send(HEAD)
        assert server.client().ask().endswith(b"0")
    assert server.connections() <= 21


def test_beyond_so_many_in_work_the_next_is_told_so(start: Start) -> None:
    server = start(max_in_work=2)
    asking = [server.client() for _ in range(2)]
    for client in asking:
        client.send(GET.replace(b"/echo", b"/wait"))
    server.until(lambda: len(server.app.asked) == 2)
    assert is_refusal(503, server.client().ask())
    server.app.go_on.set()
    assert all(client.answer().endswith(b"waited") for client in asking)
    assert server.client().ask().endswith(b"0")


def test_who_sends_or_waits_is_not_in_work(start: Start) -> None:
    server = start(max_in_work=1)
    for _ in range(5):
        server.client().send(HEAD + b"Content-Length: 2\r\n\r\na")
        server.client().send(HEAD)
        server.client()
    server.until(lambda: len(server.app.asked) == 5)
    assert server.client().ask().endswith(b"0")


def test_an_answer_is_in_work_until_it_is_made_though_nobody_waits(start: Start) -> None:
    server = start(max_in_work=1)
    client = server.client()
    client.send(GET.replace(b"/echo", b"/wait"))
    server.until(lambda: len(server.app.asked) == 1)
    client.close()
    server.until(lambda: server.connections() == 0)
    assert is_refusal(503, server.client().ask())
    server.app.go_on.set()
    server.until(lambda: server.client().ask().endswith(b"0"))


def test_a_server_that_stops_does_not_wait_for_slow_ones_for_long(start: Start) -> None:
    server = start(body_s=SHORT_S, unread_s=SHORT_S)
    server.client().send(HEAD)
    server.client().send(HEAD + b"Content-Length: 2\r\n\r\na")
    server.client().send(GET.replace(b"/echo", b"/stream"))
    server.until(lambda: len(server.app.asked) == 2)
    server.server.should_exit = True
    server.until(lambda: server.connections() == 0)


# The log


def test_why_connections_ended_is_logged_and_nothing_of_what_they_sent(start: Start, logged: list[str]) -> None:
    secret = SECRET.encode()
    server = start(head_s=SHORT_S, body_s=SHORT_S, max_headers=10)
    with structlog.testing.capture_logs() as lines:
        for request in (
            b"GET /%s HTTP/1.1\r\nX-%s: %s\r\n" % (secret, secret, secret),
            HEAD + b"Content-Length: 100\r\n\r\n" + secret,
            b"GET /%s HTTP/1.1\r\n" % secret + b"X: %s\r\n" % secret * 11 + b"\r\n",
            secret + b" / HTTP/1.1\r\n\r\n",
            CHUNKED + secret,
        ):
            client = server.client()
            client.send(request)
            assert secret not in client.read()
        server.until(lambda: sum(sum(line["why"].values()) for line in lines) == 5)
    counted: dict[str, int] = {}
    for line in lines:
        assert line["event"] == "connections ended"
        counted.update({why: counted.get(why, 0) + number for why, number in line["why"].items()})
    assert counted == {"408": 2, "431": 1, "400": 2}
    assert SECRET not in str(logged) + str(lines)
