"""Work done in a child process, so that it can be killed at any moment as a machine is cut off; what came of it."""

import json
import os
import select
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a child: what it said, and whether it was killed before its end."""

    said: list[Any]
    killed: bool


def in_child(work: Callable[[Callable[[Any], None]], None], *, kill_after_s: float | None = None) -> Done:
    """Do some work in a child.

    Args:
        work: is given what tells; each thing that it told is kept, also where it is killed afterwards.
        kill_after_s: kill it after so long, by SIGKILL; it may be done by then.

    Raises:
        RuntimeError: it failed by itself; with its traceback.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_child(work, reading, writing)
    os.close(writing)
    said, killed = _hear(reading, child, kill_after_s)
    os.close(reading)
    _, status = os.waitpid(child, 0)
    lines = [json.loads(line) for line in said.split(b"\n")[:-1]]
    if broken := next((line["broke"] for line in lines if isinstance(line, dict) and "broke" in line), None):
        raise RuntimeError(broken)
    if not killed and os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"a child ended with {os.waitstatus_to_exitcode(status)}")
    return Done(lines, killed=os.waitstatus_to_exitcode(status) == -signal.SIGKILL)


def _be_child(work: Callable[[Callable[[Any], None]], None], reading: int, writing: int) -> None:
    os.close(reading)

    def tell(value: Any) -> None:
        os.write(writing, json.dumps(value).encode() + b"\n")

    try:
        work(tell)
    except BaseException:  # noqa: BLE001  (whatever it is, the parent is told)
        tell({"broke": traceback.format_exc()})
        os._exit(1)
    os._exit(0)


def _hear(reading: int, child: int, kill_after_s: float | None) -> tuple[bytes, bool]:
    said, killed = b"", False
    deadline = None if kill_after_s is None else time.monotonic() + kill_after_s
    while True:
        left = None if deadline is None or killed else max(0.0, deadline - time.monotonic())
        if not select.select([reading], [], [], left)[0]:
            os.kill(child, signal.SIGKILL)
            killed = True
            continue
        if not (chunk := os.read(reading, _CHUNK)):
            return said, killed
        said += chunk
