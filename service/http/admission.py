"""How many questions are worked on at once, how many more may wait, and what becomes of the rest.

A question gets a thread at once while fewer than `at_once` are worked on. Up to `waiting` more wait in order, until a
thread is free, the asker has gone, or their patience ends. Whoever does not get a turn is turned away with
`OverloadedError`, after that was put on record by a few threads. How many can be there at all is bounded by the
server's limit on connections. All of it happens in one event loop, which never waits for a thread.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from service.answering.errors import OverloadedError

_T = TypeVar("_T")
_TURNING_AWAY = 4  # threads that record who was turned away: they wait for the disk together
_FIRST_GUESS_S = 0.1  # of what a question takes, before one was answered
_OF_THE_NEWEST = 0.1  # its weight in the running mean


class Admission:
    """Lets questions in, one event loop's; make it anywhere, call it in the loop."""

    def __init__(self, *, at_once: int, waiting: int, patience_s: float) -> None:
        """Set the limits.

        Args:
            at_once: questions that are worked on at the same time, each in a thread.
            waiting: questions that wait beside them.
            patience_s: how long a question waits before it is turned away, in seconds.
        """
        self._free = at_once
        self._at_once = at_once
        self._waiting = waiting
        self._patience_s = patience_s
        self._queue: deque[asyncio.Future[None]] = deque()
        self._mean_s = _FIRST_GUESS_S
        self._limiters: tuple[CapacityLimiter, CapacityLimiter] | None = None

    async def run(
        self, work: Callable[[], _T], *, turn_away: Callable[[], object], gone: Callable[[], Awaitable[Any]]
    ) -> _T:
        """Do some work in a thread when it is its turn, and return what it returns.

        Args:
            work: answers a question; runs in a thread.
            turn_away: puts on record that there was no time for it; runs in a thread.
            gone: returns when the asker has gone; it is only asked while the question waits.

        Raises:
            OverloadedError: there was no turn for it.
            Exception: whatever `work` or `turn_away` raises.
        """
        if not await self._turn(gone):
            await anyio.to_thread.run_sync(turn_away, limiter=self._threads()[1])
            raise OverloadedError(retry_after_s=self._retry_after_s())
        started_s = time.monotonic()
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads()[0])
        finally:
            self._mean_s += _OF_THE_NEWEST * (time.monotonic() - started_s - self._mean_s)
            self._pass_on()

    def standing(self) -> tuple[int, int, int]:
        """Return how many questions are worked on, how many may be at once, and how many wait."""
        return self._at_once - self._free, self._at_once, len(self._queue)

    async def _turn(self, gone: Callable[[], Awaitable[Any]]) -> bool:
        """Wait for a turn; `False` if there is none to be had."""
        if self._free:
            self._free -= 1
            return True
        if len(self._queue) >= self._waiting:
            return False
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        leaving = asyncio.ensure_future(gone())
        try:
            await asyncio.wait((turn, leaving), timeout=self._patience_s, return_when=asyncio.FIRST_COMPLETED)
            has_left = leaving.done()  # once it is cancelled, below, a future is done too
        except BaseException:
            self._leave(turn)
            raise
        finally:
            leaving.cancel()
        if turn.done() and not has_left:
            return True
        self._leave(turn)
        return False

    def _leave(self, turn: "asyncio.Future[None]") -> None:
        """Give up one's place in the queue, or the turn that was just given."""
        if turn.done():
            self._pass_on()
        else:
            self._queue.remove(turn)

    def _pass_on(self) -> None:
        """Give the turn to whoever waits longest."""
        if self._queue:
            self._queue.popleft().set_result(None)
        else:
            self._free += 1

    def _retry_after_s(self) -> int:
        """Return when the queue of this moment will have been worked off, in whole seconds."""
        return max(1, math.ceil(self._mean_s * (len(self._queue) + 1) / self._at_once))

    def _threads(self) -> tuple[CapacityLimiter, CapacityLimiter]:
        if self._limiters is None:  # a limiter belongs to the loop it was made in
            self._limiters = (CapacityLimiter(self._at_once), CapacityLimiter(_TURNING_AWAY))
        return self._limiters
