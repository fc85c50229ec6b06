"""What every page stands on: the parts they share, who is signed in, and whose forms are taken.

A page asks for the signed-in person as a dependency. Where nobody is, `add_page_handlers` answers with the page that
says how to sign in; where a form came from elsewhere, or somebody asks too often, with one that says so. No page looks
for itself.
"""

import base64
import contextlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import structlog
from fastapi import Depends, FastAPI, Request, Response
from starlette.datastructures import UploadFile
from starlette.templating import Jinja2Templates

from service.access.errors import (
    AccessError,
    NotAllowedError,
    NotSignedInError,
    SessionsUnavailableError,
    TooManyError,
)
from service.access.port import Access, Carried, SignIn
from service.access.principals import Principal, Role
from service.audit.errors import AuditError
from service.http.given import given
from service.http.limits_per_caller import CallerLimits
from service.http.origin import Origin
from service.http.recognised import recognised

SESSION_COOKIE = "greenlit_session"
FORM_TOKEN_FIELD = "form_token"  # nosec B105  # noqa: S105  (a name)
FORM_TOKEN_HEADER = "Greenlit-Form-Token"  # nosec B105  # noqa: S105  (a name)
FOLDER = Path(__file__).parent
_TEMPLATES = Jinja2Templates(directory=FOLDER / "templates")
_SAME_SITE = ("same-origin", "none")  # a form of ours, or an address typed in
_FROM_ELSEWHERE = "This form was sent from another site."
_NO_SESSIONS = "Who you are cannot be told at this moment. Please tell the operator."
_TOO_MANY = "You asked very often within a minute. Please wait a moment, then ask again."
_NOT_ALLOWED = "This is not open to you. Ask whoever runs Greenlit for the role that it takes."


class SignInNeededError(NotSignedInError):
    """A page was asked for by somebody without a session."""


class PageNotAllowedError(NotAllowedError):
    """A page was asked for by somebody without the role that it takes."""


class PageTooManyError(TooManyError):
    """A page was asked for by somebody who asks too often."""


class FromElsewhereError(Exception):
    """A form was sent from another site or port."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the pages tell people.

    The longest question in characters, how long texts are kept and why so long, whether they sign in by a link.
    """

    max_question_chars: int
    retention_months: int
    retention_reason: str
    by_link: bool


