"""The page `/`: asks, and shows the answer or the refusal, whole or in events for a script that puts it in."""

import json
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from indexes.errors import BuildError, NoBuildError, SearchUnavailableError
from service.answering.answers import Answer
from service.answering.errors import (
    AnsweringError,
    LibraryUnavailableError,
    ModelFailedError,
    OverloadedError,
    QuestionError,
)
from service.answering.library.reading import Reading
from service.answering.library.starting import Starting
from service.answering.progress import Event
from service.answering.questions import Question
from service.audit.errors import AuditError
from service.http.asking import Asking
from service.http.event_stream import EventResponse, as_usual, wants_events
from service.http.given import given
from service.web.chat.kept import Kept, PageKept
from service.web.chat.notice import notice_first
from service.web.chat.shown import shown, start_of
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import PageQuestioner

_MESSAGES: tuple[tuple[type[Exception], int, str], ...] = (
    (AuditError, 503, "The question could not be recorded, so no answer is given. Please tell the operator."),
    (NoBuildError, 503, "Nothing has been approved and taken in here yet, so no question can be answered."),
    (SearchUnavailableError, 503, "Passages cannot be looked for now, so no answer is given. Please ask again later."),
    (BuildError, 503, "There is nothing to answer from now. Please tell the operator."),
    (LibraryUnavailableError, 503, "The approvals cannot be read, so nothing counts as approved. Tell the operator."),
    (OverloadedError, 429, "Too many people are asking at this moment. Please ask again in a while."),
    (
        ModelFailedError,
        503,
        "The language model that answers cannot be asked now, so no answer is given. Please ask later.",
    ),
    (AnsweringError, 500, "Something broke, and no answer is given. Please tell the operator."),
)
_KNOWN = tuple(known[0] for known in _MESSAGES)

_Reading = Annotated[Reading, Depends(given(Reading))]
_Starting = Annotated[Starting, Depends(given(Starting))]

_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _PageAsking:
    """What answers a question of a page, and what is kept of whoever asks."""

    pages: Pages
    kept: Kept
    asking: Asking
    reading: Reading

    def turn(self, answer: Answer, question: Question) -> dict[str, Any]:
        within = self.reading.within(question.principal)
        return shown(answer, question.text, within, conversation_id=question.conversation_id or "")


async def _page_asking(
    pages: ThePages, kept: PageKept, asking: Annotated[Asking, Depends(given(Asking))], reading: _Reading
) -> _PageAsking:
    return _PageAsking(pages, kept, asking, reading)


@_router.get("/")
def begin(request: Request, pages: ThePages, kept: PageKept, reading: _Reading, starting: _Starting) -> Response:
    """Show the form, and what one might ask; to whoever has not confirmed it yet, what is logged."""
    start = start_of(reading, starting, kept.person)
    return pages.show(request, "chat/ask.html", notice=not pages.has_confirmed(request), recent=kept.recent(), **start)


@_router.post("/", dependencies=[Depends(from_here)])
async def ask(
    request: Request, principal: PageQuestioner, page: Annotated[_PageAsking, Depends(_page_asking)]
) -> Response:
    """Take the form off the wire; the answer is made in a thread."""
    text, pages = await field_of(request, "question"), page.pages
    if not pages.has_confirmed(request):
        return notice_first(request, pages, text)
    try:
        question = page.asking.checked(text, principal, "web")
    except QuestionError as error:
        if wants_events(request):
            return as_usual(request, error)
        some = text[: page.asking.max_question_chars]
        return pages.show(request, "chat/ask.html", 422, question=some, problem=str(error))
    as_typed, wanted = await field_of(request, "as_typed") == "1", await field_of(request, "conversation_id")
    try:
        conversation_id = await run_in_threadpool(page.kept.goes_on, wanted)
    except AuditError as error:
        if wants_events(request):
            return _problem(request, error)
        return _not_answered(pages, request, question.text, error)
    question = replace(question, conversation_id=conversation_id, as_typed=as_typed)
    return _stream(request, page, question) if wants_events(request) else await _whole(request, page, question)


ROUTES = _router.routes


async def _whole(request: Request, page: _PageAsking, question: Question) -> Response:
    """Return the page with the answer."""
    pages = page.pages

    def answered() -> Response:
        turn = page.turn(page.asking.answering.ask(question), question)
        values: dict[str, Any] = {
            "turns": [turn],
            "conversation_id": question.conversation_id,
            "recent": page.kept.recent(),
        }
        return pages.show(request, "chat/ask.html", **values)

    try:
        return await page.asking.run(question, answered, gone=request.receive)
    except _KNOWN as error:
        return _not_answered(pages, request, question.text, error)


def _stream(request: Request, page: _PageAsking, question: Question) -> Response:
    """Return the answer in events; before the last of them, the fragment that the whole page shows of it."""

    def fragment(answer: Answer) -> list[Event]:
        values = page.turn(answer, question)
        return [Event("page", {"html": page.pages.fragment(request, "chat/answer.html", **values)})]

    return EventResponse(
        lambda tell, gone: page.asking.tell(question, tell, gone=gone, also=fragment), problem=_problem
    )


def _problem(request: Request, error: Exception) -> Response:
    """Return the problem that the application would answer with, in the words of this page."""
    response = as_usual(request, error)
    if not isinstance(error, _KNOWN):
        return response
    headers = {name: value for name, value in response.headers.items() if name == "retry-after"}
    problem = {**json.loads(bytes(response.body)), "detail": _told(error)[1]}
    return JSONResponse(problem, response.status_code, headers, media_type=response.media_type)


def _not_answered(pages: Pages, request: Request, question: str, error: Exception) -> Response:
    status, message = _told(error)
    response = pages.show(request, "chat/ask.html", status, question=question, problem=message)
    if isinstance(error, OverloadedError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    else:
        tell_operator(error)
    return response


def _told(error: Exception) -> tuple[int, str]:
    """Return the status and the words for what kept a question from a result."""
    return next(known[1:] for known in _MESSAGES if isinstance(error, known[0]))
