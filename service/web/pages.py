"""What every page stands on: the parts they share, who is signed in, and whose forms are taken.

A page asks for the signed-in person as a dependency. Where nobody is, `add_page_handlers` answers with the page that
says how to sign in; where a form came from elsewhere, with one that says so. No page looks for itself.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, FastAPI, Request, Response
from starlette.datastructures import UploadFile
from starlette.templating import Jinja2Templates

from service.access.errors import NotSignedInError, SessionsUnavailableError
from service.access.port import Access, Carried
from service.access.principals import Principal
from service.audit.errors import AuditError
from service.http.given import given

SESSION_COOKIE = "greenlit_session"
FOLDER = Path(__file__).parent
_TEMPLATES = Jinja2Templates(directory=FOLDER / "templates")
_SAME_SITE = ("same-origin", "none")  # a form of ours, or an address typed in
_FROM_ELSEWHERE = "This form was sent from another site."
_NO_SESSIONS = "Who you are cannot be told at this moment. Please tell the operator."


class SignInNeededError(NotSignedInError):
    """A page was asked for by somebody without a session."""


class FromElsewhereError(Exception):
    """A form was sent from another site or port."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the pages tell people: the longest question in characters, how long texts are kept, and why so long."""

    max_question_chars: int
    retention_months: int
    retention_reason: str


@dataclass(frozen=True, slots=True)
class Pages:
    """What all pages share."""

    access: Access
    told: Told

    def show(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        """Return a page made of a template."""
        told = self.told
        kept = {"limit": told.max_question_chars, "months": told.retention_months, "why": told.retention_reason}
        return _TEMPLATES.TemplateResponse(request, name, {**kept, **values}, status_code=status)

    def message(self, request: Request, status: int, words: str) -> Response:
        """Return a page that says one thing."""
        return self.show(request, "message.html", status, message=words)

    def sign_in(self, request: Request) -> Response:
        """Return the page that says how to sign in."""
        return self.show(request, "sign_in.html", 401)


ThePages = Annotated[Pages, Depends(given(Pages))]


async def signed_in(request: Request, pages: ThePages) -> Principal:
    """Return whose session the browser has; a dependency of pages.

    Raises:
        SignInNeededError: it has none, or one that has ended.
    """
    try:
        return pages.access.principal(Carried(session=request.cookies.get(SESSION_COOKIE)))
    except NotSignedInError as error:
        raise SignInNeededError(str(error)) from error


Person = Annotated[Principal, Depends(signed_in)]


def add_page_handlers(app: FastAPI, pages: Pages) -> None:
    """Answer with a page where nobody is signed in or can be, or a form came from elsewhere."""

    def sign_in(request: Request, _error: Exception) -> Response:
        return pages.sign_in(request)

    def elsewhere(request: Request, _error: Exception) -> Response:
        return pages.message(request, 403, _FROM_ELSEWHERE)

    def no_sessions(request: Request, error: Exception) -> Response:
        tell_operator(error)
        return pages.message(request, 503, _NO_SESSIONS)

    app.add_exception_handler(SignInNeededError, sign_in)
    app.add_exception_handler(SessionsUnavailableError, no_sessions)
    app.add_exception_handler(FromElsewhereError, elsewhere)


async def from_here(request: Request) -> None:
    """Let only forms of these pages through; a dependency of every page that takes one.

    A browser says where a form comes from: in Sec-Fetch-Site, or, where it knows no such header, in Origin. What says
    neither is no browser, and has no cookie that another site could make it send.

    Raises:
        FromElsewhereError: from another site, or another port of this machine.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        is_ours = site in _SAME_SITE
    else:
        is_ours = origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    if not is_ours:
        raise FromElsewhereError


async def field_of(request: Request, name: str) -> str:
    """Return a field of the form that was sent; "" if there is none."""
    async with request.form(max_files=0, max_fields=4) as form:
        value = form.get(name, "")
    return "" if isinstance(value, UploadFile) else value


def tell_operator(error: Exception) -> None:
    """Log why there is only a message: in the audit log's own words, which hold no question; of others the type."""
    own_words = isinstance(error, AuditError | SessionsUnavailableError)
    reason = {"reason": str(error)} if own_words else {}
    kinds = [type(one).__name__ for one in (error, error.__cause__) if one]
    structlog.get_logger("greenlit").error("failed", kind="page", errors=kinds, **reason)
