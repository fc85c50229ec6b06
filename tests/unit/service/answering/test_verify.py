"""The check of a draft against the stored texts. What is refused and why is in the tests of law 3."""

import pytest

from indexes.builds import Build, current_build_id, open_build
from indexes.documents import Passage
from service.answering.boundary import Boundary, Scope
from service.answering.drafts import DraftSentence, Quote
from service.answering.verify import verify
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import POLICY, with_rules


@pytest.fixture
def opened(library: TinyLibrary) -> tuple[Build, Scope, Passage]:
    with_rules(library)
    build = open_build(library.builds / current_build_id(library.builds))
    scope = Boundary(
        library=library.folder, now=library.clock, notice=lambda _words: None, on_change=lambda _state: None
    ).scope(build, frozenset({"staff"}))
    split = build.passages.split_document(POLICY)
    assert split is not None
    return build, scope, split.passages[0]


def _quote(passage: Passage, words: str) -> Quote:
    start = passage.start + passage.text.index(words)
    return Quote(passage.passage_id, start, start + len(words), words)


def test_a_quote_that_stands_there_is_released_with_its_passage_and_approval(
    opened: tuple[Build, Scope, Passage],
) -> None:
    build, scope, passage = opened
    quote = _quote(passage, "Never upload unreleased scripts to any chatbot.")
    (released,) = verify([DraftSentence(quote.text, (quote,))], build=build, scope=scope)
    assert released.text == quote.text
    (verified,) = released.quotes
    assert (verified.quote, verified.passage) == (quote, passage)
    assert verified.grant.approved_by == ("ann@x.example",)


def test_white_space_may_differ_between_sentence_and_quote(opened: tuple[Build, Scope, Passage]) -> None:
    build, scope, passage = opened
    quote = Quote(passage.passage_id, passage.start, passage.end, passage.text)
    assert "\n" in quote.text
    assert len(verify([DraftSentence(" ".join(quote.text.split()), (quote,))], build=build, scope=scope)) == 1


def test_the_first_and_the_last_character_of_a_passage_can_be_quoted(opened: tuple[Build, Scope, Passage]) -> None:
    build, scope, passage = opened
    whole = Quote(passage.passage_id, passage.start, passage.end, passage.text)
    beyond = Quote(passage.passage_id, passage.start, passage.end + 1, passage.text + "\n")
    assert len(verify([DraftSentence(whole.text, (whole,))], build=build, scope=scope)) == 1
    assert verify([DraftSentence(beyond.text, (beyond,))], build=build, scope=scope) == []


def test_order_is_kept_and_nothing_comes_of_nothing(opened: tuple[Build, Scope, Passage]) -> None:
    build, scope, passage = opened
    first, second = _quote(passage, "Never upload"), _quote(passage, "Staff may")
    draft = [DraftSentence(quote.text, (quote,)) for quote in (first, second)]
    assert [sentence.text for sentence in verify(draft, build=build, scope=scope)] == ["Never upload", "Staff may"]
    assert verify([], build=build, scope=scope) == []
