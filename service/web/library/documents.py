"""The pages `/documents` and `/originals`: what one may read, a source at the quoted place, the approved bytes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from service.answering.reading import Reading
from service.http.given import given
from service.http.originals import original_response
from service.web.pages import ThePages
from service.web.visitors import Person

_NO_DOCUMENT = "There is no such document, or you may not read it."


_Reading = Annotated[Reading, Depends(given(Reading))]


@dataclass(frozen=True, slots=True)
class _Quote:
    """Which place of which version is meant: the beginning of its SHA-256, and offsets in code points."""

    version: str = ""
    start: Annotated[int, Query(alias="from", ge=0)] = 0
    end: Annotated[int, Query(alias="to", ge=0)] = 0


_router = APIRouter(include_in_schema=False)


@_router.get("/documents")
def documents(request: Request, pages: ThePages, principal: Person, reading: _Reading) -> Response:
    """List what one may read."""
    return pages.show(request, "library/documents.html", documents=reading.documents(principal))


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
    pages: ThePages,
    principal: Person,
    reading: _Reading,
    quote: Annotated[_Quote, Depends()],
) -> Response:
    """Show a source's stored text with the quote marked; say so if the source is another version by now."""
    found = reading.text(principal, document)
    if found is None:
        return pages.message(request, 404, _NO_DOCUMENT)
    readable, text = found
    same = readable.info.sha256.startswith(quote.version)
    start, end = (quote.start, quote.end) if same and quote.start < quote.end <= len(text) else (0, 0)
    parts = (text[:start], text[start:end], text[end:])
    return pages.show(request, "library/document.html", readable=readable, same_version=same, parts=parts)


ROUTES = _router.routes
