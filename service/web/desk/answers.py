"""What keeps a decision from being made, in the words of a page and with its status."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import Request, Response

from indexes.events import Approval
from service.access.errors import NotAllowedError
from service.deciding.errors import (
    BringError,
    DecidedMeanwhileError,
    DecidingError,
    ExistsError,
    NoDocumentError,
    NotDecidableError,
    OtherVersionError,
    RegisterUnavailableError,
    TooLargeError,
    UnwritableError,
    WishError,
)
from service.web.pages import Pages, tell_operator

NO_DOCUMENT = "There is no such document, or you do not decide on its source."
CHANGED = "The file changed since you opened it. Nothing was written: look at it as it is now."
OWN = "You brought this version, so somebody else has to approve it. Nothing was written."
_NOT_AVAILABLE = "Sources or approvals cannot be read or written now, so nothing was decided. Please tell the operator."
_READ_ONLY = (
    "The library takes no files here: it may be mounted to be read only. "
    "Whoever runs Greenlit can put the file into the source's folder."
)


def failure(request: Request, pages: Pages, error: DecidingError) -> Response:
    """Return a page that says only what is wrong."""
    status, words = in_words(error)
    return pages.message(request, status, words)


def in_words(error: DecidingError | NotAllowedError) -> tuple[int, str]:
    """Return the status and the words for what keeps a decision or a file from being taken."""
    if isinstance(error, UnwritableError | RegisterUnavailableError):
        tell_operator(error)
    for kind, status, words in _SAID:
        if isinstance(error, kind):
            return status, words(error)
    return 500, _NOT_AVAILABLE


# In this order: what is more exactly one thing comes before what it also is.
_SAID: tuple[tuple[type[Exception], int, Callable[[Any], str]], ...] = (
    (NotAllowedError, 403, lambda _: OWN),
    (DecidedMeanwhileError, 409, lambda error: f"{_who_decided(error)} Nothing was written."),
    (NoDocumentError, 404, lambda _: NO_DOCUMENT),
    (OtherVersionError, 412, lambda _: CHANGED),
    (WishError, 422, lambda error: f"This cannot be written: {error}."),
    (
        TooLargeError,
        413,
        lambda error: f"The file is too large: at most {error.most_bytes / 1e6:g} MB. Nothing was kept.",
    ),
    (ExistsError, 409, lambda _: "A document of this name exists. Nothing was kept."),
    (BringError, 422, lambda error: f"The file was not taken: {error}. Nothing was kept."),
    (NotDecidableError, 409, lambda error: f"It cannot be decided so: {error}. Nothing was written."),
    (UnwritableError, 503, lambda _: _READ_ONLY),
    (RegisterUnavailableError, 503, lambda _: _NOT_AVAILABLE),
)


def _who_decided(error: DecidedMeanwhileError) -> str:
    last = error.last
    what = (
        "approved" if isinstance(last, Approval) else {"revoke": "revoked", "reject": "rejected"}.get(_kind(last), "")
    )
    return f"{last.by} {what} this document meanwhile, on {_time(last.at)}."


def _kind(event: object) -> str:
    return str(getattr(event, "event", ""))


def _time(at: datetime) -> str:
    return f"{at:%-d %b %Y at %H:%M} UTC"
