"""Who sent a request, as every door asks it: in the event loop, but for what waits for a database or is read anew."""

from starlette.concurrency import run_in_threadpool

from service.access.errors import NotFreshError
from service.access.port import Access, Carried
from service.access.principals import Principal

_TRIES = 3  # what was just read may have changed again


async def recognised(access: Access, carried: Carried) -> Principal:
    """Return who carries this. What is compared faster than a thread is woken is looked at here and now.

    Raises:
        NotSignedInError: nobody who is known.
        AccessError: nobody can say.
        AuditUnavailableError: what changed about who may do what cannot be put on record.
    """
    for _ in range(_TRIES):
        try:
            return await _asked(access, carried)
        except NotFreshError:
            await run_in_threadpool(access.refresh)
    return await _asked(access, carried)


async def _asked(access: Access, carried: Carried) -> Principal:
    return await run_in_threadpool(access.principal, carried) if access.waits else access.principal(carried)
