"""The routes about people: who the caller is here, and signing somebody out of every browser."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from service.access.port import SignIn
from service.api.problems import problems
from service.audit.desk import Auditing
from service.http.given import given
from service.http.identity import Caller, Operator

_router = APIRouter(prefix="/v1", tags=["people"], responses=problems(400, 401, 403, 422, 429, 500, 503))


class MeBody(BaseModel):
    """Who the caller is here."""

    id: str = Field(description="stays the same; in the log only as a pseudonym", examples=["mira"])
    name: str = Field(examples=["Mira Kovač"])
    groups: list[str] = Field(description="what they may read depends on these", examples=[["newsroom", "staff"]])
    roles: list[str] = Field(description="what they may do", examples=[["staff"]])
    auth: str = Field(description="how they were recognised", examples=["oidc-token"])
    scopes: list[str] = Field(description="of an API key that is here by itself; of nobody else", examples=[["ask"]])


class EndSessionsBody(BaseModel):
    """Whose sessions end."""

    model_config = ConfigDict(extra="forbid", strict=True)

    person: str = Field(
        min_length=1, max_length=320, description="an id or an e-mail address", examples=["mira@northlight.example"]
    )


class EndedBody(BaseModel):
    """How many sessions ended."""

    ended: int = Field(examples=[2])


@_router.get("/me", response_model=MeBody)
async def me(caller: Caller) -> dict[str, Any]:
    """Tell the caller who they are here, and what they may do."""
    return {
        "id": caller.principal_id,
        "name": caller.name,
        "groups": sorted(caller.groups),
        "roles": sorted(caller.roles),
        "auth": caller.auth,
        "scopes": sorted(caller.scopes),
    }


@_router.post("/sessions/end", response_model=EndedBody)
async def end_sessions(
    body: EndSessionsBody,
    operator: Operator,
    sign_in: Annotated[SignIn, Depends(given(SignIn))],
    auditing: Annotated[Auditing, Depends(given(Auditing))],
) -> dict[str, int]:
    """Sign somebody out of every browser; what they carry as a program ends with its own end."""

    def end() -> int:
        auditing.sessions_ended(operator.principal_id, body.person)
        return sign_in.sign_out_everywhere(body.person)

    return {"ended": await run_in_threadpool(end)}


ROUTES = _router.routes
