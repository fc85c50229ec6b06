"""How often callers did something within a minute: what counts it, in this process or for all replicas together.

The port of both (`MemoryCounts` here, `counts_tables`). The window slides: what was counted in the minute before weighs
less and less, by how much of it the window still holds. Who counts as whom, and how much each may, is not decided here.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Counted:
    """Something that somebody does, and how often they may within a minute; `who` is not shown."""

    what: str
    who: str
    most: int


@dataclass(frozen=True, slots=True)
class Full:
    """What was done as often as it may be, and when there is room again, in seconds."""

    of: Counted
    room_after_s: float


class Counts(Protocol):
    """Counts. Any thread may call."""

    @property
    def waits(self) -> bool:
        """Whether counting waits for another machine, so that no event loop may wait for it."""

    def take(self, wanted: Sequence[Counted]) -> Full | None:
        """Count each of these once more, in order, up to the first that is full; return that, `None` if none is.

        Raises:
            AccessError: nobody can say.
        """

    def forget_ended(self) -> None:
        """Forget what no minute needs any more; to be called about once a minute.

        Raises:
            AccessError: as `take`.
        """


def room_after_s(most: int, *, before: int, now: int, left_s: float) -> float:
    """Return how long there is no room where it is full, in seconds.

    Args:
        most: how often it may be.
        before: what was counted in the minute before.
        now: what was counted in this one.
        left_s: how much of this one is left, in seconds.
    """
    if now < most and before:
        return max(0.0, left_s - (most - now) / before * MINUTE_S)
    return left_s  # then this becomes the minute before


class MemoryCounts:
    """Counts of one process, in its memory, for two minutes; see `Counts`. A call takes some microseconds."""

    waits = False

    def __init__(self) -> None:
        """Begin with none."""
        self._storage = MemoryStorage()
        self._storage.timer = _NotNeeded(0.0, lambda: None)
        self._counting = SlidingWindowCounterRateLimiter(self._storage)

    def take(self, wanted: Sequence[Counted]) -> Full | None:
        """See `Counts`."""
        for one in wanted:
            limit = RateLimitItemPerMinute(one.most, namespace=one.what)
            if not self._counting.hit(limit, one.who):
                before, _, now, now_ends_s = self._storage.get_sliding_window(limit.key_for(one.who), int(MINUTE_S))
                return Full(one, room_after_s(one.most, before=before, now=now, left_s=now_ends_s - MINUTE_S))
        return None

    def forget_ended(self) -> None:
        """See `Counts`."""
        for name in list(self._storage.expirations):
            self._storage.get(name)  # takes it out if it is over


class _NotNeeded(threading.Timer):
    """Stands where the library keeps a timer that looks through all counts a hundred times a second.

    With 5,000 callers that took a fifth of a core.
    """

    def is_alive(self) -> bool:
        """Say that one runs, so that none is started."""
        return True
