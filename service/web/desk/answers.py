"""What keeps a decision from being made, in the words of a page and with its status."""

from datetime import datetime

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
    if isinstance(error, NotAllowedError):
        return 403, OWN
    if isinstance(error, DecidedMeanwhileError):
        return 409, f"{_who_decided(error)} Nothing was written."
    if isinstance(error, NoDocumentError):
        return 404, NO_DOCUMENT
    if isinstance(error, OtherVersionError):
        return 412, CHANGED
    if isinstance(error, WishError):
        return 422, f"This cannot be written: {error}."
    if isinstance(error, TooLargeError):
        return 413, f"The file is too large: at most {error.most_bytes / 1e6:g} MB are taken. Nothing was kept."
    if isinstance(error, ExistsError):
        return 409, "A document of this name exists. Nothing was kept."
    if isinstance(error, BringError):
        return 422, f"The file was not taken: {error}. Nothing was kept."
    if isinstance(error, NotDecidableError):
        return 409, f"It cannot be decided so: {error}. Nothing was written."
    tell_operator(error)
    return 503, _READ_ONLY if isinstance(error, UnwritableError) else _NOT_AVAILABLE


def _who_decided(error: DecidedMeanwhileError) -> str:
    last = error.last
    what = "approved" if isinstance(last, Approval) else {"revoke": "revoked", "reject": "rejected"}.get(_kind(last), "")
    return f"{last.by} {what} this document meanwhile, on {_time(last.at)}."


def _kind(event: object) -> str:
    return str(getattr(event, "event", ""))


def _time(at: datetime) -> str:
    return f"{at:%-d %b %Y at %H:%M} UTC"
