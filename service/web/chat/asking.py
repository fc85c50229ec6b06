"""The page `/`: asks, and shows the answer or the refusal."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from indexes.errors import BuildError
from service.answering.errors import AnsweringError, LibraryUnavailableError, OverloadedError, QuestionError
from service.answering.pipeline import Answering
from service.answering.questions import Question, checked_text
from service.answering.reading import Reading
from service.audit.errors import AuditError
from service.http.admission import Admission
from service.http.given import given
from service.web.chat.shown import shown, start_of
from service.web.chat.starting import Starting
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import PageAsker, PageQuestioner

_MESSAGES: tuple[tuple[type[Exception], int, str], ...] = (
    (AuditError, 503, "The question could not be recorded, so no answer is given. Please tell the operator."),
    (BuildError, 503, "There is nothing to answer from yet. The operator has to run greenlit ingest."),
    (LibraryUnavailableError, 503, "The approvals cannot be read, so nothing counts as approved. Tell the operator."),
    (OverloadedError, 429, "Too many people are asking at this moment. Please ask again in a while."),
    (AnsweringError, 500, "Something broke, and no answer is given. Please tell the operator."),
)


_Answering = Annotated[Answering, Depends(given(Answering))]
_Admission = Annotated[Admission, Depends(given(Admission))]
_Reading = Annotated[Reading, Depends(given(Reading))]
_Starting = Annotated[Starting, Depends(given(Starting))]

_router = APIRouter(include_in_schema=False)


@_router.get("/")
def page(request: Request, pages: ThePages, principal: PageAsker, reading: _Reading, starting: _Starting) -> Response:
    """Show the form, and what one might ask."""
    return pages.show(request, "chat/ask.html", **start_of(reading, starting, principal))


@_router.post("/", dependencies=[Depends(from_here)])
async def ask(
    request: Request,
    pages: ThePages,
    principal: PageQuestioner,
    answering: _Answering,
    admission: _Admission,
    reading: _Reading,
) -> Response:
    """Take the form off the wire; the answer is made in a thread."""
    text = await field_of(request, "question")
    limit = pages.told.max_question_chars
    try:
        checked = checked_text(text, max_chars=limit)
    except QuestionError as error:
        return pages.show(request, "chat/ask.html", 422, question=text[:limit], problem=str(error))
    question = Question(checked, principal, "web")

    def answered() -> Response:
        answer = answering.ask(question)
        return pages.show(request, "chat/ask.html", turns=[shown(answer, checked, reading.within(principal))])

    try:
        return await admission.run(
            answered,
            turn_away=lambda: answering.turn_away(question),
            gone=request.receive,
        )
    except (AuditError, BuildError, AnsweringError) as error:
        return _not_answered(pages, request, checked, error)


ROUTES = _router.routes


def _not_answered(pages: Pages, request: Request, question: str, error: Exception) -> Response:
    status, message = next(known[1:] for known in _MESSAGES if isinstance(error, known[0]))
    response = pages.show(request, "chat/ask.html", status, question=question, problem=message)
    if isinstance(error, OverloadedError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    else:
        tell_operator(error)
    return response
