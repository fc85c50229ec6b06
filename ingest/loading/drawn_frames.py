"""The bytes that the two sides of the drawing process exchange, in the frames of `indexes.limited`.

A request is JSON (page, quote, what stands before it) and the document; a reply is JSON and the picture. What comes
from the child is checked before it is believed, as far as it can be without reading the picture: its size, and that it
says to be a PNG of the dots that were named.
"""

import json
import struct
from typing import Any

from indexes.drawn import MAX_DOTS, MAX_PNG_BYTES, DrawnPage, PageWanted
from ingest.errors import LoadError

_BEGINNING = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"
_SLACK = 1.1  # a page's sides are rounded up


def request_of(wanted: PageWanted) -> bytes:
    """Return the request for a page."""
    return json.dumps({"page": wanted.page, "quote": wanted.quote, "before": wanted.before}).encode()


def wanted_of(request: bytes) -> PageWanted:
    """Read a request."""
    asked = json.loads(request)
    return PageWanted(asked["page"], asked["quote"], asked["before"])


def picture_reply(drawn: DrawnPage | None) -> tuple[bytes, bytes]:
    """Return the reply that carries a picture, or says that there is no such page."""
    if drawn is None:
        return json.dumps({"kind": "no_page"}).encode(), b""
    head = {"kind": "drawn", "width": drawn.width, "height": drawn.height, "marked": drawn.marked}
    return json.dumps(head).encode(), drawn.png


def read_picture(head: bytes, png: bytes) -> DrawnPage | None:
    """Return the picture of a reply; `None` if it says that there is no such page.

    Raises:
        LoadError: the reply says that the page cannot be drawn; it is not asked why, for a document may have said it.
        ValueError: the reply is not one that our child writes.
    """
    try:
        value = json.loads(head)
    except RecursionError as error:
        raise ValueError("expected a flat JSON object") from error
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "refused":
        raise LoadError("the page cannot be drawn: it is damaged or unusual")
    if kind == "no_page":
        return None
    if kind != "drawn":
        raise ValueError("expected the kind drawn, no_page or refused")
    return _checked(value, png)


def _checked(value: dict[str, Any], png: bytes) -> DrawnPage:
    width, height, marked = value.get("width"), value.get("height"), value.get("marked")
    if type(width) is not int or type(height) is not int or not isinstance(marked, bool):
        raise ValueError("expected width, height and whether a quote is marked")
    if min(width, height) < 1 or width * height > _SLACK * MAX_DOTS or len(png) > MAX_PNG_BYTES:
        raise ValueError("expected a picture within the bounds")
    if not png.startswith(_BEGINNING + struct.pack(">II", width, height)):
        raise ValueError("expected a PNG of this width and height")
    return DrawnPage(png, width, height, marked)