@dataclass(frozen=True, slots=True)
class Pages:
    """What all pages share."""

    access: Access
    sign_in: SignIn
    told: Told
    origin: Origin

    @property
    def cookie(self) -> str:
        """The name of the cookie with the session; with TLS one that no other host or plain page can have set."""
        return self._cookie(SESSION_COOKIE)

    @property
    def login_cookie(self) -> str:
        """The name of the cookie with which a browser comes back from the identity provider."""
        return self._cookie("greenlit_login")

    def session_id(self, request: Request) -> str | None:
        """Return the id of the browser's session, if it says that it has one."""
        return request.cookies.get(self.cookie)

    def show(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        """Return a page made of a template."""
        told, session_id = self.told, self.session_id(request)
        kept: dict[str, Any] = {
            "limit": told.max_question_chars,
            "months": told.retention_months,
            "why": told.retention_reason,
        }
        token = form_token(session_id) if session_id else ""
        person = getattr(request.state, "person", None)
        kept["person"] = None if told.by_link or person is None else person.name
        return _TEMPLATES.TemplateResponse(request, name, {**kept, "form_token": token, **values}, status_code=status)

    def message(self, request: Request, status: int, words: str) -> Response:
        """Return a page that says one thing."""
        return self.show(request, "message.html", status, message=words)

    def sign_in_page(self, request: Request, status: int = 401) -> Response:
        """Return the page that says how to sign in."""
        to = request.scope["path"] if request.method == "GET" and status == HTTPStatus.UNAUTHORIZED else "/"
        return self.show(request, "sign_in.html", status, by_link=self.told.by_link, to=quote(to))

    def _cookie(self, name: str) -> str:
        return f"__Host-{name}" if self.origin.is_https else name


ThePages = Annotated[Pages, Depends(given(Pages))]
_Limits = Annotated[CallerLimits, Depends(given(CallerLimits))]


async def signed_in(request: Request, pages: ThePages) -> Principal:
    """Return whose session the browser has; a dependency of pages.

    Raises:
        SignInNeededError: it has none, or one that has ended.
    """
    try:
        request.state.person = await recognised(pages.access, Carried(session=pages.session_id(request)))
    except NotSignedInError as error:
        raise SignInNeededError(str(error)) from error
    person: Principal = request.state.person  # whose name every page shows
    return person


async def within_limits(person: Annotated[Principal, Depends(signed_in)], limits: _Limits) -> Principal:
    """Return a signed-in person who does not call too often; a dependency of pages.

    Raises:
        PageTooManyError: they do.
    """
    with page_too_many():
        limits.request(person)
    return person


Person = Annotated[Principal, Depends(within_limits)]


async def asker(person: Person) -> Principal:
    """Return a signed-in person who may ask; a dependency of pages.

    Raises:
        PageNotAllowedError: they may not.
    """
    if Role.STAFF not in person.roles:
        raise PageNotAllowedError(f"expected somebody with the role {Role.STAFF}")
    return person


PageAsker = Annotated[Principal, Depends(asker)]


async def questioner(person: PageAsker, limits: _Limits) -> Principal:
    """Return a signed-in person who asks a question now; a dependency of the page that takes one.

    Raises:
        PageTooManyError: they ask too often.
    """
    with page_too_many():
        limits.question(person)
    return person


PageQuestioner = Annotated[Principal, Depends(questioner)]


@contextlib.contextmanager
def page_too_many() -> Iterator[None]:
    """Have whoever goes beyond a limit told so by a page."""
    try:
        yield
    except TooManyError as error:
        raise PageTooManyError(str(error), retry_after_s=error.retry_after_s) from error


def form_token(session_id: str) -> str:
    """Return what a form of these pages brings back: made of the session, so that no other site knows it."""
    digest = hmac.digest(session_id.encode("utf-8", "surrogatepass"), b"greenlit-form-v1", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def add_page_handlers(app: FastAPI, pages: Pages) -> None:
    """Answer with a page where nobody is signed in or can be, or a form came from elsewhere."""

    def sign_in(request: Request, _error: Exception) -> Response:
        return pages.sign_in_page(request)

    def elsewhere(request: Request, _error: Exception) -> Response:
        return pages.message(request, 403, _FROM_ELSEWHERE)

    def no_sessions(request: Request, error: Exception) -> Response:
        tell_operator(error)
        return pages.message(request, 503, _NO_SESSIONS)

    def not_allowed(request: Request, _error: Exception) -> Response:
        return pages.message(request, 403, _NOT_ALLOWED)

    def too_many(request: Request, error: Exception) -> Response:
        response = pages.message(request, 429, _TOO_MANY)
        if isinstance(error, PageTooManyError):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    app.add_exception_handler(PageNotAllowedError, not_allowed)
    app.add_exception_handler(PageTooManyError, too_many)
    app.add_exception_handler(SignInNeededError, sign_in)
    app.add_exception_handler(SessionsUnavailableError, no_sessions)
    app.add_exception_handler(FromElsewhereError, elsewhere)


async def from_here(request: Request, pages: ThePages) -> None:
    """Let only forms of these pages through; a dependency of every page that takes one.

    A browser says where a form comes from: in Sec-Fetch-Site, or, where it knows no such header, in Origin. What says
    neither is no browser, and has no cookie that another site could make it send. Whoever has a session also brings the
    token that our own form was given with it.

    Raises:
        FromElsewhereError: from another site, or another port of this machine, or without that token.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        is_ours = site in _SAME_SITE
    else:
        is_ours = origin is None or pages.origin.sent(origin, request.headers.get("host", ""))
    if is_ours and (session_id := pages.session_id(request)):
        brought = request.headers.get(FORM_TOKEN_HEADER) or await field_of(request, FORM_TOKEN_FIELD)
        is_ours = hmac.compare_digest(brought.encode(errors="replace"), form_token(session_id).encode())
    if not is_ours:
        raise FromElsewhereError


async def field_of(request: Request, name: str) -> str:
    """Return a field of the form that was sent; "" if there is none."""
    form = await request.form(max_files=0, max_fields=4)  # read once, however often it is asked for
    value = form.get(name, "")
    return "" if isinstance(value, UploadFile) else value


def tell_operator(error: Exception) -> None:
    """Log why there is only a message: in the audit log's own words, which hold no question; of others the type."""
    own_words = isinstance(error, AuditError | AccessError)
    reason = {"reason": str(error)} if own_words else {}
    kinds = [type(one).__name__ for one in (error, error.__cause__) if one]
    structlog.get_logger("greenlit").error("failed", kind="page", errors=kinds, **reason)
