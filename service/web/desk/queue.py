"""The pages `/desk` and `/desk/documents/{id}`: what waits for a decision, beside it the document that is open.

The list can be of one source, or of all documents instead of those that wait. A script asks for the document alone
(header `Greenlit-Part: document`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from service.access.principals import Principal
from service.deciding.deciding import Case
from service.deciding.errors import DecidingError, NoDocumentError
from service.deciding.waiting import Why
from service.http.given import given
from service.http.originals import original_response
from service.web.desk.answers import failure
from service.web.desk.desk import Desk
from service.web.desk.difference import difference
from service.web.desk.reading import blocks
from service.web.desk.shown import Row, done_as, due_in_words, row_of, token_of, values_of
from service.web.pages import Pages, ThePages
from service.web.visitors import PageApprover

PAGE = 50  # rows
_MAX_CHARS = 600  # of a place in the list: a document's name, and what stands before it
PART_HEADER = "Greenlit-Part"

TheDesk = Annotated[Desk, Depends(given(Desk))]
View = Literal["reading", "difference"]
Reason = Literal["", "expired", "expiring", "short"]  # for which it may be asked what waits


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the list somebody is: of which source, what waits (for which reason) or all, named how, after which."""

    source: Annotated[str, Query(max_length=64)] = ""
    show: Literal["waiting", "all"] = "waiting"
    name: Annotated[str, Query(max_length=200)] = ""
    after: Annotated[str, Query(max_length=_MAX_CHARS)] = ""
    why: Reason = ""

    def query(self, **other: str) -> str:
        """Return it for an address, with other values instead of some."""
        values = {"source": self.source, "show": self.show, "name": self.name, "after": self.after}
        values |= {"why": self.why} | other
        usual = {"show": "waiting"}
        kept = {key: value for key, value in values.items() if value and value != usual.get(key)}
        return f"?{urlencode(kept)}" if kept else ""


_router = APIRouter(include_in_schema=False)


@_router.get("/desk")
def queue(
    request: Request, pages: ThePages, person: PageApprover, desk: TheDesk, place: Annotated[Place, Depends()]
) -> Response:
    """Show what waits for a decision."""
    try:
        listed = list_values(desk, person, place)
    except DecidingError as error:
        return failure(request, pages, error)
    return pages.show(request, "desk/desk.html", **listed)


@_router.get("/desk/originals/{document:path}")
def original(
    request: Request,
    document: str,
    pages: ThePages,
    person: PageApprover,
    desk: TheDesk,
    sha256: Annotated[str, Query(max_length=64)],
) -> Response:
    """Give the file as it lies in the library, if it is still the version that was shown."""
    try:
        return original_response(document, desk.deciding.original(person, document, sha256))
    except DecidingError as error:
        return failure(request, pages, error)


@_router.get("/desk/documents/{document:path}")
def document(
    request: Request,
    document: str,
    pages: ThePages,
    person: PageApprover,
    desk: TheDesk,
    place: Annotated[Place, Depends()],
) -> Response:
    """Show a document that is to be decided on, and beside it the list."""
    return document_page(request, pages, desk, person, (document, place))


ROUTES = _router.routes


def document_page(
    request: Request,
    pages: Pages,
    desk: Desk,
    person: Principal,
    which: tuple[str, Place],
    *,
    status: int = 200,
    **more: Any,
) -> Response:
    """Return the page of a document; `more` says what came of a decision."""
    document, place = which
    try:
        case = desk.deciding.case(person, document)
        values = document_values(desk, case, request.query_params.get("view", ""))
        if is_part(request):
            listed: dict[str, Any] = {"place": place}
        else:
            listed = list_values(desk, person, place)
    except DecidingError as error:
        return failure(request, pages, error)
    done = done_as(request.query_params.get("done", ""), case.line.standing)
    template = "desk/document.html" if is_part(request) else "desk/desk.html"
    return pages.show(request, template, status, **{**listed, **values, "done": done, **more})


def is_part(request: Request) -> bool:
    """Tell whether a script asks for the document alone."""
    return request.headers.get(PART_HEADER) == "document"


def document_address(document: str, place: Place, **more: str) -> str:
    """Return where a document is shown."""
    return f"/desk/documents/{quote(document)}{place.query(**more)}"


def document_values(desk: Desk, case: Case, view: str) -> dict[str, Any]:
    """Return what the page of a document shows: as it would be indexed, or what changed."""
    values = values_of(case, desk.indexed(), desk.deciding.now())
    preview, granted = desk.preview(case), case.line.grant
    changed = granted is not None and case.line.sha256 not in (None, granted.sha256)
    view = view if view in ("reading", "difference") else ("difference" if changed else "reading")
    values |= {"view": view if changed else "reading", "changed": changed, "preview": preview}
    values |= {"worker": None if preview else desk.worker(), "elsewhere": desk.elsewhere}
    if preview and values["view"] == "reading":
        values["blocks"] = list(blocks(preview))
    elif preview and granted:
        before = desk.text_in_index(case.line.document, granted.sha256)
        values["difference"] = None if before is None else difference(before, preview.text)
    values["notes"] = preview.warnings if preview else ()
    return values


def list_values(desk: Desk, person: Principal, place: Place) -> dict[str, Any]:
    """Return what the list shows.

    Raises:
        DecidingError: it cannot be told.
    """
    sources = desk.deciding.sources(person)
    if place.source and place.source not in {source.name for source in sources}:
        raise NoDocumentError("expected a source that they decide on, got another")
    counts: Mapping[Why, int] = {}
    if place.show == "waiting":
        page = desk.deciding.waiting(
            person, after=place.after or None, limit=PAGE, source=place.source or None, why=place.why or None
        )
        rows, total, following, counts = [row_of(one) for one in page.items], page.total, page.next, page.counts
    else:
        rows, total, following = _all(desk, person, place)
    return {
        "place": place,
        "sources": sources,
        "rows": rows,
        "total": total,
        "following": following,
        "due": due_in_words(counts),
        "limit_bytes": desk.bringing.max_file_bytes,
    }


def _all(desk: Desk, person: Principal, place: Place) -> tuple[list[Row], int, str | None]:
    wanted = place.name.casefold()
    lines = desk.deciding.lines(person, source=place.source or None)
    found = [line for line in lines if wanted in line.document.casefold()]
    left = sorted((line for line in found if line.document > place.after), key=lambda line: line.document)[: PAGE + 1]
    tags = {"approved": "good", "changed": "soon", "expired": "wrong", "revoked": "wrong", "rejected": "wrong"}
    rows = [
        Row(
            line.document,
            str(line.standing),
            tags.get(line.standing, ""),
            ("until", line.grant.expires) if line.grant and line.standing == "approved" else None,
            token_of(line.document, line.sha256, line.decisions),
        )
        for line in left[:PAGE]
    ]
    return rows, len(found), rows[-1].document if len(left) > PAGE else None
