"""Law 4: below the evidence threshold the service refuses, with a reason, and falls back on nothing."""

from typing import Any

import pytest

from indexes.builds import Build
from service.answering.drafts import DraftSentence
from service.answering.finding.retrieve import Retrieved
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    HALF_THE_WORDS,
    NEVER_ENOUGH,
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


def _is_refusal(result: dict[str, Any], reason: str) -> bool:
    told = (result["outcome"], result["answer"], result["sentences"], result["citations"])
    return told == ("refused", None, [], []) and result["refusal"]["reason"] == reason


def test_weak_evidence_is_refused_and_recorded(studio: Studio) -> None:
    result = studio.ask(OFF_TOPIC_QUESTION)
    finished = studio.leaves()[-1]
    assert _is_refusal(result, "no_evidence")
    assert (finished["outcome"], finished["reason"]) == ("refused", "no_evidence")
    assert finished["evidence_u"] < finished["threshold_u"] == round(HALF_THE_WORDS.threshold * 1_000_000)
    assert (finished["answer_commit"], finished["answer_len"], finished["citations"]) == (None, 0, [])


def test_below_the_threshold_nobody_is_even_asked_to_draft(library: TinyLibrary) -> None:
    def make(retrieved: Retrieved, _build: Build) -> list[DraftSentence]:
        return [whole(hit) for hit in retrieved.hits]

    answerer = Drafts(make)
    with open_studio(with_rules(library), calibration=NEVER_ENOUGH, answerer=answerer) as studio:
        assert _is_refusal(studio.ask(VENDOR_QUESTION), "no_evidence")
    assert answerer.asked == []


def test_a_build_without_documents_answers_nothing(library: TinyLibrary) -> None:
    library.ingest()
    with open_studio(library) as studio:
        assert _is_refusal(studio.ask(VENDOR_QUESTION), "nothing_approved")
        assert studio.search(VENDOR_QUESTION)["passages"] == []


def test_when_the_asker_may_see_nothing_there_is_no_evidence(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        for document in (POLICY, TRAVEL):
            library.revoke(document)
        assert _is_refusal(studio.ask(VENDOR_QUESTION), "no_evidence")
        assert studio.search(VENDOR_QUESTION)["passages"] == []


@pytest.mark.few_over(4)
@pytest.mark.parametrize("question", ["?", "...!", "who is it?", "What can you do for me", "—", "\u200b", "🙂"])
@pytest.mark.parametrize("calibration", [HALF_THE_WORDS, ALWAYS_ENOUGH], ids=["usual", "always enough"])
def test_a_question_without_a_subject_is_not_supported(library: TinyLibrary, question: str, calibration: Any) -> None:
    with open_studio(with_rules(library), calibration=calibration) as studio:
        assert _is_refusal(studio.ask(question), "request_not_supported")


def test_a_refusal_is_a_result_with_a_receipt(studio: Studio) -> None:
    response = studio.api.post("/v1/ask", json={"question": OFF_TOPIC_QUESTION})
    assert response.status_code == 200
    stored = studio.store.leaf(response.json()["receipt"]["seq"])
    assert stored is not None
    assert (stored.type, stored.leaf_hash) == ("query.finished", response.json()["receipt"]["leaf_hash"])
    assert "evidence" in response.json()["refusal"]["message"]


def test_evidence_is_of_what_the_asker_may_see(studio: Studio) -> None:
    assert studio.ask(VENDOR_QUESTION)["outcome"] == "answered"
    studio.library.revoke(POLICY)
    assert _is_refusal(studio.ask(VENDOR_QUESTION), "no_evidence")
