"""The routes of the API: ask, search, documents, health. Each checks who calls, hands over, and returns JSON.

The routes of the audit are in `audit_routes`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.access.principals import Principal, Role
from service.answering.pipeline import Answering
from service.answering.questions import Question, checked_text
from service.answering.reading import Reading
from service.api.bodies import (
    AS_EVENTS,
    AnswerBody,
    AskBody,
    DocumentListBody,
    DocumentTextBody,
    ReadyBody,
    SearchBody,
    SearchResultBody,
)
from service.api.identity import Asker, Caller, known
from service.api.problems import problems
from service.http.admission import Admission
from service.http.event_stream import EventResponse, wants_events
from service.http.given import given
from service.http.originals import original_response
from service.operating.health import Health


@dataclass(frozen=True, slots=True)
class Asking:
    """What asking through the API takes: who answers, who is let in when, the longest question in characters."""

    answering: Answering
    admission: Admission
    max_question_chars: int

    def checked(self, body: AskBody | SearchBody, principal: Principal, conversation_id: str | None = None) -> Question:
        """Return the question that was sent.

        Raises:
            QuestionError: it is empty or too long.
        """
        text = checked_text(body.question, max_chars=self.max_question_chars)
        return Question(text, principal, "api", conversation_id)

    async def admit(self, request: Request, question: Question, work: Callable[[], dict[str, Any]]) -> Response:
        """Do the work of a question when it is its turn; the response is made in the thread, as it is."""
        # Checking what we made ourselves would take the event loop's time.
        return await self.admission.run(
            lambda: JSONResponse(work()), turn_away=lambda: self.answering.turn_away(question), gone=request.receive
        )

    def stream(self, question: Question) -> Response:
        """Return what answers a question in events, when it is its turn."""
        return EventResponse(
            lambda tell, gone: self.admission.run(
                lambda: self.answering.stream(question, tell),
                turn_away=lambda: self.answering.turn_away(question),
                gone=gone,
            )
        )


_Asking = Annotated[Asking, Depends(given(Asking))]
_Reading = Annotated[Reading, Depends(given(Reading))]
_Health = Annotated[Health, Depends(given(Health))]

_questions = APIRouter(prefix="/v1", tags=["questions"], responses=problems(400, 401, 403, 422, 429, 500, 503))
_documents = APIRouter(prefix="/v1", tags=["documents"], responses=problems(400, 401, 403, 404, 422, 429, 500, 503))
_health = APIRouter(tags=["health"])


@_questions.post("/ask", response_model=AnswerBody, responses={200: AS_EVENTS})
async def ask(request: Request, body: AskBody, principal: Asker, asking: _Asking) -> Response:
    """Answer a question in cited sentences, or refuse it with a reason. Either way it is recorded.

    With `Accept: text/event-stream` the same is told in events, as it goes.
    """
    question = replace(asking.checked(body, principal, body.conversation_id), as_typed=body.as_typed)
    if wants_events(request):
        return asking.stream(question)
    return await asking.admit(request, question, lambda: asking.answering.ask(question).as_json())


@_questions.post("/search", response_model=SearchResultBody)
async def search(request: Request, body: SearchBody, principal: Asker, asking: _Asking) -> Response:
    """Return ranked passages without an answer, under the same boundary and record."""
    question = asking.checked(body, principal)
    return await asking.admit(request, question, lambda: asking.answering.search(question, limit=body.limit).as_json())


@_documents.get("/documents", response_model=DocumentListBody)
def documents(principal: Caller, reading: _Reading) -> dict[str, Any]:
    """List the documents that the caller may read."""
    return {"documents": [readable.as_json() for readable in reading.documents(principal)]}


@_documents.get("/documents/{document:path}", response_model=DocumentTextBody)
def document(document: str, principal: Caller, reading: _Reading) -> dict[str, Any]:
    """Return a document's metadata and stored text. The id is its path, slashes and all."""
    found = reading.text(principal, document)
    if found is None:
        raise HTTPException(404)
    readable, text = found
    return {**readable.as_json(), "text": text}


@_documents.get("/originals/{document:path}", response_class=Response)
def original(document: str, principal: Caller, reading: _Reading) -> Response:
    """Return the bytes of a document that were approved."""
    found = reading.original(principal, document)
    if found is None:
        raise HTTPException(404)
    return original_response(document, found[1])


@_health.get("/healthz")
def alive() -> dict[str, str]:
    """Tell that the process runs."""
    return {"status": "ok"}


@_health.get("/readyz", response_model=ReadyBody, responses={503: {"model": ReadyBody}})
def ready(response: Response, known: Annotated[Principal | None, Depends(known)], health: _Health) -> dict[str, Any]:
    """Tell whether questions can be answered; what is wrong is told in words to an operator."""
    report = health.report()
    response.status_code = 200 if report.ready else 503
    return {
        "status": "ready" if report.ready else "not_ready",
        "failing": list(report.failing),
        "problems": list(report.problems) if known and Role.OPERATOR in known.roles else [],
    }


ROUTES = [*_questions.routes, *_documents.routes, *_health.routes]
