"""The routes of the API: ask, search, documents, health. Each checks who calls, hands over, and returns JSON.

The routes of the audit are in `audit_routes`.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.access.principals import Principal
from service.answering.pipeline import Answering
from service.answering.questions import Question, checked_text
from service.answering.reading import Reading
from service.api.bodies import (
    AnswerBody,
    AskBody,
    DocumentListBody,
    DocumentTextBody,
    ReadyBody,
    SearchBody,
    SearchResultBody,
)
from service.api.identity import SignedIn
from service.api.problems import problems
from service.http.admission import Admission
from service.http.originals import original_response
from service.operating.health import Health


def api_router(
    *,
    answering: Answering,
    admission: Admission,
    reading: Reading,
    signed_in: SignedIn,
    health: Health,
    max_question_chars: int,
) -> APIRouter:
    """Return the API's routes over parts that are ready."""
    parts = (
        _question_routes(signed_in, answering, admission, max_question_chars),
        _document_routes(signed_in, reading),
        _health_routes(signed_in, health),
    )
    return APIRouter(routes=[route for part in parts for route in part.routes])


def _question_routes(
    signed_in: SignedIn, answering: Answering, admission: Admission, max_question_chars: int
) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["questions"], responses=problems(401, 422, 429, 500, 503))
    caller = Depends(signed_in.required)

    async def admitted(request: Request, question: Question, work: Callable[[], dict[str, Any]]) -> Response:
        # A response is made as it is, in the thread: checking what we made ourselves would take the event loop's time.
        return await admission.run(
            lambda: JSONResponse(work()), turn_away=lambda: answering.turn_away(question), gone=request.receive
        )

    @router.post("/ask", response_model=AnswerBody)
    async def ask(request: Request, body: AskBody, principal: Annotated[Principal, caller]) -> Response:
        """Answer a question in cited sentences, or refuse it with a reason. Either way it is recorded."""
        text = checked_text(body.question, max_chars=max_question_chars)
        question = Question(text, principal, "api", body.conversation_id)
        return await admitted(request, question, lambda: answering.ask(question).as_json())

    @router.post("/search", response_model=SearchResultBody)
    async def search(request: Request, body: SearchBody, principal: Annotated[Principal, caller]) -> Response:
        """Return ranked passages without an answer, under the same boundary and record."""
        text = checked_text(body.question, max_chars=max_question_chars)
        question = Question(text, principal, "api")
        return await admitted(request, question, lambda: answering.search(question, limit=body.limit).as_json())

    return router


def _document_routes(signed_in: SignedIn, reading: Reading) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["documents"], responses=problems(401, 404, 503))
    caller = Depends(signed_in.required)

    @router.get("/documents", response_model=DocumentListBody)
    def documents(principal: Annotated[Principal, caller]) -> dict[str, Any]:
        """List the documents that the caller may read."""
        return {"documents": [readable.as_json() for readable in reading.documents(principal)]}

    @router.get("/documents/{document:path}", response_model=DocumentTextBody)
    def document(document: str, principal: Annotated[Principal, caller]) -> dict[str, Any]:
        """Return a document's metadata and stored text. The id is its path, slashes and all."""
        found = reading.text(principal, document)
        if found is None:
            raise HTTPException(404)
        readable, text = found
        return {**readable.as_json(), "text": text}

    @router.get("/originals/{document:path}", response_class=Response)
    def original(document: str, principal: Annotated[Principal, caller]) -> Response:
        """Return the bytes of a document that were approved."""
        found = reading.original(principal, document)
        if found is None:
            raise HTTPException(404)
        return original_response(document, found[1])

    return router


def _health_routes(signed_in: SignedIn, health: Health) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    def alive() -> dict[str, str]:
        """Tell that the process runs."""
        return {"status": "ok"}

    @router.get("/readyz", response_model=ReadyBody, responses={503: {"model": ReadyBody}})
    def ready(response: Response, known: Annotated[bool, Depends(signed_in.known)]) -> dict[str, Any]:
        """Tell whether questions can be answered; what is wrong is told in words to somebody signed in."""
        report = health.report()
        response.status_code = 200 if report.ready else 503
        return {
            "status": "ready" if report.ready else "not_ready",
            "failing": list(report.failing),
            "problems": list(report.problems) if known else [],
        }

    return router
