"""The page `/audit/reveals`: who asked one question, told to two auditors together: one opens it, another confirms it.

Two people in two sessions of their own; what may be confirmed, and by whom, is seen to by the parts behind. The answer
is shown once, to the one who confirms, and is on record for both, and for whoever asked, before it is.
"""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from service.audit.errors import NoRecordError, RevealError
from service.web.console.frame import ConsolePage, TheConsole, sentence
from service.web.forms import field_of, from_here

_MAX_CASE_CHARS, _MAX_REASON_CHARS = 200, 2000

_router = APIRouter(include_in_schema=False)


@_router.get("/audit/reveals")
def reveals(console: TheConsole) -> Response:
    """List the reveals that wait, with who opened each and why."""
    return console.shown(lambda: _page(console))


@_router.post("/audit/reveals", dependencies=[Depends(from_here)])
async def open_reveal(request: Request, console: TheConsole) -> Response:
    """Ask who asked a question, for a case and a reason."""
    seq, case, reason = [await field_of(request, name) for name in ("seq", "case", "reason")]
    return await run_in_threadpool(console.shown, lambda: _opened(console, seq, case, reason))


@_router.post("/audit/reveals/confirm", dependencies=[Depends(from_here)])
async def confirm_reveal(request: Request, console: TheConsole) -> Response:
    """Confirm, once, what another auditor opened, and learn who asked."""
    opening = await field_of(request, "id")
    return await run_in_threadpool(console.shown, lambda: _confirmed(console, opening))


ROUTES = _router.routes


def _page(console: ConsolePage, status: int = 200, **values: Any) -> Response:
    waiting = console.auditing.reveal.waiting(console.who, in_full=True)["reveals"]
    return console.page("reveals", "/audit/reveals", status, waiting=waiting, **values)


def _opened(console: ConsolePage, seq: str, case: str, reason: str) -> Response:
    if len(case) > _MAX_CASE_CHARS or len(reason) > _MAX_REASON_CHARS:
        most = f"{_MAX_CASE_CHARS} and {_MAX_REASON_CHARS}"
        return _page(console, 422, problem=f"Expected case and reason of at most {most} characters, got longer ones.")
    try:
        opening = console.auditing.reveal.open(console.who, seq=_number(seq), case=case, reason=reason)
    except (RevealError, NoRecordError) as error:
        return _page(console, 422, problem=sentence(error))
    return _page(console, opened=opening)


def _confirmed(console: ConsolePage, opening: str) -> Response:
    try:
        revealed = console.auditing.reveal.confirm(console.who, _number(opening))
    except (RevealError, NoRecordError) as error:
        return _page(console, 422, problem=sentence(error))
    return _page(console, revealed=revealed)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004  (digits of a number of JSON)
        raise RevealError("expected the number of a record, got another form")
    return int(text)
