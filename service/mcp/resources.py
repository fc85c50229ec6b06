"""Documents and passages as resources: a list of what the caller may read, in pages, and the stored text of each.

What they may not read, what does not exist, and what is no address of ours are answered alike. A page goes on after the
last name of the page before, so a document that is revoked in between moves nothing.
"""

import base64
import binascii

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from service.mcp.addresses import DOCUMENTS, PASSAGES, Wanted, of_document, wanted
from service.mcp.knowledge import Json, Knowledge

PAGE = 100
_TEXT = "text/plain"
_META = "greenlit/document"


async def page_after(knowledge: Knowledge, cursor: str | None) -> ListResourcesResult:
    """Return a page of the documents that the caller may read.

    Raises:
        NotGivenError: nobody can say.
        MCPError: the cursor is none of ours.
    """
    after = _name_in(cursor) if cursor is not None else ""
    left = [one for one in await knowledge.documents() if one["document"] > after]
    page = left[:PAGE]
    following = _cursor(page[-1]["document"]) if len(left) > PAGE else None
    return ListResourcesResult(resources=[_listed(one) for one in page], next_cursor=following)


def templates() -> list[ResourceTemplate]:
    """Return how addresses of documents and passages are made."""
    return [
        ResourceTemplate(
            name="document",
            title="An approved document",
            uri_template=DOCUMENTS,
            description="The stored text of a document that you may read, by its path as citations name it.",
            mime_type=_TEXT,
        ),
        ResourceTemplate(
            name="passage",
            title="A passage of an approved document",
            uri_template=PASSAGES,
            description="The stretch of a document's stored text that a citation or a passage names as its resource.",
            mime_type=_TEXT,
        ),
    ]


async def read(knowledge: Knowledge, address: str) -> ReadResourceResult:
    """Return the text of a document or a passage, and beside it who approved it and what was not read of it.

    Raises:
        NotGivenError: nobody can say whether there is one.
        MCPError: there is none that the caller may read.
    """
    named = wanted(address)
    found = await knowledge.document(named.document) if named is not None and named.document else None
    text = _stretch(named, found) if named is not None and found is not None else None
    if found is None or text is None:
        raise MCPError(INVALID_PARAMS, "Resource not found", {"uri": address})
    approval = {name: found[name] for name in ("document", "title", "sha256", "approved_by", "approved_on", "expires")}
    told = {**approval, "warnings": found.get("warnings", [])}
    contents = TextResourceContents(uri=address, mime_type=_TEXT, text=text, _meta={_META: told})
    return ReadResourceResult(contents=[contents])


def _stretch(named: Wanted, found: Json) -> str | None:
    text: str = found["text"]
    if named.version is None:
        return text
    is_there = found["sha256"].startswith(named.version) and named.start < named.end <= len(text)
    return text[named.start : named.end] if is_there else None


def _listed(one: Json) -> Resource:
    return Resource(
        uri=of_document(one["document"]),
        name=one["document"],
        title=one["title"],
        description=f"Approved by {one['approved_by']} on {one['approved_on']}, until {one['expires']}.",
        mime_type=_TEXT,
    )


def _cursor(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_in(cursor: str) -> str:
    try:
        name = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        name = ""
    if not name:
        raise MCPError(INVALID_PARAMS, "expected a cursor as the list gave it, got another")
    return name
