"""The process that speaks with a cluster, as its starter sees it: what it is told, what it is not, and its end.

Another process plays it (`tests.support.played_driver`), and Ray is not needed.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from ingest.cluster import process as module
from ingest.cluster.engine import ClosedError
from ingest.cluster.process import DriverProcess

Start = Callable[[str], DriverProcess]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setattr(module, "_DRIVER", "tests.support.played_driver")
    started: list[DriverProcess] = []

    def start(address: str) -> DriverProcess:
        started.append(DriverProcess(address=address))
        assert started[-1].start(b"what is agreed") == 3
        return started[-1]

    yield start
    for driver in started:
        driver.close()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_replies_come_in_order_and_nothing_is_left_at_the_end(start: Start) -> None:
    driver = start("")
    folder = Path(json.loads(driver.receive())["folder"])
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0  # ours alone
    assert driver.start(b"again") == 3  # it runs already
    for request in (b"one", b"two"):
        driver.send(request)
    assert [driver.receive(), driver.receive()] == [b"one", b"two"]
    driver.close()
    driver.close()
    assert driver.pid is None
    assert not folder.exists()


@pytest.mark.parametrize(("address", "own"), [("", True), ("head:6379", False)])
def test_it_gets_none_of_our_settings_and_a_token_only_for_a_cluster_of_our_own(
    monkeypatch: pytest.MonkeyPatch, start: Start, address: str, *, own: bool
) -> None:
    monkeypatch.setenv("GREENLIT_DATABASE", "postgresql://secret@host/log")
    monkeypatch.setenv("RAY_TLS_CA_CERT", "/etc/ray/ca.pem")
    got, other = (json.loads(start(address).receive()) for _ in range(2))
    assert not [name for name in got if name.startswith("GREENLIT_")]
    assert got["RAY_TLS_CA_CERT"] == "/etc/ray/ca.pem"  # how a cluster is reached is Ray's setting
    assert ("RAY_AUTH_TOKEN" in got) is own
    assert not own or got["RAY_AUTH_TOKEN"] != other["RAY_AUTH_TOKEN"]
    assert got["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("refuses", r"the Ray cluster at refuses cannot be reached \(ConnectionError: nobody answers\)"),
        ("ends", "the Ray cluster at ends does not start: its process ended"),
    ],
)
def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, address: str, words: str) -> None:
    monkeypatch.setattr(module, "_DRIVER", "tests.support.played_driver")
    driver = DriverProcess(address=address)
    with pytest.raises(ClosedError, match=words):
        driver.start(b"what is agreed")
    driver.close()
    assert driver.pid is None


def test_one_that_does_not_end_is_ended_with_all_that_it_started(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    monkeypatch.setattr(module, "_END_S", 0.05)
    driver = start("stubborn")
    leader, child = driver.pid, int(driver.receive())
    assert leader is not None
    assert os.getpgid(child) != leader
    driver.close()
    assert not _alive(leader)
    deadline_s = time.monotonic() + 10  # it was killed, and ends when the kernel comes to it
    while _alive(child) and time.monotonic() < deadline_s:
        time.sleep(0.005)
    assert not _alive(child)


def test_one_that_cannot_be_started_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    driver = DriverProcess(address="")
    with pytest.raises(ClosedError, match=r"cannot be started \(No such file or directory\)"):
        driver.start(b"")
    assert list(tmp_path.iterdir()) == []
    driver.close()


def test_one_that_is_gone_is_said_to_be(start: Start) -> None:
    driver = start("")
    driver.receive()
    assert driver._process is not None
    driver._process.kill()
    driver._process.wait()
    with pytest.raises(ClosedError, match="the Ray cluster is gone"):
        driver.receive()
    with pytest.raises(ClosedError, match="the Ray cluster is gone"):
        driver.send(b"x")


def test_what_was_left_where_all_were_killed_goes_with_the_next_start(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "greenlit-ray-link").symlink_to(tmp_path / "theirs")
    names = ("greenlit-ray-left", "greenlit-ray-held", "greenlit-ray-young", "ray")
    for name in names:
        (tmp_path / name / "r").mkdir(parents=True)
    with FileLock(tmp_path / "greenlit-ray-held" / ".lock"):
        for name in {*names, "theirs"} - {"greenlit-ray-young"}:
            os.utime(tmp_path / name, (0, 0))
        first = json.loads(start("").receive())["folder"]
        os.utime(first, (0, 0))
        second = json.loads(start("").receive())["folder"]
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {*names, "greenlit-ray-link", "theirs", Path(first).name, Path(second).name} - {"greenlit-ray-left"}
