"""The page `/audit/export`: the records of a span of days as one file that an auditor can carry and verify anywhere."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from service.audit.desk import Span
from service.audit.errors import ExportError, FilterError
from service.web.console.frame import ConsolePage, TheConsole, sentence
from service.web.console.spans import days_of
from service.web.console.zipped import zipped
from service.web.forms import field_of, from_here

MAX_RECORDS = 50_000  # what is no record waits in memory until they are sent: some 20 MB
_MAX_PURPOSE_CHARS = 2000
_FIELDS = ("from", "to", "payloads", "purpose")

_router = APIRouter(include_in_schema=False)


@_router.get("/audit/export")
def export_form(console: TheConsole) -> Response:
    """Show the form."""
    return console.shown(lambda: console.page("export", "/audit/export", given={}))


@_router.post("/audit/export", dependencies=[Depends(from_here)])
async def export(request: Request, console: TheConsole) -> Response:
    """Give the export as a download; that it was made is on record before its first byte."""
    given = {name: await field_of(request, name) for name in _FIELDS}
    return await run_in_threadpool(console.shown, lambda: _export(console, given))


ROUTES = _router.routes


def _export(console: ConsolePage, given: Mapping[str, str]) -> Response:
    try:
        days, payloads, purpose = days_of(given), bool(given["payloads"]), _purpose(given["purpose"])
        first, last = _numbers(console, Span(since_us=days.since_us, until_us=days.until_us))
        lines = console.auditing.exports.lines(
            console.who, from_seq=first, to_seq=last, payloads=payloads, purpose=purpose
        )
    except (FilterError, ExportError) as error:
        return console.page("export", "/audit/export", 422, given=given, problem=sentence(error))
    name = f"greenlit-records-{first}-to-{last}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(zipped(lines), media_type="application/zip", headers=headers)


def _purpose(text: str) -> str:
    purpose = text.strip()
    if not purpose or len(purpose) > _MAX_PURPOSE_CHARS:
        raise FilterError(f"expected a purpose in words, of 1 to {_MAX_PURPOSE_CHARS} characters, got {len(purpose)}")
    return purpose


def _numbers(console: ConsolePage, span: Span) -> tuple[int, int]:
    """Return the numbers of the first and the last record of a span, if they are not too many for a page."""
    first, last = span.numbers(console.auditing.store)
    begin = 0 if first is None else first
    end = console.auditing.store.size() - 1 if last is None else last
    if end - begin >= MAX_RECORDS:
        raise ExportError(
            f"expected a span of at most {MAX_RECORDS} records, got {end - begin + 1}: take fewer days, or export them "
            "with greenlit audit export, which knows no limit"
        )
    return begin, end
