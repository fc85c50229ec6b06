"""A parsed document as the two byte strings that the child sends for it: JSON, and the text in UTF-8.

What comes from the child is checked before it is believed: a hostile document may have taken the child over. No
pickle, ever.
"""

import json
import re
from typing import Any

from indexes.documents import Locator, Section, locator_from_json
from indexes.readings import notes_from_json
from ingest.characters import clean
from ingest.errors import LoadError
from ingest.parsed import MAX_TEXT_CHARS, Parsed

MAX_JSON_BYTES = 64 * 1024 * 1024  # a section takes some 100 bytes: room for half a million headings
MAX_TEXT_BYTES = 4 * MAX_TEXT_CHARS
_MAX_REASON_CHARS = 1000
_SECTION_FIELDS = 3
_LOCATOR_KINDS = frozenset(["page", "heading", "time", "document"])
_MAX_LABEL_CHARS = 100
_TIME = re.compile(r"\d{2,4}:\d{2}:\d{2}")


def reply(parsed: Parsed) -> tuple[bytes, bytes]:
    """Return the reply that carries a parsed document."""
    sections = [[section.start, section.end, section.locator.as_json()] for section in parsed.sections]
    notes = [note.as_json() for note in parsed.notes]
    head = {"kind": "parsed", "title": parsed.title, "sections": sections, "notes": notes}
    return json.dumps(head).encode(), parsed.text.encode()


def refusal(reason: str) -> tuple[bytes, bytes]:
    """Return the reply that says why there is no document."""
    return json.dumps({"kind": "refused", "reason": reason}).encode(), b""


def read_reply(head: bytes, text: bytes) -> Parsed:
    """Return the document of a reply.

    Raises:
        LoadError: the reply says that the document is refused.
        ValueError: the reply is not one that our child writes.
    """
    try:
        value = json.loads(head)
    except RecursionError as error:
        raise ValueError("expected a flat JSON object") from error
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - one error for all that is malformed
    kind = value.get("kind")
    if kind == "refused":
        raise LoadError(clean(str(value.get("reason")))[:_MAX_REASON_CHARS])
    if kind != "parsed":
        raise ValueError("expected the kind parsed or refused")
    return _checked(value, text.decode("utf-8"))


def _checked(value: dict[str, Any], text: str) -> Parsed:
    title = value.get("title")
    if not (title is None or isinstance(title, str)) or not isinstance(value.get("sections"), list):
        raise ValueError("expected a title and a list of sections")
    sections: list[Section] = []
    position = 0
    for entry in value["sections"]:
        if not isinstance(entry, list) or len(entry) != _SECTION_FIELDS:
            raise ValueError("expected three values a section")
        start, end, locator = entry
        if type(start) is not int or type(end) is not int or not position <= start < end <= len(text):
            raise ValueError("expected sections in order, within the text")
        if text[start].isspace() or text[end - 1].isspace():
            raise ValueError("expected sections without space at their ends")
        sections.append(Section(start, end, _locator(locator)))
        position = end
    if not sections:
        raise ValueError("expected at least one section")
    return Parsed(title, text, tuple(sections), notes_from_json(value.get("notes", [])))


def _locator(value: Any) -> Locator:
    if not isinstance(value, dict):
        raise ValueError("expected a locator")  # noqa: TRY004 - as above
    kind, page, path = value.get("kind"), value.get("page"), value.get("path", [])
    label, at = value.get("label", ""), value.get("at", "")
    page_fits = type(page) is int and page >= 1 if kind == "page" else page is None
    path_fits = isinstance(path, list) and all(isinstance(name, str) for name in path)
    path_fits = path_fits and (bool(path) if kind == "heading" else kind != "document" or not path)
    label_fits = isinstance(label, str) and len(label) <= _MAX_LABEL_CHARS and (not label or kind == "page")
    at_fits = isinstance(at, str) and bool(_TIME.fullmatch(at)) == (kind == "time")
    if kind not in _LOCATOR_KINDS or not (page_fits and path_fits and label_fits and at_fits):
        raise ValueError("expected a locator")
    return locator_from_json(value)
