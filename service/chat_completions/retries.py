"""A question that a client sends again by itself is the same question; one that a person asks again is another.

Clients of OpenAI's API try again on their own when they hear nothing, and say so (`x-stainless-retry-count`). What is
said here is under which name a question is answered (`service/http/once`): of one that is sent again, the name that it
had; of one whose like from the same caller is still being answered, that one's; else a new one.

Kept in memory, for as long as answers are. One event loop's; make it anywhere, call it in the loop.
"""

import itertools
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from service.http.once import KEPT_S, MOST_KEPT

RETRY_COUNT = "x-stainless-retry-count"


@dataclass(slots=True)
class _Attempt:
    name: str
    began_s: float
    open: int = 0  # requests that wait for its answer


class Retries:
    """See the module."""

    def __init__(self, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Take a steady clock, in seconds."""
        self._clock_s = clock_s
        self._kept: OrderedDict[tuple[str, bytes], _Attempt] = OrderedDict()
        self._numbers = itertools.count()

    def begin(self, caller: str, content: bytes, *, again: bool) -> str:
        """Return the name under which a question is to be answered; `end` has to follow.

        Args:
            caller: who sends it, a principal's id.
            content: a digest of what they send.
            again: whether the client says that it sent this before.
        """
        self._forget_old()
        known = self._kept.get((caller, content))
        if known is None or not (again or known.open):
            known = _Attempt(f"chat {next(self._numbers)}", self._clock_s())  # no Idempotency-Key holds a blank
            self._kept[caller, content] = known
            self._kept.move_to_end((caller, content))
        known.open += 1
        return known.name

    def end(self, caller: str, content: bytes, name: str) -> None:
        """Take note that a request of this name was answered, or will not be."""
        known = self._kept.get((caller, content))
        if known is not None and known.name == name:
            known.open -= 1

    def _forget_old(self) -> None:
        before_s = self._clock_s() - KEPT_S
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if oldest.began_s >= before_s and len(self._kept) < MOST_KEPT:
                return
            self._kept.popitem(last=False)


def is_again(retry_count: str | None) -> bool:
    """Tell whether a client says that it sends a request again."""
    return retry_count is not None and retry_count.isdecimal() and int(retry_count[:9]) > 0
