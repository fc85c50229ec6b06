"""The page `/desk/decide`: one decision on one document, as it was seen, and back to the document.

In order: (1) the form, (2) the wish, (3) the decision, (4) the page of the document, which says what became of it. What
keeps a decision from being made is said on the same page, with what was typed still in its form.
"""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from service.access.errors import NotAllowedError
from service.access.principals import Principal
from service.deciding.errors import DecidingError, NoDocumentError, WishError
from service.deciding.wishes import Verdict, Wish
from service.web.desk.answers import failure, in_words
from service.web.desk.desk import Desk
from service.web.desk.queue import Place, Reason, TheDesk, document_address, document_page
from service.web.forms import field_of, fields_of, from_here
from service.web.pages import Pages, ThePages
from service.web.visitors import PageApprover

_VERDICTS: dict[str, Verdict] = {"approve": "approve", "renew": "approve", "revoke": "revoke", "reject": "reject"}
_FIELDS = ("document", "verdict", "sha256", "seen", "expires", "title", "note", "reason")
_PLACE = ("source", "show", "name", "after", "why")
_REASONS: dict[str, Reason] = {reason: reason for reason in get_args(Reason)}
_TWICE = "You approved this version already: somebody else has to be the second. Nothing was written."

_router = APIRouter(include_in_schema=False)


@_router.post("/desk/decide", dependencies=[Depends(from_here)])
async def decide(request: Request, pages: ThePages, person: PageApprover, desk: TheDesk) -> Response:
    """Take the form off the wire; the decision is made in a thread."""
    form: dict[str, Any] = {name: await field_of(request, name) for name in _FIELDS}  # 1
    form["groups"] = tuple(await fields_of(request, "groups"))
    form["supersedes"] = await fields_of(request, "supersedes")
    place = await place_of(request)
    return await run_in_threadpool(_decided, request, pages, desk, person, (form, place))


async def place_of(request: Request) -> Place:
    """Return where in the list a form was sent from."""
    source, show, name, after, why = [(await field_of(request, f"at_{field}"))[:600] for field in _PLACE]
    return Place(source, "all" if show == "all" else "waiting", name, after, _REASONS.get(why, ""))


ROUTES = _router.routes
Sent = Annotated[tuple[dict[str, Any], Place], "a form, and where in the list it was sent from"]


def _decided(request: Request, pages: Pages, desk: Desk, person: Principal, sent: Sent) -> Response:
    form, place = sent
    try:
        wish = _wish(form)  # 2
        case = desk.deciding.case(person, wish.document)
        if wish.verdict == "approve" and case.has_approved and case.line.standing == "pending":
            return _not_decided(request, pages, desk, person, (409, _TWICE, form, place))
        if not case.source.groups:
            wish = replace(wish, groups=None)  # there are none to choose from
        desk.deciding.decide(person, wish)  # 3
    except NoDocumentError as error:
        return failure(request, pages, error)
    except (DecidingError, NotAllowedError) as error:
        return _not_decided(request, pages, desk, person, (*in_words(error), form, place))
    return RedirectResponse(document_address(wish.document, place, done=wish.verdict), status_code=303)  # 4


def _not_decided(
    request: Request, pages: Pages, desk: Desk, person: Principal, what: tuple[int, str, dict[str, Any], Place]
) -> Response:
    status, words, form, place = what
    which = (form["document"], place)
    return document_page(request, pages, desk, person, which, status=status, problem=words, given=form)


def _wish(form: dict[str, Any]) -> Wish:
    """Return what a form says.

    Raises:
        WishError: a part of it cannot be read.
    """
    verdict = _VERDICTS.get(form["verdict"])
    if verdict is None:
        raise WishError("verdict: expected approve, revoke or reject, got another")
    seen = whole_number(form["seen"])
    if verdict != "approve":
        return Wish(form["document"], verdict, sha256=form["sha256"] or None, reason=form["reason"], seen=seen)
    return Wish(
        form["document"],
        verdict,
        sha256=form["sha256"] or None,
        expires=day(form["expires"]),
        groups=form["groups"],
        title=form["title"] or None,
        note=form["note"] or None,
        seen=seen,
        supersedes=tuple(name.strip() for name in form["supersedes"] if name.strip()) if form["supersedes"] else None,
    )


def day(text: str) -> date | None:
    """Return the day that a field names; `None` if it is empty.

    Raises:
        WishError: it names none.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise WishError("expires: expected a day like 2027-11-30, got something else") from error


def whole_number(text: str) -> int | None:
    """Return the number that a field holds; `None` if it is empty.

    Raises:
        WishError: it holds something else.
    """
    try:
        return int(text) if text else None
    except ValueError as error:
        raise WishError("seen: expected a whole number, got something else") from error
