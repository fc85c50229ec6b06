"""Documents as resources: listed in pages, read whole or in part, and alike where there is nothing to read."""

import asyncio
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import TextResourceContents

from service.mcp.addresses import of_document, of_passage
from service.mcp.resources import PAGE, page_after, read, templates
from tests.support.mcp_scripted import SHA256, TEXT, Scripted, document

NAMES = [f"legal/rule-{number:03}.md" for number in range(2 * PAGE + 5)]
POLICY = "legal/ai-policy.md"


def listed(knowledge: Scripted, cursor: str | None = None) -> tuple[list[str], str | None]:
    page = asyncio.run(page_after(knowledge, cursor))
    return [resource.name for resource in page.resources], page.next_cursor


def contents(address: str, knowledge: Scripted | None = None) -> TextResourceContents:
    given = asyncio.run(read(knowledge or Scripted(documents_=[document(POLICY)]), address))
    (one,) = given.contents
    assert isinstance(one, TextResourceContents)
    return one


def test_a_long_list_comes_in_pages_each_document_once() -> None:
    knowledge = Scripted(documents_=[document(name) for name in NAMES])
    seen, cursor = listed(knowledge)
    sizes = [len(seen)]
    while cursor is not None:
        more, cursor = listed(knowledge, cursor)
        seen += more
        sizes.append(len(more))
    assert (seen, sizes) == (NAMES, [PAGE, PAGE, 5])


def test_a_document_that_is_revoked_between_two_pages_moves_nothing() -> None:
    knowledge = Scripted(documents_=[document(name) for name in NAMES])
    seen, cursor = listed(knowledge)
    knowledge.documents_ = [document(name) for name in NAMES if name not in seen]  # also the one that it goes on from
    more, _ = listed(knowledge, cursor)
    assert more == NAMES[PAGE : 2 * PAGE]


def test_what_fits_one_page_has_no_cursor() -> None:
    names, cursor = listed(Scripted(documents_=[document(name) for name in NAMES[:PAGE]]))
    assert (len(names), cursor) == (PAGE, None)


@pytest.mark.parametrize("cursor", ["", "?", "secret", "/w==", "bGVn\u00e4", "Zg"])
def test_a_cursor_that_we_did_not_give_is_refused_and_not_repeated(cursor: str) -> None:
    with pytest.raises(MCPError, match="expected a cursor as the list gave it") as caught:
        listed(Scripted(documents_=[document(POLICY)]), cursor)
    assert (caught.value.code, "secret" in str(caught.value)) == (-32602, False)


def test_a_document_is_read_with_who_approved_it() -> None:
    one = contents(of_document(POLICY))
    assert (one.text, one.mime_type, one.uri) == (TEXT, "text/plain", of_document(POLICY))
    assert one.meta is not None
    told: dict[str, Any] = one.meta["greenlit/document"]
    assert (told["sha256"], told["approved_by"], told["expires"]) == (SHA256, "ann@x.example", "2027-11-20")


def test_a_passage_is_the_stretch_that_it_names() -> None:
    assert contents(of_passage(POLICY, SHA256, 15, 32)).text == TEXT[15:32]


NOTHING = [
    of_document("legal/none.md"),
    of_document(""),
    of_passage("legal/none.md", SHA256, 0, 5),
    of_passage(POLICY, "f" * 64, 0, 5),  # of another version
    of_passage(POLICY, SHA256, 5, 5),
    of_passage(POLICY, SHA256, 6, 5),
    of_passage(POLICY, SHA256, 0, len(TEXT) + 1),
    "file:///etc/passwd",
]


@pytest.mark.parametrize("address", NOTHING)
def test_where_there_is_nothing_to_read_it_is_said_in_the_same_words(address: str) -> None:
    with pytest.raises(MCPError) as caught:
        contents(address)
    assert (caught.value.code, str(caught.value), caught.value.data) == (-32602, "Resource not found", {"uri": address})


def test_templates_make_the_addresses_that_are_read() -> None:
    assert [template.uri_template for template in templates()] == [
        "greenlit://documents/{+document}",
        "greenlit://passages/{+document}{?version,from,to}",
    ]
