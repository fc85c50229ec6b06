"""Forms: whose are taken (`from_here`), and what they hold (`field_of`, `fields_of`)."""

import hmac

from fastapi import Request
from starlette.datastructures import UploadFile

from service.web.form_tokens import FORM_TOKEN_FIELD, FORM_TOKEN_HEADER, form_token
from service.web.pages import Pages, ThePages

_SAME_SITE = ("same-origin", "none")  # a form of ours, or an address typed in
_MAX_FIELDS = 200  # a bulk action names its documents


class FromElsewhereError(Exception):
    """A form was sent from another site or port."""


async def from_here(request: Request, pages: ThePages) -> None:
    """Let only forms of these pages through; a dependency of every page that takes one.

    A browser says where a form comes from: in Sec-Fetch-Site, or, where it knows no such header, in Origin. What says
    neither is no browser, and has no cookie that another site could make it send. Whoever has a session also brings the
    token that our own form was given with it.

    Raises:
        FromElsewhereError: from another site, or another port of this machine, or without that token.
    """
    sent_from_here(request, pages)
    if pages.session_id(request):
        brought = request.headers.get(FORM_TOKEN_HEADER) or await field_of(request, FORM_TOKEN_FIELD)
        brings_our_token(request, pages, brought)


def sent_from_here(request: Request, pages: Pages) -> None:
    """Let only what a browser sends from these pages through; the first half of `from_here`, without its body.

    Raises:
        FromElsewhereError: from another site, or another port of this machine.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        is_ours = site in _SAME_SITE
    else:
        is_ours = origin is None or pages.origin.sent(origin, request.headers.get("host", ""))
    if not is_ours:
        raise FromElsewhereError


def brings_our_token(request: Request, pages: Pages, brought: str) -> None:
    """Let only what brings the token of its session through; the second half of `from_here`.

    Raises:
        FromElsewhereError: without that token.
    """
    ours = form_token(pages.session_id(request) or "")
    if not hmac.compare_digest(brought.encode(errors="replace"), ours.encode()):
        raise FromElsewhereError


async def field_of(request: Request, name: str) -> str:
    """Return a field of the form that was sent; "" if there is none."""
    return next(iter(await fields_of(request, name)), "")


async def fields_of(request: Request, name: str) -> list[str]:
    """Return all values that a form has for a field, in its order; none of them a file."""
    form = await request.form(max_files=0, max_fields=_MAX_FIELDS)  # read once, however often it is asked for
    return [value for value in form.getlist(name) if not isinstance(value, UploadFile)]
