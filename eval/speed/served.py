"""A service to measure: `greenlit serve` as a process of its own, on a free port, until it has answered once."""

import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.speed.http_load import HOST

_TOKEN = "a-token-for-the-benchmark-only"  # nosec B105  # noqa: S105  (a throw-away process)
_START_TIMEOUT_S = 120.0
_END_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running service: where it listens, its token, and how long it took from nothing to the first answer."""

    port: int
    token: str
    ready_s: float
    pid: int

    def peak_mb(self) -> float | None:
        """Return the most memory its processes held so far, in MB, summed; `None` where the system does not say."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        pids = [self.pid, *map(int, children.read_text().split())] if children.exists() else [self.pid]
        peaks = [peak for pid in pids if (peak := peak_mb_of(pid)) is not None]
        return sum(peaks) if peaks else None


def peak_mb_of(pid: int) -> float | None:
    """Return the most memory that a process held so far, in MB; `None` where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(peak.group(1)) / 1024 if peak else None


@contextlib.contextmanager
def serving(environment: Mapping[str, str], question: str, *, workers: int = 1) -> Iterator[Served]:
    """Start a service and lend it when it has answered; stop it afterwards.

    Args:
        environment: of the process; says where library, builds and state are.
        question: asked until it is answered.
        workers: processes that answer behind the port.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    process = _start(port, workers, {**environment, "GREENLIT_TOKEN": _TOKEN})
    try:
        yield Served(port, _TOKEN, _until_answer(port, question, started), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=_END_TIMEOUT_S)


def _start(port: int, workers: int, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "greenlit", "serve", "--port", str(port)]
    command += ["--workers", str(workers)] if workers > 1 else []
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _until_answer(port: int, question: str, started: float) -> float:
    headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"}
    while time.monotonic() - started < _START_TIMEOUT_S:
        connection = http.client.HTTPConnection(HOST, port, timeout=_END_TIMEOUT_S)
        try:
            connection.request("POST", "/v1/ask", json.dumps({"question": question}), headers)
            if connection.getresponse().status == http.client.OK:
                return time.monotonic() - started
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise SystemExit(f"greenlit: the service did not answer within {_START_TIMEOUT_S:.0f} s")
