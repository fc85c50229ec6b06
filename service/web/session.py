"""Signing in by the link, signing out, and what the sign-in page itself needs: `/open`, `/sign-out`, `/style.css`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.access.errors import NotSignedInError
from service.web.pages import FOLDER, SESSION_COOKIE, ThePages, from_here

_router = APIRouter(include_in_schema=False)


@_router.get("/open")
def open_session(request: Request, pages: ThePages, code: Annotated[str, Query()] = "") -> Response:
    """Begin a session with the code of a link: it works once, so nothing is left in the address or the history."""
    if "prefetch" in request.headers.get("sec-purpose", ""):
        return Response(status_code=503)  # a browser that guesses what is typed must not use the code up
    try:
        begun = pages.access.sign_in(code)
    except NotSignedInError:
        return pages.sign_in(request)
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(
        SESSION_COOKIE, begun.session_id, max_age=begun.lasts_s, httponly=True, samesite="strict", path="/"
    )
    return response


@_router.post("/sign-out", dependencies=[Depends(from_here)])
def sign_out(request: Request, pages: ThePages) -> Response:
    """End the session of this browser."""
    if session_id := request.cookies.get(SESSION_COOKIE):
        pages.access.sign_out(session_id)
    response = pages.show(request, "signed_out.html")
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
    return response


@_router.get("/style.css")
def style() -> Response:
    """Give the style of all pages, to anybody: the page of signing in needs it."""
    content = (FOLDER / "static" / "style.css").read_bytes()
    return Response(content, media_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=300"})


ROUTES = _router.routes
