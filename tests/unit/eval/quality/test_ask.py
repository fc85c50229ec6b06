"""Questions go through the reader's own steps; what comes back is compared with the gold."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.quality.ask import ask_set, is_right
from eval.quality.libraries import Place
from eval.quality.question_sets import Gold, SetQuestion, gold_of_quote
from indexes.documents import Locator, Passage
from tests.support.judge_parts import POLICY, REVIEW, a_place, steps


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = a_place(tmp_path)
    with contextlib.closing(place.build.passages):
        yield place


def _passage(start: int, end: int, page: int | None = None) -> Passage:
    locator = Locator("page", page) if page else Locator("document")
    return Passage("p", POLICY, "a" * 64, "", start, end, "x", locator)


def test_a_hit_covers_at_least_half_of_the_gold() -> None:
    gold = Gold(POLICY, 100, 200, "x")
    assert is_right(_passage(0, 150), gold)
    assert not is_right(_passage(0, 149), gold)
    assert is_right(_passage(150, 400), gold)
    assert not is_right(_passage(151, 400), gold)
    assert not is_right(_passage(0, 90), gold)
    assert not is_right(_passage(0, 150), Gold("other.md", 100, 200, "x"))


def test_of_a_page_every_passage_is_a_hit_and_no_other_page() -> None:
    gold = Gold(POLICY, 100, 200, "", 3, whole_page=True)
    assert is_right(_passage(190, 200, page=3), gold)
    assert not is_right(_passage(100, 200, page=2), gold)
    assert not is_right(_passage(100, 200), gold)


def _review(place: Place) -> SetQuestion:
    document = place.document(POLICY)
    assert document is not None
    gold = tuple(gold_of_quote(document, REVIEW))
    return SetQuestion("r", "Which team reviews a new vendor?", answerable=True, kind="who", gold=gold)


def test_an_answer_is_kept_with_its_hits_and_quotes(place: Place) -> None:
    (asked,) = ask_set([_review(place)], steps=steps(), place=place)
    assert asked.rank == 1
    assert asked.relevant == 1
    assert not asked.refused
    assert asked.hits[0].where == "Vendors"
    quoted = asked.quotes[0]
    document = place.document(POLICY)
    assert document is not None
    assert document.text[quoted.start : quoted.end] == quoted.text
    assert REVIEW in asked.sentences
    assert asked.quotes[asked.sentences.index(REVIEW)].sentence == asked.sentences.index(REVIEW)
    assert asked.evidence >= (asked.threshold or 1)
    assert asked.find_s > 0 < asked.answer_s


def test_a_refusal_is_kept_with_its_reason(place: Place) -> None:
    nothing = SetQuestion("n", "Which orbit do satellites follow?", answerable=False, kind="general_knowledge")
    unasked = SetQuestion("u", "?!", answerable=False, kind="general_knowledge")
    first, second = ask_set([nothing, unasked], steps=steps(), place=place)
    assert (first.reason, first.sentences, first.quotes) == ("no_evidence", (), ())
    assert (second.reason, second.evidence, second.threshold) == ("request_not_supported", 0.0, None)
    assert first.relevant == 0


def test_what_was_revoked_is_not_found(place: Place) -> None:
    question = SetQuestion("o", "What was the daily travel allowance?", answerable=False, kind="not_approved")
    (asked,) = ask_set([question], steps=steps(), place=place)
    assert {hit.document for hit in asked.hits} == {POLICY}


def test_questions_come_back_in_the_order_they_were_asked(place: Place) -> None:
    questions = [SetQuestion(name, f"Which {name}?", answerable=False, kind="fact") for name in ("b", "a", "c")]
    assert [asked.question.id for asked in ask_set(questions, steps=steps(), place=place)] == ["b", "a", "c"]
