"""The audit routes about builds, for operators: what rests on one, and that one is removed.

Nothing is removed here: whoever makes and removes builds (`greenlit builds remove`) has it put on record first.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from service.access.principals import Role
from service.api.audit_results import BuildAskedBody
from service.api.problems import problems
from service.audit.desk import Auditing
from service.http.given import given
from service.http.identity import Caller, with_role

_Auditing = Annotated[Auditing, Depends(given(Auditing))]
_OPERATOR = [Depends(with_role(Role.OPERATOR))]
_Build = Annotated[
    str, Path(pattern="^[0-9A-Za-z-]{1,80}$", description="the id of a build", examples=["20261120T120000Z-1f"])
]

_router = APIRouter(
    prefix="/v1/audit/builds",
    tags=["audit"],
    responses=problems(400, 401, 403, 404, 422, 429, 500, 503),
    dependencies=_OPERATOR,
)


@_router.get("/{build}", response_model=BuildAskedBody)
def build_asked(auditing: _Auditing, build: _Build) -> dict[str, Any]:
    """For operators. Count the questions on record that a build was asked, by month."""
    return {"build": build, "questions": auditing.questions_of_build(build)}


@_router.post("/{build}/removal", response_model=BuildAskedBody)
def build_removed(auditing: _Auditing, build: _Build, who: Caller) -> dict[str, Any]:
    """For operators. Put on record that a build is removed: what it answered can not be made again from now on."""
    questions = auditing.questions_of_build(build)
    auditing.build_removed(who.principal_id, build)
    return {"build": build, "questions": questions}


ROUTES = _router.routes
