"""The live build lends every vector that would be made again to the same, and no other."""

import numpy as np
import pytest

from indexes.builds import Build, current_build_id, open_build
from tests.support.fakes import HashingEncoder, TinyLibrary

LUNCH = "Lunch is served at noon in the hall downstairs."
PARTS = [
    f"## Part {number}\n\nRule {number} has to be kept by all. It is read out on day {number}." for number in range(4)
]


def _text(*parts: str) -> str:
    return "\n\n".join(["# Rules", *parts]) + "\n"


@pytest.fixture
def made(library: TinyLibrary) -> TinyLibrary:
    """Return a library of two documents, one of four passages, with a live build."""
    library.add("legal/a.md", _text(*PARTS))
    library.add("legal/b.txt", LUNCH)
    library.ingest()
    return library


def _encoded_for_the_next(library: TinyLibrary) -> list[str]:
    """Make another build; return the passages that were encoded for it."""
    library.encoder = HashingEncoder()
    assert library.ingest().published
    return library.encoder.encoded


def test_of_a_document_that_changed_only_the_passage_that_did_is_encoded(made: TinyLibrary) -> None:
    made.add("legal/a.md", _text(PARTS[0], "## Part 1\n\nNobody keeps rule 1.", *PARTS[2:]))
    assert _encoded_for_the_next(made) == ["Rules: Part 1\nNobody keeps rule 1."]


def test_passages_that_moved_within_a_document_or_to_another_name_are_lent(made: TinyLibrary) -> None:
    made.revoke("legal/a.md")
    made.add("legal/moved.md", _text(*reversed(PARTS)))
    assert _encoded_for_the_next(made) == []


def test_a_passage_under_another_title_is_encoded(made: TinyLibrary) -> None:
    made.add("legal/a.md", _text(*PARTS).replace("# Rules", "# Customs", 1))
    assert len(_encoded_for_the_next(made)) == len(PARTS)


def test_the_same_text_cut_into_other_sentences_is_encoded(made: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pipeline", "describe", "rereading"):  # so that documents are read anew
        monkeypatch.setattr(f"ingest.{module}.loader_version", lambda _: "another")
    monkeypatch.setattr("ingest.split.find_units", lambda _: ((), ()))
    assert len(_encoded_for_the_next(made)) == len(PARTS)


def _documents_by_row(build: Build) -> list[str]:
    return [build.documents[number][0] for number in build.document_of_row]


@pytest.mark.parametrize("what", ["a.md", "b.txt"])
def test_lent_rows_are_where_their_document_is_now(made: TinyLibrary, what: str) -> None:
    """Rows move when a document comes before the others; what is lent moves along."""
    before = open_build(made.builds / current_build_id(made.builds))
    made.add("legal/0.txt", "This one stands before all the others and moves their rows.")
    assert _encoded_for_the_next(made) == ["0\nThis one stands before all the others and moves their rows."]
    after = open_build(made.builds / current_build_id(made.builds))
    at = [np.flatnonzero([name == f"legal/{what}" for name in _documents_by_row(one)]) for one in (before, after)]
    assert at[0].tolist() != at[1].tolist()
    np.testing.assert_array_equal(before.dense.vectors(at[0]), after.dense.vectors(at[1]))
    for one in (before, after):
        one.passages.close()
