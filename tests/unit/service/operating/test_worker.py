"""How the worker is: nothing is missed where none is expected, one that is gone is."""

from datetime import timedelta
from pathlib import Path

import pytest

from indexes.previews import WORKER_FILE, WorkerState, worker_state_json
from service.operating.worker import worker_in_words, worker_problems
from tests.support.fakes import NOON
from tests.support.service_parts import Studio

WELL = WorkerState("reading", since=NOON, seen_at=NOON, done=3, total=20, build_id="20261120T115900Z-ab", built_at=NOON)


def _told(builds: Path, state: WorkerState) -> Path:
    builds.mkdir(exist_ok=True)
    (builds / WORKER_FILE).write_text(worker_state_json(state))
    return builds


def test_where_none_ever_ran_none_is_missed(tmp_path: Path) -> None:
    assert worker_problems(tmp_path, now=NOON) == []
    assert "none runs here" in worker_in_words(tmp_path)


def test_where_builds_lie_in_a_store_one_may_run_on_another_machine(tmp_path: Path) -> None:
    words = worker_in_words(tmp_path, store="s3://bucket/prefix")
    assert words.startswith("none runs on this machine: what one on another machine does")
    assert worker_in_words(_told(tmp_path, WELL), store="s3://bucket/prefix").startswith("reading, 3 of 20")


def test_one_that_is_well(tmp_path: Path) -> None:
    builds = _told(tmp_path, WELL)
    assert worker_problems(builds, now=NOON + timedelta(seconds=59)) == []
    assert worker_in_words(builds) == (
        "reading, 3 of 20, since 2026-11-20 12:00:00 UTC; build 20261120T115900Z-ab of 2026-11-20 12:00:00 UTC"
    )


@pytest.mark.parametrize("more", [None, "the disk is full"])
def test_one_that_is_gone_or_makes_no_build_is_a_problem(tmp_path: Path, more: str | None) -> None:
    state = WorkerState("waiting", since=NOON, seen_at=NOON, problem=more)
    (problem,) = worker_problems(_told(tmp_path, state), now=NOON + timedelta(seconds=0 if more else 61))
    assert problem.startswith(
        "the worker made no new build: the disk is full" if more else "the worker has told nothing since 2026-11-20"
    )


def test_the_service_tells_its_operator_and_answers_all_the_same(studio: Studio) -> None:
    _told(studio.library.builds, WELL)
    studio.library.clock.pass_days(0.01)
    report = studio.service.health.report()
    assert report.ready
    assert any("the worker has told nothing since" in problem for problem in report.problems)
