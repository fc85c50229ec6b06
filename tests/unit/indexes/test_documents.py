"""The records that travel: locators keep their meaning, and a passage has the same id in every build."""

import pytest

from indexes.documents import PASSAGE_ID_HEX, Locator, Passage, locator_from_json, passage_id

LOCATORS = [Locator("document"), Locator("page", page=3), Locator("heading", headings=("Retention", "Masters"))]


@pytest.mark.parametrize("locator", LOCATORS)
def test_a_locator_comes_back_from_json_as_it_was(locator: Locator) -> None:
    assert locator_from_json(locator.as_json()) == locator


def test_a_locators_public_form_is_the_documented_one() -> None:
    assert [locator.as_json() for locator in LOCATORS] == [
        {"kind": "document"},
        {"kind": "page", "page": 3},
        {"kind": "heading", "path": ["Retention", "Masters"]},
    ]


def test_a_locator_says_in_words_where_it_is() -> None:
    assert [locator.label() for locator in LOCATORS] == ["", "page 3", "Retention › Masters"]


def test_the_same_bytes_split_the_same_way_give_the_same_passage_id() -> None:
    assert passage_id("legal/a.md", "a" * 64, 0, 10) == passage_id("legal/a.md", "a" * 64, 0, 10)
    assert len(passage_id("legal/a.md", "a" * 64, 0, 10)) == PASSAGE_ID_HEX


def test_another_document_version_or_span_is_another_passage() -> None:
    ids = {
        passage_id("legal/a.md", "a" * 64, 0, 10),
        passage_id("legal/b.md", "a" * 64, 0, 10),
        passage_id("legal/a.md", "b" * 64, 0, 10),
        passage_id("legal/a.md", "a" * 64, 1, 10),
        passage_id("legal/a.md", "a" * 64, 0, 11),
        passage_id("legal/a.md", "a" * 64, 1, 1),
    }
    assert len(ids) == 6


def test_a_passage_hashes_its_text() -> None:
    passage = Passage("id", "legal/a.md", "a" * 64, "A", 0, 3, "abc", Locator("document"))
    assert passage.text_hash() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
