"""A key that acts for somebody, and whom else it may act for: for what a program shows to several people at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends

from service.access.errors import NotAllowedError, NotFreshError, NotSignedInError
from service.access.port import Access, Carried
from service.access.principals import ON_BEHALF, Principal
from service.http.given import given
from service.http.identity import Credentials, Staff

_TRIES = 3  # what was just read may have changed again


@dataclass(frozen=True, slots=True)
class Acting:
    """A key, and for whom it acts in this request."""

    caller: Principal
    access: Access
    bearer: str = field(repr=False)

    def others(self, addresses: Iterable[str]) -> Iterator[Principal | None]:
        """Yield who has each address, as the key would act for them; `None` for nobody. In a thread.

        Raises:
            AccessError: nobody can say.
            AuditUnavailableError: what changed about who may do what cannot be put on record.
        """
        for address in addresses:
            yield self._other(Carried(bearer=self.bearer, on_behalf_of=address))

    def _other(self, carried: Carried) -> Principal | None:
        for _ in range(_TRIES):
            try:
                return self.access.principal(carried)
            except NotFreshError:
                self.access.refresh()
            except NotSignedInError:
                return None
        return None  # it changes all the time, so nobody can say that they are somebody


async def acting(caller: Staff, access: Annotated[Access, Depends(given(Access))], credentials: Credentials) -> Acting:
    """Return the key that acts for the caller; a dependency.

    Raises:
        NotAllowedError: they came themselves, or a key came by itself.
    """
    if caller.auth != ON_BEHALF or credentials is None:
        raise NotAllowedError("expected a key that acts for somebody, and for whom")
    return Acting(caller, access, credentials.credentials)


ActingFor = Annotated[Acting, Depends(acting)]
