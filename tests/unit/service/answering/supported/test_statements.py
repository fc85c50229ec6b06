"""What a sentence can rest on: units of a build with what stands over them, or sentences that a plain rule finds."""

import pytest

from indexes.documents import Locator, Passage
from service.answering.supported.statements import statements
from service.answering.supported.support import Offered, support
from tests.support.answering_parts import open_split, read_document


def _passage(text: str) -> Passage:
    return Passage("p", "d.md", "0" * 64, "Rules", 0, len(text), text, Locator("document"))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One rule holds. Another does not.", ["One rule holds.", "Another does not."]),
        (
            "The U.S. office pays 2.5 percent. See no. 4 for more.",
            ["The U.S. office pays 2.5 percent.", "See no. 4 for more."],
        ),
        ("A heading\nA line of its own", ["A heading", "A line of its own"]),
        ("Ask Dr. Weber! Then wait.", ["Ask Dr. Weber!", "Then wait."]),
        ("", []),
    ],
)
def test_without_a_build_a_plain_rule_finds_sentences(text: str, sentences: list[str]) -> None:
    found = statements("a", _passage(text), None)
    assert [one.raw for one in found if one.raw in sentences] == sentences
    assert all(text[one.span[0] : one.span[1]] == one.raw for one in found)


def test_an_item_of_a_build_is_read_under_its_lead_in() -> None:
    rules = "Four things are forbidden on every stage:\n\n- Working alone above two metres.\n- Drones without a net."
    with open_split([read_document("people/safety.md", rules)]) as build:
        document, _ = build.passages.document_ids()[0]
        split = build.passages.split_document(document)
        assert split is not None
        cited = [Offered(one.passage_id, one) for one in split.passages]
        assert support("Working alone above two metres is forbidden.", cited, build=build).holds
        allowed = support("Working alone above two metres is allowed.", cited, build=build)
        assert allowed.failed == ("negation",)
        assert allowed.quote is not None
        start, end = allowed.quote
        assert split.document.text[start:end] == "Working alone above two metres."
