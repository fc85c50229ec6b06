"""The same request sent again by a client that heard no answer: it is worked on once, and gets the same answer.

A client names what it sends (`Idempotency-Key`), so that it can send it again after a broken connection or a restart of
its own without asking twice. Who comes while the first is worked on waits for it; who comes within ten minutes gets
what is on record of it, as far as it may be given by then. What failed is not kept: sent again, it is tried again.
Nothing is kept here of what was asked or answered, so nothing can be given that was erased.

Two do that: `OnceHere`, in this process's memory, and `once_everywhere`, for all replicas. A name is its caller's own:
it means nothing to anybody else.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from service.access.named_requests import KEPT_S, Named
from service.http.errors import NamedTwiceError

_MOST_KEPT = 10_000

_T = TypeVar("_T")


# Returns what is on record of a request, by its id, if there is something that may be given now.
Again = Callable[[str], Awaitable[_T | None]]


class Once(Protocol[_T]):
    """One event loop's; make it anywhere, call it in the loop."""

    async def run(self, named: Named, work: Callable[[], Awaitable[_T]], *, again: Again[_T], anew: bool = False) -> _T:
        """Return what some work gives, or gave.

        Args:
            named: the request; the same name is the same content.
            work: does it; goes on to its end even if whoever sent it leaves.
            again: gives what came of an earlier one; if nothing can be given, the work is done anew.
            anew: do the work anew if an earlier one has ended; one that is worked on is waited for all the same.

        Raises:
            NamedTwiceError: they gave this name to something else.
            AccessError: nobody can say whether it was sent before.
            Exception: whatever `work` raises.
        """


def named_twice() -> NamedTwiceError:
    """Return the error for a name that already stands for something else."""
    return NamedTwiceError("expected an Idempotency-Key of its own for each question, got one twice")


@dataclass(slots=True)
class _Kept(Generic[_T]):
    named: Named
    work: "asyncio.Future[_T] | None"  # while it is worked on
    began_s: float


class OnceHere(Generic[_T]):
    """A `Once` in this process's memory. A service that was restarted meanwhile does the work anew."""

    def __init__(
        self, *, kept_s: float = KEPT_S, most: int = _MOST_KEPT, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Set how long results are kept, in seconds, and how many; `clock_s` is a steady clock."""
        self._kept_s = kept_s
        self._most = most
        self._clock_s = clock_s
        self._kept: OrderedDict[tuple[str, str], _Kept[_T]] = OrderedDict()

    async def run(self, named: Named, work: Callable[[], Awaitable[_T]], *, again: Again[_T], anew: bool = False) -> _T:
        """See `Once`."""
        self._forget_old()
        key = (named.caller, named.name)
        while (known := self._kept.get(key)) is not None:
            if known.named.content != named.content:
                raise named_twice()
            if known.work is not None:
                return await asyncio.shield(known.work)
            if not anew and (result := await again(known.named.request_id)) is not None:
                return result
            if self._kept.get(key) is known:  # nobody else does it anew meanwhile
                break
        working = asyncio.ensure_future(work())
        kept = _Kept(named, working, self._clock_s())
        self._kept.pop(key, None)
        while len(self._kept) >= self._most:
            self._kept.popitem(last=False)
        self._kept[key] = kept
        working.add_done_callback(lambda working: self._ended(key, kept, working))
        return await asyncio.shield(working)

    def _ended(self, key: tuple[str, str], kept: _Kept[_T], working: "asyncio.Future[_T]") -> None:
        kept.work = None  # what came of it is on record
        failed = working.cancelled() or working.exception() is not None
        if failed and self._kept.get(key) is kept:
            del self._kept[key]

    def _forget_old(self) -> None:
        before_s = self._clock_s() - self._kept_s
        while self._kept and next(iter(self._kept.values())).began_s < before_s:
            self._kept.popitem(last=False)
