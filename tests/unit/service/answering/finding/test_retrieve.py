"""Retrieval: candidates by words, by vectors and by their neighbours, best first, within the scope."""

from dataclasses import replace

import numpy as np
import pytest

from indexes.builds import Build, current_build_id, open_build
from indexes.dense import DenseIndex
from indexes.lexical import LexicalIndex, LexicalScope
from service.answering.boundary import Boundary, Scope
from service.answering.finding import retrieve as retrieve_module
from service.answering.finding.features import PASSAGE_FEATURES, passage_features
from service.answering.finding.retrieve import CANDIDATES, Retrieved, retrieve
from tests.support.answering_parts import RANKING, Made, a_scope, found, open_made, weights
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.service_parts import OFF_TOPIC_QUESTION, POLICY, TRAVEL, TRAVEL_QUESTION, VENDOR_QUESTION, with_rules


def _opened(library: TinyLibrary, groups: frozenset[str] = frozenset({"staff"})) -> tuple[Build, Scope]:
    build = open_build(library.builds / current_build_id(library.builds))
    return build, Boundary(
        library=library.folder, now=library.clock, notice=lambda _words: None, on_change=lambda _state: None
    ).scope(build, groups)


def _found(library: TinyLibrary, question: str, k: int = 10) -> Retrieved:
    build, scope = _opened(library)
    return retrieve(question, build=build, scope=scope, encoder=library.encoder, ranking=RANKING, k=k)


def _rows(seen: Retrieved) -> list[int]:
    return [] if seen.matches is None else seen.matches.rows.tolist()


@pytest.mark.parametrize(("question", "best"), [(VENDOR_QUESTION, POLICY), (TRAVEL_QUESTION, TRAVEL)])
def test_the_passage_that_answers_comes_first(library: TinyLibrary, question: str, best: str) -> None:
    assert _found(with_rules(library), question).hits[0].passage.document == best


def test_hits_are_ranked_from_1_by_falling_probability(library: TinyLibrary) -> None:
    for number in range(20):
        library.add(f"legal/{number}.txt", f"Rule {number} on vendor {'security ' * (number % 5)}checks and travel.\n")
    hits = _found(with_rules(library), VENDOR_QUESTION, k=7).hits
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5, 6, 7]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    assert sum(scores) < 1, "the other candidates have a part in it too"
    assert len({hit.row for hit in hits}) == 7
    assert sum(hit.score for hit in _found(library, VENDOR_QUESTION, k=100).hits) == pytest.approx(1)


def test_how_many_are_wanted_changes_no_score(library: TinyLibrary) -> None:
    with_rules(library)
    assert _found(library, VENDOR_QUESTION, k=1).hits == _found(library, VENDOR_QUESTION, k=2).hits[:1]


def test_a_score_is_the_softmax_of_the_weighed_features() -> None:
    made: Made = {"legal/a.md": [["Vendor review."], ["Lunch."]], "legal/b.md": [["The review of 10 vendors."]]}
    with open_made(made) as build:
        seen = found("vendor review", build)
    assert seen.matches is not None
    weighed = passage_features(seen.question, seen.matches) @ RANKING.passages
    powers = np.exp(weighed)
    by_row = {hit.row: hit for hit in seen.hits}
    for at, row in enumerate(seen.matches.rows.tolist()):
        assert by_row[row].weighed == pytest.approx(weighed[at])
        assert by_row[row].score == pytest.approx(powers[at] / powers.sum())
        assert (by_row[row].dense, by_row[row].lexical) == (seen.matches.dense[at], seen.matches.lexical[at])


def test_sums_beyond_all_bounds_still_give_probabilities() -> None:
    ranking = replace(RANKING, passages=RANKING.passages * 1e4)
    with open_made({"legal/a.md": [["Vendor review."], ["Lunch."]]}) as build:
        assert [hit.score for hit in found("vendor review", build, ranking=ranking).hits] == pytest.approx([1, 0])


def test_the_same_question_gives_the_same_hits(library: TinyLibrary) -> None:
    with_rules(library)
    assert _found(library, VENDOR_QUESTION).hits == _found(library, VENDOR_QUESTION).hits


@pytest.mark.parametrize("copies", [2, 5, 9, 23])
def test_passages_that_say_the_same_come_in_the_order_of_their_rows(copies: int) -> None:
    made: Made = {f"{number:02}/rules.md": [["The vendor review of the team."]] for number in range(copies)}
    with open_made(made) as build:
        hits = found("Who does the vendor review?", build, k=copies).hits
    assert [hit.row for hit in hits] == list(range(copies))
    assert [hit.score for hit in hits] == pytest.approx([1 / copies] * copies, abs=1e-5)


def test_the_question_is_known_by_its_subject(library: TinyLibrary) -> None:
    seen = _found(with_rules(library), "What does the security team do about vendors?")
    assert seen.has_subject
    assert seen.question.terms == ("secur", "team", "vendor")
    assert len(seen.question.rarity) == 3
    assert np.linalg.norm(seen.question.vector) == pytest.approx(1)


