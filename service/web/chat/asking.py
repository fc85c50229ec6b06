"""The page `/`: asks, and shows the answer or the refusal, whole or in events for a script that puts it in."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from indexes.errors import BuildError
from service.answering.answers import Answer
from service.answering.errors import AnsweringError, LibraryUnavailableError, OverloadedError, QuestionError
from service.answering.pipeline import Answering
from service.answering.progress import Event
from service.answering.questions import Question, checked_text
from service.audit.errors import AuditError
from service.http.admission import Admission
from service.http.event_stream import EventResponse, as_usual, wants_events
from service.http.given import given
from service.web.form_tokens import form_token
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import PageQuestioner, asker

_MESSAGES: tuple[tuple[type[Exception], int, str], ...] = (
    (AuditError, 503, "The question could not be recorded, so no answer is given. Please tell the operator."),
    (BuildError, 503, "There is nothing to answer from yet. The operator has to run greenlit ingest."),
    (LibraryUnavailableError, 503, "The approvals cannot be read, so nothing counts as approved. Tell the operator."),
    (OverloadedError, 429, "Too many people are asking at this moment. Please ask again in a while."),
    (AnsweringError, 500, "Something broke, and no answer is given. Please tell the operator."),
)
_KNOWN = tuple(known[0] for known in _MESSAGES)

_Answering = Annotated[Answering, Depends(given(Answering))]
_Admission = Annotated[Admission, Depends(given(Admission))]

_router = APIRouter(include_in_schema=False)


@_router.get("/", dependencies=[Depends(asker)])
def page(request: Request, pages: ThePages) -> Response:
    """Show the form."""
    return pages.show(request, "chat/ask.html")


@_router.post("/", dependencies=[Depends(from_here)])
async def ask(
    request: Request, pages: ThePages, principal: PageQuestioner, answering: _Answering, admission: _Admission
) -> Response:
    """Take the form off the wire; the answer is made in a thread."""
    text = await field_of(request, "question")
    limit = pages.told.max_question_chars
    try:
        checked = checked_text(text, max_chars=limit)
    except QuestionError as error:
        if wants_events(request):
            return as_usual(request, error)
        return pages.show(request, "chat/ask.html", 422, question=text[:limit], problem=str(error))
    question = Question(checked, principal, "web")
    if wants_events(request):
        return _stream(request, pages, question, answering, admission)
    try:
        return await admission.run(
            lambda: pages.show(request, "chat/ask.html", question=checked, answer=answering.ask(question)),
            turn_away=lambda: answering.turn_away(question),
            gone=request.receive,
        )
    except _KNOWN as error:
        return _not_answered(pages, request, checked, error)


ROUTES = _router.routes


def _stream(request: Request, pages: Pages, question: Question, answering: Answering, admission: Admission) -> Response:
    """Return the answer in events; before the last of them, the fragment that the whole page shows of it."""

    def page(answer: Answer) -> list[Event]:
        values = {"answer": answer, "question": question.text, "conversation_id": question.conversation_id}
        token = form_token(pages.session_id(request) or "")  # for the forms in it
        return [Event("page", {"html": pages.fragment("chat/answer.html", form_token=token, **values)})]

    return EventResponse(
        lambda tell, gone: admission.run(
            lambda: answering.stream(question, tell, also=page),
            turn_away=lambda: answering.turn_away(question),
            gone=gone,
        ),
        problem=_problem,
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
