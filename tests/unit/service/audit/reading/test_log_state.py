"""The state of the log at a glance."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit import events
from service.audit.events import Verified
from service.audit.reading.log_state import LogState, StateOfLog
from tests.support.small_log import SmallLog, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        log.opened.log.publish()
        yield log


def _now(log: SmallLog) -> LogState:
    parts = log.opened
    return StateOfLog(
        log=parts.log, store=log.store, signer=parts.signer, clock=parts.clock, unanswered=parts.unanswered
    ).now()


def test_a_log_that_is_well(log: SmallLog) -> None:
    log.ask()
    log.opened.log.publish()
    state = _now(log)
    assert (state.records, state.problem, state.verified, state.uncovered, state.is_late) == (7, None, None, 0, False)
    assert (state.covered_to, state.open_questions, state.open_since) == ("2026-11-20T09:00:00Z", 0, None)
    assert state.key == log.opened.signer.key().text()


def test_what_the_last_verification_came_to_is_told_from_the_record(log: SmallLog) -> None:
    for wrong in (1, 0):
        verdict = Verified(ok=not wrong, leaves=5, checkpoints=1, texts=0, wrong=wrong, unchecked=0)
        log.opened.log.note(events.audit_verified(verdict))
    verified = _now(log).verified
    assert verified is not None
    assert (verified["ok"], verified["wrong"], verified["time"]) == (True, 0, "2026-11-20T09:00:00Z")


def test_a_question_is_open_when_it_has_had_no_result_for_a_minute(log: SmallLog) -> None:
    log.begin()
    assert _now(log).open_questions == 0
    log.set_time("2026-11-20T09:01:01Z")
    state = _now(log)
    assert (state.open_questions, state.open_since) == (1, "2026-11-20T09:00:00Z")


def test_records_that_no_checkpoint_covers_in_time_are_told(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(log.store), "newest_checkpoint", lambda *_: None)
    assert not _now(log).is_late
    log.set_time("2026-11-20T09:00:11Z")
    state = _now(log)
    assert (state.is_late, state.uncovered, state.uncovered_since) == (True, 5, "2026-11-20T09:00:00Z")
    assert state.covered_to is None


def test_a_key_that_is_gone_leaves_the_rest(log: SmallLog) -> None:
    (log.folder / "keys" / "signing.key").unlink()
    state = _now(log)
    assert (state.key, state.records) == ("", 5)
