"""A stand-in for the loader's child: it does what the document says. Run by the tests of `process`.

It imports no parser, which takes a quarter of a second each time it is started.
"""

import fcntl
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import ingest
from indexes.documents import Locator, Section
from indexes.limited.child import serve
from ingest.errors import LoadError
from ingest.loading.frames import refusal, reply
from ingest.loading.own import OWN
from ingest.parsed import Parsed


def _parsed(text: str) -> Parsed:
    return Parsed(None, text, (Section(0, len(text), Locator("document")),))


def _attempt(action: Callable[[], object]) -> Parsed:
    try:
        action()
    except OSError as error:
        return _parsed(f"refused: {type(error).__name__}")
    return _parsed("done")


def _fill_memory() -> Parsed:
    return _parsed(str(len(b"x" * (3 << 30))))


def _abort_for_memory() -> Parsed:
    held = []
    try:
        while True:
            held.append(bytearray(b"x") * (64 << 20))
    except MemoryError:
        os.abort()


def _sleep() -> Parsed:
    time.sleep(20)
    return _parsed("rested")


def _print_noise() -> Parsed:
    print("noise" * 10_000)  # noqa: T201 - the point of it
    os.write(1, b"noise")
    return _parsed("quiet")


def _break() -> Parsed:
    raise ValueError("a secret of the document")


def _to_the_parent(piece: bytes, *, times: int, wait_s: float = 0) -> Parsed:
    """Write past the worker, as code that took it over could: straight into the pipe of the replies."""
    pipe = next(number for number in range(3, 32) if _is_open(number) and _is_written_to(number))
    for _ in range(times):
        os.write(pipe, piece)
        time.sleep(wait_s)
    return _parsed("said")


def _refuse() -> Parsed:
    raise LoadError("expected peace, got war")


def _lie() -> Parsed:
    return Parsed(None, "short", (Section(0, 99, Locator("document")),))


ACTIONS: dict[bytes, Callable[[], Parsed]] = {
    b"pid": lambda: _parsed(str(os.getpid())),
    b"here": lambda: _parsed("here"),
    b"sleep": _sleep,
    b"abort": os.abort,
    b"abort for memory": _abort_for_memory,
    b"exit": lambda: os._exit(3),
    b"memory": _fill_memory,
    b"noise": _print_noise,
    b"refuse": _refuse,
    b"break": _break,
    b"boast": lambda: _to_the_parent((1 << 40).to_bytes(8, "big"), times=1),
    b"trickle": lambda: _to_the_parent(b"\0", times=60, wait_s=0.1),
    b"lie": _lie,
    b"environment": lambda: _parsed(json.dumps(dict(os.environ))),
    b"descriptors": lambda: _parsed(str(sum(_is_open(number) for number in range(3, 32)))),
    b"pipe": lambda: _attempt(lambda: os.mkfifo("/tmp/greenlit-naughty")),  # noqa: S108 - Python has no word about it
    b"socket": lambda: _attempt(socket.socket),
    b"lookup": lambda: _attempt(lambda: socket.getaddrinfo("localhost", 80)),
    b"process": lambda: _attempt(lambda: subprocess.run(["true"], check=True)),  # noqa: S607 - it must not start
    b"fork": lambda: _attempt(os.fork),
    b"write": lambda: _attempt(lambda: Path("/tmp/greenlit-naughty").write_text("x", encoding="utf-8")),  # noqa: S108
    b"read": lambda: _attempt(lambda: Path("/etc/passwd").read_text(encoding="utf-8")),
    b"above": lambda: _attempt((Path(ingest.__file__).parents[1] / "pyproject.toml").read_bytes),
    b"overwrite": lambda: _attempt(lambda: Path(ingest.__file__).open("r+b").close()),
    b"list": lambda: _attempt(lambda: list(Path("/etc").iterdir())),
    b"delete": lambda: _attempt(lambda: Path("/tmp/greenlit-naughty").unlink()),  # noqa: S108
}


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _is_written_to(number: int) -> bool:
    return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY


def answer(_name: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Do what the document says."""
    try:
        return reply(ACTIONS[content]())
    except LoadError as error:
        return refusal(str(error))


if __name__ == "__main__":
    serve(answer, own=OWN)
