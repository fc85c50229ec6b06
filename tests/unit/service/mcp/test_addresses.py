"""Addresses of resources: they come back as they were made, and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.mcp.addresses import Wanted, of_document, of_passage, wanted

SHA256 = "0123456789abcdef" * 4
NAMES = ["legal/ai-policy.md", "legal/a b/100 %.pdf", "recht/Übersicht?.md", "legal/#1&from=2.md", "a/..b/c.txt"]


@pytest.mark.parametrize("name", NAMES)
def test_a_document_and_a_passage_are_found_again_by_their_address(name: str) -> None:
    assert wanted(of_document(name)) == Wanted(name)
    assert wanted(of_passage(name, SHA256, 5, 70)) == Wanted(name, SHA256[:16], 5, 70)
    assert of_document(name).isascii()


OTHERS = [
    "",
    "greenlit:",
    "file:///etc/passwd",
    "https://documents/legal/a.md",
    "greenlit://others/legal/a.md",
    "greenlit://documents@evil.example/legal/a.md",
    "greenlit://documents/legal/a.md?version=x",
    "greenlit://documents/legal/a.md#part",
    "greenlit://documents/%ff",
    "greenlit://passages/legal/a.md",
    "greenlit://passages/legal/a.md?version=0123456789abcdef&from=1",
    "greenlit://passages/legal/a.md?from=1&to=2&version=0123456789abcdef",
    "greenlit://passages/legal/a.md?version=0123456789abcdef&from=1&to=2&to=3",
    "greenlit://passages/legal/a.md?version=0123&from=1&to=2",
    "greenlit://passages/legal/a.md?version=0123456789abcdef&from=-1&to=2",
    "greenlit://passages/legal/a.md?version=0123456789abcdef&from=1&to=" + "9" * 5000,
    "greenlit://documents/" + "a" * 8001,
    "greenlit://[documents/a.md",
]


@pytest.mark.parametrize("address", OTHERS)
def test_what_is_no_address_of_ours_names_nothing(address: str) -> None:
    assert wanted(address) is None


@given(st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_no_text_breaks_it(text: str) -> None:
    wanted(text)
    wanted(f"greenlit://documents/{text}")
    wanted(f"greenlit://passages/{text}?version={text}&from={text}&to={text}")
