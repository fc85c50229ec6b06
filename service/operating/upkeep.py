"""What a running service does when nobody asks: keeps the record up with the register and the build, ends retention.

Every few seconds it is looked which tasks are due, so that an approval is on record soon after it was made and not only
with the next question. Each task is done once at the beginning and then at its own pace. One that fails is told of
once, by its name and the kind of error, and tried again soon; the others go on. No answer depends on this.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_LOOK_S = 5.0  # how often it is looked which tasks are due
_STOP_S = 0.1  # between two attempts to break off what is being done
_RETRY_S = 60.0  # a task that is done daily is not to wait for a day because the disk was full for a moment


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done again and again, `every_s` apart.

    What may take long is broken off at the end by `stop`, which another thread calls until it was. Where several
    processes run, `is_ours` says whether this one is to do it now; it stays due until then.
    """

    name: str
    do: Callable[[], object]
    every_s: float
    stop: Callable[[], object] = lambda: None
    is_ours: Callable[[], bool] = lambda: True


@dataclass(slots=True)
class _Standing:
    """When a task is due, and what was told of it last; nothing if it went well."""

    task: Task
    due_s: float = float("-inf")
    told: str = ""


class Upkeep:
    """Tasks, and when each is due. One thread at a time."""

    def __init__(self, tasks: Sequence[Task], *, notice: Callable[[str], None]) -> None:
        """Take the tasks; all are due.

        Args:
            tasks: what to do.
            notice: is told when a task fails, and when it works again.
        """
        self._standings = [_Standing(task) for task in tasks]
        self._notice = notice

    def run_due(self, *, now_s: float, ended: Callable[[], bool] = lambda: False) -> None:
        """Do the tasks that are due; one that fails does not keep the others from being done.

        Args:
            now_s: the time, by a steady clock.
            ended: tells whether no further task is to be begun.
        """
        for standing in self._standings:
            if ended():
                return
            if standing.due_s <= now_s and standing.task.is_ours():
                self._do(standing, now_s, ended)

    def _do(self, standing: _Standing, now_s: float, ended: Callable[[], bool]) -> None:
        task = standing.task
        try:
            task.do()
        except Exception as error:  # noqa: BLE001 - upkeep must not end because one thing failed once
            wait_s = min(task.every_s, _RETRY_S)
            words = f"{task.name} failed ({type(error).__name__}); it is tried again every {wait_s:g} s"
        else:
            wait_s, words = task.every_s, ""
        standing.due_s = now_s + wait_s
        if words != standing.told and not ended():  # what was broken off at the end has not failed
            standing.told = words
            self._notice(words or f"{task.name} works again")


@contextlib.contextmanager
def upkeep(
    tasks: Sequence[Task], *, clock_s: Callable[[], float], notice: Callable[[str], None], look_s: float = _LOOK_S
) -> Iterator[None]:
    """Do tasks in a thread for as long as the context lasts. At its end what is being done is stopped or waited for.

    Args:
        tasks: what to do.
        clock_s: a steady clock, in seconds.
        notice: is told when a task fails, by its name and the kind of error, and when it works again.
        look_s: how often it is looked which tasks are due.
    """
    ended = threading.Event()
    work = Upkeep(tasks, notice=notice)

    def run() -> None:
        while not ended.is_set():
            work.run_due(now_s=clock_s(), ended=ended.is_set)
            ended.wait(look_s)

    thread = threading.Thread(target=run, name="upkeep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        while thread.is_alive():
            for task in tasks:
                with contextlib.suppress(Exception):  # what cannot be broken off is waited for
                    task.stop()
            thread.join(_STOP_S)
