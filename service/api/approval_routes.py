"""The routes about approvals: deciding on a document, and what waits for a decision. For approvers of its source.

Both read and hash files, so they run in threads.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from service.api.approval_bodies import MAX_WAITING, DecideBody, QueueBody, StandingBody, queue_body, standing_body
from service.api.problems import problems
from service.deciding.deciding import Deciding
from service.http.given import given
from service.http.identity import Approver

_MAX_AFTER_CHARS = 600  # a document's name, and what stands before it
_Deciding = Annotated[Deciding, Depends(given(Deciding))]

_router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


@_router.post("", response_model=StandingBody, responses=problems(400, 401, 403, 404, 409, 412, 422, 429, 500, 503))
def decide(deciding: _Deciding, approver: Approver, body: DecideBody) -> dict[str, Any]:
    """Approve the version of a document that the caller saw, or revoke or reject a document.

    It acts on the next question. 412: the file is another version by now; nothing was written.
    """
    return standing_body(deciding.decide(approver, body.wish()))


@_router.get("/queue", response_model=QueueBody, responses=problems(400, 401, 403, 422, 429, 500, 503))
def queue(
    deciding: _Deciding,
    approver: Approver,
    limit: Annotated[int, Query(ge=1, le=MAX_WAITING, description="at most this many")] = 50,
    after: Annotated[
        str | None, Query(max_length=_MAX_AFTER_CHARS, description="the `next` of the page before")
    ] = None,
) -> dict[str, Any]:
    """List what waits for a decision in the sources that the caller decides on, the greatest risk first."""
    return queue_body(deciding.waiting(approver, after=after, limit=limit))


ROUTES = _router.routes
