"""Puts the doors over the parts of a service, and around them what stands around every door.

Around every door: only this machine's names as host, bodies of at most 64 KiB, headers that close the page to
everything but itself, and a log line without any text.
"""

from importlib.metadata import version

import structlog
from fastapi import APIRouter, FastAPI

from service.api.audit_routes import audit_router
from service.api.identity import SignedIn
from service.api.problems import add_problem_handlers
from service.api.routes import api_router
from service.audit.errors import AuditError
from service.http.admission import Admission
from service.http.middleware import BodyLimit, Failures, OwnHostOnly, RequestLog, SecurityHeaders
from service.http.telemetry import NO_TELEMETRY
from service.operating.logs import where_it_broke
from service.parts import Service
from service.web.asking import asking_router
from service.web.documents import documents_router
from service.web.pages import Pages, Told, add_page_handlers
from service.web.record import record_router
from service.web.session import session_router

_DESCRIPTION = "Answers only from approved documents, in cited sentences, on the record."


def create_app(service: Service) -> FastAPI:
    """Return the web application over a service's parts."""
    settings = service.settings
    told = Told(settings.max_question_chars, settings.retention_months, settings.retention_reason)
    pages = Pages(service.access, told)
    app = FastAPI(
        title="Greenlit",
        version=version("greenlit"),
        description=_DESCRIPTION,
        docs_url=None,  # the interactive pages load scripts from elsewhere; /openapi.json is enough
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the address, whatever somebody put there
        telemetry=NO_TELEMETRY,
        # As they are: included one router in another, each route would be made once more, at the first call.
        routes=[route for door in _doors(service, pages) for route in door.routes],
    )
    log = structlog.get_logger("greenlit")

    def notice(kind: str, error: Exception) -> None:
        # Messages of the audit log hold no text of a question, by its contract; of others nobody can say.
        reason = {"reason": str(error)} if isinstance(error, AuditError) else {}
        log.error("failed", kind=kind, where=where_it_broke(error), **reason)

    add_problem_handlers(app, notice)
    add_page_handlers(app, pages)
    app.add_middleware(BodyLimit)
    app.add_middleware(Failures, notice=notice)
    app.add_middleware(OwnHostOnly)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, log=log)
    return app


def _doors(service: Service, pages: Pages) -> list[APIRouter]:
    """Return the doors: the API, the audit log's part of it, and the pages."""
    settings, signed_in = service.settings, SignedIn(service.access)
    admission = Admission(at_once=settings.max_concurrent, waiting=settings.max_queued, patience_s=settings.max_wait_s)
    return [
        api_router(
            answering=service.answering,
            admission=admission,
            reading=service.reading,
            signed_in=signed_in,
            health=service.health,
            max_question_chars=settings.max_question_chars,
        ),
        audit_router(signed_in=signed_in, auditing=service.auditing, replay=service.replay),
        session_router(pages),
        asking_router(pages, answering=service.answering, admission=admission),
        documents_router(pages, reading=service.reading),
        record_router(pages, own=service.auditing.own),
    ]
