"""The audit routes for what takes two people: a reveal, and erasing by age. One opens it, another confirms it in a day.

Both come themselves: an API key takes no part, whoever it acts for. What may be confirmed, and by whom, is seen to by
the parts behind (`service.audit.reading.openings`), which have it on record before anything is given or done.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from service.access.principals import Role
from service.api.audit_bodies import MAX_NUMBER, ConfirmBody, OpenErasureBody, OpenRevealBody
from service.api.audit_results import (
    ErasureBody,
    OpenedErasureBody,
    OpenedRevealBody,
    RevealedBody,
    WaitingRevealsBody,
)
from service.api.audit_routes import moment_us
from service.api.problems import problems
from service.audit.desk import Auditing
from service.http.given import given
from service.http.identity import auditor, person_with_role

_Auditing = Annotated[Auditing, Depends(given(Auditing))]
_Auditor = Annotated[str, Depends(auditor)]
_AuditorInPerson = Annotated[str, Depends(person_with_role(Role.AUDITOR))]
_OperatorInPerson = Annotated[str, Depends(person_with_role(Role.OPERATOR))]
_EitherInPerson = Annotated[str, Depends(person_with_role(Role.OPERATOR, Role.AUDITOR))]
_Opening = Annotated[
    int, Path(alias="id", ge=0, le=MAX_NUMBER, description="the id that opening it gave", examples=[44])
]

_router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=problems(400, 401, 403, 404, 422, 429, 500, 503))


@_router.post("/reveals", response_model=OpenedRevealBody)
def open_reveal(auditing: _Auditing, body: OpenRevealBody, who: _AuditorInPerson) -> dict[str, Any]:
    """Ask who asked a question, for a case and a reason. Another auditor has a day to confirm it."""
    return auditing.reveal.open(who, seq=body.seq, case=body.case, reason=body.reason)


@_router.post("/reveals/{id}/confirm", response_model=RevealedBody)  # noqa: FAST003  (by its alias)
def confirm_reveal(
    auditing: _Auditing, opening: _Opening, who: _AuditorInPerson, _body: ConfirmBody | None = None
) -> dict[str, Any]:
    """Confirm, once, what another auditor opened, and learn who asked."""
    return auditing.reveal.confirm(who, opening)


@_router.get("/reveals", response_model=WaitingRevealsBody)
def waiting_reveals(auditing: _Auditing, who: _Auditor) -> dict[str, Any]:
    """List the reveals that wait for a second person. That they were listed is a record too."""
    return auditing.reveal.waiting(who)


@_router.post("/erasures", response_model=OpenedErasureBody)
def open_erasure(auditing: _Auditing, body: OpenErasureBody, who: _OperatorInPerson) -> dict[str, Any]:
    """For operators. Ask that all texts older than a time be erased. Another person has a day to confirm it."""
    before_us = moment_us(body.before) or 0
    return auditing.erasure_by_age.open(who, before_us=before_us, ground=body.ground, purpose=body.purpose)


@_router.post("/erasures/{id}/confirm", response_model=ErasureBody)  # noqa: FAST003  (by its alias)
def confirm_erasure(
    auditing: _Auditing, opening: _Opening, who: _EitherInPerson, _body: ConfirmBody | None = None
) -> dict[str, Any]:
    """For operators and auditors. Confirm, once, what another person opened: the texts go, the proofs stay."""
    return auditing.erasure_by_age.confirm(who, opening)


ROUTES = _router.routes
