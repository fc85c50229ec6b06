"""Who calls the API: the token of `Authorization: Bearer`.

Callers are recognised in the event loop: a token is compared faster than a thread is woken.
"""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.access.errors import NotAllowedError, NotSignedInError
from service.access.port import Access, Carried
from service.access.principals import Principal, Role
from service.http.given import given

_bearer = HTTPBearer(auto_error=False, description="the token in var/token")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
_Access = Annotated[Access, Depends(given(Access))]


async def signed_in(access: _Access, credentials: _Credentials) -> Principal:
    """Return the caller; a dependency.

    Raises:
        NotSignedInError: nobody who is known.
    """
    return access.principal(Carried(bearer=credentials.credentials if credentials else None))


Caller = Annotated[Principal, Depends(signed_in)]


async def known(access: _Access, credentials: _Credentials) -> bool:
    """Tell whether the caller is somebody we know; a dependency."""
    try:
        await signed_in(access, credentials)
    except NotSignedInError:
        return False
    return True


async def auditor(caller: Caller) -> str:
    """Return the caller's id; a dependency.

    Raises:
        NotAllowedError: they are no auditor.
    """
    if Role.AUDITOR not in caller.roles:
        raise NotAllowedError("expected somebody with the role of an auditor")
    return caller.principal_id
