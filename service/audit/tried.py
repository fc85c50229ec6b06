"""Work on a log that other processes write too, done anew where one of them was first. Knows nothing of the work."""

import contextlib
from collections.abc import Callable
from typing import TypeVar

from service.audit.errors import AuditKeyError, AuditOvertakenError, AuditUnavailableError

_T = TypeVar("_T")
_TRIES = 32  # each time another process took a step, of which a month has about seven


def tried(work: Callable[[], _T]) -> _T:
    """Do some work, anew if another process began the month, or put a key on record, meanwhile."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(AuditOvertakenError):
            return _without_key_errors(work)
    return _without_key_errors(work)


def _without_key_errors(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except AuditKeyError as error:
        raise AuditUnavailableError(str(error)) from error
