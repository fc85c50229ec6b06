"""A request that is sent again, perhaps to another replica: worked on by one of them, and answered the same by each.

In order: (1) the name is taken in the database, or somebody has it: (2) while they work on it, it is looked again and
again, (3) what they have on record is given, as far as it may be now, (4) if they left nothing, the name is taken from
them. A replica that dies is silent: what it worked on is looked for on record too, and asked anew if it is not there.
One that stood still for that long ends its own; then the request is on record twice, as two requests.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from service.access.errors import AccessError
from service.access.named_requests import SILENT_S, Named, NamedRequests, Standing
from service.http.once import Again, named_twice

_T = TypeVar("_T")
_ALIVE_S = SILENT_S / 4
_FIRST_LOOK_S, _LATER_LOOKS_S = 0.1, 2.0  # an answer of quotes takes the former, one of a model many of the latter
_LONGER = 1.5


class OnceEverywhere(Generic[_T]):
    """A `Once` of all replicas."""

    def __init__(self, names: NamedRequests, *, alive_s: float = _ALIVE_S) -> None:
        """Take the names; every `alive_s` seconds it is said that one is worked on."""
        self._names = names
        self._alive_s = alive_s
        self._working: set[asyncio.Future[_T]] = set()  # also when whoever sent it has left

    async def run(self, named: Named, work: Callable[[], Awaitable[_T]], *, again: Again[_T], anew: bool = False) -> _T:
        """See `Once`."""
        useless, look_s = "", _FIRST_LOOK_S
        while True:
            held = await run_in_threadpool(self._names.take, named, useless=useless)
            if held.standing is Standing.TAKEN:
                return await asyncio.shield(self._begun(named, work))
            if held.standing is Standing.OTHER:
                raise named_twice()
            if held.standing is Standing.RUNNING:
                anew = False  # what is waited for is what they want
                await asyncio.sleep(look_s)
                look_s = min(look_s * _LONGER, _LATER_LOOKS_S)
                continue
            if not anew and (result := await again(held.request_id)) is not None:
                return result
            useless = held.request_id

    def _begun(self, named: Named, work: Callable[[], Awaitable[_T]]) -> "asyncio.Future[_T]":
        working = asyncio.ensure_future(self._work(named, work))
        self._working.add(working)
        working.add_done_callback(self._ended)
        return working

    def _ended(self, working: "asyncio.Future[_T]") -> None:
        self._working.discard(working)
        if not working.cancelled():
            working.exception()  # looked at, in case nobody waits for it any more

    async def _work(self, named: Named, work: Callable[[], Awaitable[_T]]) -> _T:
        saying = asyncio.ensure_future(self._say_alive(named))
        try:
            result = await work()
        except Exception:
            await self._tell(self._names.give_up, named)
            raise
        finally:
            saying.cancel()
        await self._tell(self._names.done, named)
        return result

    async def _say_alive(self, named: Named) -> None:
        while True:
            await asyncio.sleep(self._alive_s)
            await self._tell(self._names.alive, named)

    async def _tell(self, say: Callable[[Named], None], named: Named) -> None:
        with contextlib.suppress(AccessError):  # whoever comes looks at the record, once nothing is said any more
            await run_in_threadpool(say, named)
