"""What the process that speaks with Ray decides: what it asks of Ray, what it makes of each end of a task, its own end.

Ray is played (`tests.support.played_ray`); what only Ray can show is in `tests/integration/test_a_cluster.py`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.cluster.engine import ClosedError
from ingest.cluster.messages import CRASHED, FAILED, unpacked
from ingest.cluster.process import DriverProcess


@pytest.fixture(autouse=True)
def _played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ray" / "experimental").mkdir(parents=True)
    for name in ("__init__", "exceptions", "experimental/__init__"):
        (tmp_path / "ray" / f"{name}.py").write_text("from tests.support.played_ray import *\n")
    (tmp_path / "ray" / "experimental" / "internal_kv.py").write_text(
        "from tests.support.played_ray import _internal_kv_del, _internal_kv_exists, _internal_kv_put\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture
def driver() -> Iterator[DriverProcess]:
    driver = DriverProcess(address="", cores=2)
    assert driver.start(b"{}") == 5  # as many as Ray says
    yield driver
    driver.close()


def _asked(driver: DriverProcess, *requests: bytes) -> list[bytes]:
    for request in requests:
        driver.send(request)
    return [driver.receive() for _ in requests]


def test_replies_leave_in_order_and_a_dead_worker_is_told_from_a_failed_cluster(driver: DriverProcess) -> None:
    asked = (b"first", b"crash", b"memory", b"lost", b"stillborn", b"last")
    first, crashed, memory, lost, stillborn, last = _asked(driver, *asked)
    assert (first, last) == (b"first", b"last")
    assert unpacked(stillborn) == [FAILED, b"workers die as they start, before they read anything (WorkerCrashedError)"]
    assert unpacked(crashed) == [CRASHED, b"WorkerCrashedError"]
    assert unpacked(memory) == [CRASHED, b"OutOfMemoryError"]
    assert unpacked(lost) == [FAILED, b"Ray says RayError"]  # its words may hold a document's


def test_a_cluster_of_our_own_is_small_and_on_loopback(driver: DriverProcess) -> None:
    called = json.loads(_asked(driver, b"how")[0])
    how = called["init"]
    assert (how["address"], how["_node_ip_address"]) == ("local", "127.0.0.1")
    assert (how["num_cpus"], how["num_gpus"], how["include_dashboard"]) == (2, 0, False)
    assert how["log_to_driver"] is False  # what workers print may quote a document
    assert called["remote"] == {"num_cpus": 1, "max_retries": 5}


def test_a_cluster_that_is_named_is_joined_and_nothing_is_started() -> None:
    driver = DriverProcess(address="head:6379")
    driver.start(b"{}")
    how = json.loads(_asked(driver, b"how")[0])["init"]
    driver.close()
    assert how["address"] == "head:6379"
    assert "num_cpus" not in how
    assert "_temp_dir" not in how


def test_why_a_cluster_cannot_be_reached_is_said_in_one_line() -> None:
    driver = DriverProcess(address="no-head:6379")
    with pytest.raises(
        ClosedError, match=r"^the Ray cluster at no-head:6379 cannot be reached \(ConnectionError: nobody answers\)$"
    ):
        driver.start(b"{}")
    driver.close()


def test_it_ends_with_its_input_whatever_it_waits_for(driver: DriverProcess) -> None:
    driver.send(b"wait")
    process = driver._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait() == 0
