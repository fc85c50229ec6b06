"""The page `/record`: what the log holds about one's own questions, who looked, and erasing one's texts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from service.access.principals import Principal
from service.audit.errors import AuditError, NoRecordError, SealError
from service.audit.reading.own_records import OwnRecords
from service.web.pages import Pages, field_of, from_here, tell_operator

_NOT_SHOWN = "The record cannot be written or read now, so nothing of it is shown. Please tell the operator."
_NOT_ERASED = "The erasing could not be recorded, so nothing was erased. Please tell the operator."
_DAMAGED = "A text on record cannot be opened, so nothing is shown. Please tell the operator."
_ERASED = "The text was erased."
_NO_QUESTION = "There is no such question of yours on record, or it is not answered yet."


def record_router(pages: Pages, *, own: OwnRecords) -> APIRouter:
    """Return the pages of one's own record."""
    router = APIRouter(include_in_schema=False)
    person = Depends(pages.signed_in)

    def shown(request: Request, principal: Principal, *, before: int | None = None, told: str = "") -> Response:
        try:
            found = own.list(principal.principal_id, before=before)
        except AuditError as error:
            tell_operator(error)
            status, message = (500, _DAMAGED) if isinstance(error, SealError) else (503, _NOT_SHOWN)
            return pages.message(request, status, f"{told} {message}".lstrip())
        return pages.show(request, "record.html", questions=found["questions"], older=found["next"], told=told)

    def erased(request: Request, principal: Principal, request_id: str) -> Response:
        try:
            own.erase(principal.principal_id, request_id)
        except NoRecordError:
            return pages.message(request, 404, _NO_QUESTION)
        except AuditError as error:
            tell_operator(error)
            return pages.message(request, 503, _NOT_ERASED)
        return shown(request, principal, told=_ERASED)

    @router.get("/record")
    def record(
        request: Request,
        principal: Annotated[Principal, person],
        before: Annotated[int | None, Query(ge=0)] = None,
    ) -> Response:
        """Show what the log holds about one's own questions, and who looked; `before` is for older pages."""
        return shown(request, principal, before=before)

    @router.post("/record/erase", dependencies=[Depends(from_here)])
    async def erase(request: Request, principal: Annotated[Principal, person]) -> Response:
        """Take the form off the wire; the text is erased in a thread."""
        request_id = await field_of(request, "request_id")
        return await run_in_threadpool(erased, request, principal, request_id)

    return router
