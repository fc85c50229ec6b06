"""A language model rewrites follow-ups: what it is sent, what is searched for, what stands in, what is kept of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from service.answering.answers import Answer, ByModel
from service.answering.errors import StoppedError
from service.answering.past.past_models import rewritten_otherwise
from service.answering.progress import Event, unheard
from service.answering.questions import Question
from service.answering.understanding.rewording import Fault
from service.answering.writing.rewrite import Rewriting
from service.audit.reading.unseal import Unsealer
from service.models.approved import MaySend
from service.models.errors import ModelBusyError, ModelTimedOutError
from service.models.port import Message
from tests.support.consulting import ApprovedNow, alone_in, mandate_of, naming, saying
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import approved
from tests.support.replay_parts import (
    ANSWER,
    NEVER_ENOUGH,
    QUESTION,
    Archive,
    a_question,
    is_identical,
    open_archive,
    with_documents,
)
from tests.support.written_answers import Scripted

TRAVEL = "What is the daily travel allowance?"
FOLLOW_UP = "How much is it?"
BY_RULES = "How much is the daily travel allowance?"
BY_MODEL = "How much is the travel allowance daily?"
SAID = "The daily travel allowance is fifty euros."
TRUE = "Every new AI vendor is reviewed by the security team within ten working days."


@pytest.fixture
def archive(library: TinyLibrary) -> Iterator[Archive]:
    with open_archive(with_documents(library)) as archive:
        yield archive


def _in_conversation(text: str, **more: Any) -> Question:
    return replace(a_question(text, ("staff",)), conversation_id="c-1", **more)


def _ask(archive: Archive, text: str, *, tell: Any = unheard, stopped: Any = lambda: False, **more: Any) -> Answer:
    archive.library.clock.at += timedelta(seconds=1)
    return archive.answering().ask(_in_conversation(text, **more), tell=tell, stopped=stopped)


def _follow(archive: Archive, model: Any, typed: str = FOLLOW_UP, *, before: str = TRAVEL, **how: Any) -> Answer:
    """Ask a question without a model, and one after it that the model may rewrite."""
    archive.mandate = None
    _ask(archive, before)
    archive.mandate = mandate_of(model, **{"writes": False, "rewrites": True, **how})
    return _ask(archive, typed)


def _finished(archive: Archive) -> dict[str, Any]:
    return archive.leaves("query.finished")[-1]


def _texts(archive: Archive) -> dict[str, str]:
    leaf = archive.store.leaf(archive.store.size() - 1)
    assert leaf is not None
    return dict(Unsealer(store=archive.store, keyring=archive.opened.keyring).open(leaf).texts)


def _kept(archive: Archive) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(_texts(archive)["raw"])
    return kept


def _replayed(archive: Archive) -> dict[str, Any]:
    return archive.replay(int(_finished(archive)["received_seq"]))


def test_what_a_model_rewrote_is_searched_for_shown_and_on_record(archive: Archive) -> None:
    answer = _follow(archive, Scripted(BY_MODEL))
    assert (answer.searched_for, answer.text) == (BY_MODEL, SAID)
    assert answer.model == ByModel("writer", wrote=False, judged=False, rewrote=True)
    assert answer.sentences[0].check == "verbatim"
    assert answer.notes == ()
    finished, kept = _finished(archive), _kept(archive)
    assert (finished["answerer"]["kind"], finished["outcome"]) == ("extractive", "answered")
    params = finished["answerer"]["params"]
    assert (params["model"], params["called"], params["rewrote"]) == ("writer", "qwen3-8b", True)
    assert "not_rewritten" not in params
    call = kept["rewriting"]["call"]
    assert finished["answerer"]["template_hash"] == call["prompt_hash"]
    assert (call["kind"], call["raw"], call["ended"]) == ("rewrite", BY_MODEL, "whole")
    assert BY_MODEL not in json.dumps(archive.leaves())
    assert is_identical(_replayed(archive))


def test_only_questions_are_sent_never_answers_or_passages(archive: Archive) -> None:
    model = Scripted(BY_MODEL)
    _follow(archive, model)
    (messages,) = model.asked
    sent = " ".join(message.text for message in messages)
    assert TRAVEL in sent
    assert FOLLOW_UP in sent
    assert SAID not in sent
    assert "fifty" not in sent
    assert "legal/" not in sent
    assert "ann" not in messages[1].text.split()


def test_a_question_that_stands_alone_is_taken_as_typed(archive: Archive) -> None:
    answer = _follow(archive, Scripted(alone_in), QUESTION)
    assert (answer.searched_for, answer.text, answer.model) == (None, ANSWER, None)
    assert _kept(archive)["rewriting"]["stands_alone"] is True
    assert is_identical(_replayed(archive))


@pytest.mark.parametrize(
    ("reply", "why_not"),
    [
        ("How much is the daily travel allowance in Paris?", "adds"),
        ("The daily travel allowance is fifty euros.", "no_question"),
        ("Is the travel allowance daily?", "drops"),
        ("", "no_question"),
        (ModelBusyError("x"), "failed"),
        (ModelTimedOutError("x"), "failed"),
    ],
)
def test_what_fails_leaves_the_rules_and_why_is_on_record(archive: Archive, reply: Any, why_not: str) -> None:
    answer = _follow(archive, Scripted(reply))
    assert (answer.searched_for, answer.text, answer.model) == (BY_RULES, SAID, None)
    params = _finished(archive)["answerer"]["params"]
    assert (params["rewrote"], params["not_rewritten"]) == (False, why_not)
    assert _kept(archive)["rewriting"]["why_not"] == why_not
    assert is_identical(_replayed(archive))


def test_a_model_that_is_not_approved_now_is_not_sent_anything(archive: Archive) -> None:
    ended = replace(approved(), expires=date(2026, 11, 19))
    model = Scripted()
    answer = _follow(archive, model, models=ApprovedNow(ended))
    assert (answer.searched_for, answer.model, model.asked) == (BY_RULES, None, [])
    assert _finished(archive)["answerer"]["params"]["not_rewritten"] == "not_approved"
    assert "2026-11-19" in _kept(archive)["why_not"]
    assert is_identical(_replayed(archive))


def test_what_an_approval_says_of_passages_says_nothing_of_questions(archive: Archive) -> None:
    elsewhere = replace(approved(), may_send=MaySend(sources=frozenset({"elsewhere"})))
    assert _follow(archive, Scripted(BY_MODEL), models=ApprovedNow(elsewhere)).searched_for == BY_MODEL


def test_without_questions_before_it_and_as_typed_nobody_is_asked(archive: Archive) -> None:
    model = Scripted()
    archive.mandate = mandate_of(model, writes=False, rewrites=True)
    _ask(archive, TRAVEL)
    assert _ask(archive, FOLLOW_UP, as_typed=True).searched_for is None
    archive.ask(FOLLOW_UP)
    assert model.asked == []
    assert "raw" not in _texts(archive)


def test_a_model_that_is_only_to_judge_leaves_rewriting_to_the_rules(archive: Archive) -> None:
    answer = _follow(archive, Scripted(naming("allowance")), judges=True, rewrites=False)
    assert (answer.searched_for, answer.model) == (BY_RULES, ByModel("writer", wrote=False, judged=True))
    assert _kept(archive)["rewriting"] is None


def test_what_a_client_sent_along_as_earlier_questions_is_shown_too(archive: Archive) -> None:
    model = Scripted(BY_MODEL)
    archive.mandate = mandate_of(model, writes=False, rewrites=True)
    question = replace(a_question(FOLLOW_UP, ("staff",)), earlier=(TRAVEL,))
    assert archive.answering().ask(question).searched_for == BY_MODEL
    assert TRAVEL in model.asked[0][1].text


def test_a_follow_up_is_understood_by_earlier_ones_as_they_were_understood(archive: Archive) -> None:
    _follow(archive, Scripted(BY_MODEL))
    model = Scripted("Who decides on the travel allowance?")
    archive.mandate = mandate_of(model, writes=False, rewrites=True)
    _ask(archive, "Who decides on it?")
    assert f"<asked>{BY_MODEL}</asked>" in model.asked[0][1].text


# With a model that writes


def test_it_rewrites_and_writes_in_calls_of_their_own_and_both_are_kept(archive: Archive) -> None:
    model = Scripted("In how many days is a new AI vendor reviewed?", naming("vendor"), saying(TRUE))
    answer = _follow(
        archive, model, "In how many days?", before="Who has a new AI vendor reviewed?", writes=True, judges=True
    )
    assert answer.text == TRUE
    assert answer.model == ByModel("writer", wrote=True, judged=True, rewrote=True)
    assert "In how many days is a new AI vendor reviewed?" in model.asked[2][1].text
    assert all("<asked>" not in message.text for messages in model.asked[1:] for message in messages)
    kept = _kept(archive)
    calls = [kept["rewriting"]["call"], kept["judgement"]["call"], *kept["written"]["calls"]]
    assert [call["kind"] for call in calls] == ["rewrite", "judge", "write"]
    assert is_identical(_replayed(archive))


def test_a_refusal_after_a_rewriting_is_nobodys_draft(archive: Archive) -> None:
    archive.calibration = NEVER_ENOUGH
    answer = _follow(archive, Scripted(BY_MODEL), writes=True)
    assert answer.refusal is not None
    assert answer.model == ByModel("writer", wrote=False, judged=False, rewrote=True)
    finished = _finished(archive)
    assert (finished["answerer"]["kind"], finished["answerer"]["params"]["rewrote"]) == ("none", True)
    assert is_identical(_replayed(archive))


# It is told, and can be stopped


def test_that_a_model_is_asked_is_a_step_of_its_own_before_anything_is_looked_for(archive: Archive) -> None:
    told: list[Event] = []

    def say(_messages: Sequence[Message]) -> str:
        assert [event.data["step"] for event in told] == ["understanding"]
        assert archive.leaves()[-1]["type"] == "query.received", "on record before anything is sent"
        return BY_MODEL

    _ask(archive, TRAVEL)
    archive.mandate = mandate_of(Scripted(say), writes=False, rewrites=True)
    _ask(archive, FOLLOW_UP, tell=told.append)
    assert [event.data["step"] for event in told] == [
        "understanding",
        "looking",
        "drafting",
        "checking",
        "recording",
    ]


def test_whoever_leaves_meanwhile_stops_it_and_nothing_is_looked_for(archive: Archive) -> None:
    _ask(archive, TRAVEL)
    told: list[Event] = []
    model = Scripted(BY_MODEL)
    archive.mandate = mandate_of(model, rewrites=True)
    with pytest.raises(StoppedError):
        _ask(archive, FOLLOW_UP, tell=told.append, stopped=lambda: bool(model.asked))
    finished = _finished(archive)
    assert (finished["outcome"], finished["reason"], finished["hits"]) == ("aborted", "stopped", [])
    assert finished["retrieval"] is None
    assert _kept(archive)["rewriting"]["call"]["ended"] == "stopped"
    assert model.closed == 1
    assert "looking" not in [event.data["step"] for event in told]


# Looked back on


def test_a_reply_that_would_not_pass_now_is_a_difference_and_the_model_is_not_asked(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Scripted(BY_MODEL)
    _follow(archive, model)
    monkeypatch.setattr("service.answering.writing.rewrite.fault_of", lambda *_: Fault.ADDS)
    seen = _replayed(archive)
    assert (seen["verdict"], seen["differences"]) == ("differs", ["rewriting: it was used, and is not used (adds)"])
    assert len(model.asked) == 1


def test_another_prompt_and_another_text_that_was_searched_for_are_differences(archive: Archive) -> None:
    _follow(archive, Scripted(BY_MODEL))
    kept = Rewriting.from_json(_kept(archive)["rewriting"])
    assert list(rewritten_otherwise(kept, FOLLOW_UP, BY_MODEL)) == []
    (said,) = rewritten_otherwise(kept, FOLLOW_UP, BY_RULES)
    assert said.startswith("rewriting: expected what was searched for to be what the model made of the question")
    assert kept.call is not None
    older = replace(kept, call=replace(kept.call, prompt_hash="0" * 64))
    assert list(rewritten_otherwise(older, FOLLOW_UP, BY_MODEL)) == [
        "prompt: the follow-up was rewritten with another version of it"
    ]
