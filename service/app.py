"""Puts the doors over the parts of a service, and around them what stands around every door.

Around every door: only this machine's names as host, bodies of at most 64 KiB (but for files that approvers bring),
headers that close the page to everything but itself, and a log line without any text.
"""

import functools
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from indexes.clock import utc_now
from indexes.drawn import PageDrawer
from indexes.life import VERSION
from indexes.logs import where_it_broke
from service.access.key_ring import KeyRing
from service.access.port import Access, SignIn
from service.access.pushed import PushedPeople
from service.access_made import chat_key
from service.answering.library.pictures import Pictures
from service.answering.library.reading import Reading
from service.answering.library.starting import Starting
from service.answering.past.given_again import GivenAgain
from service.answering.past.grounds import Grounds
from service.answering.past.past_answers import PastAnswers
from service.api import (
    answer_routes,
    approval_routes,
    audit_routes,
    build_routes,
    hearing_routes,
    key_routes,
    metric_routes,
    page_routes,
    people_routes,
    routes,
    second_person_routes,
    start_routes,
)
from service.api.problems import add_problem_handlers
from service.audit.checking.verifying import Verifying
from service.audit.desk import Auditing, Replaying
from service.audit.errors import AuditError
from service.audit.reading.conversations import Conversations
from service.audit.reading.own_records import OwnRecords
from service.audit.reading.shared_answers import SharedAnswers
from service.chat_completions import routes as chat
from service.chat_completions.chats import Chats
from service.chat_completions.errors import COMPLETIONS, InTheirForm, add_chat_handlers
from service.chat_completions.identity import OpenWebUi
from service.chat_completions.routes import ChatDoor
from service.deciding.deciding import Deciding
from service.deciding.errors import RegisterUnavailableError
from service.hearing.gaps import Gaps
from service.hearing.heard import Heard
from service.hearing.hearing import Hearing
from service.http.admission import Admission
from service.http.asking import Asking
from service.http.doors import Door
from service.http.given import give
from service.http.identity import stranger
from service.http.limits_per_caller import CallerLimits
from service.http.middleware import BodyLimit, Failures, KnownHostOnly, RequestLog, SecurityHeaders
from service.http.once import OnceHere
from service.http.once_everywhere import OnceEverywhere
from service.http.origin import Origin
from service.http.telemetry import NO_TELEMETRY
from service.metrics_made import count_places
from service.operating.health import Health
from service.operating.metrics import Metrics
from service.parts import Service
from service.scim import routes as scim
from service.settings import Settings
from service.web import assets, console, session
from service.web.chat import asking, conversations, notice, saying, shared
from service.web.desk import bulk, decide, hearing, queue, upload, worker
from service.web.desk.desk import Desk
from service.web.library import documents, pictures
from service.web.own import record
from service.web.pages import ModelDoes, Pages, Told
from service.web.visitors import add_page_handlers

_DOORS = (
    routes.ROUTES,
    page_routes.ROUTES,
    answer_routes.ROUTES,
    start_routes.ROUTES,
    metric_routes.ROUTES,
    people_routes.ROUTES,
    key_routes.ROUTES,
    approval_routes.ROUTES,
    hearing_routes.ROUTES,
    audit_routes.ROUTES,
    build_routes.ROUTES,
    second_person_routes.ROUTES,
    scim.ROUTES,
    chat.ROUTES,
    assets.ROUTES,
    session.ROUTES,
    asking.ROUTES,
    saying.ROUTES,
    conversations.ROUTES,
    shared.ROUTES,
    notice.ROUTES,
    documents.ROUTES,
    pictures.ROUTES,
    hearing.ROUTES,
    record.ROUTES,
    queue.ROUTES,
    decide.ROUTES,
    bulk.ROUTES,
    upload.ROUTES,
    worker.ROUTES,
    *console.DOORS,
)
_ROUTES = [route for door in _DOORS for route in door]
_TITLE = "Greenlit"
_DESCRIPTION = "Answers only from approved documents, in cited sentences, on the record."


class _Application(FastAPI):
    """Describes its routes once: they are the same in every application, and anybody may ask for the description."""

    def openapi(self) -> dict[str, Any]:
        """Return what `/openapi.json` gives."""
        return _description()


@functools.cache
def _description() -> dict[str, Any]:
    return get_openapi(title=_TITLE, version=VERSION, description=_DESCRIPTION, routes=_ROUTES)


