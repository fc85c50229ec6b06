"""Load over real HTTP with answers in events, from a process of its own: so many people who ask, read, and ask again.

    python -m eval.written.stream_load PORT --askers 20 --seconds 30 < questions

The token comes in `GREENLIT_TOKEN`. Writes one line of JSON: of each question when it was asked, when each sentence
came and when the end did, by the system's steady clock. Asks this machine only.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from eval.speed.http_load import HOST

_PATIENCE_S = 120.0  # for one answer
_OK = 200


@dataclass(slots=True)
class Told:
    """What was told of a question; moments are of the system's steady clock, in seconds.

    `sentences` are texts and when each came; `wrote` says whether a model wrote them. `status` is that of HTTP, 0 for
    a connection that broke.
    """

    asked_s: float
    sentences: list[tuple[str, float]] = field(default_factory=list)
    ended_s: float = 0.0
    wrote: bool = False
    refused: bool = False
    status: int = 0


def measure(port: int, *, token: str, askers: int, seconds: float, questions: Sequence[str]) -> list[Told]:
    """Ask from a process of its own and return what was told.

    Args:
        port: of a service on this machine.
        token: of that service.
        askers: how many ask at once.
        seconds: how long new questions are asked; those under way are heard to their end.
        questions: asked in turn.
    """
    command = [sys.executable, "-m", "eval.written.stream_load", str(port)]
    done = subprocess.run(
        [*command, "--askers", str(askers), "--seconds", str(seconds)],
        env={**os.environ, "GREENLIT_TOKEN": token},
        input="\n".join(" ".join(question.split()) for question in questions),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds + 2 * _PATIENCE_S,
    )
    return [
        Told(**{**one, "sentences": [(text, at) for text, at in one["sentences"]]}) for one in json.loads(done.stdout)
    ]


async def ask_all(port: int, *, token: str, askers: int, seconds: float, questions: Sequence[str]) -> list[Told]:
    """Ask as `measure` does, in this process."""
    told: list[Told] = []
    ends_s = time.monotonic() + seconds

    async def ask(number: int) -> None:
        while time.monotonic() < ends_s:
            one = Told(asked_s=time.monotonic())
            told.append(one)
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await _ask(port, token, questions[number % len(questions)], one)
            except (OSError, EOFError, TimeoutError):
                one.status = 0
                await asyncio.sleep(0.05)
            number += askers

    await asyncio.gather(*(ask(number) for number in range(askers)))
    return told


async def _ask(port: int, token: str, question: str, told: Told) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        body = json.dumps({"question": question}).encode()
        head = (
            f"POST /v1/ask HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
            f"Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status = int((await reader.readuntil(b"\r\n\r\n")).split()[1])
        if status == _OK:
            async for name, data in _events(reader):
                _take(told, name, data)
        told.ended_s, told.status = time.monotonic(), status
    finally:
        writer.close()


def _take(told: Told, name: str, data: dict[str, Any]) -> None:
    if name == "sentence":
        told.sentences.append((data["text"], time.monotonic()))
    elif name == "done":
        told.wrote = bool((data.get("model") or {}).get("wrote"))
        told.refused = bool(data.get("refusal"))


async def _events(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield the events of a response that comes in chunks, as they come."""
    left = b""
    while size := int((await reader.readline()).strip() or b"0", 16):
        left += (await reader.readexactly(size + 2))[:-2]
        *whole, left = left.split(b"\n\n")
        for event in whole:
            fields = dict(line.split(b": ", 1) for line in event.split(b"\n") if b": " in line and line[:1] != b":")
            if b"event" in fields:
                yield fields[b"event"].decode(), json.loads(fields[b"data"])


def _main() -> None:
    parser = argparse.ArgumentParser(description="Ask a service on this machine; questions on the standard input.")
    parser.add_argument("port", type=int)
    parser.add_argument("--askers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    questions, token = sys.stdin.read().splitlines(), os.environ["GREENLIT_TOKEN"]
    told = asyncio.run(
        ask_all(given.port, token=token, askers=given.askers, seconds=given.seconds, questions=questions)
    )
    json.dump([asdict(one) for one in told], sys.stdout)


if __name__ == "__main__":
    _main()
