"""What every page stands on: the frame they share, what they tell people, and the pages that say one thing.

Who looks at a page is in `visitors`, whose forms are taken in `forms`. No page looks for itself.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import structlog
from fastapi import Depends, Request, Response
from starlette.templating import Jinja2Templates

from service.access.errors import AccessError
from service.access.port import Access, SignIn
from service.access.principals import Principal, Role
from service.audit.errors import AuditError
from service.http.given import given
from service.http.origin import Origin
from service.web.form_tokens import form_token

SESSION_COOKIE = "greenlit_session"
_TEMPLATES = Jinja2Templates(directory=Path(__file__).parent / "templates")
_TEMPLATES.env.filters["day"] = lambda date: f"{date:%-d %b %Y}"
_TEMPLATES.env.filters["moment"] = lambda us: f"{datetime.fromtimestamp(us // 1_000_000, UTC):%-d %b %Y}"
_DOORS = (
    ("/", "Ask", Role.STAFF),
    ("/documents", "Library", None),
    ("/desk", "Desk", Role.APPROVER),
    ("/audit", "Audit", Role.AUDITOR),
)


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
        person: Principal | None = getattr(request.state, "person", None)
        kept["person"] = None if told.by_link or person is None else person.name
        kept["doors"] = _doors(person, request.scope["path"])
        return _TEMPLATES.TemplateResponse(request, name, {**kept, "form_token": token, **values}, status_code=status)

    def fragment(self, name: str, **values: Any) -> str:
        """Return a part of a page, for a script that puts it in: the same template as the whole page uses."""
        return _TEMPLATES.env.get_template(name).render(**values)

    def message(self, request: Request, status: int, words: str) -> Response:
        """Return a page that says one thing."""
        return self.show(request, "message.html", status, message=words)

    def sign_in_page(self, request: Request, status: int = 401) -> Response:
        """Return the page that says how to sign in."""
        to = request.scope["path"] if request.method == "GET" and status == HTTPStatus.UNAUTHORIZED else "/"
        return self.show(request, "entry/sign_in.html", status, by_link=self.told.by_link, to=quote(to))

    def _cookie(self, name: str) -> str:
        return f"__Host-{name}" if self.origin.is_https else name


def _doors(person: Principal | None, path: str) -> list[tuple[str, str, bool]]:
    """Return the pages that somebody may use, as address, name, and whether it is the one they are on."""
    roles = person.roles if person else frozenset()
    return [
        (address, name, path == address or (address != "/" and path.startswith(address)))
        for address, name, role in _DOORS
        if person and (role is None or role in roles)
    ]


ThePages = Annotated[Pages, Depends(given(Pages))]


def tell_operator(error: Exception) -> None:
    """Log why there is only a message: in the audit log's own words, which hold no question; of others the type."""
    own_words = isinstance(error, AuditError | AccessError)
    reason = {"reason": str(error)} if own_words else {}
    kinds = [type(one).__name__ for one in (error, error.__cause__) if one]
    structlog.get_logger("greenlit").error("failed", kind="page", errors=kinds, **reason)
