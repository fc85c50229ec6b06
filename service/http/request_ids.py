"""The id of a request: made here, told to whoever sent it (`X-Request-Id`), and in every line of the log about it.

What a client sends as an id is not read. A question takes the id of the request that brought it, so that its answer,
its record and the lines of the log are found by one id; a second question in one request gets an id of its own.
Knows nothing of what is asked, or by whom.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

import uuid6
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-Id"


@dataclass(slots=True)
class _Request:
    request_id: str
    is_taken: bool = False


_here: ContextVar[_Request | None] = ContextVar("request", default=None)


@contextlib.contextmanager
def new_request() -> Iterator[str]:
    """Lend the id of a new request, a UUIDv7; what is logged meanwhile names it."""
    request = _Request(str(uuid6.uuid7()))
    token = _here.set(request)
    try:
        with bound_contextvars(request_id=request.request_id):
            yield request.request_id
    finally:
        _here.reset(token)


def id_for_question() -> str:
    """Return the id for a question: that of the request which brings it, where no other has it; else a new one."""
    request = _here.get()
    if request is None or request.is_taken:
        return str(uuid6.uuid7())
    request.is_taken = True
    return request.request_id
