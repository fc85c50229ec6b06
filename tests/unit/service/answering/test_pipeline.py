"""The flow from a question to an answer, step by step. What must never happen is in the tests of the laws."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from service.answering.answers import Reason
from service.answering.errors import AnswerFailedError, LibraryUnavailableError
from service.answering.questions import Question
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    OFF_TOPIC_QUESTION,
    POLICY,
    TRAVEL,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    whole,
    with_rules,
)


def _question(studio: Studio, text: str) -> Question:
    return Question(text, studio.service.owner, "cli")


def test_where_nothing_was_approved_yet_every_door_says_so(library: TinyLibrary) -> None:
    library.ingest()
    with open_studio(library) as studio:
        refusal = studio.ask(VENDOR_QUESTION)["refusal"]
        assert refusal["reason"] == "nothing_approved"
        assert refusal["message"].startswith("Nothing has been approved and taken in here yet")
        library.add(POLICY, "# Secret\n\nOnly the board reads this.\n", groups=["board"])
        library.ingest()
        assert studio.ask(VENDOR_QUESTION)["refusal"]["reason"] == "no_evidence", "what one may not read is not told of"


def test_a_question_is_answered(studio: Studio) -> None:
    question = _question(studio, VENDOR_QUESTION)
    answer = studio.service.answering.ask(question)
    assert answer.request_id == question.request_id
    assert answer.text == "The security team reviews every new AI vendor within ten working days."
    assert answer.refusal is None
    assert [citation.verified.passage.document for citation in answer.citations] == [POLICY]
    assert studio.leaves()[0]["channel"] == "cli"


@pytest.mark.parametrize(
    ("text", "reason"), [(OFF_TOPIC_QUESTION, Reason.NO_EVIDENCE), ("who are you?", Reason.REQUEST_NOT_SUPPORTED)]
)
def test_or_refused_with_a_reason(studio: Studio, text: str, reason: Reason) -> None:
    answer = studio.service.answering.ask(_question(studio, text))
    assert answer.refusal is not None
    assert answer.refusal.reason is reason
    assert (answer.text, answer.sentences, answer.citations) == (None, (), ())


def test_questions_beyond_those_that_are_looked_up_are_named_whatever_becomes_of_these(studio: Studio) -> None:
    """Nobody knows what documents say of them, so they are not said to be missing there."""
    left = "Who writes the AI policy? What is the daily travel allowance?"
    for first in ("Who reviews a new AI vendor?", "Who feeds the quokka?"):
        asked = f"{first} How long is a zeppelin? How deep is a fjord? {left}"
        answer = studio.service.answering.ask(_question(studio, asked))
        assert (answer.refusal is None) == ("vendor" in first)
        assert answer.not_looked_up == ("Who writes the AI policy", "What is the daily travel allowance")
        assert not set(answer.not_looked_up) & set(answer.not_mentioned)


def test_an_answerer_gets_the_question_and_what_was_found_within_the_scope(library: TinyLibrary) -> None:
    seen: list[list[str]] = []

    def make(retrieved: Any, _build: Any) -> list[Any]:
        seen.append([hit.passage.document for hit in retrieved.hits])
        return [whole(retrieved.hits[0])]

    answerer = Drafts(make)
    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=answerer) as studio:
        library.revoke(TRAVEL)
        studio.ask(VENDOR_QUESTION)
        finished = studio.leaves()[-1]
    assert answerer.asked == [VENDOR_QUESTION]
    assert seen == [[POLICY]]
    assert (finished["answerer"]["kind"], finished["answerer"]["name"]) == ("llm", "stub-1")


def test_a_search_gives_as_many_passages_as_asked_for(studio: Studio) -> None:
    for limit in (1, 2):
        found = studio.service.answering.search(_question(studio, VENDOR_QUESTION), limit=limit)
        assert len(found.hits) == limit


def test_a_step_that_breaks_is_told_by_its_type_only(library: TinyLibrary) -> None:
    def breaks(_retrieved: Any, _build: Any) -> list[Any]:
        raise KeyError(VENDOR_QUESTION)

    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio,
        pytest.raises(AnswerFailedError, match=r"^the question could not be answered \(KeyError\)$"),
    ):
        studio.service.answering.ask(_question(studio, VENDOR_QUESTION))


def test_a_library_that_is_away_is_told_as_such(studio: Studio) -> None:
    (studio.library.folder / "sources.toml").unlink()
    with pytest.raises(LibraryUnavailableError, match=r"no sources\.toml in"):
        studio.service.answering.ask(_question(studio, VENDOR_QUESTION))


@contextmanager
def _asked_while(library: TinyLibrary, happens: Any) -> Iterator[dict[str, Any]]:
    def make(retrieved: Any, _build: Any) -> list[Any]:
        happens()
        return [whole(hit) for hit in retrieved.hits]

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio:
        yield studio.ask(VENDOR_QUESTION)


def test_a_build_published_while_a_question_is_worked_on_answers_the_next_one(library: TinyLibrary) -> None:
    def publish() -> None:
        library.add("legal/new.md", "# New\n\nThe security team reviews vendors of AI anew each year.\n")
        library.ingest()

    with _asked_while(library, publish) as result:
        assert {citation["document"] for citation in result["citations"]} == {POLICY, TRAVEL}
