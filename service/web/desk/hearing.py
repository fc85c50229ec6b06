"""The desk's tabs of what staff say: `/desk/feedback`, `/desk/requests`, `/desk/gaps`. For approvers.

Each look is on record before anything is shown. No tab shows a name, a pseudonym or a question of somebody; what each
leaves out is in the module that gives it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from service.access.principals import Principal
from service.audit.errors import AuditError, SealError
from service.hearing.errors import NoRequestError, SayingError
from service.hearing.gaps import DAYS, LEAST_PEOPLE, Gaps
from service.hearing.heard import NO_DOCUMENT, Heard
from service.hearing.hearing import MAX_TEXT_CHARS, Hearing
from service.http.given import given
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import PageApprover

_NOT_SHOWN = "The look cannot be recorded, or the record not be read, so nothing is shown. Please tell the operator."
_DAMAGED = "A text on record cannot be opened, so nothing is shown. Please tell the operator."
_NOT_CLOSED = "It could not be recorded, so the request stays open. Please tell the operator."
_CLOSED = "The request is closed. Whoever asked sees it in their record."
_NO_REQUEST = "There is no such request, or somebody has closed it."
_NOT_TAKEN = (
    f"Not closed: expected granted or declined, and a note of plain text of at most {MAX_TEXT_CHARS:,} characters."
)
_MAX_NAME_CHARS = 512

_Heard = Annotated[Heard, Depends(given(Heard))]
_Gaps = Annotated[Gaps, Depends(given(Gaps))]
_Hearing = Annotated[Hearing, Depends(given(Hearing))]


@dataclass(frozen=True, slots=True)
class _Tab:
    """An approver who looks, and what at."""

    request: Request
    pages: Pages
    person: Principal
    heard: Heard

    def shown(self, show: Callable[[], Response]) -> Response:
        """Show a tab, or say why it is not shown."""
        try:
            return show()
        except AuditError as error:
            tell_operator(error)
            status, message = (500, _DAMAGED) if isinstance(error, SealError) else (503, _NOT_SHOWN)
            return self.pages.message(self.request, status, message)

    def requests(self, told: str = "", status: int = 200) -> Response:
        """Show what was asked for."""

        def show() -> Response:
            seen = self.heard.requests(self.person)
            return self.pages.show(self.request, "desk/requests.html", status, seen=seen, told=told)

        return self.shown(show)


async def _tab(request: Request, pages: ThePages, person: PageApprover, heard: _Heard) -> _Tab:
    return _Tab(request, pages, person, heard)


_TheTab = Annotated[_Tab, Depends(_tab)]
_router = APIRouter(prefix="/desk", include_in_schema=False)


@_router.get("/feedback")
def feedback(
    tab: _TheTab,
    document: Annotated[str | None, Query(max_length=_MAX_NAME_CHARS)] = None,
    before: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Show the feedback on documents of one's sources; of one `document`, or of none, where that is empty."""

    def show() -> Response:
        seen = tab.heard.feedback(tab.person, document=document, before=before)
        return tab.pages.show(tab.request, "desk/feedback.html", seen=seen, chosen=document, no_document=NO_DOCUMENT)

    return tab.shown(show)


@_router.get("/requests")
def requests(tab: _TheTab) -> Response:
    """Show the documents that were asked for."""
    return tab.requests()


@_router.post("/requests/close", dependencies=[Depends(from_here)])
async def close(request: Request, tab: _TheTab, hearing: _Hearing) -> Response:
    """Take the form off the wire; the request is closed in a thread."""
    number, how, note = [await field_of(request, name) for name in ("number", "how", "note")]

    def closed() -> Response:
        try:
            hearing.close(tab.person, int(number) if number.isascii() and number.isdecimal() else -1, how, note)
        except NoRequestError:
            return tab.requests(_NO_REQUEST, 404)
        except SayingError:
            return tab.requests(_NOT_TAKEN, 422)
        except AuditError as error:
            tell_operator(error)
            return tab.pages.message(tab.request, 503, _NOT_CLOSED)
        return tab.requests(_CLOSED)

    return await run_in_threadpool(closed)


@_router.get("/gaps")
def gaps(tab: _TheTab, gaps: _Gaps) -> Response:
    """Show what the documents did not answer, from five people on."""

    def show() -> Response:
        seen = gaps.look(tab.person)
        return tab.pages.show(tab.request, "desk/gaps.html", seen=seen, days=DAYS, least=LEAST_PEOPLE)

    return tab.shown(show)


ROUTES = _router.routes