@pytest.mark.parametrize("question", ["what is it?", "?", " "])
def test_a_question_of_stop_words_has_no_subject_and_does_not_fail(library: TinyLibrary, question: str) -> None:
    seen = _found(with_rules(library), question)
    assert not seen.has_subject
    assert len(seen.hits) == 2


def test_an_unknown_subject_is_still_looked_up_by_its_vector(library: TinyLibrary) -> None:
    hits = _found(with_rules(library), OFF_TOPIC_QUESTION).hits
    assert {hit.lexical for hit in hits} == {0.0}
    assert len(hits) == 2


def test_nothing_is_found_where_nothing_may_be_seen(library: TinyLibrary) -> None:
    build, scope = _opened(with_rules(library), frozenset({"nobody"}))
    seen = retrieve(VENDOR_QUESTION, build=build, scope=scope, encoder=library.encoder, ranking=RANKING, k=10)
    assert (seen.hits, seen.matches, seen.has_subject) == ((), None, True)


def test_nothing_is_found_in_an_empty_build(library: TinyLibrary) -> None:
    library.ingest()
    assert _found(library, VENDOR_QUESTION).hits == ()


def test_a_single_candidate_has_the_full_score(library: TinyLibrary) -> None:
    library.add(TRAVEL, "The daily travel allowance is fifty euros.\n")
    library.ingest()
    assert [hit.score for hit in _found(library, TRAVEL_QUESTION).hits] == [1.0]


# Which passages are candidates


@pytest.fixture
def _one_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieve_module, "CANDIDATES", 1)


@pytest.mark.usefixtures("_one_candidate")
@pytest.mark.parametrize(
    ("at", "expected"),
    [(0, [0, 1]), (1, [0, 1, 2]), (2, [1, 2]), (3, [3]), (4, [4, 5]), (5, [4, 5])],
    ids=["first of all", "inner", "last of a document", "alone", "first of a document", "last of all"],
)
def test_neighbours_in_the_same_document_come_along(at: int, expected: list[int]) -> None:
    sizes = {"legal/a.md": 3, "legal/b.md": 1, "legal/c.md": 2}
    rows = iter(range(6))
    made: Made = {
        name: [["Vendor review."] if next(rows) == at else ["Lunch."] for _ in range(size)]
        for name, size in sizes.items()
    }
    with open_made(made) as build:
        assert _rows(found("vendor review", build)) == expected


@pytest.mark.usefixtures("_one_candidate")
def test_either_index_brings_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Made = {f"legal/{number}.md": [[f"Rule {number}."]] for number in range(6)}
    with open_made(made) as build:
        one, other = np.array([4]), np.array([1])
        score = np.ones(1, np.float32)
        monkeypatch.setattr(DenseIndex, "search", lambda *_: (one, score))
        monkeypatch.setattr(LexicalIndex, "search", lambda *_: (other, score))
        assert _rows(found("rule", build)) == [1, 4]
        monkeypatch.setattr(LexicalIndex, "search", lambda *_: (one, score))
        assert _rows(found("rule", build)) == [4], "found by both it is one candidate"


def test_both_indexes_are_asked_for_as_many_and_for_the_scope_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object, int]] = []
    dense, lexical = DenseIndex.search, LexicalIndex.search

    def by_vector(self: DenseIndex, vector: object, allowed: object, k: int) -> object:
        asked.append(("dense", allowed, k))
        return dense(self, vector, allowed, k)  # type: ignore[arg-type]

    def by_words(self: LexicalIndex, terms: list[str], scope: LexicalScope, k: int) -> object:
        asked.append(("lexical", scope, k))
        return lexical(self, terms, scope, k)

    monkeypatch.setattr(DenseIndex, "search", by_vector)
    monkeypatch.setattr(LexicalIndex, "search", by_words)
    with open_made({"legal/a.md": [["Vendor."]], "legal/b.md": [["Vendor."]]}) as build:
        scope = a_scope(build, hidden=["legal/a.md"])
        assert _rows(found("vendor", build, scope)) == [1]
    assert [(kind, k) for kind, _, k in asked] == [("dense", CANDIDATES), ("lexical", CANDIDATES)]
    assert asked[0][1] is scope.rows
    assert asked[1][1] is scope.lexical


def test_a_question_is_encoded_once() -> None:
    encoder = HashingEncoder()
    with open_made({"legal/a.md": [["Vendor review.", "Lunch."]]}) as build:
        retrieve("vendor", build=build, scope=a_scope(build), encoder=encoder, ranking=RANKING, k=3)
    assert encoder.encoded == ["vendor"]


def test_a_weight_decides_the_order() -> None:
    made: Made = {
        "legal/a.md": [["Lunch."]],
        "legal/b.md": [["Vendor review."]],
        "legal/c.md": [["Ten long rules go."]],
    }
    with open_made(made) as build:
        for name, best in (("coverage", 1), ("log_length", 2)):
            ranking = replace(RANKING, passages=weights(PASSAGE_FEATURES, **{name: 1.0}))
            assert found("vendor review", build, ranking=ranking).hits[0].row == best
