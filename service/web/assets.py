"""The style and the scripts of all pages, given to anybody: the page of signing in needs them.

One stylesheet, put together from a file for each room; scripts are modules, each under its own name. They are read once
and a browser asks whether what it keeps is still the same.
"""

import functools
import hashlib
from pathlib import Path

from fastapi import APIRouter, Request, Response

_FOLDER = Path(__file__).parent / "static"
_STYLES = (
    "base",
    "chat",
    "library",
    "desk",
    "hearing",
    "console",
    "own",
)  # in this order: later ones may refine earlier ones
_ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#176b3a"/>'
    b'<path d="m4 8.5 3 3 5-7" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)
_KEPT = {"Cache-Control": "no-cache"}  # asked for again each time, answered with 304 while it is the same

_router = APIRouter(include_in_schema=False)


@_router.get("/style.css")
def style(request: Request) -> Response:
    """Give the style of all pages."""
    return _given(request, _style(), "text/css; charset=utf-8")


@_router.get("/icon.svg")
def icon(request: Request) -> Response:
    """Give the small picture that a browser shows beside a page's title."""
    return _given(request, _ICON, "image/svg+xml")


@_router.get("/scripts/{name}.js")
def script(request: Request, name: str) -> Response:
    """Give a script by its name; 404 if there is none."""
    content = _scripts().get(name)
    return Response(status_code=404) if content is None else _given(request, content, "text/javascript; charset=utf-8")


ROUTES = _router.routes


def _given(request: Request, content: bytes, media_type: str) -> Response:
    tag = f'"{_digest(content)}"'
    headers = {**_KEPT, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


@functools.cache
def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


@functools.cache
def _style() -> bytes:
    parts = (_FOLDER / "styles" / f"{name}.css" for name in _STYLES)
    return b"".join(part.read_bytes() for part in parts if part.exists())


@functools.cache
def _scripts() -> dict[str, bytes]:
    return {file.stem: file.read_bytes() for file in (_FOLDER / "scripts").glob("*.js")}
