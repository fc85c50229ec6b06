"""Asking a question of the past again with other parts than those which answered: what differs, and what is noted."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from indexes.builds import Build
from indexes.documents import Passage
from indexes.encoder import Vectors
from service.answering.answers import Citation, Reason
from service.answering.drafts import DraftSentence, Quote
from service.answering.finding.retrieve import Retrieved
from service.answering.record import Result
from service.answering.verify import VerifiedQuote
from service.audit.leaves import ReleaseRef
from tests.support.answering_parts import RANKING
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.replay_parts import (
    ALWAYS_ENOUGH,
    BOARD,
    NEVER_ENOUGH,
    OFF_TOPIC,
    POLICY,
    QUESTION,
    TRAVEL,
    Archive,
    Drafting,
    a_question,
    best_passage,
    is_identical,
    open_archive,
    quoting,
    with_documents,
)


def test_another_calibration_is_seen_by_the_evidence(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    other = replace(archive.calibration, intercept=-4.0)
    seen = archive.replay(seq, calibration=other)
    assert seen["verdict"] == "differs"
    assert seen["differences"] == ["evidence: expected 993307 millionths, got 997527 millionths"]


def test_a_calibration_that_refuses_is_seen_by_the_result(archive: Archive) -> None:
    answer = archive.ask()
    assert answer.text is not None
    evidence, result, citations, text = archive.replay(answer.receipt.seq, calibration=NEVER_ENOUGH)["differences"]
    assert evidence == "evidence: expected 993307 millionths, got 500000 millionths"
    assert result == "result: expected an answer, got a refusal (no_evidence)"
    assert citations.startswith("citations: expected [1] ")
    assert citations.endswith(" (verbatim), got none")
    assert text == f"answer: expected {len(answer.text)} bytes, got none"


def test_a_threshold_that_changed_nothing_is_only_noted(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    seen = archive.replay(seq, calibration=replace(archive.calibration, threshold=0.6))
    assert is_identical(seen)
    assert seen["notes"] == ["threshold: it was 500000 millionths, and is 600000 now"]


def test_an_answerer_that_quotes_otherwise_is_seen_by_the_answer(library: TinyLibrary) -> None:
    with open_archive(with_documents(library), calibration=ALWAYS_ENOUGH, answerer=Drafting(best_passage)) as archive:
        answer = archive.ask()
        other = Drafting(lambda found, _build: [quoting(hit) for hit in found.hits[:2]], name="stub-2")
        seen = archive.replay(answer.receipt.seq, answerer=other)
    assert [sentence.partition(":")[0] for sentence in seen["differences"]] == ["citations", "answer"]
    assert seen["notes"] == ["answerer: stub-1 drafted, stub-2 does now"]


def test_an_answer_of_the_same_length_is_still_compared_to_the_byte(library: TinyLibrary) -> None:
    def in_lines(found: Retrieved, build: Build) -> list[DraftSentence]:
        return [replace(one, text=one.text.replace(" ", "\n", 1)) for one in best_passage(found, build)]

    with open_archive(with_documents(library), calibration=ALWAYS_ENOUGH, answerer=Drafting(best_passage)) as archive:
        answer = archive.ask()
        (seen,) = archive.replay(answer.receipt.seq, answerer=Drafting(in_lines))["differences"]
    assert answer.text is not None
    assert seen == f"answer: expected {len(answer.text)} bytes, got another text of {len(answer.text)} bytes"


def test_the_same_quotes_as_another_text_are_seen_by_the_answer(library: TinyLibrary) -> None:
    def together(found: Retrieved, _build: Build) -> list[DraftSentence]:
        first, second = _halves(found.hits[0].passage)
        return [DraftSentence(f"{first.text} {second.text}", (first, second))]

    def apart(found: Retrieved, _build: Build) -> list[DraftSentence]:
        return [DraftSentence(f"{half.text}\n", (half,)) for half in _halves(found.hits[0].passage)]

    with open_archive(with_documents(library), calibration=ALWAYS_ENOUGH, answerer=Drafting(together)) as archive:
        answer = archive.ask()
        (seen,) = archive.replay(answer.receipt.seq, answerer=Drafting(apart))["differences"]
    assert answer.text is not None
    assert seen.startswith(f"answer: expected {len(answer.text)} bytes, got another text of ")


def _halves(passage: Passage) -> tuple[Quote, Quote]:
    """Return a passage as two quotes, cut at a space."""
    at = passage.text.index(" ", len(passage.text) // 2)
    return (
        Quote(passage.passage_id, passage.start, passage.start + at, passage.text[:at]),
        Quote(passage.passage_id, passage.start + at + 1, passage.end, passage.text[at + 1 :]),
    )


def test_where_nothing_was_found_something_found_now_is_a_difference(archive: Archive) -> None:
    build = archive.live_build.get()
    opened = archive.recorder.received(a_question(OFF_TOPIC, ("staff",)), build)
    scope = archive.boundary.scope(build, frozenset({"staff"}))
    archive.recorder.finished(opened, Result("refused", Reason.NO_EVIDENCE, scope))
    passage, _evidence = archive.replay(opened.seq)["differences"]
    assert passage.startswith("rank 1: expected none, found ")


class _Contrary(HashingEncoder):
    """Says that it is the same encoder, and finds near what is far."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        return -super().encode(texts)


