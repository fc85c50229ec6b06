"""A language model has a part in an answer: what it judges, what it writes, what becomes of that, and what is kept."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.answering.answers import Answer, ByModel, Reason
from service.answering.errors import ModelFailedError, StoppedError
from service.answering.progress import Event
from service.answering.writing.telling import DECLINED
from service.audit.errors import AuditUnavailableError
from service.audit.reading.unseal import Unsealer
from service.models.approved import ApprovedModel, MaySend
from service.models.errors import ModelUnavailableError
from service.models.port import Message
from tests.support.consulting import ApprovedNow, mandate_of, naming, passages_in, saying
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import approved
from tests.support.replay_parts import (
    ALWAYS_ENOUGH,
    ANSWER,
    BOARD,
    OFF_TOPIC,
    POLICY,
    QUESTION,
    Archive,
    a_question,
    is_identical,
    open_archive,
    with_documents,
)
from tests.support.written_answers import Scripted

TRUE = "Every new AI vendor is reviewed by the security team within ten working days."
FALSE = "Every new AI vendor is reviewed by the security team within twelve working days."
BESIDE = "Flights are booked in economy class."


@pytest.fixture
def archive(library: TinyLibrary) -> Iterator[Archive]:
    with open_archive(with_documents(library)) as archive:
        yield archive


def _ask(archive: Archive, model: Any, **how: Any) -> Answer:
    archive.mandate = mandate_of(model, **how)
    return archive.ask()


def _finished(archive: Archive) -> dict[str, Any]:
    return archive.leaves("query.finished")[-1]


def _kept(archive: Archive) -> dict[str, Any]:
    """Return what is kept of the model, of the newest question."""
    unsealer = Unsealer(store=archive.store, keyring=archive.opened.keyring)
    leaf = archive.store.leaf(archive.store.size() - 1)
    assert leaf is not None
    kept: dict[str, Any] = json.loads(unsealer.open(leaf).texts["raw"])
    return kept


# It writes


def test_what_holds_up_is_the_answer_beside_its_quotes(archive: Archive) -> None:
    answer = _ask(archive, Scripted(saying(TRUE)))
    assert answer.text == TRUE
    (sentence,), (citation,) = answer.sentences, answer.citations
    assert (sentence.check, sentence.citations) == ("supported", (1,))
    assert citation.verified.quote.text == ANSWER
    assert answer.model == ByModel("writer", wrote=True, judged=False)
    assert answer.notes == ()


def test_a_sentence_has_a_record_of_its_own_ahead_of_the_end(archive: Archive) -> None:
    answer = _ask(archive, Scripted(saying(TRUE)))
    received, sentence, finished = [one for one in archive.leaves() if one["type"].startswith("query.")]
    assert [received["type"], sentence["type"], finished["type"]] == [
        "query.received",
        "query.sentence",
        "query.finished",
    ]
    assert received["request_id"] == sentence["request_id"] == finished["request_id"] == answer.request_id
    assert sentence["citations"] == finished["citations"]
    assert finished["citations"][0]["check"] == "supported"
    assert finished["citations"][0]["score_u"] == sentence["score_u"] > 0
    answerer = finished["answerer"]
    assert (answerer["kind"], answerer["name"]) == ("llm", "writer")
    assert answerer["params"] == {
        "model": "writer",
        "called": "qwen3-8b",
        "writes": True,
        "wrote": True,
        "judged": False,
        "rewrote": False,
        "left_out": 0,
        "became": "written",
        "calls": 1,
    }
    assert answerer["template_hash"] == _kept(archive)["written"]["calls"][0]["prompt_hash"]


def test_a_half_true_draft_is_trimmed_and_says_so(archive: Archive) -> None:
    answer = _ask(archive, Scripted(saying(TRUE, FALSE)))
    assert answer.text == TRUE
    assert answer.model == ByModel("writer", wrote=True, judged=False, left_out=1)
    kept = _kept(archive)["written"]["sentences"]
    assert [(one["text"], one["done"]) for one in kept] == [(TRUE, "released"), (FALSE, "left_out")]
    assert "number" in kept[1]["codes"]


def test_a_false_draft_is_not_shown_and_quotes_stand_in(archive: Archive) -> None:
    answer = _ask(archive, Scripted(saying(FALSE), saying(FALSE)))
    assert answer.text == ANSWER
    assert answer.sentences[0].check == "verbatim"
    assert answer.model is None
    assert answer.notes == ("Nothing that the language model wrote held up, so these are quotes.",)
    finished = _finished(archive)
    assert (finished["answerer"]["kind"], finished["answerer"]["params"]["instead"]) == ("extractive", "unsupported")
    assert FALSE in _kept(archive)["written"]["calls"][0]["raw"]
    assert archive.leaves("query.sentence") == []


def test_where_quotes_are_not_to_stand_in_a_false_draft_is_refused(archive: Archive) -> None:
    answer = _ask(archive, Scripted(saying(FALSE), saying(FALSE)), quotes_instead=False)
    assert answer.refusal is not None
    assert answer.refusal.reason is Reason.UNSUPPORTED_DRAFT
    assert _finished(archive)["answerer"]["kind"] == "llm"


def test_what_is_true_and_of_another_subject_is_no_answer(archive: Archive) -> None:
    archive.calibration = ALWAYS_ENOUGH
    archive.mandate = mandate_of(Scripted(saying(BESIDE), saying(BESIDE)))
    asked = "What does the Kyoto protocol say of flights?"
    assert archive.ask(asked).model is None
    assert {one["codes"][0] for one in _kept(archive)["written"]["sentences"]} == {"other_subject"}


def test_a_model_that_declines_leaves_the_quotes_unless_it_judges(archive: Archive) -> None:
    declines = DECLINED
    quoted = _ask(archive, Scripted(declines))
    assert (quoted.text, quoted.notes) == (ANSWER, ("The language model found no answer in it, so these are quotes.",))
    refused = _ask(archive, Scripted(naming("vendor"), declines), judges=True)
    assert refused.refusal is not None
    assert refused.refusal.reason is Reason.NO_EVIDENCE
    assert refused.model == ByModel("writer", wrote=False, judged=True)


@pytest.mark.parametrize("writes", [True, False])
def test_a_model_that_cannot_be_asked_leaves_the_quotes_and_it_is_said(archive: Archive, *, writes: bool) -> None:
    down = Scripted(*[ModelUnavailableError("down")] * 3)
    answer = _ask(archive, down, writes=writes, judges=not writes)
    said = "The language model could not be asked, so these are quotes."
    assert answer.text == ANSWER
    assert answer.notes == (said if writes else "The language model could not be asked.",)
    assert _finished(archive)["answerer"]["params"]["instead"] == "failed"


def test_where_quotes_are_not_to_stand_in_the_question_fails_on_record(archive: Archive) -> None:
    with pytest.raises(ModelFailedError, match="could not be asked"):
        _ask(archive, Scripted(ModelUnavailableError("down")), quotes_instead=False)
    finished = _finished(archive)
    assert (finished["outcome"], finished["reason"]) == ("failed", "model_unavailable")
    assert _kept(archive)["written"]["calls"][0]["failure"] == "unavailable"


def test_without_evidence_no_model_is_asked(archive: Archive) -> None:
    model = Scripted()
    archive.mandate = mandate_of(model, judges=True)
    assert archive.ask(OFF_TOPIC).refusal is not None
    assert model.asked == []


# What it may be sent


def _no_more(one: ApprovedModel) -> ApprovedModel:
    return replace(one, expires=date(2026, 11, 19))


def test_an_approval_acts_on_the_next_question(archive: Archive) -> None:
    models, model = ApprovedNow(approved()), Scripted(saying(TRUE), saying(TRUE))
    assert _ask(archive, model, models=models).text == TRUE
    models.models = {"writer": _no_more(approved())}
    answer = archive.ask()
    assert (answer.text, len(model.asked)) == (ANSWER, 1)
    assert answer.notes == ("The language model was not asked, for it is not approved now, so these are quotes.",)
    assert "2026-11-19" in _kept(archive)["why_not"]


@pytest.mark.parametrize(
    ("may_send", "is_sent"),
    [
        (MaySend(sources=frozenset({"legal"})), True),
        (MaySend(sources=frozenset({"handbook"})), False),
        (MaySend(groups=frozenset({"staff"})), True),
        (MaySend(groups=frozenset({"board"})), False),
    ],
)
def test_only_what_its_approval_covers_is_sent(archive: Archive, *, may_send: MaySend, is_sent: bool) -> None:
    model = Scripted(saying(TRUE))
    answer = _ask(archive, model, models=ApprovedNow(replace(approved(), may_send=may_send)))
    assert (answer.text, len(model.asked)) == ((TRUE, 1) if is_sent else (ANSWER, 0))
    if not is_sent:
        assert "may not be sent what was found" in answer.notes[0]


def test_what_only_some_may_read_is_sent_only_to_a_model_that_is_approved_for_them(archive: Archive) -> None:
    def sent(**may_send: frozenset[str]) -> str:
        model = Scripted(saying(TRUE))
        archive.mandate = mandate_of(model, models=ApprovedNow(replace(approved(), may_send=MaySend(**may_send))))
        archive.ask(QUESTION, "staff", "board")
        return " ".join(passages_in(model.asked[0]).values())

    assert "board reviews" in sent(groups=frozenset({"staff", "board"}))
    assert "board reviews" not in sent(groups=frozenset({"staff"}))


def test_nothing_of_earlier_questions_is_sent(archive: Archive) -> None:
    model = Scripted(saying(TRUE), saying(TRUE))
    _ask(archive, model)
    archive.ask("Who reviews a new AI vendor, please?")
    assert "please" not in str(model.asked[0])
    assert TRUE not in str(model.asked[1])


# It judges


def test_a_judge_that_says_none_is_a_refusal_on_record_as_its_judgement(archive: Archive) -> None:
    answer = _ask(archive, Scripted("NONE"), writes=False, judges=True)
    assert answer.refusal is not None
    assert answer.refusal.reason is Reason.NO_EVIDENCE
    assert answer.model == ByModel("writer", wrote=False, judged=True)
    finished = _finished(archive)
    assert (finished["answerer"]["kind"], finished["answerer"]["params"]["judged"]) == ("llm", True)
    assert finished["evidence_u"] >= finished["threshold_u"], "the evidence sufficed; the model said that it does not"
    assert _kept(archive)["judgement"]["answering"] == []


def test_a_judge_takes_passages_away_and_quotes_stay_quotes(archive: Archive) -> None:
    with_board = archive.ask(QUESTION, "staff", "board")
    assert {one.verified.passage.document for one in with_board.citations} == {POLICY, BOARD}
    archive.mandate = mandate_of(Scripted(naming("board")), writes=False, judges=True)
    answer = archive.ask(QUESTION, "staff", "board")
    assert {one.verified.passage.document for one in answer.citations} == {BOARD}
    assert {one.check for one in answer.sentences} == {"verbatim"}
    assert answer.model == ByModel("writer", wrote=False, judged=True)


@pytest.mark.parametrize("reply", ["I think the first one answers it well.", "p00000000", ""])
def test_what_is_no_judgement_changes_nothing(archive: Archive, reply: str) -> None:
    answer = _ask(archive, Scripted(reply), writes=False, judges=True)
    assert (answer.text, answer.model, answer.notes) == (ANSWER, None, ())


def test_what_a_judge_was_not_given_stays(archive: Archive) -> None:
    covers = replace(approved(), may_send=MaySend(groups=frozenset({"board"})))
    archive.mandate = mandate_of(Scripted("NONE"), models=ApprovedNow(covers), writes=False, judges=True)
    answer = archive.ask(QUESTION, "staff", "board")
    assert {one.verified.passage.document for one in answer.citations} == {POLICY}


# It is told as it passes, and can be stopped


def _streamed(archive: Archive, model: Any, *, stopped: Any = lambda: False, **how: Any) -> list[Event]:
    archive.mandate = mandate_of(model, **how)
    told: list[Event] = []
    archive.answering().stream(a_question(QUESTION, ("staff",)), told.append, stopped=stopped)
    return told


def test_a_sentence_is_told_once_when_it_has_passed(archive: Archive) -> None:
    def say(messages: Sequence[Message]) -> str:
        assert [event.name for event in told] == ["status", "status"]
        return saying(TRUE)(messages)

    told: list[Event] = []
    archive.mandate = mandate_of(Scripted(say))
    archive.answering().stream(a_question(QUESTION, ("staff",)), told.append)
    assert [event.name for event in told] == ["status", "status", "sentence", "status", "done"]
    assert told[2].data["text"] == TRUE
    assert told[2].data["check"] == "supported"
    assert told[2].data["citations"] == told[-1].data["citations"]


def test_a_sentence_that_cannot_be_recorded_is_not_told(archive: Archive) -> None:
    archive.refuse("query.sentence")
    told: list[Event] = []
    archive.mandate = mandate_of(Scripted(saying(TRUE)))
    with pytest.raises(AuditUnavailableError):
        archive.answering().stream(a_question(QUESTION, ("staff",)), told.append)
    assert {event.name for event in told} == {"status"}
    archive.allow_all()


def test_what_is_withdrawn_while_the_model_writes_is_not_told(archive: Archive) -> None:
    def say(messages: Sequence[Message]) -> str:
        archive.library.revoke(POLICY)
        return saying(TRUE)(messages)

    told = _streamed(archive, Scripted(say, saying(TRUE)))
    assert "sentence" not in [event.name for event in told]
    assert told[-1].data["outcome"] == "refused"
    assert _kept(archive)["written"]["sentences"][0]["codes"] == ["withdrawn"]


def test_what_is_withdrawn_after_it_was_told_is_not_in_the_whole_answer(archive: Archive) -> None:
    def say(messages: Sequence[Message]) -> str:
        archive.library.revoke(POLICY)
        return saying("Staff may use approved AI tools to draft emails.")(messages)

    told = _streamed(archive, Scripted([saying(TRUE), "\n\n", say]))
    names = [event.name for event in told]
    assert names == ["status", "status", "sentence", "status", "refusal", "done"]
    assert told[-1].data["refusal"]["reason"] == "unsupported_draft"
    assert TRUE not in str(told[-1].data)


def test_whoever_leaves_stops_the_model_and_what_was_told_is_on_record(archive: Archive) -> None:
    told: list[Event] = []
    model = Scripted(saying(TRUE, "Staff may use approved AI tools to draft emails."), piece=40)
    archive.mandate = mandate_of(model)
    with pytest.raises(StoppedError):
        archive.answering().stream(
            a_question(QUESTION, ("staff",)), told.append, stopped=lambda: any(e.name == "sentence" for e in told)
        )
    assert model.closed == 1
    assert [event.name for event in told].count("sentence") == 1
    finished = _finished(archive)
    assert (finished["outcome"], finished["reason"]) == ("aborted", "stopped")
    assert finished["citations"] == archive.leaves("query.sentence")[0]["citations"]


# It is looked back on


@pytest.mark.parametrize(
    ("texts", "how"),
    [
        ([saying(TRUE)], {}),
        ([saying(TRUE, FALSE)], {}),
        ([saying(FALSE), saying(FALSE)], {}),
        (["NONE"], {"writes": False, "judges": True}),
        ([naming("vendor")], {"writes": False, "judges": True}),
        ([naming("vendor"), saying(TRUE)], {"judges": True}),
        ([ModelUnavailableError("down")], {}),
    ],
)
def test_a_replay_checks_what_was_said_again_and_asks_no_model(
    archive: Archive, texts: list[Any], how: dict[str, Any]
) -> None:
    model = Scripted(*texts)
    answer = _ask(archive, model, **how)
    asked = len(model.asked)
    assert is_identical(archive.replay(answer.receipt.seq))
    assert len(model.asked) == asked


def test_a_replay_notices_what_would_not_pass_any_more(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    seq = _ask(archive, Scripted(saying(TRUE))).receipt.seq
    monkeypatch.setattr("service.answering.consulting.suiting", lambda *_: lambda _released: "other_subject")
    (seen,) = archive.replay(seq)["differences"]
    assert seen == "written: sentence 0: it was released, and is left_out (other_subject)"
