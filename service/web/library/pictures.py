"""The pages `/pages`: a page of a document as it looks, for the browser; and what a page of ours says of it beforehand.

A picture is made while the page that shows it is, so that its place is kept, and the page can say that the quote was
not found; the browser then gets the one that is there. Where that would take long the page goes without.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote as url_quote
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, Request, Response

from indexes.documents import Document
from indexes.errors import DrawerBusyError, DrawError
from service.access.principals import Principal
from service.answering.library.pictures import Pictures, Place, pages_of
from service.http.given import given
from service.http.pictures import PageNumber, PlaceAsked, picture_response
from service.web.pages import Pages, ThePages
from service.web.visitors import Person

_NO_PAGE = "There is no such page, or you may not read its document."
_NOT_DRAWN = "This page cannot be shown as a picture now. Its text is in the library, and the approved original too."
_PATIENCE_S = 1.0  # of a page of ours; a picture takes 0.1 s, and half a second more after a while without
_MOST = 2  # pages that a quote may go over and are shown

_NOWHERE = Place()

ThePictures = Annotated[Pictures, Depends(given(Pictures))]
_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page that is shown as a picture: its number and name, where the picture is, its dots, and what is said of it.

    `width` and `height` are 0 where it is not drawn yet.
    """

    page: int
    name: str
    address: str
    width: int = 0
    height: int = 0
    marked: bool = False


def shown_pages(pictures: Pictures, principal: Principal, document: Document, place: Place) -> list[Shown]:
    """Return the pages on which a quote stands, as they are shown beside it; none where they cannot be."""
    if not pictures.draws:
        return []
    names = {section.locator.page: section.locator.label() for section in document.sections}
    shown = []
    for page in pages_of(document, place)[:_MOST]:
        address = picture_address(document.document, page, place)
        try:
            drawn = pictures.picture(principal, document.document, page, place, patience_s=_PATIENCE_S)
        except DrawerBusyError:
            shown.append(Shown(page, names[page], address))
        except DrawError as error:
            tell_why(error)
        else:
            if drawn is not None:
                shown.append(Shown(page, names[page], address, drawn.width, drawn.height, drawn.marked))
    return shown


def picture_address(document: str, page: int, place: Place = _NOWHERE) -> str:
    """Return where the picture of a page is; the address holds positions only, never text."""
    named = {"version": place.version, "from": place.start, "to": place.end} if place.end > place.start else {}
    return f"/pages/{url_quote(document)}/{page}{'?' if named else ''}{urlencode(named)}"


def tell_why(error: DrawError) -> None:
    """Log that a page could not be drawn, by the kinds of what went wrong alone: a document may have said the words."""
    kinds = [type(one).__name__ for one in (error, error.__cause__) if one]
    structlog.get_logger("greenlit").warning("not drawn", errors=kinds)


@dataclass(frozen=True, slots=True)
class _Looking:
    """Somebody who looks at a page, and what shows it."""

    pages: Pages
    person: Principal
    pictures: Pictures


async def _looking(pages: ThePages, person: Person, pictures: ThePictures) -> _Looking:
    return _Looking(pages, person, pictures)


@_router.get("/pages/{document:path}/{page}")
def page(
    request: Request,
    document: str,
    page: PageNumber,
    looking: Annotated[_Looking, Depends(_looking)],
    place: PlaceAsked,
) -> Response:
    """Give a page as a picture, with the quote marked."""
    try:
        drawn = looking.pictures.picture(looking.person, document, page, place)
    except DrawError as error:
        tell_why(error)
        return looking.pages.message(request, 503, _NOT_DRAWN)
    return looking.pages.message(request, 404, _NO_PAGE) if drawn is None else picture_response(request, drawn, place)


ROUTES = _router.routes
