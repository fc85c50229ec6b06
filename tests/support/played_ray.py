"""A module in the place of `ray`, for the process that asks it: tasks are done at once, and some requests fail.

A request that is "crash", "memory" or "lost" ends as its worker would, "stillborn" as one that dies as it starts;
"wait" has no end; "how" returns with what `init` and `remote` were called. Any other is its own reply. An address
that begins with "no-" cannot be reached.
"""

import json
import time
from collections.abc import Callable
from typing import Any

_marks: set[str] = set()
_called: dict[str, Any] = {}


class RayError(Exception):
    """What Ray's errors are."""


class WorkerCrashedError(RayError):
    """A worker died."""


class OutOfMemoryError(RayError):
    """A worker took too much."""


class _Task:
    def __init__(self, function: Callable[[bytes, bytes], bytes]) -> None:
        del function

    def remote(self, _setup: bytes, request: bytes, mark: str) -> bytes:
        if request != b"stillborn":
            _marks.add(mark)
        return request


def _internal_kv_put(mark: str, _content: bytes, *, namespace: str) -> None:
    """Leave a mark."""
    assert namespace
    _marks.add(mark)


def _internal_kv_exists(mark: str, *, namespace: str) -> bool:
    """Tell whether there is a mark; a worker that is played leaves it behind."""
    assert namespace
    return mark in _marks


def _internal_kv_del(mark: str, *, namespace: str) -> None:
    """Take a mark away."""
    assert namespace
    _marks.discard(mark)


def init(**how: Any) -> None:
    """Start, or join."""
    _called["init"] = how
    if how["address"].startswith("no-"):
        raise ConnectionError("nobody answers\nthe second line, of a trace")


def shutdown() -> None:
    """End."""


def cluster_resources() -> dict[str, float]:
    """Return what machines have."""
    return {"CPU": 5.0}


def put(content: bytes) -> bytes:
    """Return a reference."""
    return content


def remote(**how: Any) -> type[_Task]:
    """Return what makes a task of a function."""
    _called["remote"] = how
    return _Task


def get(request: bytes) -> bytes:
    """Return what came of a task."""
    if request == b"wait":
        time.sleep(600)
    if request == b"how":
        return json.dumps(_called).encode()
    errors = {
        b"crash": WorkerCrashedError,
        b"stillborn": WorkerCrashedError,
        b"memory": OutOfMemoryError,
        b"lost": RayError,
    }
    if error := errors.get(request):
        raise error("zebra4711")
    return request
