"""The words of unchanged documents are carried over; the index is the one that would be made anew."""

from dataclasses import fields

import numpy as np
import pytest

from indexes import words
from indexes.builds import Build, current_build_id, open_build
from indexes.documents import Document, Locator, Section
from indexes.passages import SplitDocument
from indexes.postings import Postings
from ingest import index_words as module
from ingest.index_words import index_words
from ingest.split import Splitter
from tests.support.fakes import HashingEncoder, TinyLibrary

NAMES = ("legal/a.md", "legal/b.md", "legal/c.md")


@pytest.fixture
def live(library: TinyLibrary) -> Build:
    for name in NAMES:
        library.add(name, f"# Rules of {name}\n\nKeep {name} for years.\n\n## More\n\nThe {name} paper stays.\n")
    library.ingest()
    return open_build(library.builds / current_build_id(library.builds))


def _live_documents(live: Build, *names: str) -> list[SplitDocument]:
    return [split for name in names if (split := live.passages.split_document(name))]


def _new(name: str) -> SplitDocument:
    text = f"A new paper, {name}, replaces the old."
    return Splitter(HashingEncoder()).split(
        Document(name, "c" * 64, "New", text, (Section(0, len(text), Locator("document")),))
    )


def _assert_same(one: Postings, other: Postings) -> None:
    for field in fields(Postings):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


@pytest.mark.parametrize("gone", [(), NAMES[:1], NAMES[1:2], NAMES[2:], NAMES])
@pytest.mark.parametrize("new", [(), ("legal/0.md",), ("legal/0.md", "legal/bb.md", "legal/z.md")])
def test_what_is_carried_over_and_added_equals_an_index_made_anew(
    live: Build, gone: tuple[str, ...], new: tuple[str, ...]
) -> None:
    stay = [name for name in NAMES if name not in gone]
    documents = sorted([*_live_documents(live, *stay), *map(_new, new)], key=lambda split: split.document.document)
    carried = index_words(documents, live=live, carried=stay)
    _assert_same(carried.postings, index_words(documents, live=None, carried=()).postings)


def test_only_what_is_new_is_cut_into_terms(live: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, terms = list[str](), words.terms

    def note(text: str) -> list[str]:
        seen.append(text)
        return terms(text)

    monkeypatch.setattr(module, "terms", note)
    documents = [*_live_documents(live, *NAMES), _new("legal/z.md")]
    index_words(documents, live=live, carried=NAMES)
    assert seen == ["New\nA new paper, legal/z.md, replaces the old."]


def test_nothing_stays_of_a_document_that_is_gone(live: Build) -> None:
    index = index_words(_live_documents(live, NAMES[0]), live=live, carried=NAMES[:1])
    assert index.postings.find("c") is None
    assert index.postings.find("keep") is not None


def test_words_that_were_cut_otherwise_are_not_carried_over(live: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TERMS_VERSION", 99)
    monkeypatch.setattr(module, "terms", lambda _: ["other"])
    index = index_words(_live_documents(live, *NAMES), live=live, carried=NAMES)
    assert index.postings.terms() == ["other"]
