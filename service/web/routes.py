"""The pages: `/` asks and answers, `/documents/...` shows a source at the quoted place, `/open` signs in by the link.

Questions are posted, never put into an address. The session is the local token in a cookie that no script can read and
no other site can use. Whatever is shown went through the same pipeline as the API.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.templating import Jinja2Templates

from indexes.errors import BuildError
from service.access.errors import NotSignedInError
from service.access.local import LocalAccess
from service.access.principals import Principal
from service.answering.errors import AnsweringError, LibraryUnavailableError, QuestionError
from service.answering.pipeline import Answering
from service.answering.questions import Question, checked_text
from service.answering.reading import Reading
from service.audit.errors import AuditError
from service.originals import original_response

SESSION_COOKIE = "greenlit_session"
_FOLDER = Path(__file__).parent
_NO_DOCUMENT = "There is no such document, or you may not read it."
_SAME_SITE = ("same-origin", "none")  # a form of ours, or an address typed in
_MESSAGES: tuple[tuple[type[Exception], int, str], ...] = (
    (AuditError, 503, "The question could not be recorded, so no answer is given. Please tell the operator."),
    (BuildError, 503, "There is nothing to answer from yet. The operator has to run greenlit ingest."),
    (LibraryUnavailableError, 503, "The approvals cannot be read, so nothing counts as approved. Tell the operator."),
    (AnsweringError, 500, "Something broke, and no answer is given. Please tell the operator."),
)


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the pages need."""

    answering: Answering
    reading: Reading
    access: LocalAccess
    max_question_chars: int
    templates: Jinja2Templates

    def principal(self, request: Request) -> Principal:
        return self.access.principal(request.cookies.get(SESSION_COOKIE))

    def show(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        return self.templates.TemplateResponse(request, name, values, status_code=status)

    def sign_in(self, request: Request) -> Response:
        return self.show(request, "sign_in.html", 401)


def web_router(*, answering: Answering, reading: Reading, access: LocalAccess, max_question_chars: int) -> APIRouter:
    """Return the pages over parts that are ready."""
    templates = Jinja2Templates(directory=_FOLDER / "templates")
    pages = _Pages(answering, reading, access, max_question_chars, templates)
    router = APIRouter(include_in_schema=False)
    _add_session(router, pages)
    _add_asking(router, pages)
    _add_documents(router, pages)
    return router


def _add_session(router: APIRouter, pages: _Pages) -> None:
    @router.get("/open")
    def open_session(request: Request, token: Annotated[str, Query()] = "") -> Response:
        """Sign in with the link that the service prints, and leave the token out of the address from then on."""
        try:
            pages.access.principal(token)
        except NotSignedInError:
            return pages.sign_in(request)
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(SESSION_COOKIE, token, httponly=True, samesite="strict", path="/")
        return response

    @router.get("/style.css")
    def style() -> Response:
        content = (_FOLDER / "static" / "style.css").read_bytes()
        return Response(content, media_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=300"})


def _add_asking(router: APIRouter, pages: _Pages) -> None:
    @router.get("/")
    def page(request: Request) -> Response:
        try:
            pages.principal(request)
        except NotSignedInError:
            return pages.sign_in(request)
        return pages.show(request, "ask.html", limit=pages.max_question_chars)

    @router.post("/")
    async def read_form(request: Request) -> Response:
        """Take the form off the wire; the answer is made in a thread."""
        async with request.form(max_files=0, max_fields=4) as form:
            text = form.get("question", "")
        if request.headers.get("sec-fetch-site", "none") not in _SAME_SITE:
            return pages.show(request, "message.html", 403, message="This form was sent from another site.")
        return await run_in_threadpool(_answer, pages, request, "" if isinstance(text, UploadFile) else text)


def _answer(pages: _Pages, request: Request, text: str) -> Response:
    limit = pages.max_question_chars
    try:
        principal = pages.principal(request)
        checked = checked_text(text, max_chars=limit)
        answer = pages.answering.ask(Question(checked, principal, "web"))
    except NotSignedInError:
        return pages.sign_in(request)
    except QuestionError as error:
        return pages.show(request, "ask.html", 422, limit=limit, question=text[:limit], problem=str(error))
    except (AuditError, BuildError, AnsweringError) as error:
        status, message = next(known[1:] for known in _MESSAGES if isinstance(error, known[0]))
        return pages.show(request, "ask.html", status, limit=limit, question=checked, problem=message)
    return pages.show(request, "ask.html", limit=limit, question=checked, answer=answer)


def _add_documents(router: APIRouter, pages: _Pages) -> None:
    @router.get("/documents")
    def documents(request: Request) -> Response:
        try:
            readable = pages.reading.documents(pages.principal(request))
        except NotSignedInError:
            return pages.sign_in(request)
        return pages.show(request, "documents.html", documents=readable)

    @router.get("/originals/{document:path}")
    def original(request: Request, document: str) -> Response:
        """Give the approved original itself."""
        try:
            found = pages.reading.original(pages.principal(request), document)
        except NotSignedInError:
            return pages.sign_in(request)
        if found is None:
            return pages.show(request, "message.html", 404, message=_NO_DOCUMENT)
        return original_response(document, found[1])

    @router.get("/documents/{document:path}")
    def document(
        request: Request,
        document: str,
        version: str = "",
        start: Annotated[int, Query(alias="from", ge=0)] = 0,
        end: Annotated[int, Query(alias="to", ge=0)] = 0,
    ) -> Response:
        """Show a source's stored text with the quote marked; say so if the source is another version by now."""
        try:
            found = pages.reading.text(pages.principal(request), document)
        except NotSignedInError:
            return pages.sign_in(request)
        if found is None:
            return pages.show(request, "message.html", 404, message=_NO_DOCUMENT)
        readable, text = found
        same = readable.info.sha256.startswith(version)
        span = (start, end) if same and start < end <= len(text) else (0, 0)
        parts = (text[: span[0]], text[span[0] : span[1]], text[span[1] :])
        return pages.show(request, "document.html", readable=readable, same_version=same, parts=parts)
