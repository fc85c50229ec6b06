"""Things that stand in the text of a web page: breaks, pictures, formulas, fields of forms, embedded pages.

A picture is its description; one without any is told, unless it is an icon. What is filled in or chosen in a form, and
what is embedded, is not read, and told.
"""

import re

from lxml.html import HtmlElement

from ingest.characters import clean
from ingest.loading.web.html_math import linear
from ingest.loading.web.html_report import Reading

_FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?)", re.IGNORECASE)
_FIELDS = frozenset(["text", "number", "date", "email", "tel", "url", "time", "month", "week", "datetime-local"])
_SMALL_PX = 64  # icons
_EMBEDDED = frozenset(["iframe", "object", "embed", "applet", "video", "audio", "canvas"])
_SPECKS = frozenset(["0", "1", "0px", "1px"])


def thing_in_text(element: HtmlElement, reading: Reading) -> str:
    """Return what is written for a thing; what is shown and not read is told to the reading."""
    if element.tag == "br":
        return "\n"
    if element.tag == "img":
        if _is_silent(element):
            reading.tells("pictures")
        return _description(element)
    if element.tag == "math":
        written = linear(element)
        reading.draws(element, [written])
        return written
    if kind := _unread(element):
        reading.tells(kind)
    return ""


def _description(picture: HtmlElement) -> str:
    """Return what is written for a picture: its description, unless that is the name of a file."""
    text = clean(picture.get("alt", ""))
    return "" if _FILE_NAME.fullmatch(text) else text.replace("\n", " ")


def _is_silent(picture: HtmlElement) -> bool:
    """Tell whether a picture may show something that is written nowhere: no icon, no decoration, no description."""
    if _description(picture) or picture.get("alt") == "":
        return False
    if picture.get("role") in {"presentation", "none"} or picture.get("aria-hidden") == "true":
        return False
    sizes = [picture.get(name, "").removesuffix("px") for name in ("width", "height")]
    return not any(size.isascii() and size.isdigit() and int(size) <= _SMALL_PX for size in sizes)


def _unread(element: HtmlElement) -> str:
    """Return the kind of note for a thing that is shown and not read; empty if nothing is lost with it."""
    tag = element.tag
    if tag in _EMBEDDED:
        sizes = (element.get("width", ""), element.get("height", ""))
        return "" if _SPECKS & set(sizes) else "embedded"
    if tag == "input":
        kind = element.get("type", "text").lower()
        return "form_fields" if kind in _FIELDS and element.get("value", "").strip() else ""
    if tag == "textarea":
        return "form_fields" if (element.text or "").strip() else ""
    if tag == "select":
        chosen = [option for option in element.iter("option") if "selected" in option.attrib]
        return "form_fields" if chosen and clean(str(chosen[0].text_content())) else ""
    return ""
