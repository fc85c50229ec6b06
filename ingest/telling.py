"""Tells what the worker does, in `worker.json` beside the builds, for pages, `/readyz` and the doctor.

Written when the worker begins something else, at most once a second while it gets on, and every few seconds while it
only waits (`beating`), so that a worker that is gone is told from one that has nothing to do. Whoever ends in order
takes the file away. A disk that refuses it stops nothing.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from indexes.builds import current_build_id
from indexes.durable import remove_left_over, replace_file
from indexes.errors import BuildError
from indexes.manifest import read_manifest
from indexes.previews import WORKER_FILE, Doing, WorkerState, worker_state_json

_OFTEN_S = 1.0  # a bar that moves once a second is smooth enough, and each write waits for the disk
_BEAT_S = 10.0  # six of these are missed before anybody is told that the worker is gone


class Telling:
    """Tells what one worker does; a `Progress` of an ingestion. `beat` may be called by another thread."""

    def __init__(
        self, builds: Path, *, now: Callable[[], datetime], clock_s: Callable[[], float], notice: Callable[[str], None]
    ) -> None:
        """Tell nothing yet.

        Args:
            builds: the folder of builds.
            now: the clock.
            clock_s: a steady one, in seconds.
            notice: is told each problem too, once.
        """
        self._builds = builds
        self._now = now
        self._clock_s = clock_s
        self._notice = notice
        self._lock = threading.Lock()
        self._written_s = float("-inf")
        self._state = WorkerState("waiting", since=now(), seen_at=now())

    @property
    def state(self) -> WorkerState:
        """What was told last, or is about to be."""
        return self._state

    def begin(self, doing: Doing, *, total: int = 0) -> None:
        """Tell that something else is done now; the same again changes nothing."""
        state = self._state
        if (doing, total, 0) != (state.doing, state.total, state.done):
            self._tell(doing=doing, since=self._now(), done=0, total=total)

    def step(self, name: str, total: int) -> None:
        """A step of an ingestion begins."""
        del name
        self._tell(done=0, total=total)

    def advance(self, count: int = 1) -> None:
        """It has advanced."""
        self._tell(done=self._state.done + count, at_once=self._clock_s() - self._written_s >= _OFTEN_S)

    def live(self) -> None:
        """Tell which build is live now, and that nothing is wrong."""
        build_id = built_at = None
        with contextlib.suppress(BuildError):
            build_id = current_build_id(self._builds)
            built_at = datetime.fromisoformat(read_manifest(self._builds / build_id).created_at)
        self._tell(build_id=build_id, built_at=built_at, problem=None)

    def problem(self, words: str) -> None:
        """Tell why the last build was not made, or not published."""
        if words != self._state.problem:
            self._notice(words)
        self._tell(problem=words)

    def beat(self) -> None:
        """Tell that the worker is there."""
        self._tell()

    def gone(self) -> None:
        """Take away what was told: the worker has ended in order."""
        with self._lock, contextlib.suppress(OSError):
            (self._builds / WORKER_FILE).unlink(missing_ok=True)
            remove_left_over(self._builds / WORKER_FILE)

    def _tell(self, *, at_once: bool = True, **changes: Any) -> None:
        """Take up changes of the state, and write it unless it may wait."""
        with self._lock:
            self._state = replace(self._state, seen_at=self._now(), **changes)
            if at_once:
                self._written_s = self._clock_s()
                with contextlib.suppress(OSError):
                    replace_file(self._builds / WORKER_FILE, worker_state_json(self._state).encode(), mode=0o600)


@contextlib.contextmanager
def beating(telling: Telling, *, every_s: float = _BEAT_S) -> Iterator[None]:
    """Tell every few seconds that the worker is there, for as long as the context lasts; then take that away."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(every_s):
            telling.beat()

    thread = threading.Thread(target=beat, name="worker's beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        telling.gone()
