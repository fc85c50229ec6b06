"""A build made on a real Ray cluster, of one core of this machine, whose worker is killed on the way."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from indexes.builds import current_build_id
from ingest.cluster.engine import RayEngine
from ingest.cluster.process import DriverProcess
from ingest.errors import EngineError
from ingest.loading.process import LoaderProcess
from ingest.pipeline import ingest
from tests.support import cluster_work
from tests.support.cluster_parts import agreed, files_of, perform, work_here
from tests.support.fakes import DirectParser, HashingEncoder, TinyLibrary

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: expected greenlit[ray]")


class _DiesOnce:
    """The real work, but for the first request: who brings that is to die."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def __call__(self, setup: bytes, request: bytes) -> bytes:
        self.asked.append(request)
        return perform(setup, request) if len(self.asked) > 1 else b""


@pytest.fixture
def driver() -> DriverProcess:
    return DriverProcess(address="", cores=1, work=cluster_work.__name__)


@pytest.fixture
def work() -> _DiesOnce:
    return _DiesOnce()


@pytest.fixture
def engine(driver: DriverProcess, work: _DiesOnce, monkeypatch: pytest.MonkeyPatch) -> Iterator[RayEngine]:
    monkeypatch.setattr(LoaderProcess, "load", lambda _self, name, content: DirectParser().load(name, content))
    with work_here(work) as where, RayEngine(agreed(HashingEncoder()), driver=driver) as opened:
        monkeypatch.setenv(cluster_work.WHERE, where)
        yield opened


def _library(root: Path) -> TinyLibrary:
    library = TinyLibrary(root)
    for number in range(6):
        library.add(
            f"legal/d{number}.md", f"# Rule {number}\n\n" + "Keep masters for ten years. " * 40 * number + "Ask.\n"
        )
    library.add("legal/empty.txt", "")
    return library


def _session(leader: int) -> list[Path]:
    """The processes of a session, which Ray's workers stay in."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, session, *_ = (process / "stat").read_text().rpartition(")")[2].split()
            if int(session) == leader and state != "Z":
                found.append(process)
    return found


def _listening(processes: list[Path]) -> set[str]:
    """The addresses on which processes listen, as the kernel writes them."""
    sockets = set()
    for process in processes:
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                sockets.add(str(descriptor.readlink()))
    lines = [line.split() for kind in ("tcp", "tcp6") for line in Path("/proc/net", kind).read_text().splitlines()[1:]]
    return {line[1].partition(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets}


def test_the_build_is_the_same_to_the_byte_and_nothing_is_left_behind(
    tmp_path: Path, driver: DriverProcess, work: _DiesOnce, engine: RayEngine
) -> None:
    here, there = _library(tmp_path / "here"), _library(tmp_path / "there")
    local = here.ingest()
    report = ingest(replace(there.ingestion(), engine=engine))
    assert len(work.asked) == 1 + len(set(work.asked))  # one was done again, and none besides
    assert replace(report, seconds=0.0) == replace(local, seconds=0.0)
    assert files_of(there.builds / report.build_id) == files_of(here.builds / local.build_id)

    leader = driver.pid
    assert leader is not None
    processes = _session(leader)
    assert len(processes) > 3  # the driver, two of Ray's, a worker
    assert _listening(processes) <= {"0100007F", "0000000000000000FFFF00000100007F"}  # loopback, in both ways to say it
    assert not (Path.home() / ".ray").exists()

    there.add("legal/more.md", "# More\n\nAsk the team.\n")
    os.kill(leader, signal.SIGKILL)
    with pytest.raises(EngineError, match="the Ray cluster is gone: nothing was published"):
        ingest(replace(there.ingestion(), engine=engine))
    assert current_build_id(there.builds) == report.build_id
    deadline_s = time.monotonic() + 20
    while _session(leader) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert _session(leader) == []
