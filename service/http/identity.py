"""Who calls the API, by `Authorization: Bearer`, and which role a route takes. Each is a dependency of routes.

A route takes `Caller` (anybody signed in; groups decide what they see), `Asker` (`Staff` where no question is asked),
or the id of an auditor or operator. A key for one purpose alone, pushing people or metrics, is none of these.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.access.errors import AccessError, NotAllowedError
from service.access.key_ring import ALONE, METRICS
from service.access.port import Access, Carried
from service.access.principals import Principal, Role
from service.audit.errors import AuditError
from service.http.given import given
from service.http.limits_per_caller import CallerLimits
from service.http.recognised import recognised

_BEARER = "the token in var/token, an API key, or a token of the identity provider"
ON_BEHALF_OF = "Greenlit-On-Behalf-Of"
_FOR_WHOM = "the e-mail address of whom an API key acts for"
_bearer = HTTPBearer(auto_error=False, description=_BEARER)


async def _once(
    request: Request, found: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> HTTPAuthorizationCredentials | None:
    """Return what came as credentials, if nothing came twice: what stands in front may have looked at the other."""
    came_twice = any(len(request.headers.getlist(name)) > 1 for name in ("Authorization", ON_BEHALF_OF))
    return None if came_twice else found


Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_once)]
# Of any form: an address that is none is answered as an unknown one is, so whoever is nobody learns nothing.
_OnBehalfOf = Annotated[str | None, Header(alias=ON_BEHALF_OF, description=_FOR_WHOM)]
_Access = Annotated[Access, Depends(given(Access))]
_Limits = Annotated[CallerLimits, Depends(given(CallerLimits))]


async def carried(credentials: Credentials, on_behalf_of: _OnBehalfOf = None) -> Carried:
    """Return what a program's request carries to say who asks; a dependency."""
    bearer = credentials.credentials if credentials else None
    return Carried(bearer=bearer, on_behalf_of=on_behalf_of)


async def signed_in(access: _Access, credentials: Credentials, on_behalf_of: _OnBehalfOf = None) -> Principal:
    """Return the caller; a dependency.

    Raises:
        NotSignedInError: nobody who is known.
    """
    return await recognised(access, await carried(credentials, on_behalf_of))


async def within_limits(caller: Annotated[Principal, Depends(signed_in)], limits: _Limits) -> Principal:
    """Return a caller who does not call too often; a dependency.

    Raises:
        TooManyError: they do.
    """
    await limits.request(caller)
    return caller


async def somebody(caller: Annotated[Principal, Depends(within_limits)]) -> Principal:
    """Return a caller who is no key for one purpose alone, such as pushing people and groups; a dependency.

    Raises:
        NotAllowedError: they are one.
    """
    if caller.scopes & ALONE:
        raise NotAllowedError("expected a person, or a key for something else than pushing people or reading metrics")
    return caller


Caller = Annotated[Principal, Depends(somebody)]


async def known(access: _Access, credentials: Credentials) -> Principal | None:
    """Return the caller if it can be told who they are; a dependency. Counts nothing: health is asked for often."""
    try:
        return await signed_in(access, credentials)
    except (AccessError, AuditError):  # health is told also, and most of all, while nobody can say who asks
        return None


async def stranger(request: Request) -> Exception | None:
    """Return why nobody known sent a request to the API; `None` if somebody did, or it went elsewhere.

    For what is wrong with a request before its route asks who sent it.
    """
    if not request.url.path.startswith("/v1/"):
        return None
    try:
        credentials = await _once(request, await _bearer(request))
        await signed_in(request.app.state.parts[Access], credentials, request.headers.get(ON_BEHALF_OF))
    except (AccessError, AuditError) as error:
        return error
    return None


def with_role(*roles: Role) -> Callable[[Principal], Coroutine[Any, Any, Principal]]:
    """Return a dependency: the caller, who has one of these roles.

    Raises:
        NotAllowedError: when called, if they have none.
    """

    async def caller_with_role(caller: Caller) -> Principal:
        if not caller.roles.intersection(roles):
            raise NotAllowedError(f"expected somebody with the role {' or '.join(roles)}")
        return caller

    return caller_with_role


def person_with_role(*roles: Role) -> Callable[[Principal], Coroutine[Any, Any, str]]:
    """Return a dependency: the id of a caller who has one of these roles and came themselves, not by an API key.

    For what takes two people: whoever holds a key could be anybody, also the other of the two.

    Raises:
        NotAllowedError: when called, if they have none or sent a key.
    """

    async def person(caller: Annotated[Principal, Depends(with_role(*roles))]) -> str:
        if not caller.is_person():
            raise NotAllowedError("expected a person who signed in themselves, got an API key")
        return caller.principal_id

    return person


_staff = with_role(Role.STAFF)


async def asker(caller: Annotated[Principal, Depends(signed_in)], limits: _Limits) -> Principal:
    """Return a caller who asks a question, and may; a dependency. Request and question are counted together.

    Raises:
        TooManyError: they call or ask too often.
        NotAllowedError: they have not the role of staff.
    """
    may_ask = Role.STAFF in caller.roles and not caller.scopes & ALONE
    await limits.request(caller, asks=may_ask)
    return await _staff(await somebody(caller))


Asker = Annotated[Principal, Depends(asker)]
Staff = Annotated[Principal, Depends(_staff)]
Approver = Annotated[Principal, Depends(with_role(Role.APPROVER))]
Auditor = Annotated[Principal, Depends(with_role(Role.AUDITOR))]
Operator = Annotated[Principal, Depends(with_role(Role.OPERATOR))]


async def measuring(caller: Annotated[Principal, Depends(within_limits)]) -> None:
    """Let an operator pass, and a key for metrics; a dependency.

    Raises:
        NotAllowedError: they are neither.
    """
    if METRICS not in caller.scopes and Role.OPERATOR not in caller.roles:
        raise NotAllowedError(f"expected somebody with the role {Role.OPERATOR}, or a key with the scope {METRICS}")


async def auditor(caller: Auditor) -> str:
    """Return the id of a caller who is an auditor; a dependency."""
    return caller.principal_id
