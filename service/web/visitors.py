"""Who looks at a page: somebody signed in, within their limits, with the role that it takes. Dependencies of pages.

Where nobody is signed in, `add_page_handlers` answers with the page that says how to; where a form came from elsewhere,
or somebody may not or asks too often, with one that says so.
"""

import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response

from service.access.errors import (
    AccessError,
    NotAllowedError,
    NotSignedInError,
    SessionsUnavailableError,
    SharedUnavailableError,
    TooManyError,
)
from service.access.port import Carried
from service.access.principals import Principal, Role
from service.http.given import given
from service.http.limits_per_caller import CallerLimits
from service.http.recognised import recognised
from service.web.forms import FromElsewhereError
from service.web.pages import Pages, ThePages, tell_operator

_FROM_ELSEWHERE = "This form was sent from another site."
_UNKNOWN = "Who you are cannot be told at this moment. Please tell the operator."
_TOO_MANY = "You asked very often within a minute. Please wait a moment, then ask again."
_NOT_ALLOWED = "This is not open to you. Ask whoever runs Greenlit for the role that it takes."


class SignInNeededError(NotSignedInError):
    """A page was asked for by somebody without a session."""


class PageNotAllowedError(NotAllowedError):
    """A page was asked for by somebody without the role that it takes."""


class PageTooManyError(TooManyError):
    """A page was asked for by somebody who asks too often."""


class PageUnknownError(AccessError):
    """A page was asked for, and nobody can say by whom, or how often they did."""


_Limits = Annotated[CallerLimits, Depends(given(CallerLimits))]


async def signed_in(request: Request, pages: ThePages) -> Principal:
    """Return whose session the browser has; a dependency of pages.

    Raises:
        SignInNeededError: it has none, or one that has ended.
        PageUnknownError: nobody can say.
    """
    try:
        with told_by_a_page():
            request.state.person = await recognised(pages.access, Carried(session=pages.session_id(request)))
    except NotSignedInError as error:
        raise SignInNeededError(str(error)) from error
    person: Principal = request.state.person  # whose name every page shows
    return person


async def within_limits(person: Annotated[Principal, Depends(signed_in)], limits: _Limits) -> Principal:
    """Return a signed-in person who does not call too often; a dependency of pages.

    Raises:
        PageTooManyError: they do.
        PageUnknownError: nobody can say.
    """
    with told_by_a_page():
        await limits.request(person)
    return person


Person = Annotated[Principal, Depends(within_limits)]


def page_person(role: Role) -> Callable[[Principal], Coroutine[Any, Any, Principal]]:
    """Return a dependency of pages: a signed-in person who has a role. A session is always a person's.

    Raises:
        PageNotAllowedError: when called, if they have it not.
    """

    async def person_with_role(person: Person) -> Principal:
        if role not in person.roles:
            raise PageNotAllowedError(f"expected somebody with the role {role}")
        return person

    return person_with_role


asker = page_person(Role.STAFF)
PageAsker = Annotated[Principal, Depends(asker)]


async def questioner(person: PageAsker, limits: _Limits) -> Principal:
    """Return a signed-in person who asks a question now; a dependency of the page that takes one.

    Raises:
        PageTooManyError: they ask too often.
    """
    with told_by_a_page():
        await limits.question(person)
    return person


PageQuestioner = Annotated[Principal, Depends(questioner)]
PageApprover = Annotated[Principal, Depends(page_person(Role.APPROVER))]
PageAuditor = Annotated[Principal, Depends(page_person(Role.AUDITOR))]


@contextlib.contextmanager
def told_by_a_page() -> Iterator[None]:
    """Have whoever goes beyond a limit, or cannot be known now, told so by a page."""
    try:
        yield
    except TooManyError as error:
        raise PageTooManyError(str(error), retry_after_s=error.retry_after_s) from error
    except (SessionsUnavailableError, SharedUnavailableError) as error:
        raise PageUnknownError(str(error)) from error


def add_page_handlers(app: FastAPI, pages: Pages) -> None:
    """Answer with a page where nobody is signed in or can be, or a form came from elsewhere."""

    def sign_in(request: Request, _error: Exception) -> Response:
        return pages.sign_in_page(request)

    def elsewhere(request: Request, _error: Exception) -> Response:
        return pages.message(request, 403, _FROM_ELSEWHERE)

    def unknown(request: Request, error: Exception) -> Response:
        tell_operator(error)
        return pages.message(request, 503, _UNKNOWN)

    def not_allowed(request: Request, _error: Exception) -> Response:
        return pages.message(request, 403, _NOT_ALLOWED)

    def too_many(request: Request, error: Exception) -> Response:
        response = pages.message(request, 429, _TOO_MANY)
        if isinstance(error, PageTooManyError):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    app.add_exception_handler(PageNotAllowedError, not_allowed)
    app.add_exception_handler(PageTooManyError, too_many)
    app.add_exception_handler(SignInNeededError, sign_in)
    app.add_exception_handler(PageUnknownError, unknown)
    app.add_exception_handler(FromElsewhereError, elsewhere)
