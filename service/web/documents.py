"""The pages `/documents` and `/originals`: what one may read, a source at the quoted place, the approved bytes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from service.access.principals import Principal
from service.answering.reading import Reading
from service.http.originals import original_response
from service.web.pages import Pages

_NO_DOCUMENT = "There is no such document, or you may not read it."


def documents_router(pages: Pages, *, reading: Reading) -> APIRouter:
    """Return the pages of documents."""
    router = APIRouter(include_in_schema=False)
    person = Depends(pages.signed_in)

    @router.get("/documents")
    def documents(request: Request, principal: Annotated[Principal, person]) -> Response:
        return pages.show(request, "documents.html", documents=reading.documents(principal))

    @router.get("/originals/{document:path}")
    def original(request: Request, document: str, principal: Annotated[Principal, person]) -> Response:
        """Give the approved original itself."""
        found = reading.original(principal, document)
        if found is None:
            return pages.message(request, 404, _NO_DOCUMENT)
        return original_response(document, found[1])

    @router.get("/documents/{document:path}")
    def document(
        request: Request,
        document: str,
        principal: Annotated[Principal, person],
        version: str = "",
        start: Annotated[int, Query(alias="from", ge=0)] = 0,
        end: Annotated[int, Query(alias="to", ge=0)] = 0,
    ) -> Response:
        """Show a source's stored text with the quote marked; say so if the source is another version by now."""
        found = reading.text(principal, document)
        if found is None:
            return pages.message(request, 404, _NO_DOCUMENT)
        readable, text = found
        same = readable.info.sha256.startswith(version)
        span = (start, end) if same and start < end <= len(text) else (0, 0)
        parts = (text[: span[0]], text[span[0] : span[1]], text[span[1] :])
        return pages.show(request, "document.html", readable=readable, same_version=same, parts=parts)

    return router
