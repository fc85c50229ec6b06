"""The routes of the API: ask, search, documents, health. Each checks who calls, hands over, and returns JSON.

The routes of the audit are in `audit_routes`.
"""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.access.principals import Principal, Role
from service.answering.library.reading import Reading
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
from service.api.problems import problems
from service.http.asking import Asking
from service.http.channels import BroughtBy
from service.http.event_stream import EventResponse, wants_events
from service.http.given import given
from service.http.identity import Asker, Caller, known
from service.http.originals import original_response
from service.operating.health import Health

_KEY = "names the request, so that it can be sent again: the same caller gets the same answer for ten minutes"
_Name = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description=_KEY, pattern=r"^[A-Za-z0-9._:-]{1,128}$"),
]
_Asking = Annotated[Asking, Depends(given(Asking))]
_Reading = Annotated[Reading, Depends(given(Reading))]
_Health = Annotated[Health, Depends(given(Health))]

_questions = APIRouter(prefix="/v1", tags=["questions"], responses=problems(400, 401, 403, 422, 429, 500, 503))
_documents = APIRouter(prefix="/v1", tags=["documents"], responses=problems(400, 401, 403, 404, 422, 429, 500, 503))
_health = APIRouter(tags=["health"])


@_questions.post("/ask", response_model=AnswerBody, responses={200: AS_EVENTS})
async def ask(
    request: Request,
    body: AskBody,
    principal: Asker,
    asking: _Asking,
    channel: BroughtBy = "api",
    name: _Name = None,
) -> Response:
    """Answer a question in cited sentences, or refuse it with a reason. Either way it is recorded.

    With `Accept: text/event-stream` the same is told in events, as it goes.
    """
    checked = asking.checked(body.question, principal, channel, body.conversation_id)
    question = replace(checked, as_typed=body.as_typed)
    if wants_events(request):
        return EventResponse(lambda tell, gone: asking.tell(question, tell, gone=gone, name=name))
    if name is not None:
        return JSONResponse((await asking.answer(question, gone=request.receive, name=name)).as_json())
    # Checking what we made ourselves would take the event loop's time, and so would writing it.
    return await asking.run(
        question, lambda: JSONResponse(asking.answering.ask(question).as_json()), gone=request.receive
    )


@_questions.post("/search", response_model=SearchResultBody)
async def search(
    request: Request, body: SearchBody, principal: Asker, asking: _Asking, channel: BroughtBy = "api"
) -> Response:
    """Return ranked passages without an answer, under the same boundary and record."""
    question = asking.checked(body.question, principal, channel)
    return await asking.look(
        question,
        lambda: JSONResponse(asking.answering.search(question, limit=body.limit).as_json()),
        gone=request.receive,
    )


@_documents.get("/documents", response_model=DocumentListBody)
def documents(principal: Caller, reading: _Reading) -> dict[str, Any]:
    """List the documents that the caller may read."""
    return {"documents": [readable.as_json() for readable in reading.documents(principal)]}


@_documents.get("/documents/{document:path}", response_model=DocumentTextBody)
def document(document: str, principal: Caller, reading: _Reading) -> dict[str, Any]:
    """Return a document's metadata, its stored text, and what is not in that. The id is its path, slashes and all."""
    found = reading.text(principal, document)
    if found is None:
        raise HTTPException(404)
    return found.as_json()


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
    """Tell whether questions can be answered; what is wrong, and what is due, is told in words to an operator."""
    report = health.report()
    response.status_code = 200 if report.ready else 503
    is_told = known is not None and Role.OPERATOR in known.roles
    return {
        "status": "ready" if report.ready else "not_ready",
        "failing": list(report.failing),
        "problems": list(report.problems) if is_told else [],
        "remarks": list(report.remarks) if is_told else [],
    }


ROUTES = [*_questions.routes, *_documents.routes, *_health.routes]
