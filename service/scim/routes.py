"""The routes of SCIM 2.0, as Okta and Entra use them, for an API key with the scope `scim` and nobody else.

In order: (1) the key is recognised, (2) the body is read as JSON, (3) it becomes what is kept (`resources`, `patch`),
(4) it is written, durably, and acts on the next request. Who may read what is not decided here.
"""

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from service.access.errors import NotSignedInError
from service.access.port import Access, Carried
from service.access.principals import Principal
from service.access.pushed import Pushed, PushedPeople
from service.access.pushed_store import Kind
from service.http.given import given
from service.http.recognised import recognised
from service.scim import about
from service.scim.filters import matching
from service.scim.messages import ScimError, ScimRoute, listed, resource
from service.scim.patch import patched
from service.scim.resources import shown, taken

_SCOPE = "scim"
_PREFIX = "/scim/v2"
_MOST = 200  # of one page
_MAX_CHARS = 2000


async def _pusher(
    access: Annotated[Access, Depends(given(Access))], authorization: Annotated[str, Header(max_length=_MAX_CHARS)] = ""
) -> Principal:
    scheme, _, bearer = authorization.partition(" ")
    if scheme.casefold() != "bearer":
        raise NotSignedInError("expected an API key")
    principal = await recognised(access, Carried(bearer=bearer.strip()))
    if _SCOPE not in principal.scopes:
        raise ScimError(403, "expected an API key with the scope scim, got another")
    return principal


async def _body(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(await request.body())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ScimError(400, "expected a body of JSON, an object", "invalidSyntax")
    return value


def _kind(request: Request) -> Kind:
    return "user" if request.url.path.startswith(f"{_PREFIX}/Users") else "group"


_People = Annotated[PushedPeople, Depends(given(PushedPeople))]
_Body = Annotated[dict[str, Any], Depends(_body)]
_Kind = Annotated[Kind, Depends(_kind)]
_Without = Annotated[str, Query(alias="excludedAttributes", max_length=_MAX_CHARS)]
_router = APIRouter(prefix=_PREFIX, route_class=ScimRoute, dependencies=[Depends(_pusher)], include_in_schema=False)


class _Page:
    """Which part of a list is wanted."""

    def __init__(
        self,
        filter_: Annotated[str, Query(alias="filter")] = "",
        start: Annotated[str, Query(alias="startIndex")] = "1",
        count: Annotated[str, Query()] = str(_MOST),
    ) -> None:
        self.filter = filter_
        self.start = start
        self.count = count


def _list(
    request: Request,
    kind: _Kind,
    people: _People,
    page: Annotated[_Page, Depends()],
    without: _Without = "",
) -> Response:
    """List people or groups: a page, or those that a filter means."""
    found = people.users() if kind == "user" else people.groups()
    if page.filter:
        is_meant = matching(kind, page.filter)
        found = [one for one in found if is_meant(one)]
    first = max(1, _number("startIndex", page.start))
    most = min(_MOST, max(0, _number("count", page.count)))
    show = _shower(request, kind, without)
    values = [show(one) for one in found[first - 1 : first - 1 + most]]
    return listed(values, total=len(found), start=first)


def _get(request: Request, kind: _Kind, people: _People, id_: str, without: _Without = "") -> Response:
    """Show a person or group."""
    return resource(_shower(request, kind, without)(people.get(kind, id_)))


def _add(request: Request, kind: _Kind, people: _People, body: _Body) -> Response:
    """Take a new person or group."""
    return resource(_shower(request, kind)(people.add(kind, taken(kind, body))), 201)


def _replace(request: Request, kind: _Kind, people: _People, body: _Body, id_: str) -> Response:
    """Take a person or group anew."""
    made = taken(kind, body)
    return resource(_shower(request, kind)(people.change(kind, id_, lambda _: made)))


def _patch(request: Request, kind: _Kind, people: _People, body: _Body, id_: str) -> Response:
    """Change parts of a person or group."""
    changed = people.change(kind, id_, lambda before: patched(kind, before, body))
    return resource(_shower(request, kind)(changed))


def _delete(kind: _Kind, people: _People, id_: str) -> Response:
    """Delete a person, who counts as inactive from now on, or a group."""
    people.delete(kind, id_)
    return Response(status_code=204)


for _path in ("/Users", "/Groups"):
    _router.add_api_route(_path, _list, methods=["GET"])
    _router.add_api_route(_path, _add, methods=["POST"])
    for _method, _endpoint in (("GET", _get), ("PUT", _replace), ("PATCH", _patch), ("DELETE", _delete)):
        _router.add_api_route(f"{_path}/{{id_}}", _endpoint, methods=[_method])


@_router.get("/ServiceProviderConfig")
async def provider() -> Response:
    """Tell which parts of SCIM there are."""
    return resource(about.provider())


@_router.get("/ResourceTypes")
async def resource_types() -> Response:
    """Tell what can be pushed."""
    types = about.resource_types()
    return listed(types, total=len(types), start=1)


@_router.get("/Schemas")
async def schemas() -> Response:
    """Tell which attributes are kept."""
    known = about.schemas()
    return listed(known, total=len(known), start=1)


def _shower(request: Request, kind: Kind, without: str = "") -> Callable[[Pushed], dict[str, Any]]:
    base = f"{str(request.base_url).rstrip('/')}{_PREFIX}"
    left_out = frozenset(name.strip() for name in without.split(",") if name.strip())
    return lambda pushed: shown(kind, pushed, base=base, without=left_out)


def _number(name: str, given_: str) -> int:
    try:
        return int(given_)
    except ValueError as error:
        raise ScimError(400, f"expected {name} to be a whole number, got something else", "invalidValue") from error


ROUTES = _router.routes
