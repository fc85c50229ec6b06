"""Errors as problem JSON (RFC 9457), each with a stable `type`.

A problem says what was expected and what came, and never repeats the question or any other text of the request. What
broke inside is named to the log by its type and place only: an exception's message could hold a question.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from indexes.errors import BuildError, DrawerBusyError, DrawError, NoBuildError, SearchUnavailableError
from service.access.errors import (
    AccessError,
    KeyWishError,
    NoKeyError,
    NotAllowedError,
    NotSignedInError,
    ProviderError,
    SessionsUnavailableError,
    TooManyError,
)
from service.answering.errors import (
    AnsweringError,
    LibraryUnavailableError,
    ModelFailedError,
    NoLongerShownError,
    OverloadedError,
    QuestionError,
    ReplayError,
)
from service.audit.errors import (
    AuditError,
    ErasureError,
    ExportError,
    FilterError,
    NoRecordError,
    NotCoveredError,
    RevealError,
    SealError,
)
from service.deciding.errors import (
    DecidingError,
    NoDocumentError,
    NotDecidableError,
    OtherVersionError,
    RegisterUnavailableError,
    WishError,
)
from service.hearing.errors import HearingError, SayingError
from service.http.errors import NamedTwiceError, RequestError

_PREFIX = "urn:greenlit:problem:"
_AUDIT = "/v1/audit/"
_SAID = ("/v1/feedback", "/v1/requests")
_AGAIN = "/v1/answers/"
_NO_QUESTIONS = (_AUDIT, "/v1/approvals", "/v1/readers", _AGAIN, *_SAID)  # what takes something else than a question
Notice = Callable[[str, Exception], None]
Stranger = Callable[[Request], Awaitable[Exception | None]]


class Problem(BaseModel):
    """An RFC 9457 problem."""

    type: str = Field(examples=[_PREFIX + "question"])
    title: str = Field(examples=["The question cannot be taken"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["expected a question of at most 2000 characters, got 10000"])


_PROBLEM = {"content": {"application/problem+json": {"schema": Problem.model_json_schema()}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route's description says of the problems it gives, by status."""
    return dict.fromkeys(statuses, _PROBLEM) | {"default": {"description": "Any other problem", **_PROBLEM}}


def problem_response(kind: str, status: int, title: str, detail: str) -> JSONResponse:
    """Return a problem as a response."""
    problem = Problem(type=_PREFIX + kind, title=title, status=status, detail=detail)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(problem.model_dump(), status, headers, media_type="application/problem+json")


_NOT_DECIDED = "nothing was written: the service has to be able to read the library and write its register.jsonl"
_KNOWN: tuple[tuple[type[Exception], str, int, str, str | None], ...] = (
    (QuestionError, "question", 422, "The question cannot be taken", None),
    (NamedTwiceError, "named-twice", 422, "The request cannot be taken", None),
    (NotSignedInError, "not-signed-in", 401, "Not signed in", "expected an identity that is valid here"),
    (TooManyError, "too-many", 429, "Too many requests", None),
    (ProviderError, "provider", 503, "The identity provider does not answer", "sign in again in a while"),
    (SessionsUnavailableError, "sessions", 503, "Sessions cannot be read", "so nobody is signed in by one"),
    (NotAllowedError, "not-allowed", 403, "Not allowed", None),
    (KeyWishError, "key", 422, "The key cannot be made", None),
    (NoKeyError, "no-key", 404, "No such key", None),
    (NoRecordError, "no-record", 404, "No such record", None),
    (FilterError, "request", 422, "The request cannot be taken", None),
    (WishError, "request", 422, "The request cannot be taken", None),
    (SayingError, "request", 422, "The request cannot be taken", None),
    (NoDocumentError, "no-document", 404, "No such document", None),
    (OtherVersionError, "version", 412, "Another version by now", None),
    (NotDecidableError, "not-decidable", 409, "The document cannot be decided on", None),
    (RegisterUnavailableError, "register", 503, "The register cannot be used", _NOT_DECIDED),
    (RevealError, "reveal", 422, "The identity is not revealed", None),
    (ErasureError, "erasure", 422, "The texts are not erased", None),
    (NotCoveredError, "not-covered", 409, "Not covered by a checkpoint yet", None),
    (NoLongerShownError, "no-longer-shown", 409, "The answer cannot be shown any more", None),
    (ReplayError, "replay", 409, "The answer cannot be made again", None),
    (ExportError, "export", 422, "The records cannot be exported", None),
    (SealError, "damaged", 500, "A text on record cannot be opened", None),
    (AccessError, "access", 503, "Who may do what cannot be told", "so nobody may; /readyz tells the operator why"),
    (AuditError, "log", 503, "No record, no answer", "the audit log cannot be written, so no answer is given"),
    (DrawerBusyError, "drawing", 503, "Others are being drawn", None),
    (DrawError, "not-drawn", 503, "The page cannot be drawn", None),
    (NoBuildError, "build", 503, "No build to answer from", "nothing has been approved and taken in here yet"),
    (SearchUnavailableError, "search", 503, "Passages cannot be looked for", "ask again in a while"),
    (BuildError, "build", 503, "No build to answer from", "no usable build; /readyz tells the operator why"),
    (LibraryUnavailableError, "library", 503, "Approvals cannot be read", "so nothing counts as approved"),
    (ModelFailedError, "model-unavailable", 503, "The language model does not answer", "ask again in a while"),
    (OverloadedError, "overloaded", 429, "Too many questions at once", None),
    (AnsweringError, "internal", 500, "The question could not be answered", "it is on record as failed"),
    (Exception, "internal", 500, "Something broke", "the service log says where"),
)


