"""Hybrid retrieval: best first, within the scope, by words and by vectors."""

import numpy as np
import pytest

from indexes.builds import Build, current_build_id, open_build
from service.answering.boundary import Boundary, Scope
from service.answering.retrieve import Retrieved, retrieve
from tests.fakes import TinyLibrary
from tests.service_parts import OFF_TOPIC_QUESTION, POLICY, TRAVEL, TRAVEL_QUESTION, VENDOR_QUESTION, with_rules


def _opened(library: TinyLibrary, groups: frozenset[str] = frozenset({"staff"})) -> tuple[Build, Scope]:
    build = open_build(library.builds / current_build_id(library.builds))
    return build, Boundary(
        library=library.folder, now=library.clock, notice=lambda _words: None, on_change=lambda _state: None
    ).scope(build, groups)


def _found(library: TinyLibrary, question: str, k: int = 10) -> Retrieved:
    build, scope = _opened(library)
    return retrieve(question, build=build, scope=scope, encoder=library.encoder, k=k)


@pytest.mark.parametrize(("question", "best"), [(VENDOR_QUESTION, POLICY), (TRAVEL_QUESTION, TRAVEL)])
def test_the_passage_that_answers_comes_first(library: TinyLibrary, question: str, best: str) -> None:
    assert _found(with_rules(library), question).hits[0].passage.document == best


def test_hits_are_ranked_from_1_by_falling_score_between_0_and_1(library: TinyLibrary) -> None:
    for number in range(20):
        library.add(f"legal/{number}.txt", f"Rule {number} on vendor {'security ' * (number % 5)}checks and travel.\n")
    hits = _found(with_rules(library), VENDOR_QUESTION, k=7).hits
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5, 6, 7]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len({hit.row for hit in hits}) == 7


def test_the_same_question_gives_the_same_hits(library: TinyLibrary) -> None:
    with_rules(library)
    assert _found(library, VENDOR_QUESTION).hits == _found(library, VENDOR_QUESTION).hits


def test_the_question_is_known_by_its_subject(library: TinyLibrary) -> None:
    found = _found(with_rules(library), "What does the security team do about vendors?")
    assert found.terms == ("secur", "team", "vendor")
    assert len(found.rarity) == 3
    assert np.linalg.norm(found.vector) == pytest.approx(1)


def test_a_question_of_stop_words_has_no_subject_and_does_not_fail(library: TinyLibrary) -> None:
    found = _found(with_rules(library), "what is it?")
    assert found.terms == ()
    assert len(found.rarity) == 0


def test_an_unknown_subject_is_still_looked_up_by_its_vector(library: TinyLibrary) -> None:
    hits = _found(with_rules(library), OFF_TOPIC_QUESTION).hits
    assert {hit.lexical for hit in hits} == {0.0}
    assert len(hits) == 2


def test_nothing_is_found_where_nothing_may_be_seen(library: TinyLibrary) -> None:
    build, scope = _opened(with_rules(library), frozenset({"nobody"}))
    found = retrieve(VENDOR_QUESTION, build=build, scope=scope, encoder=library.encoder, k=10)
    assert found.hits == ()


def test_nothing_is_found_in_an_empty_build(library: TinyLibrary) -> None:
    library.ingest()
    assert _found(library, VENDOR_QUESTION).hits == ()


def test_a_single_candidate_has_the_full_score(library: TinyLibrary) -> None:
    library.add(TRAVEL, "The daily travel allowance is fifty euros.\n")
    library.ingest()
    assert [hit.score for hit in _found(library, TRAVEL_QUESTION).hits] == [1.0]
