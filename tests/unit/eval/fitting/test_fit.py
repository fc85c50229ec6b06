"""Fitting the ranking: known weights are found again, sets weigh the same, and nothing is looked at that may not be."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from eval.fitting import fit as fit_module
from eval.fitting.fit import Group, fit, fit_softmax, passage_groups, sentence_groups, sentence_is_right
from eval.quality.libraries import Place
from eval.quality.measure import Prepared
from eval.quality.question_sets import Gold, SetQuestion
from service.answering.finding.features import PASSAGE_FEATURES, SENTENCE_FEATURES
from service.answering.finding.ranking import Ranking, read_ranking
from tests.support.answering_parts import RANKING, Made, a_scope, open_made
from tests.support.fakes import HashingEncoder

# Made data


def _groups(seed: int, count: int, weights: Sequence[float]) -> list[Group]:
    """Return questions whose right candidate was drawn as a model of these weights says."""
    random = np.random.default_rng(seed)
    groups = []
    for _ in range(count):
        features = random.standard_normal((8, len(weights)))
        shares = np.exp(features @ np.array(weights))
        groups.append(Group(features, np.arange(8) == random.choice(8, p=shares / shares.sum())))
    return groups


def _scaled(groups: Sequence[Group], factors: Sequence[float]) -> list[Group]:
    return [Group(group.features * np.array(factors), group.right) for group in groups]


def _cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_known_weights_are_found_again() -> None:
    known = [1.5, -0.8, 0.0]
    np.testing.assert_allclose(fit_softmax([_groups(1, 3000, known)]), known, atol=0.15)


def test_weights_are_of_features_as_they_are_whatever_their_scale() -> None:
    groups = _groups(2, 500, [1.0, -1.0])
    plain, scaled = fit_softmax([groups]), fit_softmax([_scaled(groups, [100.0, 0.01])])
    np.testing.assert_allclose(scaled * [100.0, 0.01], plain, rtol=1e-3)


def test_a_feature_that_never_differs_weighs_nothing() -> None:
    weights = fit_softmax([_scaled(_groups(3, 200, [1.0, 0.0]), [1.0, 0.0])])
    assert np.isfinite(weights).all()
    assert weights[1] == 0


def test_every_set_weighs_the_same_however_many_questions_it_has() -> None:
    few, many = _groups(4, 60, [1.0, 0.0]), _groups(5, 120, [0.0, 1.0])
    once, often = fit_softmax([few, many]), fit_softmax([few, many * 5])
    np.testing.assert_allclose(once, often, atol=2e-2)
    alone = fit_softmax([few + many * 5])
    assert abs(_cosine(once, np.array([1.0, 1.0]))) > 0.97 > abs(_cosine(alone, np.array([1.0, 1.0])))


def test_a_set_may_weigh_as_the_square_root_of_its_questions_or_as_all_of_them() -> None:
    few, many = _groups(4, 60, [1.0, 0.0]), _groups(5, 120, [0.0, 1.0]) * 5
    ties = [abs(_cosine(fit_softmax([few, many], power=power), np.array([1.0, 0.0]))) for power in (0.0, 0.5, 1.0)]
    assert ties == sorted(ties, reverse=True), "the more questions count, the less the small set does"
    np.testing.assert_allclose(fit_softmax([few, many], power=1.0), fit_softmax([few + many]), atol=2e-2)


def test_questions_that_tell_nothing_count_for_nothing() -> None:
    telling = _groups(6, 100, [1.0, -1.0])
    none = Group(np.full((4, 2), 50.0), np.zeros(4, np.bool_))
    every = Group(np.full((4, 2), -50.0), np.ones(4, np.bool_))
    expected = fit_softmax([telling])
    np.testing.assert_array_equal(fit_softmax([[none, *telling, every] + [none] * 300]), expected)
    np.testing.assert_array_equal(fit_softmax([telling, [none, every]]), expected)


def test_several_right_candidates_share_what_is_right() -> None:
    features = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0], [-1.0, 0.5]])
    weights = fit_softmax([[Group(features, np.array([True, True, False, False]))] * 20])
    assert (features @ weights)[:2].min() > (features @ weights)[2:].max()


@pytest.mark.parametrize(
    ("span", "right"),
    [
        ((0, 100), True),  # holds the gold
        ((40, 60), True),
        ((41, 59), True),  # lies in it, if not all of it
        ((59, 99), False),  # begins in it
        ((50, 70), True),  # half of it lies in the gold
        ((50, 71), False),
        ((45, 55), True),  # lies in it
        ((60, 80), False),
        ((0, 40), False),
    ],
)
def test_a_sentence_is_right_that_holds_a_gold_or_lies_half_in_it(span: tuple[int, int], right: bool) -> None:  # noqa: FBT001
    assert sentence_is_right(span, Gold("legal/a.md", 40, 60, "x" * 20)) is right


# A set

SAID = "The team does the vendor review."
MADE: Made = {
    "legal/a.md": [["Lunch is served at noon."], [SAID, "Soup.", "Nobody reviews any lunch here."]],
    "legal/b.md": [["Vendors bring the soup to us."]],
}


def _question(name: str, *, answerable: bool = True, whole_page: bool = False) -> SetQuestion:
    start = len("Lunch is served at noon.\n\n")
    gold = Gold("legal/a.md", start, start + len(SAID), SAID, None, whole_page)
    return SetQuestion(name, "Who does the vendor review?", answerable, "who", (gold,) if answerable else ())


@pytest.fixture
def place() -> Iterator[Place]:
    with open_made(MADE) as build:
        yield Place(build, a_scope(build))


def _names(*, tuned_on: bool) -> list[str]:
    names = (f"q-{number}" for number in range(100))
    return [name for name in names if _question(name).tuned_on is tuned_on]


def test_the_candidates_of_a_question_are_marked_by_what_is_right(place: Place) -> None:
    (tuned, *_) = _names(tuned_on=True)
    (group,) = passage_groups(Prepared("made", place, (_question(tuned),)), HashingEncoder())
    assert group.features.shape == (3, len(PASSAGE_FEATURES))
    assert group.right.tolist() == [False, True, False]


def test_the_sentences_of_the_best_passages_are_marked(place: Place) -> None:
    (tuned, *_) = _names(tuned_on=True)
    (group,) = sentence_groups(Prepared("made", place, (_question(tuned),)), HashingEncoder(), RANKING)
    assert group.features.shape == (5, len(SENTENCE_FEATURES))
    assert np.flatnonzero(group.right).tolist() == [0], "the best passage comes first"
    passage = group.features[:, SENTENCE_FEATURES.index("passage")]
    assert passage[0] == 0
    assert (passage[3:] < 0).all()


def test_only_answerable_questions_of_the_tuned_half_are_looked_at(place: Place) -> None:
    tuned, held_out = _names(tuned_on=True), _names(tuned_on=False)
    questions = [*map(_question, held_out), *(_question(name, answerable=False) for name in tuned)]
    encoder = HashingEncoder()
    prepared = Prepared("made", place, tuple(questions))
    assert passage_groups(prepared, encoder) == []
    assert sentence_groups(prepared, encoder, RANKING) == []
    assert encoder.encoded == []


def test_a_question_that_finds_nothing_is_left_out(place: Place) -> None:
    nothing = Place(place.build, a_scope(place.build, hidden=list(MADE)))
    prepared = Prepared("made", nothing, tuple(map(_question, _names(tuned_on=True))))
    assert passage_groups(prepared, HashingEncoder()) == []
    assert sentence_groups(prepared, HashingEncoder(), RANKING) == []


def test_what_is_written_is_read_as_weights_by_the_service(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned = _names(tuned_on=True)
    sets = {
        "one": Prepared("one", place, tuple(_question(name) for name in tuned)),
        "pages": Prepared("pages", place, tuple(_question(name, whole_page=True) for name in tuned)),
    }
    sentences_of: list[str] = []

    def seen(prepared: Prepared, encoder: HashingEncoder, ranking: Ranking) -> list[Group]:
        sentences_of.append(prepared.name)
        return sentence_groups(prepared, encoder, ranking)

    monkeypatch.setattr(fit_module, "FITTED_SETS", tuple(sets))
    monkeypatch.setattr(fit_module, "CHOSEN_SETS", ("one",))
    monkeypatch.setattr(fit_module, "RANKING_FILE", tmp_path / "ranking.json")
    monkeypatch.setattr(fit_module, "prepare", lambda name, **_: sets[name])
    monkeypatch.setattr(fit_module, "prepare_cases", lambda *_, **__: [replace(sets["one"], name="case")])
    monkeypatch.setattr(fit_module, "sentence_groups", seen)
    told: list[str] = []
    written = fit(data=tmp_path, work=tmp_path, encoder=HashingEncoder(), tell=told.append)
    assert json.loads((tmp_path / "ranking.json").read_text()) == written
    ranking = read_ranking(tmp_path / "ranking.json")
    assert ranking.passages.tolist() == list(written["passages"].values())  # type: ignore[attr-defined]
    assert ranking.passages.any()
    assert (written["sets"], written["encoder"]) == (["one", "pages", "field_cases"], HashingEncoder().digest)
    assert sorted(sentences_of) == ["case", "one"], "where only the page is known, no sentence is right or wrong"
    assert told == [
        "preparing one",
        "preparing pages",
        "preparing the field cases",
        "fitting passages",
        "fitting sentences",
    ]
