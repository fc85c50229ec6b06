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


# Several quotes


@pytest.mark.parametrize(
    ("text", "released"),
    [
        ("Never upload … Staff may", True),
        ("Never upload\n… Staff may", True),
        ("Never upload Staff may", False),  # what stands between is not marked
        ("Never upload … Staff may …", False),
        ("… Never upload … Staff may", False),
        ("Never upload ... Staff may", False),
        ("Staff may … Never upload", False),  # not in the document's order
        ("Never upload", False),  # one of two
        ("Never … Staff may", False),  # a part of one
        ("Never upload … and Staff may", False),
        ("Never upload … Staff may Staff may", False),
    ],
)
def test_a_sentence_of_two_quotes_says_both_and_marks_what_it_leaves_out(
    opened: tuple[Build, Scope, Passage],
    text: str,
    released: bool,  # noqa: FBT001
) -> None:
    build, scope, passage = opened
    quotes = tuple(sorted((_quote(passage, "Never upload"), _quote(passage, "Staff may")), key=lambda one: one.start))
    text = text if quotes[0].text == "Never upload" else _turned(text)
    assert bool(verify([DraftSentence(text, quotes)], build=build, scope=scope)) is released


def _turned(text: str) -> str:
    return text.replace("Never upload", "#").replace("Staff may", "Never upload").replace("#", "Staff may")


def test_quotes_that_stand_side_by_side_are_said_without_a_mark(opened: tuple[Build, Scope, Passage]) -> None:
    build, scope, passage = opened
    first, second = _quote(passage, "Never upload"), _quote(passage, "unreleased scripts")
    assert verify([DraftSentence("Never upload unreleased scripts", (first, second))], build=build, scope=scope)
    assert not verify([DraftSentence("Never upload … unreleased scripts", (first, second))], build=build, scope=scope)


def test_quotes_that_overlap_or_come_in_another_order_are_not_released(opened: tuple[Build, Scope, Passage]) -> None:
    build, scope, passage = opened
    first, second, across = (_quote(passage, words) for words in ("Never", "upload", "Never upload"))
    assert not verify([DraftSentence("upload Never", (second, first))], build=build, scope=scope)
    assert not verify([DraftSentence("Never upload upload", (across, second))], build=build, scope=scope)
    assert not verify([DraftSentence("Never Never", (first, first))], build=build, scope=scope)


def test_quotes_of_two_documents_make_no_sentence(opened: tuple[Build, Scope, Passage]) -> None:
    build, scope, passage = opened
    other = next(one for one in _passages(build, scope) if one.document != passage.document)
    first = Quote(passage.passage_id, passage.start, passage.start + 4, passage.text[:4])
    second = Quote(other.passage_id, other.end - 6, other.end, other.text[-6:])
    assert first.end < second.start
    for text in (f"{first.text} {second.text}", f"{first.text} … {second.text}"):
        assert not verify([DraftSentence(text, (first, second))], build=build, scope=scope)


def _passages(build: Build, scope: Scope) -> list[Passage]:
    return build.passages.passages(scope.rows.nonzero()[0].tolist())


def test_how_many_items_are_left_out_goes_with_the_sentence(opened: tuple[Build, Scope, Passage]) -> None:
    build, scope, passage = opened
    quote = _quote(passage, "Never upload")
    (released,) = verify([DraftSentence(quote.text, (quote,), more=3)], build=build, scope=scope)
    assert released.more == 3
