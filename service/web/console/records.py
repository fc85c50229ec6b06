"""The page `/audit`: the records, newest first, as filters in its address say. No text of a question is in it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from service.audit.errors import FilterError
from service.audit.reading.auditor import Filter
from service.audit.reading.on_record import Page, Sought
from service.web.console.frame import ConsolePage, TheConsole, sentence
from service.web.console.spans import days_of

_MAX_NUMBER = 2**53 - 1
_FILTERS = ("from", "to", "outcome", "reason", "document", "channel", "verdict", "show")

_router = APIRouter(include_in_schema=False)


@_router.get("/audit")
def records(console: TheConsole) -> Response:
    """List records."""
    return console.shown(lambda: _records(console))


ROUTES = _router.routes


def _records(console: ConsolePage) -> Response:
    asked = console.request.query_params
    given = {name: text for name in _FILTERS if (text := asked.get(name, "").strip())}
    try:
        sought, before = _sought(given), _number(asked.get("before", ""))
        page = console.auditing.questions.page(console.who, sought, before=before)
    except FilterError as error:
        return console.page("records", "/audit", 422, given=given, problem=sentence(error))
    values: dict[str, Any] = {
        "rows": page.rows,
        "older": _older(given, page),
        "looked_through": page.looked_through,
        "before": before,
    }
    return console.page("records", "/audit", given=given, **values)


def _sought(given: Mapping[str, str]) -> Sought:
    days = days_of(given)
    wanted = Filter(
        outcome=given.get("outcome"),
        reason=given.get("reason"),
        document=given.get("document"),
        channel=given.get("channel"),
        since_us=days.since_us,
        until_us=days.until_us,
    )
    return Sought(wanted, given.get("verdict"), everything=given.get("show") == "all")


def _number(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or int(text) > _MAX_NUMBER:
        raise FilterError('expected "before" = the number of a record, got another form')
    return int(text)


def _older(given: Mapping[str, str], page: Page) -> str | None:
    return None if page.older is None else "/audit?" + urlencode({**given, "before": page.older})
