"""Asking again what was asked while one document superseded another: the same comes out, whatever is said since."""

from collections.abc import Iterator

import pytest

from tests.support.fakes import TinyLibrary
from tests.support.replay_parts import Archive, Drafting, is_identical, open_archive, quoting

OLD, NEW = "legal/stays.md", "legal/hotel-rule.md"
QUESTION = "Who pays for breakfast in every hotel of a business trip?"


@pytest.fixture
def archive(library: TinyLibrary) -> Iterator[Archive]:
    library.add(OLD, "# Stays\n\nThe company pays for breakfast in every hotel of a business trip.\n")
    library.add(NEW, "# Hotel rule\n\nThe employee pays for breakfast in every hotel of a business trip.\n")
    library.ingest()
    drafting = Drafting(lambda found, _build: [quoting(hit) for hit in found.hits])
    with open_archive(library, answerer=drafting) as opened:
        yield opened


def _cited(archive: Archive) -> tuple[int, set[str]]:
    answer = archive.ask(QUESTION)
    return answer.receipt.seq, {citation.verified.passage.document for citation in answer.citations}


def test_an_answer_is_found_again_after_something_was_superseded_or_was_no_more(archive: Archive) -> None:
    before, both = _cited(archive)
    archive.library.approve(NEW, supersedes=[OLD])
    superseded, one = _cited(archive)
    archive.library.approve(NEW, supersedes=[])
    assert (both, one) == ({OLD, NEW}, {NEW})
    assert is_identical(archive.replay(superseded))
    archive.library.approve(OLD, supersedes=[NEW])
    assert is_identical(archive.replay(before))
    assert is_identical(archive.replay(superseded))
