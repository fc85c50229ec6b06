"""The load over HTTP: it asks as it says, counts what it gets, and comes to an end. Its figures are not tested."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from eval.speed.http_load import Load, ask_all, measure

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
_BUSY = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 5\r\nRetry-After: 1\r\n\r\nlater"


async def _serve(reply: Callable[[str], bytes | None], use: Callable[[int], Awaitable[Load]]) -> tuple[Load, list[str]]:
    """Serve replies to questions on a free port while it is used; return what was asked too."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                assert head.startswith("POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer tok\r\n")
                length = int(head.lower().partition("content-length:")[2].split()[0])
                asked.append(json.loads(await reader.readexactly(length))["question"])
                given = reply(asked[-1])
                if given is None:
                    break
                writer.write(given)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        return await use(server.sockets[0].getsockname()[1]), asked


def _asking(askers: int) -> Callable[[int], Awaitable[Load]]:
    return lambda port: ask_all(port, token="tok", askers=askers, seconds=0.2, questions=["a", "b", "c"])


def test_every_answer_is_timed_and_every_question_has_its_turn() -> None:
    load, asked = asyncio.run(_serve(lambda _: _OK, _asking(4)))
    assert set(load.statuses) == {200}
    assert load.statuses[200] == len(load.took_s) == len(asked)
    assert set(Counter(asked)) == {"a", "b", "c"}
    assert load.errors == 0
    assert load.ms(50) > 0
    assert load.rate > 0


def test_what_is_no_answer_is_counted_by_its_status_and_broken_connections_too() -> None:
    replies = {"a": _OK, "b": _BUSY, "c": None}
    load, _ = asyncio.run(_serve(lambda question: replies[question], _asking(3)))
    assert set(load.statuses) == {200, 429, 0}
    assert load.errors == load.statuses[429] + load.statuses[0]
    assert len(load.took_s) == load.statuses[200]


def test_nobody_there_ends_too() -> None:
    load = asyncio.run(ask_all(1, token="tok", askers=2, seconds=0.1, questions=["a"]))
    assert set(load.statuses) == {0}
    assert load.ms(95) == 0.0


def test_a_run_ends_after_so_many_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.speed.http_load.MOST_QUESTIONS", 5)
    use = lambda port: ask_all(port, token="tok", askers=1, seconds=60, questions=["a"])  # noqa: E731
    load, asked = asyncio.run(_serve(lambda _: _OK, use))
    assert len(asked) == 5
    assert load.seconds < 30


def test_it_asks_from_a_process_of_its_own() -> None:
    def use(port: int) -> Awaitable[Load]:
        return asyncio.to_thread(measure, port, token="tok", askers=2, seconds=0.3, questions=["two\nlines", "b"])

    load, asked = asyncio.run(_serve(lambda _: _OK, use))
    assert set(asked) == {"two lines", "b"}
    assert load.statuses == {200: len(asked)}
