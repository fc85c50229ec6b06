"""Something that is said to somebody once in a while, however often they give reason to: nobody can make us flood."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_MOST = 10_000


class Seldom:
    """Remembers what was said lately; in memory only."""

    def __init__(self, every_s: float, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Take how long something said is not said again, in seconds."""
        self._every_s, self._clock_s = every_s, clock_s
        self._said: OrderedDict[Hashable, float] = OrderedDict()

    def begins(self, key: Hashable) -> bool:
        """Tell whether it may be said now; if so, it counts as said."""
        now_s = self._clock_s()
        while self._said and (len(self._said) > _MOST or next(iter(self._said.values())) <= now_s - self._every_s):
            self._said.popitem(last=False)
        if key in self._said:
            return False
        self._said[key] = now_s
        return True

    def failed(self, key: Hashable) -> None:
        """Say that it was not said after all."""
        self._said.pop(key, None)
