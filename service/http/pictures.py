"""A page's picture as a response: which page of which version, where the quote is, and kept by nobody on the way."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from indexes.drawn import DrawnPage
from service.answering.library.pictures import Place

QUOTE_HEADER = "Greenlit-Quote"
MOST_PAGES = 100_000
PageNumber = Annotated[int, Path(ge=1, le=MOST_PAGES, description="counts from 1, in the file")]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be marked, as in the address of a citation: the version, and offsets in the stored text."""

    version: Annotated[str, Query(max_length=64, description="how the document's SHA-256 begins")] = ""
    start: Annotated[int, Query(alias="from", ge=0)] = 0
    end: Annotated[int, Query(alias="to", ge=0)] = 0


async def _place(asked: Annotated[_Asked, Depends()]) -> Place:
    return Place(asked.version, asked.start, asked.end)


PlaceAsked = Annotated[Place, Depends(_place)]


def picture_response(request: Request, drawn: DrawnPage, place: Place) -> Response:
    """Return a picture, or that it is the same as the one that whoever asks has kept."""
    tag = f'"{hashlib.sha256(drawn.png).hexdigest()}"'
    headers = {"ETag": tag}
    if place.end > place.start:
        headers[QUOTE_HEADER] = "marked" if drawn.marked else "not-found"
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(drawn.png, media_type="image/png", headers=headers)
