"""What is logged, how long and why: confirmed once by everybody who asks, before their first question.

That it was confirmed is on record, with the hash of the words that were shown, and stands in a cookie of the browser:
the same hash and no person, so that nothing has to be looked up. Other words, another retention or another reason are
asked for again; another browser asks for itself. A page can be read without it.
"""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from service.audit.desk import Auditing
from service.audit.errors import AuditError
from service.http.given import given
from service.web.forms import field_of, from_here
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import PageAsker

_LASTS_S = 400 * 86_400  # the longest that browsers keep a cookie
_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]{0,1023}")
_NOT_RECORDED = "That you read this could not be recorded. Please tell the operator."
_FIRST = 428  # a request that has to be preceded by another

_router = APIRouter(include_in_schema=False)


def notice_first(request: Request, pages: Pages, text: str) -> Response:
    """Return the notice instead of an answer, with what was typed kept for afterwards."""
    return pages.show(request, "chat/ask.html", _FIRST, notice=True, typed=text[: pages.told.max_question_chars])


@_router.post("/notice", dependencies=[Depends(from_here)])
async def confirm(
    request: Request, pages: ThePages, person: PageAsker, auditing: Annotated[Auditing, Depends(given(Auditing))]
) -> Response:
    """Put on record that somebody read the notice; then go back, or to the box with what was typed in it."""
    to, typed = await field_of(request, "to"), await field_of(request, "question")
    try:
        await run_in_threadpool(auditing.notice_confirmed, person.principal_id, pages.notice_hash)
    except AuditError as error:
        tell_operator(error)
        return pages.message(request, 503, _NOT_RECORDED)
    if typed:
        response = pages.show(request, "chat/ask.html", notice=False, typed=typed[: pages.told.max_question_chars])
    else:
        response = RedirectResponse(to if _LOCAL_PATH.fullmatch(to) else "/", status_code=303)
    pages.keep_notice(response, _LASTS_S)
    return response


ROUTES = _router.routes
