"""How often one caller may ask, and call at all, in a minute; beyond that they are told when to come back.

A caller is a person, whichever way they come, or a key by itself. Where a key acts for people, each of them has their
own limits, and the key has ten times as much: so a program can serve many, and one of them cannot use it up. Counts are
kept in memory, for two minutes; nothing of it is on record, for nothing was asked.
"""

import ipaddress
import math
import threading
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from service.access.errors import TooManyError
from service.access.principals import Principal

_V6 = 6
_OF_A_KEY = " of a key"
_FOR_MANY = 10  # times the limit of one, for a key that acts for people
_CLEARED_EVERY_S = 60.0
_ROUNDING_S = 0.001  # what the library calculates in floating point is less exact than this


class CallerLimits:
    """Counts what callers do. Any thread may call; a call takes some microseconds."""

    def __init__(self, *, questions_per_minute: int, requests_per_minute: int, arrivals_per_minute: int) -> None:
        """Take the limits of one caller, and of one address from which people sign in: a whole office may share it."""
        self._arrivals = RateLimitItemPerMinute(arrivals_per_minute, namespace="tries to sign in")
        self._storage = MemoryStorage()
        self._storage.timer = _NotNeeded(0.0, lambda: None)
        self._counting = SlidingWindowCounterRateLimiter(self._storage)
        self._questions = _limits("questions", questions_per_minute)
        self._requests = _limits("requests", requests_per_minute)
        self._clearing = threading.Lock()
        self._cleared_s = time.monotonic()

    def question(self, principal: Principal) -> None:
        """Count a question.

        Raises:
            TooManyError: there were too many of this caller within a minute.
        """
        self._count(principal, *self._questions)

    def request(self, principal: Principal) -> None:
        """Count a request of whatever kind.

        Raises:
            TooManyError: there were too many of this caller within a minute.
        """
        self._count(principal, *self._requests)
        self._clear_ended()

    def arrival(self, address: str) -> None:
        """Count a try to sign in.

        Args:
            address: where it comes from; of an IPv6 address the network counts, which one machine can have all of.

        Raises:
            TooManyError: there were too many from there within a minute.
        """
        self._take(self._arrivals, _network(address))
        self._clear_ended()

    def _count(self, principal: Principal, of_one: RateLimitItem, of_many: RateLimitItem) -> None:
        self._take(of_one, principal.principal_id)
        if principal.key_id is not None:
            self._take(of_many, principal.key_id)

    def _take(self, limit: RateLimitItem, who: str) -> None:
        if not self._counting.hit(limit, who):
            raise TooManyError(
                f"expected at most {limit.amount} {limit.namespace.removesuffix(_OF_A_KEY)} a minute, got more",
                retry_after_s=math.floor(self._full_s(limit, who) + _ROUNDING_S) + 1,
            )

    def _full_s(self, limit: RateLimitItem, who: str) -> float:
        """Return how long there is no room, in seconds: what was counted in the minute before weighs less and less."""
        minute_s = limit.get_expiry()
        window = self._storage.get_sliding_window(limit.key_for(who), minute_s)
        before, before_ends_s, now, now_ends_s = window
        if now < limit.amount and before:
            return max(0.0, before_ends_s - (limit.amount - now) / before * minute_s)
        return now_ends_s - minute_s  # when it becomes the minute before

    def _clear_ended(self) -> None:
        """Forget counts that are over, once in a while, so that memory holds those of two minutes."""
        if time.monotonic() - self._cleared_s < _CLEARED_EVERY_S or not self._clearing.acquire(blocking=False):
            return
        try:
            self._cleared_s = time.monotonic()
            for name in list(self._storage.expirations):
                self._storage.get(name)  # takes it out if it is over
        finally:
            self._clearing.release()


class _NotNeeded(threading.Timer):
    """Stands where the library keeps a timer that looks through all counts a hundred times a second.

    With 5,000 callers that took a fifth of a core.
    """

    def is_alive(self) -> bool:
        """Say that one runs, so that none is started."""
        return True


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # no address: a socket of this machine, or a test
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == _V6 else address


def _limits(what: str, of_one: int) -> tuple[RateLimitItem, RateLimitItem]:
    return (
        RateLimitItemPerMinute(of_one, namespace=what),
        RateLimitItemPerMinute(of_one * _FOR_MANY, namespace=f"{what}{_OF_A_KEY}"),
    )
