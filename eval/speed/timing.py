"""Times a part from outside: a stand-in that passes every call on and notes how long it took."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Times = dict[str, list[float]]  # seconds a call, by step


def times() -> Times:
    """Return an empty record of times."""
    return defaultdict(list)


def timed(part: Any, noted: Times, steps: dict[str, str]) -> Any:
    """Return a stand-in for a part whose methods are timed.

    Args:
        part: the real part.
        noted: where times go.
        steps: the step that each timed method counts as.
    """

    class StandIn:
        def __getattr__(self, name: str) -> Any:
            value = getattr(part, name)
            return _noting(value, noted[steps[name]]) if name in steps else value

    return StandIn()


def _noting(call: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    def noting(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            seconds.append(time.perf_counter() - started)

    return noting


def median_and_p95_ms(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile, in milliseconds."""
    return float(np.median(seconds)) * 1000, float(np.percentile(seconds, 95)) * 1000
