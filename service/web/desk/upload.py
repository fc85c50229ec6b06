"""The page `/desk/upload`: a file into a source, streamed from the wire to the disk, never whole in memory.

In order: (1) who sends it is known before any of it is read, (2) that much may come, (3) the fields before the file:
our token, the source, what it may replace, (4) the file, piece by piece into the library's own folder, aside, (5) its
name, or why not. After a refusal the rest is read and thrown away, so that a browser hears why.
"""

from contextlib import ExitStack
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from service.access.errors import NotAllowedError
from service.access.principals import Principal
from service.deciding.bringing import Arrival, Brought
from service.deciding.errors import BringError, DecidingError, ExistsError, TooLargeError
from service.http.long_bodies import allow_body
from service.web.desk.answers import in_words
from service.web.desk.desk import Desk
from service.web.desk.multipart import Begin, Field, FormError, multipart
from service.web.desk.queue import Place, TheDesk, document_address, list_values
from service.web.form_tokens import FORM_TOKEN_FIELD, FORM_TOKEN_HEADER
from service.web.forms import brings_our_token, sent_from_here
from service.web.pages import Pages, ThePages
from service.web.visitors import PageApprover

UPLOAD_PATH = "/desk/upload"
_FORM_BYTES = 64 * 1024  # of a form beside its file

_router = APIRouter(include_in_schema=False)


async def _from_these_pages(request: Request, pages: ThePages) -> None:
    sent_from_here(request, pages)


@_router.post(UPLOAD_PATH, dependencies=[Depends(_from_these_pages)])
async def upload(request: Request, pages: ThePages, person: PageApprover, desk: TheDesk) -> Response:
    """Take a file in; `PageApprover` has said by now who sends it, and nothing of it was read."""
    most = desk.bringing.max_file_bytes + _FORM_BYTES
    try:
        if int(request.headers.get("content-length", "0")) > most:
            raise TooLargeError(desk.bringing.max_file_bytes)
        allow_body(request.scope, most)  # 2
        brought = await _taken(request, pages, desk, person)
    except ClientDisconnect:
        raise
    except (DecidingError, NotAllowedError) as error:
        return await run_in_threadpool(_refused, request, pages, desk, person, error)
    except (FormError, ValueError) as error:
        said = BringError(str(error)) if isinstance(error, FormError) else BringError("expected a form, got none")
        return await run_in_threadpool(_refused, request, pages, desk, person, said)
    to = document_address(brought.document, Place(), done="upload")
    return JSONResponse({"to": to}) if _is_script(request) else RedirectResponse(to, status_code=303)


ROUTES = _router.routes


async def _taken(request: Request, pages: Pages, desk: Desk, person: Principal) -> Brought:
    """Take the form off the wire.

    Raises:
        FromElsewhereError: without our token, before anything is written.
        DecidingError, FormError: it is not taken.
    """
    fields: dict[str, str] = {}
    arrival: Arrival | None = None
    refused: Exception | None = None
    with ExitStack() as stack:
        parts = multipart(request.headers.get("content-type", ""), request.stream())
        async for part in parts:
            if isinstance(part, Field):
                fields[part.name] = part.text
            elif refused is not None:
                continue
            elif isinstance(part, Begin):
                token = request.headers.get(FORM_TOKEN_HEADER) or fields.get(FORM_TOKEN_FIELD, "")
                brings_our_token(request, pages, token)  # 3
                try:
                    arrival = await run_in_threadpool(_begin, desk, person, fields, part)
                    stack.enter_context(arrival)
                except (DecidingError, NotAllowedError) as error:
                    refused = error
            elif arrival is not None:
                try:
                    await run_in_threadpool(arrival.write, part.content)  # 4
                except DecidingError as error:
                    refused = error
                    stack.close()
        if refused is None and arrival is None:
            refused = BringError("expected a file, got none: choose one first")
        if refused is not None:
            raise refused
        assert arrival is not None  # noqa: S101  # nosec B101  (or it would have been refused)
        return await run_in_threadpool(arrival.finish)  # 5


def _begin(desk: Desk, person: Principal, fields: dict[str, str], part: Begin) -> Arrival:
    if not part.file_name:
        raise BringError("expected a file, got none: choose one first")
    return desk.bringing.begin(person, fields.get("source", ""), part.file_name, replaces=fields.get("replaces", ""))


def _refused(
    request: Request, pages: Pages, desk: Desk, person: Principal, error: DecidingError | NotAllowedError
) -> Response:
    status, words = in_words(error)
    exists = error if isinstance(error, ExistsError) else None
    values: dict[str, Any] = {"problem": words, "exists": exists}
    if _is_script(request):
        values["limit_bytes"] = desk.bringing.max_file_bytes
        html = pages.fragment(request, "desk/upload_told.html", **values)
        return JSONResponse({"html": html, "replaces": exists.sha256 if exists else None}, status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return pages.message(request, status, words)
    listed = list_values(desk, person, Place())
    return pages.show(request, "desk/upload.html", status, **{**listed, **values})


def _is_script(request: Request) -> bool:
    return request.headers.get("accept", "") == "application/json"
