"""The pages, for people.

`/` asks and answers, `/documents/...` shows a source at the quoted place, `/record` what the log holds about one's own
questions, `/open` signs in by the link.

Questions are posted, never put into an address. The session is the local token in a cookie that no script can read and
no other site can use. Whatever is shown went through the same pipeline as the API.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.templating import Jinja2Templates

from indexes.errors import BuildError
from service.access.errors import NotSignedInError
from service.access.local import LocalAccess
from service.access.principals import Principal
from service.answering.errors import AnsweringError, LibraryUnavailableError, OverloadedError, QuestionError
from service.answering.pipeline import Answering
from service.answering.questions import Question, checked_text
from service.answering.reading import Reading
from service.audit.errors import AuditError, NoRecordError, SealError
from service.audit.reading.own_records import OwnRecords
from service.http.admission import Admission
from service.http.originals import original_response

SESSION_COOKIE = "greenlit_session"
_FOLDER = Path(__file__).parent
_NO_DOCUMENT = "There is no such document, or you may not read it."
_SAME_SITE = ("same-origin", "none")  # a form of ours, or an address typed in
_FROM_ELSEWHERE = "This form was sent from another site."
_NOT_SHOWN = "The record cannot be written or read now, so nothing of it is shown. Please tell the operator."
_NOT_ERASED = "The erasing could not be recorded, so nothing was erased. Please tell the operator."
_DAMAGED = "A text on record cannot be opened, so nothing is shown. Please tell the operator."
_ERASED = "The text was erased."
_NO_QUESTION = "There is no such question of yours on record, or it is not answered yet."
_MESSAGES: tuple[tuple[type[Exception], int, str], ...] = (
    (AuditError, 503, "The question could not be recorded, so no answer is given. Please tell the operator."),
    (BuildError, 503, "There is nothing to answer from yet. The operator has to run greenlit ingest."),
    (LibraryUnavailableError, 503, "The approvals cannot be read, so nothing counts as approved. Tell the operator."),
    (OverloadedError, 429, "Too many people are asking at this moment. Please ask again in a while."),
    (AnsweringError, 500, "Something broke, and no answer is given. Please tell the operator."),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the pages tell people: the longest question in characters, how long texts are kept, and why so long."""

    max_question_chars: int
    retention_months: int
    retention_reason: str


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the pages need."""

    answering: Answering
    admission: Admission
    reading: Reading
    access: LocalAccess
    own: OwnRecords
    told: Told
    templates: Jinja2Templates

    def principal(self, request: Request) -> Principal:
        return self.access.principal(request.cookies.get(SESSION_COOKIE))

    def show(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        told = self.told
        kept = {"limit": told.max_question_chars, "months": told.retention_months, "why": told.retention_reason}
        values = {**kept, **values}
        return self.templates.TemplateResponse(request, name, values, status_code=status)

    def sign_in(self, request: Request) -> Response:
        return self.show(request, "sign_in.html", 401)


def web_router(
    *,
    answering: Answering,
    admission: Admission,
    reading: Reading,
    access: LocalAccess,
    own: OwnRecords,
    told: Told,
) -> APIRouter:
    """Return the pages over parts that are ready."""
    templates = Jinja2Templates(directory=_FOLDER / "templates")
    pages = _Pages(answering, admission, reading, access, own, told, templates)
    router = APIRouter(include_in_schema=False)
    _add_session(router, pages)
    _add_asking(router, pages)
    _add_documents(router, pages)
    _add_record(router, pages)
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
        return pages.show(request, "ask.html")

    @router.post("/")
    async def read_form(request: Request) -> Response:
        """Take the form off the wire; the answer is made in a thread."""
        text = await _field(request, "question")
        if _is_from_elsewhere(request):
            return pages.show(request, "message.html", 403, message=_FROM_ELSEWHERE)
        return await _answer(pages, request, text)


async def _field(request: Request, name: str) -> str:
    async with request.form(max_files=0, max_fields=4) as form:
        value = form.get(name, "")
    return "" if isinstance(value, UploadFile) else value


def _is_from_elsewhere(request: Request) -> bool:
    return request.headers.get("sec-fetch-site", "none") not in _SAME_SITE


async def _answer(pages: _Pages, request: Request, text: str) -> Response:
    limit = pages.told.max_question_chars
    try:
        principal = pages.principal(request)
        checked = checked_text(text, max_chars=limit)
        question = Question(checked, principal, "web")
        return await pages.admission.run(
            lambda: pages.show(request, "ask.html", question=checked, answer=pages.answering.ask(question)),
            turn_away=lambda: pages.answering.turn_away(question),
            gone=request.receive,
        )
    except NotSignedInError:
        return pages.sign_in(request)
    except QuestionError as error:
        return pages.show(request, "ask.html", 422, question=text[:limit], problem=str(error))
    except (AuditError, BuildError, AnsweringError) as error:
        status, message = next(known[1:] for known in _MESSAGES if isinstance(error, known[0]))
        response = pages.show(request, "ask.html", status, question=checked, problem=message)
        if isinstance(error, OverloadedError):
            response.headers["Retry-After"] = str(error.retry_after_s)
        else:
            _tell_operator(error)
        return response


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


def _tell_operator(error: Exception) -> None:
    """Log why there is only a message: in the audit log's own words, which hold no question; of others the type."""
    reason = {"reason": str(error)} if isinstance(error, AuditError) else {}
    kinds = [type(one).__name__ for one in (error, error.__cause__) if one]
    structlog.get_logger("greenlit").error("failed", kind="page", errors=kinds, **reason)


def _add_record(router: APIRouter, pages: _Pages) -> None:
    @router.get("/record")
    def record(request: Request, before: Annotated[int | None, Query(ge=0)] = None) -> Response:
        """Show what the log holds about one's own questions, and who looked; `before` is for older pages."""
        return _record(pages, request, before=before)

    @router.post("/record/erase")
    async def read_form(request: Request) -> Response:
        """Take the form off the wire; the text is erased in a thread."""
        request_id = await _field(request, "request_id")
        if _is_from_elsewhere(request):
            return pages.show(request, "message.html", 403, message=_FROM_ELSEWHERE)
        return await run_in_threadpool(_erase, pages, request, request_id)


def _erase(pages: _Pages, request: Request, request_id: str) -> Response:
    try:
        pages.own.erase(pages.principal(request).principal_id, request_id)
    except NotSignedInError:
        return pages.sign_in(request)
    except NoRecordError:
        return pages.show(request, "message.html", 404, message=_NO_QUESTION)
    except AuditError as error:
        _tell_operator(error)
        return pages.show(request, "message.html", 503, message=_NOT_ERASED)
    return _record(pages, request, told=_ERASED)


def _record(pages: _Pages, request: Request, *, before: int | None = None, told: str = "") -> Response:
    try:
        found = pages.own.list(pages.principal(request).principal_id, before=before)
    except NotSignedInError:
        return pages.sign_in(request)
    except AuditError as error:
        _tell_operator(error)
        status, message = (500, _DAMAGED) if isinstance(error, SealError) else (503, _NOT_SHOWN)
        return pages.show(request, "message.html", status, message=f"{told} {message}".lstrip())
    return pages.show(request, "record.html", questions=found["questions"], older=found["next"], told=told)