class _Shaky(HashingEncoder):
    """Rounds otherwise, in the fifth digit."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = super().encode(texts) + np.linspace(-2e-5, 2e-5, self.dimensions, dtype=np.float32)
        return vectors


def test_passages_in_another_order_are_each_named(archive: Archive) -> None:
    found = archive.search("something else altogether", limit=2)
    first, second = (f"{hit.passage.passage_id} of {hit.passage.document}" for hit in found.hits)
    seen = archive.replay(found.receipt.seq, encoder=_Contrary())
    assert seen["verdict"] == "differs"
    assert seen["differences"] == [
        f"rank 1: expected passage {first}, found {second}",
        f"rank 2: expected passage {second}, found {first}",
    ]


def test_scores_that_are_rounded_otherwise_are_told_apart(archive: Archive) -> None:
    seq = archive.ask(QUESTION, "staff", "board").receipt.seq
    seen = archive.replay(seq, encoder=_Shaky())
    assert (seen["verdict"], seen["differences"]) == ("identical", [])
    assert 0 < seen["score_difference_u"] < 1000


def test_another_encoder_is_the_first_difference_and_nothing_is_looked_for(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    other = HashingEncoder(name="other", dimensions=32)
    seen = archive.replay(seq, encoder=other)
    encoder, passages = seen["differences"]
    assert encoder.startswith("encoder: expected hashing (float32, digest ")
    assert f", got other (float32, digest {other.digest[:12]})" in encoder
    assert passages == "passages: none were looked for, because the build was made with another encoder"
    assert other.encoded == []


def test_another_arithmetic_is_told_before_what_comes_of_it(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    other = HashingEncoder()
    other.dtype = "bfloat16"
    (encoder,) = archive.replay(seq, encoder=other)["differences"]
    assert encoder.startswith("encoder: expected hashing (float32, ")
    assert "got hashing (bfloat16, " in encoder


def test_an_approval_that_ended_meanwhile_is_a_difference_that_explains_itself(library: TinyLibrary) -> None:
    def revoking(found: Retrieved, _build: object) -> list[DraftSentence]:
        library.revoke(POLICY)
        return [quoting(hit) for hit in found.hits]

    def all_of_them(found: Retrieved, _build: object) -> list[DraftSentence]:
        return [quoting(hit) for hit in found.hits]

    with open_archive(with_documents(library), calibration=ALWAYS_ENOUGH, answerer=Drafting(revoking)) as archive:
        answer = archive.ask("Who reviews a new vendor?")  # a subject that nothing cited needs to name
        assert [citation.verified.passage.document for citation in answer.citations] == [TRAVEL]
        seen = archive.replay(answer.receipt.seq, answerer=Drafting(all_of_them))
    assert [sentence.partition(":")[0] for sentence in seen["differences"]] == ["citations", "answer"]
    (note,) = seen["notes"]
    seq = answer.receipt.seq - 1
    assert note == f"register: a change of it was recorded while the question was worked on (record {seq})"


# Answers that a language model wrote


def test_a_model_is_never_asked_again_and_its_words_are_not_compared(library: TinyLibrary) -> None:
    model = Drafting(best_passage, kind="llm", name="some-model")
    with open_archive(with_documents(library), calibration=ALWAYS_ENOUGH, answerer=model) as archive:
        seq = archive.ask().receipt.seq
        seen = archive.replay(seq)
        quoted_now = archive.replay(seq, answerer=Drafting(best_passage))
    assert model.asked == 1
    assert is_identical(seen)
    assert seen == quoted_now
    assert seen["notes"] == ["answer: the model some-model is not asked again; what it said then is checked again"]


def test_what_was_quoted_then_cannot_be_compared_with_a_model(archive: Archive) -> None:
    answered, refused = archive.ask().receipt.seq, archive.ask(OFF_TOPIC).receipt.seq
    model = Drafting(best_passage, kind="llm", name="some-model")
    (answer,) = archive.replay(answered, answerer=model)["differences"]
    assert answer.startswith("result: expected an answer, got enough evidence but nobody to quote it")
    assert is_identical(archive.replay(refused, answerer=model))
    lower = replace(archive.calibration, threshold=0.0)
    (refusal,) = archive.replay(refused, answerer=model, calibration=lower)["differences"]
    assert refusal.startswith("result: expected a refusal (no_evidence), got enough evidence")
    assert model.asked == 0


def _written_by_a_model(archive: Archive, *, start: int, end: int, document: str = POLICY) -> int:
    """Record an answer of a model that cites a stretch of a document; return its number."""
    build = archive.live_build.get()
    question = a_question(QUESTION, ("staff",))
    opened = archive.recorder.received(question, build)
    scope = archive.boundary.scope(build, frozenset({"staff"}))
    found = archive.steps().find(QUESTION, build=build, scope=scope, k=2)
    split = build.passages.split_document(document)
    assert split is not None
    passage = split.passages[0]
    quote = Quote(passage.passage_id, passage.start + start, passage.start + end, "whatever")
    citation = Citation(1, VerifiedQuote(quote, passage, scope.grants[TRAVEL]))
    evidence = archive.calibration.weigh(found, build)
    model = Drafting(best_passage, kind="llm")
    result = Result("answered", None, scope, found.hits, evidence, model, [citation], "Something.")
    return archive.recorder.finished(opened, result).seq


@pytest.mark.parametrize(
    ("start", "end", "document"), [(-1, 5, POLICY), (0, 5000, POLICY), (5, 5, POLICY), (0, 5, BOARD)]
)
def test_quotes_of_a_model_have_to_stand_in_what_the_asker_could_see(
    archive: Archive, start: int, end: int, document: str
) -> None:
    assert is_identical(archive.replay(_written_by_a_model(archive, start=0, end=5)))
    seq = _written_by_a_model(archive, start=start, end=end, document=document)
    (seen,) = archive.replay(seq)["differences"]
    assert seen.startswith("citation 1: expected a quote within passage ")


# What is only noted


def test_another_release_is_noted(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    archive.followed_by(ReleaseRef(version="1.1.0", config_hash="d" * 64)).started()
    seen = archive.replay(seq)
    assert is_identical(seen)
    assert seen["notes"] == [
        "release: 1.0.0 (settings cccccccccccc) answered, 1.1.0 (settings dddddddddddd) asks again"
    ]


@pytest.mark.parametrize(
    "constant", ["service.answering.steps.KIND", "service.answering.past.replay.CANDIDATES"], ids=["kind", "candidates"]
)
def test_another_way_of_finding_passages_is_noted(
    archive: Archive, constant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seq = archive.ask().receipt.seq
    assert archive.replay(seq)["notes"] == []
    monkeypatch.setattr(constant, "dense" if constant.endswith("KIND") else 61)
    (note,) = archive.replay(seq)["notes"]
    assert note.startswith("retrieval: hybrid-linear found the passages, ")


def test_other_weights_are_noted_and_their_scores_told_apart(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    seen = archive.replay(seq, ranking=replace(RANKING, passages=RANKING.passages * 1.01))
    assert (seen["verdict"], seen["differences"]) == ("identical", [])
    assert seen["notes"] == ["retrieval: hybrid-linear found the passages, hybrid-linear with other figures does now"]
    assert seen["score_difference_u"] > 0


def test_other_weights_of_sentences_are_noted_too(archive: Archive) -> None:
    seq = archive.ask().receipt.seq
    seen = archive.replay(seq, ranking=replace(RANKING, sentences=RANKING.sentences + 1))
    assert seen["notes"] == ["retrieval: hybrid-linear found the passages, hybrid-linear with other figures does now"]


def test_weights_that_turn_the_order_round_are_seen_by_the_passages(archive: Archive) -> None:
    found = archive.search(QUESTION, limit=2)
    first, second = (f"{hit.passage.passage_id} of {hit.passage.document}" for hit in found.hits)
    seen = archive.replay(found.receipt.seq, ranking=replace(RANKING, passages=-RANKING.passages))
    assert seen["differences"] == [
        f"rank 1: expected passage {first}, found {second}",
        f"rank 2: expected passage {second}, found {first}",
    ]
