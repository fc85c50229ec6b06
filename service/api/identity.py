"""Who calls the API: the token of `Authorization: Bearer`."""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.access.errors import NotSignedInError
from service.access.port import Access, Carried
from service.access.principals import Principal

_bearer = HTTPBearer(auto_error=False, description="the token in var/token")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class SignedIn:
    """Recognises the caller of a request, in the event loop: a token is compared faster than a thread is woken."""

    def __init__(self, access: Access) -> None:
        """Take what recognises callers."""
        self._access = access

    async def required(self, credentials: Credentials) -> Principal:
        """Return the caller, or raise `NotSignedInError`."""
        return self._access.principal(Carried(bearer=credentials.credentials if credentials else None))

    async def known(self, credentials: Credentials) -> bool:
        """Tell whether the caller is somebody we know."""
        try:
            await self.required(credentials)
        except NotSignedInError:
            return False
        return True
