"""What counts as the same and what as a difference, where a whole question would be much to set up."""

from dataclasses import replace
from typing import Any

import pytest

from indexes.documents import Locator, Passage
from service.answering.answers import Reason
from service.answering.evidence import Evidence
from service.answering.finding.retrieve import Hit
from service.answering.past.compare import Again, Ending, differences, largest_score_difference_u
from service.answering.past.past_questions import PastQuestion

REFUSED = Ending(Reason.NO_EVIDENCE)


def _hit(rank: int, text: str = "", score: float = 0.5) -> Hit:
    text = text or f"Text {rank}."
    passage = Passage(f"p{rank}", "legal/a.md", "a" * 64, "", 0, len(text), text, Locator("document"))
    return Hit(rank, rank, passage, score, weighed=0.0, dense=0.0, lexical=0.0)


def _recorded(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "rank": hit.rank,
        "passage_id": passage.passage_id,
        "document": passage.document,
        "sha256": passage.sha256,
        "passage_hash": passage.text_hash(),
        "score_u": round(hit.score * 1_000_000),
        "used": False,
    }


def _past(*hits: Hit, **said: Any) -> PastQuestion:
    finished = {
        "outcome": "refused",
        "reason": "no_evidence",
        "evidence_u": 400_000,
        "hits": [_recorded(hit) for hit in hits],
        "answerer": {"kind": "none", "name": "search"},
        "citations": [],
        **said,
    }
    return PastQuestion(0, 1, {}, finished, "What?", "What?", None, b"")


def _again(*hits: Hit, evidence_u: int | None = 400_000) -> Again:
    evidence = None if evidence_u is None else Evidence(evidence_u / 1_000_000, 0.5)
    return Again(hits, evidence, REFUSED)


def test_the_same_passages_at_the_same_ranks_are_the_same() -> None:
    assert differences(_past(_hit(1), _hit(2)), _again(_hit(1), _hit(2))) == []


def test_a_passage_that_is_not_found_any_more_is_named() -> None:
    (seen,) = differences(_past(_hit(1), _hit(2)), _again(_hit(1)))
    assert seen == "rank 2: expected passage p2 of legal/a.md, found none"


def test_a_passage_that_was_not_found_then_is_named() -> None:
    (seen,) = differences(_past(_hit(1)), _again(_hit(1), _hit(2)))
    assert seen == "rank 2: expected none, found p2 of legal/a.md"


@pytest.mark.parametrize("other", [replace(_hit(1).passage, text="Text 2."), replace(_hit(1).passage, sha256="b" * 64)])
def test_a_passage_with_another_text_or_version_is_another(other: Passage) -> None:
    (seen,) = differences(_past(_hit(1)), _again(replace(_hit(1), passage=other)))
    assert seen == (
        "rank 1: expected passage p1 of legal/a.md as it was recorded, found it with another text or of another version"
    )


def test_hits_for_which_a_record_had_no_room_are_not_missed() -> None:
    past = _past(_hit(1), _hit(4), hits_left_out=2)
    found = [_hit(rank) for rank in (1, 2, 3, 4)]
    assert past.passages == 4
    assert _past(_hit(1), hits_left_out=2).passages == 3
    assert differences(past, _again(*found)) == []
    assert differences(past, _again(*found, _hit(5))) == [
        f"rank {rank}: expected none, found p{rank} of legal/a.md" for rank in (2, 3, 5)
    ]


def test_a_search_that_dropped_a_passage_still_asks_for_as_many() -> None:
    assert _past(_hit(1), _hit(3)).passages == 3
    assert _past().passages == 0


@pytest.mark.parametrize("by_u", [-10, 0, 10])
def test_evidence_that_differs_by_rounding_is_the_same(by_u: int) -> None:
    assert differences(_past(), _again(evidence_u=400_000 + by_u)) == []


@pytest.mark.parametrize("by_u", [-11, 11])
def test_evidence_that_differs_by_more_is_not(by_u: int) -> None:
    (seen,) = differences(_past(), _again(evidence_u=400_000 + by_u))
    assert seen == f"evidence: expected 400000 millionths, got {400_000 + by_u} millionths"


def test_evidence_that_was_or_is_not_weighed_is_another() -> None:
    assert differences(_past(evidence_u=None), _again(evidence_u=None)) == []
    assert differences(_past(evidence_u=None), _again(evidence_u=0)) == ["evidence: expected none, got 0 millionths"]
    assert differences(_past(evidence_u=0), _again(evidence_u=None)) == ["evidence: expected 0 millionths, got none"]


def test_another_reason_is_another_result() -> None:
    past = _past(reason="unsupported_draft", answerer={"kind": "extractive", "name": "sentences-1"})
    (seen,) = differences(past, _again())
    assert seen == "result: expected a refusal (unsupported_draft), got a refusal (no_evidence)"


def test_scores_are_compared_where_the_same_passage_stands_at_the_same_rank() -> None:
    past = _past(_hit(1, score=0.5), _hit(2, score=0.4), _hit(3, score=0.3))
    moved = replace(_hit(9, score=0.0), rank=3)
    assert largest_score_difference_u(past, [_hit(1, score=0.500002), _hit(2, score=0.399995), moved]) == 5
    assert largest_score_difference_u(past, []) == 0
