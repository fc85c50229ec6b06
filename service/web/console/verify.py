"""The page `/audit/verify`: the whole log checked now, in a process of its own; how far that is; what came of it."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from service.web.console.frame import ConsolePage, TheConsole
from service.web.forms import from_here

_RUNS = "It is being verified already: one at a time."

_router = APIRouter(include_in_schema=False)


@_router.get("/audit/verify")
def verify(request: Request, console: TheConsole) -> Response:
    """Show how far the newest check is, or what came of it; as JSON to the page's own script."""
    if "application/json" in request.headers.get("accept", ""):
        so_far = console.verifying.progress()
        return JSONResponse({"state": so_far.state, "at": so_far.at, "of": so_far.of})
    return console.shown(lambda: _page(console))


@_router.post("/audit/verify", dependencies=[Depends(from_here)])
async def start(console: TheConsole) -> Response:
    """Start a check, on record."""
    return await run_in_threadpool(console.shown, lambda: _started(console))


ROUTES = _router.routes


def _started(console: ConsolePage) -> Response:
    return _page(console, "" if console.verifying.start(console.who) else _RUNS)


def _page(console: ConsolePage, told: str = "") -> Response:
    return console.page("verify", "/audit/verify", told=told)
