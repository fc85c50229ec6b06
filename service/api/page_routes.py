"""The route of the API that gives a page of a document as it looks: `/v1/pages/{document}/{page}`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from service.answering.library.pictures import Pictures
from service.api.problems import problems
from service.http.given import given
from service.http.identity import Caller
from service.http.pictures import QUOTE_HEADER, PageNumber, PlaceAsked, picture_response

_router = APIRouter(prefix="/v1", tags=["documents"], responses=problems(400, 401, 403, 404, 422, 429, 500, 503))
_PICTURE: dict[str, Any] = {
    "description": f"The page, 2 MiB at most. With `from` and `to`, {QUOTE_HEADER} says `marked` or `not-found`.",
    "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
}


@_router.get(
    "/pages/{document:path}/{page}", response_class=Response, responses={200: _PICTURE, 304: {"description": "As kept"}}
)
def page(
    request: Request,
    document: str,
    page: PageNumber,
    caller: Caller,
    pictures: Annotated[Pictures, Depends(given(Pictures))],
    place: PlaceAsked,
) -> Response:
    """Return a page of a PDF as a picture, with the stretch of the stored text that is named marked on it."""
    drawn = pictures.picture(caller, document, page, place)
    if drawn is None:
        raise HTTPException(404)
    return picture_response(request, drawn, place)


ROUTES = _router.routes
