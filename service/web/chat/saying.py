"""The forms of what staff say back: `/feedback` on an answer, `/requests` for a document.

A script that sends one gets `{"told": "…"}`; whoever has none a page that says the same, with a way back.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from service.audit.errors import AuditError, NoRecordError
from service.hearing.errors import SayingError
from service.hearing.hearing import MAX_TEXT_CHARS, Hearing
from service.http.given import given
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import PageAsker

_THANKS = "Thank you. What you said is on record, without your name."
_THANKS_COMMENT = "Thank you. Approvers read your comment, without your name."
_ASKED_FOR = "Approvers see what you asked for, without your name. What becomes of it is shown in your record."
_NO_QUESTION = "There is no such question of yours on record, or it was not answered or refused."
_NOT_TAKEN = (
    f"This cannot be taken: expected one of our choices, and plain text of at most {MAX_TEXT_CHARS:,} characters."
)
_NOT_RECORDED = "It could not be recorded, so it was not taken. Please tell the operator."

_Hearing = Annotated[Hearing, Depends(given(Hearing))]
_router = APIRouter(include_in_schema=False, dependencies=[Depends(from_here)])


@_router.post("/feedback")
async def feedback(request: Request, pages: ThePages, person: PageAsker, hearing: _Hearing) -> Response:
    """Take the form off the wire; it is recorded in a thread."""
    request_id, verdict = await field_of(request, "request_id"), await field_of(request, "verdict")
    comment = await field_of(request, "comment")

    def take() -> str:
        hearing.feedback(person, request_id, verdict, comment)
        return _THANKS_COMMENT if comment.strip() else _THANKS

    return await run_in_threadpool(_taken, request, pages, take)


@_router.post("/requests")
async def ask_for(request: Request, pages: ThePages, person: PageAsker, hearing: _Hearing) -> Response:
    """Take the form off the wire; it is recorded in a thread."""
    wish, request_id = await field_of(request, "wish"), await field_of(request, "request_id")

    def take() -> str:
        hearing.request(person, wish, request_id or None)
        return _ASKED_FOR

    return await run_in_threadpool(_taken, request, pages, take)


ROUTES = _router.routes


def _taken(request: Request, pages: Pages, take: Callable[[], str]) -> Response:
    try:
        status, told = 200, take()
    except SayingError:
        status, told = 422, _NOT_TAKEN
    except NoRecordError:
        status, told = 404, _NO_QUESTION
    except AuditError as error:
        tell_operator(error)
        status, told = 503, _NOT_RECORDED
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"told": told}, status)
    return pages.show(request, "chat/told.html", status, told=told, taken=status < HTTPStatus.BAD_REQUEST)
