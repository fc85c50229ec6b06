"""Upkeep: each task at its own pace, a failing one told once, the others undisturbed, and an end that is one."""

import threading
from collections.abc import Callable

import pytest

from service.operating.upkeep import Task, Upkeep, upkeep

PATIENCE_S = 30.0  # for what another thread does at once


class Doing:
    """Something to do: counts how often it was done, and fails with what a test sets."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.times = 0
        self.error = error

    def __call__(self) -> None:
        self.times += 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def told() -> list[str]:
    return []


def test_each_task_is_done_at_once_and_then_at_its_own_pace(told: list[str]) -> None:
    often, seldom = Doing(), Doing()
    work = Upkeep([Task("often", often, 5.0), Task("seldom", seldom, 60.0)], notice=told.append)
    done = []
    for now_s in (1000.0, 1004.9, 1005.0, 1009.9, 1010.0, 1059.9, 1060.0):
        work.run_due(now_s=now_s)
        done.append((often.times, seldom.times))
    assert done == [(1, 1), (1, 1), (2, 1), (2, 1), (3, 1), (4, 1), (4, 2)]
    assert told == []


def test_what_one_process_is_enough_for_waits_until_it_is_ours(told: list[str]) -> None:
    doing, ours = Doing(), [False]
    work = Upkeep([Task("retention", doing, 5.0, is_ours=lambda: ours[0])], notice=told.append)
    for now_s, is_ours in ((0.0, False), (5.0, True), (6.0, True), (11.0, False)):
        ours[0] = is_ours
        work.run_due(now_s=now_s)
    assert doing.times == 1


@pytest.mark.parametrize("now_s", [0.0, -5.0, 1e9])
def test_whatever_the_clock_begins_with_every_task_is_due(told: list[str], now_s: float) -> None:
    doing = Doing()
    Upkeep([Task("following", doing, 5.0)], notice=told.append).run_due(now_s=now_s)
    assert doing.times == 1


def test_a_task_that_fails_does_not_keep_the_others_from_being_done(told: list[str]) -> None:
    broken, fine = Doing(RuntimeError("with a text of a question")), Doing()
    work = Upkeep([Task("following", broken, 5.0), Task("retention", fine, 5.0)], notice=told.append)
    work.run_due(now_s=0.0)
    work.run_due(now_s=5.0)
    assert (broken.times, fine.times) == (2, 2)


def test_a_problem_is_told_once_without_what_its_error_says(told: list[str]) -> None:
    doing = Doing(RuntimeError("with a text of a question"))
    work = Upkeep([Task("following the register", doing, 5.0)], notice=told.append)
    for now_s in (0.0, 5.0, 10.0):
        work.run_due(now_s=now_s)
    assert told == ["following the register failed (RuntimeError); it is tried again every 5 s"]


def test_another_problem_and_the_end_of_it_are_told(told: list[str]) -> None:
    doing = Doing(RuntimeError())
    work = Upkeep([Task("following", doing, 5.0)], notice=told.append)
    errors: list[Exception | None] = [OSError(), None, None, OSError()]
    for now_s, error in enumerate([RuntimeError(), *errors]):
        doing.error = error
        work.run_due(now_s=now_s * 5.0)
    assert [one.removeprefix("following ").partition(";")[0] for one in told] == [
        "failed (RuntimeError)",
        "failed (OSError)",
        "works again",
        "failed (OSError)",
    ]


def test_what_is_done_daily_does_not_wait_for_a_day_after_a_failure(told: list[str]) -> None:
    doing = Doing(OSError())
    work = Upkeep([Task("retention", doing, 86_400.0)], notice=told.append)
    done = []
    for now_s in (0.0, 59.0, 60.0):
        work.run_due(now_s=now_s)
        done.append(doing.times)
    doing.error = None
    for now_s in (120.0, 180.0, 86_519.0, 86_520.0):
        work.run_due(now_s=now_s)
        done.append(doing.times)
    assert done == [1, 1, 2, 3, 3, 3, 4]


def test_no_further_task_is_begun_after_the_end(told: list[str]) -> None:
    ended = threading.Event()
    after = Doing()
    work = Upkeep([Task("first", ended.set, 5.0), Task("second", after, 5.0)], notice=told.append)
    work.run_due(now_s=0.0, ended=ended.is_set)
    assert after.times == 0


def test_tasks_are_done_in_a_thread_for_as_long_as_the_context_lasts(told: list[str]) -> None:
    done = threading.Event()
    names: list[str] = []

    def do() -> None:
        names.append(threading.current_thread().name)
        done.set()

    # It looks once an hour: the context ends all the same, and does not wait for that.
    with upkeep([Task("following", do, 5.0)], clock_s=lambda: 0.0, notice=told.append, look_s=3600.0):
        assert done.wait(PATIENCE_S)
    assert names == ["upkeep"]
    assert "upkeep" not in {thread.name for thread in threading.enumerate()}


def test_it_looks_again_and_again(told: list[str]) -> None:
    third = threading.Event()
    clock = iter(range(1_000_000))
    doing = Doing()

    def do() -> None:
        doing()
        if doing.times == 3:
            third.set()

    tasks = [Task("broken", Doing(ValueError()), 1.0), Task("following", do, 1.0)]
    with upkeep(tasks, clock_s=lambda: float(next(clock)), notice=told.append, look_s=0.001):
        assert third.wait(PATIENCE_S)
    assert len(told) == 1


def test_the_end_waits_for_the_task_that_is_being_done(told: list[str]) -> None:
    begun, finished = threading.Event(), threading.Event()
    go_on = threading.Event()

    def do() -> None:
        begun.set()
        go_on.wait(PATIENCE_S)
        finished.set()

    with upkeep([Task("retention", do, 5.0)], clock_s=lambda: 0.0, notice=told.append):
        assert begun.wait(PATIENCE_S)
        threading.Timer(0.05, go_on.set).start()
    assert finished.is_set(), "what comes after may close what the task works on"


def test_the_context_ends_when_its_body_fails(told: list[str]) -> None:
    class BodyError(Exception):
        pass

    def fail(do: Callable[[], object]) -> None:
        with upkeep([Task("following", do, 5.0)], clock_s=lambda: 0.0, notice=told.append, look_s=3600.0):
            raise BodyError

    with pytest.raises(BodyError):
        fail(Doing())
    assert "upkeep" not in {thread.name for thread in threading.enumerate()}


def test_what_takes_long_is_broken_off_at_the_end_and_has_not_failed(told: list[str]) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def look() -> None:
        begun.set()
        assert stopped.wait(PATIENCE_S)
        raise OSError("broken off")

    with upkeep([Task("looking", look, 5.0, stopped.set)], clock_s=lambda: 0.0, notice=told.append):
        assert begun.wait(PATIENCE_S)
    assert told == []


def test_what_cannot_be_broken_off_is_waited_for(told: list[str]) -> None:
    begun, tried, finished = threading.Event(), threading.Event(), threading.Event()

    def look() -> None:
        begun.set()
        assert tried.wait(PATIENCE_S)
        finished.set()

    def stop() -> None:
        tried.set()
        raise OSError("nobody is there")

    with upkeep([Task("looking", look, 5.0, stop)], clock_s=lambda: 0.0, notice=told.append):
        assert begun.wait(PATIENCE_S)
    assert finished.is_set()
    assert "upkeep" not in {thread.name for thread in threading.enumerate()}