# What routes say instead that nobody asked a question.
_NO_LOG: tuple[tuple[str | tuple[str, ...], tuple[str, str]], ...] = (
    (
        (_AUDIT, _AGAIN),
        ("No record, nothing shown", "the audit log cannot be written or read, so nothing is shown or changed"),
    ),
    (_SAID, ("No record, nothing taken", "the audit log cannot be written or read, so what was said was not taken")),
)


def problem_for(error: Exception) -> tuple[str, int, str, str]:
    """Return kind, status, title and detail for an error; anything unknown is an internal one."""
    kind, status, title, detail = next(known[1:] for known in _KNOWN if isinstance(error, known[0]))
    return kind, status, title, str(error) if detail is None else detail


async def _nobody_is_stranger(_request: Request) -> None:
    return


def add_problem_handlers(app: FastAPI, notice: Notice, *, stranger: Stranger = _nobody_is_stranger) -> None:
    """Make every error of the API a problem.

    Args:
        app: the application.
        notice: is told of errors that an operator should see.
        stranger: returns why whoever sent a request is nobody here, if they are. The framework looks at a body before
            it asks who sent it; whoever is nobody is told that, and not what is wrong with what they sent.
    """

    def known(request: Request, error: Exception) -> JSONResponse:
        kind, status, title, detail = problem_for(error)
        if kind == "log":
            words = (words for paths, words in _NO_LOG if request.url.path.startswith(paths))
            title, detail = next(words, (title, detail))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            notice(kind, error)
        response = problem_response(kind, status, title, detail)
        if isinstance(error, OverloadedError | TooManyError | DrawerBusyError):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        if why := await stranger(request):
            return known(request, why)
        errors = error.errors() if isinstance(error, RequestValidationError) else ()
        asks = not request.url.path.startswith(_NO_QUESTIONS)
        unknown = _NOTHING_ELSE if asks else "see /openapi.json for what this takes"
        detail = "; ".join(dict.fromkeys(_in_words(one, unknown) for one in errors))
        return problem_response("request", 422, "The request cannot be taken", detail)

    async def http(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == HTTPStatus.BAD_REQUEST and (why := await stranger(request)):
            return known(request, why)
        phrase = HTTPStatus(status).phrase
        return problem_response(phrase.lower().replace(" ", "-"), status, phrase, _HTTP_DETAILS.get(status, phrase))

    for kind in (
        QuestionError,
        AccessError,
        AuditError,
        BuildError,
        DrawError,
        AnsweringError,
        DecidingError,
        HearingError,
        RequestError,
        Exception,
    ):
        app.add_exception_handler(kind, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


_HTTP_DETAILS = {
    400: "expected a body of JSON in UTF-8",
    404: "there is no such thing here, or you may not read it",
    405: "this path does not take that method",
    413: "the request's body is too large",
}


_NOTHING_ELSE = "a question comes with nothing else"


def _in_words(error: dict[str, object], unknown: str) -> str:
    """Say what is wrong without any text of the request: not even the name of an unknown field."""
    kind, where = str(error["type"]), error["loc"]
    if kind == "extra_forbidden":
        return f"unknown field: {unknown}"
    if kind == "json_invalid":
        return "expected a body of JSON"
    field = ".".join(str(part) for part in where[1:]) if isinstance(where, tuple) else ""
    expected = _PATTERNS.get(field) if kind == "string_pattern_mismatch" else _EXPECTED.get(kind)
    return f"{field or 'body'}: {expected or 'not of the expected form'}"


_PATTERNS = {
    "Idempotency-Key": "expected 1 to 128 letters, digits or . _ : -",
    "conversation_id": "expected 1 to 128 letters, digits or . _ : -",
    "request_id": "expected the id of a question, as it came with the answer",
    "sha256": "expected 64 lower-case hex digits",
    "expires": "expected a day like 2027-11-20",
    "ground": "expected a code of 1 to 32 lower-case letters and _",
}
_EXPECTED = {
    "missing": "is missing",
    "string_type": "expected a text",
    "string_too_short": "is too short",
    "string_too_long": "is too long",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "literal_error": "expected one of the values that /openapi.json names",
    "model_attributes_type": "expected a JSON object",
    "model_type": "expected a JSON object",
    "dict_type": "expected a JSON object",
}
