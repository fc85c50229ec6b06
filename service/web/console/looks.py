"""The page `/audit/looks`: an auditor's own looks at the log, shown to themselves."""

from fastapi import APIRouter, Response

from service.audit.errors import FilterError
from service.web.console.frame import ConsolePage, TheConsole

_router = APIRouter(include_in_schema=False)


@_router.get("/audit/looks")
def looks(console: TheConsole) -> Response:
    """List one's own looks, the newest first; `before` is for older pages."""
    return console.shown(lambda: _looks(console))


ROUTES = _router.routes


def _looks(console: ConsolePage) -> Response:
    before = console.request.query_params.get("before", "")
    if before and not (before.isascii() and before.isdecimal()):
        raise FilterError('expected "before" = the number of a record, got another form')
    found, older = console.auditing.own_looks.page(console.who, before=int(before) if before else None)
    return console.page("looks", "/audit/looks", looks=found, older=older)
