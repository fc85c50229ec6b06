"""Steps 2 to 5: from a question to an answer, or to the reason why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.builds import Build
from service.answering.answers import Reason
from service.answering.boundary import Scope
from service.answering.choosing.extract import ExtractiveAnswerer
from service.answering.drafts import DraftSentence, Quote
from service.answering.finding.retrieve import KIND, Retrieved
from service.answering.steps import HITS, Steps, Worked
from tests.support.answering_parts import RANKING, Made, a_scope, found, open_made
from tests.support.fakes import HashingEncoder
from tests.support.service_parts import ALWAYS_ENOUGH, HALF_THE_WORDS, NEVER_ENOUGH, Drafts, whole

QUESTION = "Who does the vendor review?"
ANSWER = "The team does the vendor review."
MADE: Made = {"legal/a.md": [[ANSWER, "Lunch is at noon."]], "legal/b.md": [["Swans live on the lake."]]}
QUOTING = Drafts(lambda seen, _build: [whole(hit) for hit in seen.hits], kind="extractive")


def _steps(**changed: Any) -> Steps:
    answerer = ExtractiveAnswerer(ranking=RANKING)
    steps = Steps(encoder=HashingEncoder(), ranking=RANKING, calibration=HALF_THE_WORDS, answerer=answerer)
    return replace(steps, **changed)


def _worked(text: str, *, hidden_meanwhile: Sequence[str] = (), **changed: Any) -> Worked:
    steps = _steps(**changed)
    with open_made(MADE) as build:
        seen = steps.find(text, build=build, scope=a_scope(build))

        def now() -> Scope:
            return a_scope(build, hidden=hidden_meanwhile)

        return steps.answer(text, seen, build=build, now=now)


def test_what_suffices_is_drafted_verified_and_numbered() -> None:
    worked = _worked(QUESTION)
    assert (worked.reason, worked.text) == (None, ANSWER)
    assert worked.drafted
    assert worked.evidence is not None
    assert worked.evidence.suffices
    assert [citation.n for citation in worked.citations] == [1]


def test_too_little_evidence_is_a_refusal_and_nobody_drafts() -> None:
    answerer = Drafts(QUOTING.make)
    worked = _worked(QUESTION, calibration=NEVER_ENOUGH, answerer=answerer)
    assert (worked.reason, worked.text, worked.citations) == (Reason.NO_EVIDENCE, None, ())
    assert not worked.drafted
    assert worked.evidence is not None
    assert answerer.asked == []


@pytest.mark.parametrize("text", ["who are you?", "?"])
def test_what_asks_for_nothing_is_refused_before_the_evidence_is_weighed(text: str) -> None:
    worked = _worked(text, calibration=ALWAYS_ENOUGH)
    assert (worked.reason, worked.evidence, worked.drafted) == (Reason.REQUEST_NOT_SUPPORTED, None, False)
    assert worked.found.hits, "what was found goes on record all the same"


def test_where_nothing_may_be_seen_there_is_no_evidence() -> None:
    steps = _steps(calibration=ALWAYS_ENOUGH)
    with open_made(MADE) as build:
        nothing = a_scope(build, hidden=list(MADE))
        seen = steps.find(QUESTION, build=build, scope=nothing)
        assert steps.weigh(seen, build).evidence is not None
        worked = steps.answer(QUESTION, seen, build=build, now=lambda: nothing)
    assert (seen.hits, seen.has_subject, worked.text) == ((), True, None)


def test_a_draft_of_which_nothing_can_be_verified_is_a_refusal_that_was_drafted() -> None:
    def invent(seen: Retrieved, _build: Build) -> list[DraftSentence]:
        passage = seen.hits[0].passage
        quote = Quote(passage.passage_id, passage.start, passage.end, "Something else.")
        return [DraftSentence("Something else.", (quote,))]

    worked = _worked(QUESTION, answerer=Drafts(invent))
    assert (worked.reason, worked.text, worked.drafted) == (Reason.UNSUPPORTED_DRAFT, None, True)


def test_what_was_hidden_while_it_was_drafted_is_not_cited() -> None:
    worked = _worked(QUESTION, answerer=QUOTING, calibration=ALWAYS_ENOUGH, hidden_meanwhile=["legal/a.md"])
    assert worked.text == "Swans live on the lake."
    assert _worked(QUESTION, hidden_meanwhile=list(MADE)).reason is Reason.UNSUPPORTED_DRAFT


def test_as_many_passages_are_found_as_are_wanted() -> None:
    steps = _steps()
    with open_made({"legal/a.md": [["A vendor review."]] * 15}) as build:
        scope = a_scope(build)
        assert len(steps.find("vendor", build=build, scope=scope).hits) == HITS
        assert len(steps.find("vendor", build=build, scope=scope, k=12).hits) == 12
        assert steps.find("vendor", build=build, scope=scope, k=2).hits == found("vendor", build, scope, k=2).hits


@dataclass
class _Turning:
    """A reranker that turns the order round."""

    kind: str = "turning:1"

    def scores(self, text: str, passages: Sequence[str]) -> NDArray[np.float64]:
        assert text == QUESTION
        return np.arange(len(passages), dtype=np.float64)


def test_a_reranker_looks_at_passages_again_and_is_named() -> None:
    plain, turning = _steps(), _steps(reranker=_Turning())
    assert (plain.retrieval, turning.retrieval) == (KIND, f"{KIND}+turning:1")
    with open_made(MADE) as build:
        scope = a_scope(build)
        before = [hit.row for hit in plain.find(QUESTION, build=build, scope=scope).hits]
        (best,) = turning.find(QUESTION, build=build, scope=scope, k=1).hits
    assert (best.row, best.rank) == (before[-1], 1)


# A question of two parts over passages of which each answers one.
OFFICE: Made = {
    "people/a.md": [["A hotel night may cost 165 euros."]],
    "people/b.md": [["A certificate is needed from the fourth day."]],
    "people/c.md": [["Swans live on the lake."]],
}
TWO = "How much may a hotel night cost, and when is a certificate needed?"


def _answered(text: str, made: Made = OFFICE, **changed: Any) -> Worked:
    steps = _steps(**changed)
    with open_made(made) as build:
        scope = a_scope(build)
        return steps.answer(text, steps.find(text, build=build, scope=scope), build=build, now=lambda: scope)


def test_each_part_of_a_question_is_answered_in_its_order() -> None:
    worked = _answered(TWO)
    assert [sentence.text for sentence in worked.sentences] == [
        "A hotel night may cost 165 euros.",
        "A certificate is needed from the fourth day.",
    ]
    assert worked.not_mentioned == ()
    cited = {citation.verified.passage.passage_id for citation in worked.citations}
    assert cited <= {hit.passage.passage_id for hit in worked.found.hits}, "the record holds what is cited"
    turned = _answered("When is a certificate needed, and how much may a hotel night cost?")
    assert [sentence.text for sentence in turned.sentences] == [s.text for s in reversed(worked.sentences)]


def test_a_part_without_evidence_is_named_and_the_other_answered() -> None:
    worked = _answered("How much may a hotel night cost, and when is a zeppelin inspected?")
    assert worked.text == "A hotel night may cost 165 euros."
    assert worked.not_mentioned == ("When is a zeppelin inspected",)
    assert worked.evidence is not None
    assert worked.evidence.suffices, "of the best part"


def test_where_no_part_has_evidence_that_is_a_refusal() -> None:
    worked = _answered("How long is a zeppelin, and when is a quokka fed?")
    assert (worked.reason, worked.not_mentioned, worked.drafted) == (Reason.NO_EVIDENCE, (), False)


def test_a_part_is_said_once_though_two_ask_for_it() -> None:
    worked = _answered("What may a hotel night cost? How much may a hotel night cost?")
    assert worked.text == "A hotel night may cost 165 euros."


def test_a_question_in_parts_is_worked_on_alike_when_it_is_asked_again() -> None:
    steps = _steps()
    with open_made(OFFICE) as build:
        scope = a_scope(build)
        first = steps.find(TWO, build=build, scope=scope)
        again = steps.find(TWO, build=build, scope=scope, k=len(first.hits))  # as a replay asks
        texts = [steps.answer(TWO, seen, build=build, now=lambda: scope).text for seen in (first, again)]
    assert again.hits == first.hits
    assert texts[0] == texts[1]


def test_words_that_matter_and_stand_nowhere_are_named_with_the_answer() -> None:
    worked = _answered("How much may a hotel night cost in Bergen?", calibration=ALWAYS_ENOUGH)
    assert worked.text is not None
    assert worked.not_mentioned == ("Bergen",)


def test_a_person_as_whom_it_is_asked_changes_nothing() -> None:
    plain, for_maria = (
        _answered("How much may I spend for a hotel night?", calibration=ALWAYS_ENOUGH),
        _answered("How much may Maria spend for a hotel night?", calibration=ALWAYS_ENOUGH),
    )
    assert plain.text is not None
    assert (for_maria.text, for_maria.not_mentioned) == (plain.text, ())
    assert for_maria.found.question.terms == plain.found.question.terms, "she is not searched for"


@pytest.mark.parametrize("text", ["Who is Anna Zeppelin?", "What does clause F say of a hotel night?"])
def test_law_4_where_the_subject_is_missing_there_is_no_answer(text: str) -> None:
    worked = _answered(text, calibration=ALWAYS_ENOUGH, answerer=QUOTING)
    assert (worked.reason, worked.text, worked.citations) == (Reason.NO_EVIDENCE, None, ())
    assert worked.not_mentioned == (), "a refusal says nothing of what documents hold"
