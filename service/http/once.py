"""The same request sent again by a client that heard no answer: it is worked on once, and gets the same answer.

A client names what it sends (`Idempotency-Key`), so that it can send it again after a broken connection or a restart of
its own without asking twice. Who comes while the first is worked on waits for it; who comes within ten minutes gets
what came of it, if the caller of `run` still lets it be given. What failed is not kept: sent again, it is tried again.

Kept in this process's memory, for one caller at a time: a name means nothing to anybody else. A service that was
restarted meanwhile does the work anew. One event loop's; make it anywhere, call it in the loop.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.http.errors import NamedTwiceError

KEPT_S = 600.0
MOST_KEPT = 2000  # answers, of some 5 kB each

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[_T]):
    content: bytes
    work: "asyncio.Future[_T]"
    began_s: float


class Once(Generic[_T]):
    """See the module."""

    def __init__(
        self, *, kept_s: float = KEPT_S, most: int = MOST_KEPT, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Set how long results are kept, in seconds, and how many; `clock_s` is a steady clock."""
        self._kept_s = kept_s
        self._most = most
        self._clock_s = clock_s
        self._kept: OrderedDict[tuple[str, str], _Kept[_T]] = OrderedDict()

    async def run(
        self,
        caller: str,
        name: str,
        content: bytes,
        work: Callable[[], Awaitable[_T]],
        *,
        holds: Callable[[_T], Awaitable[bool]],
    ) -> _T:
        """Return what some work gives, or gave.

        Args:
            caller: who sends it, a principal's id.
            name: what they call it.
            content: a digest of what they send; the same name is the same content.
            work: does it; goes on to its end even if whoever sent it leaves.
            holds: tells whether an earlier result may still be given; if not, the work is done anew.

        Raises:
            NamedTwiceError: they gave this name to something else.
            Exception: whatever `work` raises.
        """
        self._forget_old()
        known = self._kept.get((caller, name))
        if known is not None:
            if known.content != content:
                raise NamedTwiceError("expected an Idempotency-Key of its own for each question, got one twice")
            result = await asyncio.shield(known.work)
            if await holds(result):
                return result
        working = asyncio.ensure_future(work())
        kept = _Kept(content, working, self._clock_s())
        self._kept.pop((caller, name), None)
        while len(self._kept) >= self._most:
            self._kept.popitem(last=False)
        self._kept[caller, name] = kept
        working.add_done_callback(lambda _: self._forget_failed((caller, name), kept))
        return await asyncio.shield(working)

    def _forget_failed(self, key: tuple[str, str], kept: _Kept[_T]) -> None:
        failed = kept.work.cancelled() or kept.work.exception() is not None
        if failed and self._kept.get(key) is kept:
            del self._kept[key]

    def _forget_old(self) -> None:
        before_s = self._clock_s() - self._kept_s
        while self._kept and next(iter(self._kept.values())).began_s < before_s:
            self._kept.popitem(last=False)
