"""Puts the doors over the parts of a service, and around them what stands around every door.

Around every door: only this machine's names as host, bodies of at most 64 KiB, headers that close the page to
everything but itself, and a log line without any text.
"""

from importlib.metadata import version

import structlog
from fastapi import FastAPI

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
from service.web.routes import Told, web_router

_DESCRIPTION = "Answers only from approved documents, in cited sentences, on the record."


def create_app(service: Service) -> FastAPI:
    """Return the web application over a service's parts."""
    app = FastAPI(
        title="Greenlit",
        version=version("greenlit"),
        description=_DESCRIPTION,
        docs_url=None,  # the interactive pages load scripts from elsewhere; /openapi.json is enough
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the address, whatever somebody put there
        telemetry=NO_TELEMETRY,
    )
    settings, limit = service.settings, service.settings.max_question_chars
    admission = Admission(at_once=settings.max_concurrent, waiting=settings.max_queued, patience_s=settings.max_wait_s)
    signed_in = SignedIn(service.access)
    app.include_router(
        api_router(
            answering=service.answering,
            admission=admission,
            reading=service.reading,
            signed_in=signed_in,
            health=service.health,
            max_question_chars=limit,
        )
    )
    app.include_router(audit_router(signed_in=signed_in, auditing=service.auditing, replay=service.replay))
    app.include_router(
        web_router(
            answering=service.answering,
            admission=admission,
            reading=service.reading,
            access=service.access,
            own=service.auditing.own,
            told=Told(limit, settings.retention_months, settings.retention_reason),
        )
    )

    log = structlog.get_logger("greenlit")

    def notice(kind: str, error: Exception) -> None:
        # Messages of the audit log hold no text of a question, by its contract; of others nobody can say.
        reason = {"reason": str(error)} if isinstance(error, AuditError) else {}
        log.error("failed", kind=kind, where=where_it_broke(error), **reason)

    add_problem_handlers(app, notice)
    app.add_middleware(BodyLimit)
    app.add_middleware(Failures, notice=notice)
    app.add_middleware(OwnHostOnly)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, log=log)
    return app
