"""What every page stands on: the frame they share, what they tell people, and the pages that say one thing.

Who looks at a page is in `visitors`, whose forms are taken in `forms`. No page looks for itself.
"""

import functools
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import structlog
from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.templating import Jinja2Templates

from indexes.counting import counted
from service.access.errors import AccessError
from service.access.port import Access, SignIn
from service.access.principals import Principal, Role
from service.answering.understanding.parts import parts_beyond
from service.audit.errors import AuditError, SealError
from service.clients.by_model import HOW, by_model
from service.clients.lines import ended, not_looked_up
from service.http.event_stream import wants_events
from service.http.given import given
from service.http.origin import Origin
from service.web.form_tokens import form_token

SESSION_COOKIE = "greenlit_session"
_NOT_SHOWN = "The record cannot be written or read now, so nothing of it is shown. Please tell the operator."
_NOT_READ = "What is approved cannot be read now, so nothing is shown. Please tell the operator."
_DAMAGED = "A text on record cannot be opened, so nothing is shown. Please tell the operator."
NOTICE_COOKIE = "greenlit_notice"
_TEMPLATES = Jinja2Templates(directory=Path(__file__).parent / "templates")
_TEMPLATES.env.filters["counted"] = counted
_TEMPLATES.env.filters["day"] = lambda date: f"{date:%-d %b %Y}"
_TEMPLATES.env.filters["sentence"] = lambda words: ended(f"{words[:1].upper()}{words[1:]}")
_TEMPLATES.env.filters["by_model"] = lambda answer: by_model(
    answer.model and answer.model.as_json(), answer.refusal and answer.refusal.reason.value
)
_TEMPLATES.env.filters["not_looked_up"] = not_looked_up
_TEMPLATES.env.filters["left_of"] = lambda text: not_looked_up(parts_beyond(text))
_TEMPLATES.env.globals["how_checked"] = HOW
_SIGN_IN = "You are not signed in, or not any more. Open this page in another tab to sign in, then ask again."
_TEMPLATES.env.filters["moment"] = lambda us: f"{datetime.fromtimestamp(us // 1_000_000, UTC):%-d %b %Y}"
_DOORS = (
    ("/", "Ask", Role.STAFF),
    ("/documents", "Library", None),
    ("/desk", "Desk", Role.APPROVER),
    ("/audit", "Audit", Role.AUDITOR),
)


@dataclass(frozen=True, slots=True)
class ModelDoes:
    """What a language model does: whether answers are its words, it is sent passages, it rewrites follow-ups."""

    writes: bool = False
    reads: bool = False
    rewrites: bool = False


_NOTHING = ModelDoes()


