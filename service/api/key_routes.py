"""The routes about API keys, for operators: to make one, to list them, to revoke one."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from service.access.errors import NotAllowedError
from service.access.key_ring import AUDIT, KeyRing, KeyWish
from service.access.principals import Role
from service.api.problems import problems
from service.http.given import given
from service.http.identity import Operator

_router = APIRouter(prefix="/v1/keys", tags=["keys"], responses=problems(400, 401, 403, 404, 422, 429, 500, 503))
_Ring = Annotated[KeyRing, Depends(given(KeyRing))]
_ID, _DAY, _NAME = "k3dq7zmx2a", "2027-11-28", "slack"
Scope = Literal["ask", "act-for", "audit", "operate", "scim", "metrics"]


class MakeKeyBody(BaseModel):
    """What a new key is to be."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": _NAME, "scopes": ["ask", "act-for"], "expires": _DAY, "groups": ["newsroom"]}]
        },
    )

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="no key that still opens anything has it", examples=[_NAME]
    )
    scopes: list[Scope] = Field(min_length=1, max_length=6, description="what it may do", examples=[["ask"]])
    expires: date = Field(description="the last day (UTC) on which it opens anything", examples=[_DAY])
    groups: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default=[], max_length=100, description="what it may read by itself depends on these", examples=[["newsroom"]]
    )


class KeyBody(BaseModel):
    """A key, without its secret, which nobody can show again."""

    id: str = Field(description="named in records of what came with the key", examples=[_ID])
    name: str = Field(examples=[_NAME])
    scopes: list[str] = Field(examples=[["act-for", "ask"]])
    groups: list[str] = Field(examples=[["newsroom"]])
    state: str = Field(description="live, expired or revoked", examples=["live"])
    expires: str = Field(examples=[_DAY])
    made_by: str = Field(description="an operator's id, or cli", examples=["cli"])
    made_at: str = Field(examples=["2026-11-29T09:00:00Z"])
    revoked_at: str | None = Field(examples=[None])
    last_used: str | None = Field(description="a day; written within minutes", examples=["2026-11-29"])


class NewKeyBody(KeyBody):
    """A key that was just made."""

    secret: str = Field(
        description="the key itself, shown only now",
        examples=["glk_k3dq7zmx2a_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"],
    )


class KeyListBody(BaseModel):
    """Every key that was ever made, the oldest first."""

    keys: list[KeyBody]


@_router.post("", status_code=201, response_model=NewKeyBody)
def make_key(body: MakeKeyBody, operator: Operator, ring: _Ring) -> dict[str, Any]:
    """Make a key. Its making is on record before this answers. It reads and audits no more than its maker may."""
    if AUDIT in body.scopes and Role.AUDITOR not in operator.roles:
        raise NotAllowedError(f"expected somebody with the role {Role.AUDITOR}, for a key that has it")
    if not set(body.groups) <= operator.groups:
        raise NotAllowedError("expected groups that whoever makes a key is in: it would read what they may not")
    made = ring.make(KeyWish(body.name, body.scopes, body.expires, body.groups), by=operator.principal_id)
    return {**ring.shown(made.key), "secret": made.secret}


@_router.get("", response_model=KeyListBody)
def list_keys(operator: Operator, ring: _Ring) -> dict[str, Any]:
    """List the keys, without their secrets."""
    del operator
    return {"keys": [ring.shown(key) for key in ring.all()]}


@_router.post("/{key_id}/revoke", response_model=KeyBody)
def revoke_key(key_id: str, operator: Operator, ring: _Ring) -> dict[str, Any]:
    """Revoke a key by its id: it opens nothing from the next request on."""
    return ring.shown(ring.revoke(key_id, by=operator.principal_id))


ROUTES = _router.routes
