"""Load over real HTTP, from a process of its own: so many people who each ask, wait for the answer, and ask again.

    python -m eval.speed.http_load PORT --askers 50 --seconds 10 < questions

The token comes in `GREENLIT_TOKEN`. Writes one line of JSON: what each answer took, and every status by its number.
A client library would take more time than the service, so requests are bytes that are written once and responses are
read as far as their length says. Asks this machine only, and stops after a number of seconds and of questions.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HOST = "127.0.0.1"
MOST_QUESTIONS = 100_000  # of one run, whatever its time
_PATIENCE_S = 60.0  # for one answer
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of questions took: seconds of each that was answered (200), and of the whole run.

    `statuses` counts every response by its status; 0 stands for a connection that broke.
    """

    took_s: tuple[float, ...]
    seconds: float
    statuses: dict[int, int]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.took_s) / self.seconds

    @property
    def errors(self) -> int:
        """How many questions got anything but an answer."""
        return sum(count for status, count in self.statuses.items() if status != 200)  # noqa: PLR2004  (OK)

    def ms(self, percentile: float) -> float:
        """Return a percentile of what an answer took, in milliseconds; 0 if there was none."""
        return float(np.percentile(self.took_s or (0.0,), percentile)) * 1000


def measure(port: int, *, token: str, askers: int, seconds: float, questions: Sequence[str]) -> Load:
    """Ask from a process of its own and return what it took.

    Args:
        port: of a service on this machine.
        token: of that service.
        askers: how many ask at once.
        seconds: how long.
        questions: asked in turn.
    """
    command = [
        sys.executable,
        "-m",
        "eval.speed.http_load",
        str(port),
        "--askers",
        str(askers),
        "--seconds",
        str(seconds),
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "GREENLIT_TOKEN": token},
        input="\n".join(" ".join(question.split()) for question in questions),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds + 2 * _PATIENCE_S,
    )
    told = json.loads(done.stdout)
    return Load(tuple(told["took_s"]), told["seconds"], {int(key): value for key, value in told["statuses"].items()})


async def ask_all(port: int, *, token: str, askers: int, seconds: float, questions: Sequence[str]) -> Load:
    """Ask as `measure` does, in this process."""
    requests = [_request(question, token) for question in questions]
    took: list[float] = []
    statuses: Counter[int] = Counter()
    started = time.perf_counter()
    ends = started + seconds

    async def ask(number: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            while time.perf_counter() < ends and statuses.total() < MOST_QUESTIONS:
                asked = time.perf_counter()
                writer.write(requests[number % len(requests)])
                status = await asyncio.wait_for(_status(reader), _PATIENCE_S)
                statuses[status] += 1
                if status == 200:  # noqa: PLR2004  (OK)
                    took.append(time.perf_counter() - asked)
                number += askers
        finally:
            writer.close()

    async def keep_asking(number: int) -> None:
        while time.perf_counter() < ends and statuses.total() < MOST_QUESTIONS:
            try:
                await ask(number)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                statuses[0] += 1
                await asyncio.sleep(0.05)  # a service that is not there is not asked as fast as one can

    await asyncio.gather(*(keep_asking(number) for number in range(askers)))
    return Load(tuple(took), time.perf_counter() - started, dict(statuses))


def _request(question: str, token: str) -> bytes:
    body = json.dumps({"question": question}).encode()
    head = (
        f"POST /v1/ask HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> int:
    """Read a response to its end and return its status."""
    head = await reader.readuntil(_END_OF_HEAD)
    lines = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(lines[0].split()[1])


def _main() -> None:
    parser = argparse.ArgumentParser(description="Ask a service on this machine; questions on the standard input.")
    parser.add_argument("port", type=int)
    parser.add_argument("--askers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    questions = sys.stdin.read().splitlines()
    token = os.environ["GREENLIT_TOKEN"]
    load = asyncio.run(
        ask_all(given.port, token=token, askers=given.askers, seconds=given.seconds, questions=questions)
    )
    json.dump({"took_s": load.took_s, "seconds": load.seconds, "statuses": load.statuses}, sys.stdout)


if __name__ == "__main__":
    _main()
