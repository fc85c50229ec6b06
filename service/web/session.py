"""Signing in, by the link or at the identity provider, and signing out.

`/open` takes a link's code; `/sign-in` sends a browser to the provider, which sends it back to `/sign-in/callback`.
"""

import re
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from service.access.errors import NotSignedInError, ProviderError
from service.access.port import Brought, NewSession
from service.http.given import given
from service.http.limits_per_caller import CallerLimits
from service.web.forms import from_here
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import told_by_a_page

_router = APIRouter(include_in_schema=False)


async def arriving(request: Request, limits: Annotated[CallerLimits, Depends(given(CallerLimits))]) -> None:
    """Count a try to sign in; a dependency of the routes that nobody is known at.

    Raises:
        PageTooManyError: there were too many from one address.
        PageUnknownError: nobody can say.
    """
    with told_by_a_page():
        await limits.arrival(request.client.host if request.client else "")


_ARRIVING = [Depends(arriving)]
_TO_COOKIE = "greenlit_to"
_LOCAL_PATH = re.compile(r"/(?![/\\\\])[\x21-\x7e]{0,1023}")
_AGAIN = "This sign-in cannot be finished: it took too long, was used before, or began elsewhere. Please sign in again."
_NO_PROVIDER = "The identity provider does not answer, so nobody can sign in now. Please try again in a while."
_MAX_CHARS = 4096  # of what a provider sends back


@_router.get("/open", dependencies=_ARRIVING)
def open_session(request: Request, pages: ThePages, code: Annotated[str, Query()] = "") -> Response:
    """Begin a session with the code of a link: it works once, so nothing is left in the address or the history."""
    if "prefetch" in request.headers.get("sec-purpose", ""):
        return Response(status_code=503)  # a browser that guesses what is typed must not use the code up
    try:
        with told_by_a_page():
            begun = pages.sign_in.sign_in(code)
    except NotSignedInError:
        return pages.sign_in_page(request)
    return _signed_in(pages, begun, "/")


@_router.get("/sign-in", dependencies=_ARRIVING)
def sign_in(request: Request, pages: ThePages, to: Annotated[str, Query(max_length=1024)] = "/") -> Response:
    """Send the browser to the identity provider; where people sign in by a link, say so."""
    try:
        with told_by_a_page():
            departure = pages.sign_in.depart()
    except ProviderError as error:
        return _no_provider(request, pages, error)
    if departure is None:
        return pages.sign_in_page(request, 200)
    response = RedirectResponse(departure.address, status_code=303)
    _set_cookie(response, pages, pages.login_cookie, departure.login_id, departure.lasts_s)
    _set_cookie(response, pages, _TO_COOKIE, to if _LOCAL_PATH.fullmatch(to) else "/", departure.lasts_s)
    return response


@_router.get("/sign-in/callback", dependencies=_ARRIVING)
async def callback(request: Request, pages: ThePages) -> Response:
    """Begin a session for a browser that comes back from the provider."""
    query = request.query_params
    brought = Brought(
        login_id=request.cookies.get(pages.login_cookie),
        code=query.get("code", "")[:_MAX_CHARS],
        state=query.get("state", "")[:_MAX_CHARS],
        issuer=query.get("iss"),
        error=query.get("error"),
    )
    try:
        with told_by_a_page():
            begun = await run_in_threadpool(pages.sign_in.arrive, brought, before=pages.session_id(request))
    except ProviderError as error:
        response = _no_provider(request, pages, error)
    except NotSignedInError as error:
        structlog.get_logger("greenlit").info("not signed in", reason=str(error))
        response = pages.show(request, "entry/sign_in_again.html", 401, message=_AGAIN)
    else:
        to = request.cookies.get(_TO_COOKIE, "/")
        response = _signed_in(pages, begun, to if _LOCAL_PATH.fullmatch(to) else "/")
    for name in (pages.login_cookie, _TO_COOKIE):
        _delete_cookie(response, pages, name)
    return response


@_router.post("/sign-out", dependencies=[Depends(from_here)])
def sign_out(request: Request, pages: ThePages) -> Response:
    """End the session of this browser, and show the way to sign out at the provider too."""
    session_id = pages.session_id(request)
    with told_by_a_page():
        there = pages.sign_in.sign_out(session_id) if session_id else None
    response = pages.show(request, "entry/signed_out.html", there=there, by_link=pages.told.by_link)
    _delete_cookie(response, pages, pages.cookie)
    return response


ROUTES = _router.routes


def _no_provider(request: Request, pages: Pages, error: ProviderError) -> Response:
    tell_operator(error)
    return pages.show(request, "entry/sign_in_again.html", 503, message=_NO_PROVIDER)


def _signed_in(pages: Pages, begun: NewSession, to: str) -> Response:
    response = RedirectResponse(to, status_code=303)
    _set_cookie(response, pages, pages.cookie, begun.session_id, begun.lasts_s)
    return response


def _set_cookie(response: Response, pages: Pages, name: str, value: str, lasts_s: int) -> None:
    response.set_cookie(
        name, value, max_age=lasts_s, httponly=True, secure=pages.origin.is_https, samesite=_same_site(pages), path="/"
    )


def _delete_cookie(response: Response, pages: Pages, name: str) -> None:
    response.delete_cookie(name, path="/", httponly=True, secure=pages.origin.is_https, samesite=_same_site(pages))


def _same_site(pages: Pages) -> Literal["strict", "lax"]:
    """Lax where another site sends browsers here: the provider at sign-in, or a link in a message."""
    return "strict" if pages.told.by_link else "lax"
