"""The page `/record`: what the log holds about one's own questions and what one said, who looked, and erasing texts."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from service.access.principals import Principal
from service.audit.errors import AuditError, NoRecordError
from service.audit.reading.own_records import OwnRecords
from service.http.given import given
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import Person

_NOT_ERASED = "The erasing could not be recorded, so nothing was erased. Please tell the operator."
_ERASED = "The text was erased."
_NO_REQUEST = "There is no such request of yours on record."
_NO_QUESTION = "There is no such question of yours on record, or it is not answered yet."


_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Own:
    """The record of whoever has a page open."""

    request: Request
    pages: Pages
    person: Principal
    records: OwnRecords

    def shown(self, *, before: int | None = None, told: str = "") -> Response:
        try:
            found = self.records.list(self.person.principal_id, before=before)
        except AuditError as error:
            return self.pages.not_shown(self.request, error, told=told)
        values = {"questions": found["questions"], "requests": found["requests"], "older": found["next"], "told": told}
        return self.pages.show(self.request, "own/record.html", **values)

    def erased(self, request_id: str, number: str = "") -> Response:
        who = self.person.principal_id
        try:
            if number:
                self.records.erase_request(who, int(number) if number.isascii() and number.isdecimal() else -1)
            else:
                self.records.erase(who, request_id)
        except NoRecordError:
            return self.pages.message(self.request, 404, _NO_REQUEST if number else _NO_QUESTION)
        except AuditError as error:
            tell_operator(error)
            return self.pages.message(self.request, 503, _NOT_ERASED)
        return self.shown(told=_ERASED)


async def _own(
    request: Request, pages: ThePages, person: Person, records: Annotated[OwnRecords, Depends(given(OwnRecords))]
) -> _Own:
    return _Own(request, pages, person, records)


@_router.get("/record")
def record(own: Annotated[_Own, Depends(_own)], before: Annotated[int | None, Query(ge=0)] = None) -> Response:
    """Show what the log holds about one's own questions, and who looked; `before` is for older pages."""
    return own.shown(before=before)


@_router.post("/record/erase", dependencies=[Depends(from_here)])
async def erase(request: Request, own: Annotated[_Own, Depends(_own)]) -> Response:
    """Take the form off the wire, of a question or of a request by its number; the text is erased in a thread."""
    request_id, number = await field_of(request, "request_id"), await field_of(request, "number")
    return await run_in_threadpool(own.erased, request_id, number)


ROUTES = _router.routes
