"""How often one caller may ask, and call at all, in a minute; beyond that they are told when to come back.

A caller is a person, whichever way they come, or a key by itself. Where a key acts for people, each of them has their
own limits, and the key has ten times as much: so a program can serve many, and one of them cannot use it up. What is
counted is kept for two minutes (`service.access.counts`); nothing of it is on record, for nothing was asked.
"""

import ipaddress
import math
from collections.abc import Iterator

from starlette.concurrency import run_in_threadpool

from service.access.counts import Counted, Counts
from service.access.errors import TooManyError
from service.access.principals import Principal

_OF_A_KEY = " of a key"
_QUESTIONS, _REQUESTS, _ARRIVALS = "questions", "requests", "tries to sign in"
_FOR_MANY = 10  # times the limit of one, for a key that acts for people
_ROUNDING_S = 0.001  # what is calculated in floating point is less exact than this


class CallerLimits:
    """Has what callers do counted, in an event loop, which never waits for it."""

    def __init__(
        self, counts: Counts, *, questions_per_minute: int, requests_per_minute: int, arrivals_per_minute: int
    ) -> None:
        """Take the limits of one caller, and of one address from which people sign in: a whole office may share it."""
        self._counts = counts
        self._most = {
            _QUESTIONS: questions_per_minute,
            _REQUESTS: requests_per_minute,
            _ARRIVALS: arrivals_per_minute,
        }

    async def question(self, principal: Principal) -> None:
        """Count a question.

        Raises:
            TooManyError: there were too many of this caller within a minute.
            AccessError: nobody can say.
        """
        await self._count(*self._by(principal, _QUESTIONS))

    async def request(self, principal: Principal, *, asks: bool = False) -> None:
        """Count a request of whatever kind, and with it the question that it asks; raises as `question`."""
        wanted = [*self._by(principal, _REQUESTS), *(self._by(principal, _QUESTIONS) if asks else ())]
        await self._count(*wanted)

    async def arrival(self, address: str) -> None:
        """Count a try to sign in.

        Args:
            address: where it comes from; of an IPv6 address the network counts, which one machine can have all of.

        Raises:
            TooManyError: there were too many from there within a minute.
            AccessError: nobody can say.
        """
        await self._count(Counted(_ARRIVALS, _network(address), self._most[_ARRIVALS]))

    def _by(self, principal: Principal, what: str) -> Iterator[Counted]:
        most = self._most[what]
        yield Counted(what, principal.principal_id, most)
        if principal.key_id is not None:
            yield Counted(f"{what}{_OF_A_KEY}", principal.key_id, most * _FOR_MANY)

    async def _count(self, *wanted: Counted) -> None:
        waits = self._counts.waits
        full = await run_in_threadpool(self._counts.take, wanted) if waits else self._counts.take(wanted)
        if full is not None:
            raise TooManyError(
                f"expected at most {full.of.most} {full.of.what.removesuffix(_OF_A_KEY)} a minute, got more",
                retry_after_s=math.floor(full.room_after_s + _ROUNDING_S) + 1,
            )


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # no address: a socket of this machine, or a test
        return address
    if not isinstance(found, ipaddress.IPv6Address):
        return address
    if found.ipv4_mapped:  # as a service that listens on :: is told of everybody who comes by IPv4
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
