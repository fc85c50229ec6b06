"""The pages `/documents` and `/originals`: what one may read, a source at the quoted place, the approved bytes.

A document that one may not read is answered like one that does not exist, in the same words. With the header
`Greenlit-Part` a script gets a part instead of a page: `source` for the column beside an answer, `titles` to search in.
"""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote as url_quote
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from service.access.principals import Principal
from service.answering.library.pictures import Pictures, Place, is_drawn
from service.answering.library.reading import Reading
from service.http.given import given
from service.http.originals import original_response
from service.web.library.laid_out import PLACE, lay_out, parts_of
from service.web.library.pictures import ThePictures, shown_pages
from service.web.library.shelves import SOON_DAYS, Entry, entries_of, listed
from service.web.pages import Pages, ThePages
from service.web.visitors import Person

_NO_DOCUMENT = "This document is not approved any more, or you may not read it."
_MOST_PAGES = 100_000


_Reading = Annotated[Reading, Depends(given(Reading))]
_Part = Annotated[str, Header(alias="greenlit-part")]


@dataclass(frozen=True, slots=True)
class _Quote:
    """Which place of which version is meant: the beginning of its SHA-256, and offsets in code points; and the part.

    Without an end it is a place to read on from, and no quote.
    """

    version: str = ""
    start: Annotated[int, Query(alias="from", ge=0)] = 0
    end: Annotated[int, Query(alias="to", ge=0)] = 0
    part: _Part = ""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody who reads a document, and what they read with."""

    pages: Pages
    person: Principal
    reading: Reading
    pictures: Pictures


async def _reader(pages: ThePages, person: Person, reading: _Reading, pictures: ThePictures) -> _Reader:
    return _Reader(pages, person, reading, pictures)


_router = APIRouter(include_in_schema=False)


@_router.get("/documents")
def documents(
    request: Request,
    pages: ThePages,
    principal: Person,
    reading: _Reading,
    page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1,
    part: _Part = "",
) -> Response:
    """List what one may read, a page at a time; to a script all titles at once."""
    within = reading.within(principal)
    today = within.at.date()
    if part == "titles":
        return JSONResponse([_title(entry) for entry in entries_of(within.readable, within.sources, today)])
    values: dict[str, Any] = {
        "listed": listed(within.readable, within.sources, today=today, page=page),
        "soon_days": SOON_DAYS,
    }
    return pages.show(request, "library/documents.html", **values)


@_router.get("/originals/{document:path}")
def original(request: Request, document: str, pages: ThePages, principal: Person, reading: _Reading) -> Response:
    """Give the approved original itself."""
    found = reading.original(principal, document)
    if found is None:
        return pages.message(request, 404, _NO_DOCUMENT)
    return original_response(document, found[1])


@_router.get("/documents/{document:path}")
def document(
    request: Request,
    document: str,
    reader: Annotated[_Reader, Depends(_reader)],
    quote: Annotated[_Quote, Depends()],
) -> Response:
    """Show a source's stored text with the quote marked, and what of it was not read, beside the page as it looks.

    It says so if the source is another version by now.
    """
    found, pages = reader.reading.split(reader.person, document), reader.pages
    if found is None:
        return _not_there(request, pages, quote.part)
    readable, split = found
    place = Place(quote.version, quote.start, quote.end)
    same = readable.info.sha256.startswith(quote.version)
    is_a_place = same and quote.start < quote.end <= len(split.document.text)
    marked = (quote.start, quote.end) if is_a_place else (0, 0)
    place_only = quote.start if same and not quote.end else 0
    blocks = lay_out(split.document.text, split.document.sections, marked, place=place_only)
    values: dict[str, Any] = {
        "readable": readable,
        "same_version": same,
        "blocks": blocks,
        "notes": split.document.notes,
        "drawn": document if reader.pictures.draws and is_drawn(document) else "",
        "pictures": shown_pages(reader.pictures, reader.person, split.document, place) if is_a_place else [],
    }
    if quote.part == "source":
        return HTMLResponse(pages.fragment(request, "library/source.html", **values, address=_address(document, quote)))
    return pages.show(request, "library/document.html", **values, parts=parts_of(blocks))


ROUTES = _router.routes


def _not_there(request: Request, pages: Pages, part: str) -> Response:
    if part == "source":
        return HTMLResponse(pages.fragment(request, "library/gone.html", message=_NO_DOCUMENT), 404)
    return pages.message(request, 404, _NO_DOCUMENT)


def _address(document: str, quote: _Quote) -> str:
    where: dict[str, str | int] = {"version": quote.version, "from": quote.start}
    where |= {"to": quote.end} if quote.end else {}
    goes_to = f"?{urlencode(where)}#{'quote' if quote.end else PLACE}" if quote.start or quote.end else ""
    return f"/documents/{url_quote(document)}{goes_to}"


def _title(entry: Entry) -> dict[str, Any]:
    info, grant = entry.readable.info, entry.readable.grant
    return {
        "document": info.document,
        "title": info.title,
        "by": ", ".join(grant.approved_by),
        "until": grant.expires.isoformat(),
        "days": entry.days,
    }
