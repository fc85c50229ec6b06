"""Works off what was taken: so much at once, in order within a thread, again later where somebody could not be reached.

What is said of one delivery is the business of whoever works on it (`handling`). A thread of Slack is a lane: its next
question waits until the one before it is answered, while other lanes go on; a lane that waits for its time takes
nobody's place. Keeps nothing: what is not worked off when the process ends is taken up again from `deliveries`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from service.slack_bot.arriving.deliveries import Delivery, Ending

AT_ONCE = 8


@dataclass(slots=True)
class Item:
    """A delivery that waits or is worked on.

    Attributes:
        delivery: what was taken.
        text: as Slack wrote it; `None` if it has to be read again.
        maybe_sent: something of the answer may be in Slack.
        is_taken_over: another bot went on with it, while this one had no connection to where it is kept.
        began_s: when this process began to try, on a steady clock.
        tries: how often it was tried and put off.
        broke: how often trying it broke.
        ending: how it ended, where only that has to be kept.
    """

    delivery: Delivery
    text: str | None = field(default=None, repr=False)
    maybe_sent: bool = False
    is_taken_over: bool = False
    began_s: float = field(default_factory=time.monotonic)
    tries: int = 0
    broke: int = 0
    ending: Ending | None = None

    def lane(self) -> str:
        """Return what its order is kept in: a thread; a command stands alone."""
        place = self.delivery.place
        return f"{place.channel} {place.thread_ts}" if place.thread_ts else self.delivery.name

    def written(self) -> float:
        """Return when it was written, as Slack tells the time; a command has no such time."""
        return float(self.delivery.place.ts or 0)


Handle = Callable[[Item], Awaitable[float | None]]


class Work:
    """Lanes of items, and workers."""

    def __init__(self, handle: Handle, *, at_once: int = AT_ONCE) -> None:
        """Take what works on an item: it returns when to try again, in seconds, or `None` at its end, and never raises.

        Args:
            handle: see above.
            at_once: how many are worked on at once.
        """
        self._handle, self._at_once = handle, at_once
        self._lanes: dict[str, deque[Item]] = {}
        self._names: set[str] = set()  # of all in them
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._workers: set[asyncio.Task[None]] = set()
        self._working: set[asyncio.Task[None]] = set()  # of the workers, those that have an item
        self._later: set[asyncio.TimerHandle] = set()
        self._stopped = False
        self._waiting = 0

    def start(self) -> None:
        """Begin; in the loop."""
        for number in range(self._at_once):
            self._workers.add(asyncio.create_task(self._work(), name=f"slack-work-{number}"))

    def put(self, item: Item) -> None:
        """Have an item worked on, after what waits in its lane; one that is there already is not put there again."""
        if item.delivery.name in self._names:
            return
        self._names.add(item.delivery.name)
        lane = item.lane()
        self._waiting += 1
        waiting = self._lanes.get(lane)
        if waiting is not None:  # the first may be worked on; the others wait in the order in which they were written
            later = (number for number, one in enumerate(waiting) if number and one.written() > item.written())
            waiting.insert(next(later, len(waiting)), item)
            return
        self._lanes[lane] = deque([item])
        self._ready.put_nowait(lane)

    def waiting(self) -> int:
        """Return how many items are not at their end."""
        return self._waiting

    async def stop(self, grace_s: float) -> None:
        """Begin nothing more; let what is worked on come to its end, for so long in seconds, and break off the rest."""
        self._stopped = True
        for timer in self._later:
            timer.cancel()
        for worker in self._workers - self._working:
            worker.cancel()
        if self._workers:
            await asyncio.wait(self._workers, timeout=grace_s)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        me = asyncio.current_task()
        while me is not None and not self._stopped:
            lane = await self._ready.get()
            self._working.add(me)
            try:
                again_s = await self._handle(self._lanes[lane][0])
            finally:
                self._working.discard(me)
            self._go_on(lane, again_s)

    def _go_on(self, lane: str, again_s: float | None) -> None:
        if again_s is not None:
            timer: asyncio.TimerHandle | None = None

            def come_again() -> None:
                if timer is not None:
                    self._later.discard(timer)
                self._ready.put_nowait(lane)

            timer = asyncio.get_running_loop().call_later(again_s, come_again)
            self._later.add(timer)
            return
        items = self._lanes[lane]
        self._names.discard(items.popleft().delivery.name)
        self._waiting -= 1
        if items:
            self._ready.put_nowait(lane)
        else:
            del self._lanes[lane]
