"""What is measured of answers in events: who wrote, when each sentence came, and how long after it was written."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from eval.written.bench import Row, bench_text, release_s
from eval.written.metronome import Beat
from eval.written.stream_load import Told, ask_all

SENTENCE = "Invoices are kept for ten years."


def event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


ENDED = event("done", {"model": {"name": "m", "wrote": True}, "refusal": None})
STREAM = b": ping\n\n" + event("status", {"step": "looking"}) + event("sentence", {"text": SENTENCE}) + ENDED
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"


async def _serve(reply: bytes, use: Callable[[int], Awaitable[list[Told]]]) -> list[Told]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert "Accept: text/event-stream" in head
        await reader.readexactly(int(head.lower().partition("content-length:")[2].split()[0]))
        writer.write(reply)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        return await use(server.sockets[0].getsockname()[1])


def asked(reply: bytes) -> list[Told]:
    async def use(port: int) -> list[Told]:
        return await ask_all(port, token="tok", askers=2, seconds=0.05, questions=["a", "b"])

    return asyncio.run(_serve(reply, use))


@pytest.mark.parametrize("size", [7, 40, 4000])
def test_sentences_are_taken_as_they_come_however_the_bytes_are_cut(size: int) -> None:
    pieces = [chunk(STREAM[at : at + size]) for at in range(0, len(STREAM), size)]
    told = asked(HEAD + b"".join(pieces) + b"0\r\n\r\n")
    assert len(told) >= 2
    for one in told:
        assert (one.status, one.wrote, one.refused) == (200, True, False)
        ((text, came_s),) = one.sentences
        assert text == SENTENCE
        assert one.asked_s <= came_s <= one.ended_s


def test_a_refusal_is_told_and_what_is_no_answer_has_its_status() -> None:
    refused = event("refusal", {"reason": "no_evidence"}) + event("done", {"model": None, "refusal": {"reason": "x"}})
    assert all(one.refused and not one.sentences for one in asked(HEAD + chunk(refused) + b"0\r\n\r\n"))
    assert {one.status for one in asked(BUSY)} == {429}
    assert {one.status for one in asked(b"")} == {0}


def test_a_sentence_took_from_the_last_time_it_was_written_before_it_came() -> None:
    beats = [Beat(SENTENCE, 1.0), Beat("Other.", 2.0), Beat(SENTENCE, 3.0), Beat(SENTENCE, 9.0)]
    told = [Told(0.0, [("invoices are kept for ten years", 3.5)], wrote=True), Told(0.0, [(SENTENCE, 0.5)], wrote=True)]
    assert release_s(told, beats) == [0.5]
    assert release_s([Told(0.0, [(SENTENCE, 3.5)], wrote=False)], beats) == []


def test_the_table_counts_answers_refusals_and_failures() -> None:
    told = (
        Told(10.0, [(SENTENCE, 10.1)], 10.2, wrote=True, status=200),
        Told(10.0, [], 10.1, refused=True, status=200),
        Told(10.0, status=429, ended_s=10.1),
    )
    lines = bench_text([Row("written", 3, told, (Beat(SENTENCE, 10.09),), 700.0)]).splitlines()
    assert lines[1].split() == [
        "written",
        "3",
        "10.00",
        "100",
        "100",
        "200",
        "200",
        "10",
        "10",
        "1",
        "of",
        "1",
        "1",
        "1",
        "700",
    ]
