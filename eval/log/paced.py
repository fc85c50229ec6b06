"""Asks at a steady pace while something else goes on, and says how long each waited.

A wait is counted from the moment at which it was to be asked, so one who had to wait for the one before counts too.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class Waits:
    """How long each waited, in seconds, and how many were not answered."""

    took_s: list[float] = field(default_factory=list)
    failed: int = 0

    def in_words(self) -> str:
        """Return how many, and median, 99th percentile and longest wait in milliseconds."""
        took = np.array(self.took_s or [0.0]) * 1000
        failed = f", {self.failed} not answered" if self.failed else ""
        return (
            f"{len(self.took_s):,} asked{failed}: median {np.median(took):.1f} ms, "
            f"99th percentile {np.percentile(took, 99):.1f} ms, longest {took.max():.0f} ms"
        )


@contextlib.contextmanager
def asked_meanwhile(ask: Callable[[], bool], *, askers: int, every_s: float) -> Iterator[Waits]:
    """Ask until the context ends; what it lends is complete then.

    Args:
        ask: asks once and waits; `False` where there was no answer.
        askers: how many ask, each one question after the other.
        every_s: how far apart the questions of one asker are, in seconds.
    """
    waits, over = Waits(), threading.Event()

    def keep_asking(number: int) -> None:
        due = time.perf_counter() + every_s * number / askers
        while not over.wait(max(0.0, due - time.perf_counter())):
            if ask():
                waits.took_s.append(time.perf_counter() - due)
            else:
                waits.failed += 1
            due += every_s

    threads = [threading.Thread(target=keep_asking, args=(number,)) for number in range(askers)]
    for thread in threads:
        thread.start()
    try:
        yield waits
    finally:
        over.set()
        for thread in threads:
            thread.join()