@dataclass(frozen=True, slots=True)
class Told:
    """What the pages tell people.

    The longest question in characters, how long texts are kept and why so long, whether they sign in by a link; which
    language model is asked, empty where none is, what it does (`ModelDoes`).
    """

    max_question_chars: int
    retention_months: int
    retention_reason: str
    by_link: bool
    model: str = ""
    model_does: ModelDoes = _NOTHING


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

    @property
    def notice_cookie(self) -> str:
        """The name of the cookie that says which notice was confirmed in this browser."""
        return self._cookie(NOTICE_COOKIE)

    @property
    def notice_hash(self) -> str:
        """The SHA-256 (hex) of the words that say what is logged, how long and why."""
        told = self.told
        return notice_hash(told.retention_months, told.retention_reason, told.model, told.model_does)

    def has_confirmed(self, request: Request) -> bool:
        """Tell whether the notice, as it is now, was confirmed in this browser."""
        return request.cookies.get(self.notice_cookie) == self.notice_hash

    def keep_notice(self, response: Response, lasts_s: int) -> None:
        """Let a browser remember that the notice was confirmed: which one, and not by whom."""
        site: Literal["strict", "lax"] = "strict" if self.told.by_link else "lax"
        response.set_cookie(
            self.notice_cookie,
            self.notice_hash,
            max_age=lasts_s,
            httponly=True,
            secure=self.origin.is_https,
            samesite=site,
            path="/",
        )

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
            "model": told.model,
            "model_does": told.model_does,
        }
        token = form_token(session_id) if session_id else ""
        person: Principal | None = getattr(request.state, "person", None)
        kept["person"] = None if told.by_link or person is None else person.name
        kept["doors"] = _doors(person, request.scope["path"])
        kept["notice"] = person is not None and not self.has_confirmed(request)
        return _TEMPLATES.TemplateResponse(request, name, {**kept, "form_token": token, **values}, status_code=status)

    def fragment(self, request: Request, name: str, **values: Any) -> str:
        """Return a part of a page, for a script that puts it in: the same template as the whole page uses."""
        session_id = self.session_id(request)
        token = form_token(session_id) if session_id else ""
        return _TEMPLATES.env.get_template(name).render(form_token=token, **values)

    def message(self, request: Request, status: int, words: str) -> Response:
        """Return a page that says one thing; a problem, to a script that asked for events."""
        if wants_events(request):
            return _problem(status, words)
        return self.show(request, "message.html", status, message=words)

    def not_shown(self, request: Request, error: Exception, *, told: str = "") -> Response:
        """Tell the operator why nothing of the record can be shown, and return a page that says so.

        Args:
            request: what was asked for.
            error: of the log, or, of anything else, of what is approved.
            told: what was done all the same.
        """
        tell_operator(error)
        status, words = (503, _NOT_SHOWN) if isinstance(error, AuditError) else (503, _NOT_READ)
        if isinstance(error, SealError):
            status, words = 500, _DAMAGED
        return self.message(request, status, f"{told} {words}".lstrip())

    def sign_in_page(self, request: Request, status: int = 401) -> Response:
        """Return the page that says how to sign in; a problem, to a script that asked for events."""
        if wants_events(request):
            return _problem(status, _SIGN_IN)
        to = request.scope["path"] if request.method == "GET" and status == HTTPStatus.UNAUTHORIZED else "/"
        return self.show(request, "entry/sign_in.html", status, by_link=self.told.by_link, to=quote(to))

    def _cookie(self, name: str) -> str:
        return f"__Host-{name}" if self.origin.is_https else name


def _problem(status: int, detail: str) -> Response:
    title = HTTPStatus(status).phrase
    kind = "urn:greenlit:problem:" + title.lower().replace(" ", "-")
    problem = {"type": kind, "title": title, "status": status, "detail": detail}
    return JSONResponse(problem, status, media_type="application/problem+json")


def _doors(person: Principal | None, path: str) -> list[tuple[str, str, bool]]:
    """Return the pages that somebody may use, as address, name, and whether it is the one they are on."""
    roles = person.roles if person else frozenset()
    return [
        (address, name, path == address or (address != "/" and path.startswith(address)))
        for address, name, role in _DOORS
        if person and (role is None or role in roles)
    ]


@functools.cache
def notice_hash(months: int, why: str, model: str = "", does: ModelDoes = _NOTHING) -> str:
    """Return the SHA-256 (hex) of the words of the notice, whichever way they are drawn."""
    notice = _TEMPLATES.env.get_template("chat/notice.html")
    drawn = notice.render(months=months, why=why, model=model, model_does=does)
    words = " ".join(re.sub(r"<[^>]*>", " ", drawn).split())
    return hashlib.sha256(words.encode()).hexdigest()


ThePages = Annotated[Pages, Depends(given(Pages))]


def tell_operator(error: Exception) -> None:
    """Log why there is only a message: in the audit log's own words, which hold no question; of others the type."""
    own_words = isinstance(error, AuditError | AccessError)
    reason = {"reason": str(error)} if own_words else {}
    kinds = [type(one).__name__ for one in (error, error.__cause__) if one]
    structlog.get_logger("greenlit").error("failed", kind="page", errors=kinds, **reason)
