"""The page `/desk/bulk`: several documents at once, first what will be done to each, then what was done.

In order: (1) the documents as they were seen in the list, (2) a page that lists for each version, day and groups, and
what is left out and why, with what is yet to be said (a day, a reason), (3) with that page's own form the decisions,
each by itself and each only on the version that was listed, (4) what was done, and what was not and why.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from indexes.approvals import months_later
from indexes.names import printable
from service.access.errors import NotAllowedError
from service.access.principals import Principal
from service.deciding.deciding import Case
from service.deciding.errors import DecidingError, NoDocumentError, WishError
from service.deciding.wishes import Wish
from service.web.desk.answers import in_words
from service.web.desk.decide import day, place_of
from service.web.desk.desk import Desk
from service.web.desk.queue import Place, TheDesk
from service.web.desk.shown import may_do, read_token
from service.web.forms import field_of, fields_of, from_here
from service.web.pages import Pages, ThePages
from service.web.visitors import PageApprover

_ACTIONS = ("approve", "reject", "renew")
_NOT_SO = {
    "approve": "it does not wait for an approval of yours",
    "reject": "it does not wait for a decision",
    "renew": "only what is approved, or was until it ended, can be renewed",
}

_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Form:
    action: str
    tokens: list[str]
    expires: str
    reason: str
    note: str
    confirmed: bool
    place: Place


@dataclass(frozen=True, slots=True)
class _Item:
    """One document: what will be done or was done, or why not."""

    document: str
    token: str = ""
    sha256: str = ""
    expires: date | None = None
    groups: tuple[str, ...] = ()
    more: str = ""
    why_not: str = ""


@_router.post("/desk/bulk", dependencies=[Depends(from_here)])
async def bulk(request: Request, pages: ThePages, person: PageApprover, desk: TheDesk) -> Response:
    """Take the form off the wire; the rest is done in a thread."""
    form = _Form(
        action=await field_of(request, "action"),
        tokens=await fields_of(request, "document"),
        expires=await field_of(request, "expires"),
        reason=await field_of(request, "reason"),
        note=await field_of(request, "note"),
        confirmed=await field_of(request, "confirmed") == "1",
        place=await place_of(request),
    )
    return await run_in_threadpool(_bulk, request, pages, desk, person, form)


ROUTES = _router.routes


def _bulk(request: Request, pages: Pages, desk: Desk, person: Principal, form: _Form) -> Response:
    if form.action not in _ACTIONS:
        return pages.message(request, 422, "Please choose what to do with the documents: approve, reject or renew.")
    values: dict[str, Any] = {"action": form.action, "place": form.place, "given": form, "problem": ""}
    today = desk.deciding.now().date()
    try:
        expires = _checked(form, today)
    except WishError as error:
        values["problem"], expires = f"Nothing was done yet: {error}.", None
    planned = [_plan(desk, person, form, token, expires) for token in form.tokens]  # 1, 2
    if form.confirmed and not values["problem"]:
        done = [_do(desk, person, form, item) for item in planned]  # 3
        return pages.show(request, "desk/done.html", **{**values, **_apart(done)})  # 4
    status = 422 if values["problem"] else 200
    return pages.show(request, "desk/bulk.html", status, **{**values, **_apart(planned)}, today=today)


def _checked(form: _Form, today: date) -> date | None:
    """Return the day that is meant for all, once what was typed for all can stand.

    Raises:
        WishError: it cannot.
    """
    expires = day(form.expires)
    if expires is not None and expires < today:
        raise WishError(f"expires: expected {today} or a later day, got one that is past")
    if form.confirmed and form.action == "reject" and not form.reason.strip():
        raise WishError("reason: expected why, in words, got none")
    return expires


def _apart(items: list[_Item]) -> dict[str, list[_Item]]:
    return {
        "items": [item for item in items if not item.why_not],
        "left_out": [item for item in items if item.why_not],
    }


def _plan(desk: Desk, person: Principal, form: _Form, token: str, expires: date | None) -> _Item:
    try:
        document, sha256, seen = read_token(token)
    except ValueError:
        return _Item("?", why_not="the list did not say which document is meant")
    try:
        case = desk.deciding.case(person, document)
    except DecidingError as error:
        # somebody may have made the name up: it is not shown as one of ours
        shown = "?" if isinstance(error, NoDocumentError) else printable(document)
        return _Item(shown, why_not=in_words(error)[1].rstrip("."))
    if why_not := _why_not(case, form.action, sha256, seen):
        return _Item(document, why_not=why_not)
    line, source = case.line, case.source
    groups = source.groups
    if line.grant and (kept := tuple(group for group in source.groups if group in line.grant.groups)):
        groups = kept
    until = expires or months_later(desk.deciding.now().date(), source.review_months)
    needed, others = source.approvals_required, len(line.approvals)
    more = f"{others + 1} of {needed} approvals" if needed > 1 and form.action == "approve" else ""
    if form.action == "reject":
        more = "the version approved before ends too" if line.grant else ""
        return _Item(document, token, sha256, more=more)
    return _Item(document, token, sha256, until, groups, more)


def _why_not(case: Case, action: str, sha256: str, seen: int) -> str:
    line = case.line
    if line.sha256 is None and action != "reject":
        return line.problem or "its file is not there"
    if (line.sha256 or "") != sha256:
        return "the file changed since you opened the list"
    if line.decisions != seen:
        return "somebody decided on it since you opened the list"
    return "" if action in may_do(case) else _not_so(case, action)


def _not_so(case: Case, action: str) -> str:
    """Say why that cannot be done with a document as it stands."""
    if action == "approve" and "renew" in may_do(case):
        return "this version was approved before: renew it"
    if action == "approve" and case.has_approved:
        return "you approved this version already, somebody else has to be the second"
    if action == "approve" and not case.would_count:
        return "you brought this version, so somebody else has to approve it"
    return _NOT_SO[action]


def _do(desk: Desk, person: Principal, form: _Form, item: _Item) -> _Item:
    if item.why_not:
        return item
    document, sha256, seen = read_token(item.token)
    if form.action == "reject":
        wish = Wish(document, "reject", sha256=sha256 or None, reason=form.reason, seen=seen)
    else:
        title = _title(desk, person, document)
        wish = Wish(
            document,
            "approve",
            sha256=sha256,
            expires=item.expires,
            groups=item.groups or None,
            title=title,
            note=form.note or None,
            seen=seen,
        )
    try:
        desk.deciding.decide(person, wish)
    except (DecidingError, NotAllowedError) as error:
        return _Item(document, why_not=in_words(error)[1].rstrip("."))
    return item


def _title(desk: Desk, person: Principal, document: str) -> str | None:
    granted = desk.deciding.case(person, document).line.grant
    return (granted.title or None) if granted else None
