"""The log checked while it is written: on record, one at a time, in a process of its own."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.audit.checking.verifying import InAChild, Progress, Verifying
from service.audit.errors import AuditUnavailableError
from tests.support.audit_parts import wait_until
from tests.support.small_log import NAME, SmallLog, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


class Waiting:
    """A check that goes on until it is let go, and then gives a verdict or breaks."""

    def __init__(self, verdict: dict[str, Any] | None = None) -> None:
        self.go = threading.Event()
        self.verdict = verdict

    def run(self, tell: Callable[[int, int], None]) -> dict[str, Any]:
        tell(250, 5000)
        self.go.wait()
        if self.verdict is None:
            raise AuditUnavailableError("the disk is gone")
        return self.verdict

    def stop(self) -> None:
        self.go.set()


WRONG = {
    "ok": False,
    "counts": {"leaves": 7, "checkpoints": 2, "texts": 3, "wrong": 2, "shards": 1, "witnessed": 0, "erased": 0},
    "problems": [{"seq": 5, "promise": "leaf", "detail": "", "last": None}],
    "unchecked": [],
    "remarks": [],
}


def _verifying(log: SmallLog, check: Any) -> Verifying:
    return Verifying(log=log.opened.log, check=check, clock=log.opened.clock)


def _end(verifying: Verifying) -> Progress:
    wait_until(lambda: verifying.progress().state != "running")
    return verifying.progress()


def test_a_whole_log_is_verified_by_another_process_and_that_is_on_record(log: SmallLog) -> None:
    asked = log.ask()
    log.opened.log.publish()
    verifying = _verifying(log, InAChild(state=log.folder, keys=log.folder / "keys", name=NAME))
    assert verifying.progress() == Progress()
    assert verifying.start("ann")
    done = _end(verifying)
    assert (done.state, done.failed, done.note, done.started) == ("done", "", "", "2026-11-20T09:00:00Z")
    assert done.verdict is not None
    assert (done.verdict["ok"], done.verdict["problems"], done.verdict["unchecked"]) == (True, [], [])
    kinds = log.types(asked.finished + 1)
    assert kinds == ["audit.read", "audit.verified"]
    assert log.leaf(asked.finished + 1)["what"] == "verify"
    said = log.newest()
    assert (said["ok"], said["wrong"], said["first_wrong"], said["leaves"]) == (True, 0, None, asked.finished + 2)
    verifying.close()


def test_a_log_that_is_not_whole_is_told_with_its_first_wrong_record(log: SmallLog) -> None:
    log.ask()
    check = Waiting(WRONG)
    verifying = _verifying(log, check)
    assert verifying.start("ann")
    check.go.set()
    assert _end(verifying).verdict == WRONG
    said = log.newest()
    assert (said["ok"], said["wrong"], said["first_wrong"]) == (False, 2, 5)


def test_there_is_one_at_a_time_and_its_progress_can_be_seen(log: SmallLog) -> None:
    check = Waiting(WRONG)
    verifying = _verifying(log, check)
    assert verifying.start("ann")
    wait_until(lambda: verifying.progress().at > 0)
    size = log.store.size()
    assert not verifying.start("ben")
    assert log.store.size() == size
    so_far = verifying.progress()
    assert (so_far.state, so_far.at, so_far.of) == ("running", 250, 5000)
    verifying.close()
    assert verifying.progress().state == "done"


def test_what_cannot_be_put_on_record_is_not_begun(log: SmallLog) -> None:
    log.store.refused = {"audit.read"}
    verifying = _verifying(log, Waiting())
    with pytest.raises(AuditUnavailableError):
        verifying.start("ann")
    assert verifying.progress() == Progress()


def test_a_check_that_breaks_says_so_and_another_can_begin(log: SmallLog) -> None:
    check = Waiting()
    check.go.set()
    verifying = _verifying(log, check)
    assert verifying.start("ann")
    assert _end(verifying).failed == "the disk is gone"
    check.verdict = WRONG
    assert verifying.start("ann")
    assert _end(verifying).failed == ""


def test_a_verdict_that_cannot_be_put_on_record_is_shown_all_the_same(log: SmallLog) -> None:
    check = Waiting(WRONG)
    verifying = _verifying(log, check)
    assert verifying.start("ann")
    log.store.refused = {"audit.verified"}
    check.go.set()
    done = _end(verifying)
    assert (done.state, done.verdict) == ("done", WRONG)
    assert "could not be put on record" in done.note


def test_where_there_is_no_log_the_other_process_says_so_and_one_that_is_stopped_gives_no_verdict(
    tmp_path: Path,
) -> None:
    check = InAChild(state=tmp_path, keys=tmp_path / "keys", name=NAME)
    with pytest.raises(AuditUnavailableError, match="expected a log in"):
        check.run(lambda *_: None)
    check.stop()
    with pytest.raises(AuditUnavailableError, match="ended before it was done"):
        check.run(lambda *_: None)
