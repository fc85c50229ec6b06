"""A limited child that was taken over gets nowhere: each fence is tried alone, and both together, from native code.

What is expected is what this kernel has: where it lacks a fence, the attacks that only that fence holds are not made,
and the child has to say that it is missing.
"""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexes.limited.errors import ChildStoppedError
from indexes.limited.process import LimitedProcess, Limits
from tests.support.kernel_fences import filters_calls, landlock_version

WORKERS = Path(__file__).parent / "workers"
READING = {
    *("read a file", "read the passwords", "list a folder", "read by lxml", "read by a style sheet"),
    *("read by inclusion", "read by an entity", "read by PDFium"),
}
WRITING = {
    *("open to write", "open to truncate", "create", "create without a name", "open by another call"),
    *("write by lxml", "write a stream by lxml"),
}
CHANGING = {"remove", "rename", "make a folder", "run a program"}
BY_LANDLOCK = {
    1: READING | WRITING | CHANGING,
    3: {"truncate"},
    4: {"connect"},
    6: {"end the parent", "trace the parent"},
}
BY_FILTER = WRITING | {
    "a socket",
    "a thread",
    "wish for a core file",
    "more memory",
    "signals by a file",
    "memory with a name",
}
STOPS = ["truncate", "remove", "change rights", "connect", "fork", "run a program", "end the parent"]

Attack = Callable[[LimitedProcess, set[str]], dict[str, str]]


def _taken_over(module: str = "attacking_worker") -> LimitedProcess:
    return LimitedProcess(module, Limits(60, 2 << 30), import_paths=(WORKERS,))


@pytest.fixture(scope="module")
def child() -> Iterator[LimitedProcess]:
    with _taken_over() as process:
        yield process


@pytest.fixture
def attack(tmp_path: Path) -> Iterator[Attack]:
    """Attack a folder, a port and this process; afterwards all of them have to be as before."""
    (tmp_path / "victim.xml").write_text("<a>mine</a>", encoding="ascii")
    (tmp_path / "secret.xml").write_text("<a>secret</a>", encoding="ascii")
    came: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: came.append(number))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        told = json.dumps({"secret": str(tmp_path / "secret.xml"), "folder": str(tmp_path), "port": port}).encode()
        yield lambda process, names: json.loads(process.ask(json.dumps(sorted(names)).encode(), told)[0])
        with pytest.raises(BlockingIOError):
            server.accept()
    signal.signal(signal.SIGUSR1, before)
    assert (tmp_path / "victim.xml").read_text(encoding="ascii") == "<a>mine</a>"
    assert not (tmp_path / "victim.xml").stat().st_mode & 0o111
    assert sorted(os.listdir(tmp_path)) == ["secret.xml", "victim.xml"]
    assert came == []


def _held(process: LimitedProcess) -> set[str]:
    """Return the attacks that come to nothing, and leave the child alive, by what holds it."""
    sandbox = process.start()
    by_landlock = {"leave a core file"} | {
        name for version, names in BY_LANDLOCK.items() if version <= sandbox.landlock for name in names
    }
    if not sandbox.filtered:
        return by_landlock
    return BY_FILTER | {"leave a core file"} | (by_landlock & READING)


def test_what_holds_a_child_is_all_that_the_kernel_has(child: LimitedProcess) -> None:
    sandbox = child.start()
    assert sandbox.landlock == min(landlock_version(), 6)
    assert sandbox.filtered == filters_calls()
    assert len(sandbox.missing) == (not sandbox.landlock) + (not sandbox.filtered)


def test_native_code_reaches_no_file_no_network_no_memory(child: LimitedProcess, attack: Attack) -> None:
    became = attack(child, _held(child))
    assert {name: how for name, how in became.items() if how == "done"} == {}


@pytest.mark.parametrize("name", STOPS)
def test_what_no_parser_tries_stops_the_child(child: LimitedProcess, attack: Attack, name: str) -> None:
    if not child.start().filtered:
        assert not filters_calls()
        return
    with pytest.raises(ChildStoppedError, match="it tried what no limited process needs"):
        attack(child, {name})
    assert attack(child, {"create"}) == {"create": "EACCES"}, "the next one is well"


def test_landlock_holds_files_and_the_outside_alone(attack: Attack) -> None:
    with _taken_over("attacking_without_filter") as process:
        sandbox = process.start()
        assert (sandbox.landlock, sandbox.filtered) == (min(landlock_version(), 6), False)
        became = attack(process, _held(process))
    assert {name: how for name, how in became.items() if how == "done"} == {}


def test_the_filter_holds_writing_and_the_network_alone(attack: Attack) -> None:
    with _taken_over("attacking_without_landlock") as process:
        sandbox = process.start()
        assert (sandbox.landlock, sandbox.filtered) == (0, filters_calls())
        became = attack(process, _held(process))
    assert {name: how for name, how in became.items() if how == "done"} == {}
