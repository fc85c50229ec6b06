"""The page `/desk/worker`: what the worker does, and which of the documents asked for are in the index. JSON.

For a script that tells an approver when what they approved answers. Documents of sources that they do not decide on
are left out, as are those that are not there.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from indexes.sources import source_name
from service.access.principals import Principal
from service.web.desk.desk import Desk
from service.web.desk.queue import TheDesk
from service.web.visitors import PageApprover

_MOST = 50  # documents that are asked for at once
_MAX_CHARS = 600

_router = APIRouter(include_in_schema=False)


@_router.get("/desk/worker")
def worker(
    person: PageApprover,
    desk: TheDesk,
    document: Annotated[list[str] | None, Query(max_length=_MOST)] = None,
) -> dict[str, Any]:
    """Say what the worker does, and of each document `VERSION.NAME` whether that version is in the index."""
    return {**desk.worker(), "documents": _in_index(desk, person, document or [])}


ROUTES = _router.routes


def _in_index(desk: Desk, person: Principal, asked: list[str]) -> dict[str, Any]:
    theirs = []
    for one in asked:
        sha256, _, document = one[:_MAX_CHARS].partition(".")
        if person.may_approve(source_name(document)):
            theirs.append((sha256, document))
    if not theirs:
        return {}
    indexed = desk.indexed()
    made_at = indexed.made_at.isoformat() if indexed.made_at else None
    return {
        document: {"in_index": indexed.has(document, sha256), "since": made_at}
        for sha256, document in theirs
        if document in indexed.versions
    }