def create_app(service: Service, *, more: Sequence[Door] = (), drawer: PageDrawer | None = None) -> FastAPI:
    """Return the web application over a service's parts.

    Args:
        service: the parts.
        more: doors beside those that there always are.
        drawer: draws pages; without one, documents are shown by their text alone.
    """
    settings = service.settings
    told = Told(
        max_question_chars=settings.max_question_chars,
        retention_months=settings.retention_months,
        retention_reason=settings.retention_reason,
        by_link=settings.auth == "local",
        model=settings.model if settings.wants_a_model else "",
        model_does=model_does(settings),
    )
    origin = Origin(settings.public_url)
    pages = Pages(service.access, service.sign_in, told, origin)
    app = _Application(
        title=_TITLE,
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,  # the interactive pages load scripts from elsewhere; /openapi.json is enough
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the address, whatever somebody put there
        telemetry=NO_TELEMETRY,
        # As they are: included as routers, each route would be made once more, at the first call.
        routes=[*_ROUTES, *(route for door in more for route in door.routes)],
    )
    ours = _parts(service, pages, origin) | {Pictures: Pictures(service.reading, drawer)}
    give(app, ours | {kind: part for door in more for kind, part in door.parts.items()})
    log = structlog.get_logger("greenlit")

    def notice(kind: str, error: Exception) -> None:
        # These messages hold no text of a question, by their contracts; of others nobody can say.
        reason = {"reason": str(error)} if isinstance(error, AuditError | RegisterUnavailableError) else {}
        log.error("failed", kind=kind, where=where_it_broke(error), **reason)
        service.metrics.failed(kind)

    add_problem_handlers(app, notice, stranger=stranger)
    add_page_handlers(app, pages)
    add_chat_handlers(app)
    app.add_middleware(BodyLimit, long=frozenset({upload.UPLOAD_PATH, COMPLETIONS}))
    app.add_middleware(Failures, notice=notice)
    app.add_middleware(KnownHostOnly, origin=origin)
    app.add_middleware(InTheirForm)
    app.add_middleware(SecurityHeaders, by_tls=origin.is_https)
    app.add_middleware(RequestLog, log=log, tell=service.metrics.request)
    return app


def _parts(service: Service, pages: Pages, origin: Origin) -> dict[Any, object]:
    """Return what the doors work with, each part under the type that routes ask for."""
    settings = service.settings
    admission, writing = (
        Admission(at_once=at_once, waiting=settings.max_queued, patience_s=settings.max_wait_s)
        for at_once in (settings.max_concurrent, settings.max_writing)
    )
    count_places(service.metrics, quoted=admission, written=writing)
    questions, requests = settings.limits_a_minute()
    asking = Asking(
        service.answering,
        admission,
        writing,
        settings.max_question_chars,
        GivenAgain(service.past_answers, service.auditing.shared),
        once=OnceEverywhere(service.lately.named) if service.lately.named else OnceHere(),
    )
    return {
        Access: service.access,
        Asking: asking,
        Auditing: service.auditing,
        Conversations: service.auditing.conversations,
        ChatDoor: ChatDoor(asking, Chats(key=lambda: chat_key(settings), now=utc_now), origin),
        CallerLimits: CallerLimits(
            service.lately.counts,
            questions_per_minute=questions,
            requests_per_minute=requests,
            arrivals_per_minute=settings.arrivals_per_minute,
        ),
        Deciding: service.deciding,
        Gaps: service.hearing.gaps,
        Desk: Desk(
            service.deciding,
            service.bringing,
            service.live_build,
            settings.builds,
            elsewhere=bool(settings.builds_address()),
        ),
        Grounds: service.grounds,
        Health: service.health,
        Metrics: service.metrics,
        start_routes.Beginning: start_routes.Beginning(
            pages.told.retention_months, pages.told.retention_reason, _asked_model(pages.told)
        ),
        Heard: service.hearing.heard,
        Hearing: service.hearing.hearing,
        KeyRing: service.key_ring,
        OpenWebUi: _open_webui(service.settings),
        OwnRecords: service.auditing.own,
        Pages: pages,
        PastAnswers: service.past_answers,
        PushedPeople: service.pushed,
        Reading: service.reading,
        Replaying: service.replay,
        SharedAnswers: service.auditing.shared,
        SignIn: service.sign_in,
        Starting: Starting(service.answering),
        Verifying: service.verifying,
    }


def model_does(settings: Settings) -> ModelDoes:
    """Return what the language model does that the settings ask for."""
    return ModelDoes(
        writes=settings.answerer == "llm",
        reads="llm" in (settings.answerer, settings.judge),
        rewrites=settings.rewriter == "llm",
    )


def _asked_model(told: Told) -> start_routes.AskedModelBody | None:
    does = told.model_does
    if not told.model:
        return None
    return start_routes.AskedModelBody(name=told.model, writes=does.writes, reads=does.reads, rewrites=does.rewrites)


def _open_webui(settings: Settings) -> OpenWebUi:
    secret = settings.openwebui_secret
    return OpenWebUi(secret.get_secret_value() if secret else None, settings.openwebui_plain_headers)
