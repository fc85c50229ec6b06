"""The calibration separates what is answerable, keeps false refusals within bounds, and fits one's own library."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from eval.fitting import calibrate
from eval.fitting.calibrate import (
    ANSWERABLE,
    FALSE_REFUSALS,
    LEAST_OWN,
    Model,
    Observed,
    calibrate_own,
    fit_model,
    highest_threshold,
)
from eval.quality.ask import shipped_steps
from eval.quality.libraries import Place
from eval.quality.measure import Prepared
from eval.quality.question_sets import QuestionSetError
from service.answering.evidence import Calibration, read_calibration
from tests.support.fakes import HashingEncoder

FEATURES = len(calibrate._FEATURES)
SHIPPED = Calibration(-3.0, {"dense_top": 6.0}, 0.5)


def _observed(name: str, *, kind: str, centre: float, questions: int = 200) -> Observed:
    random = np.random.default_rng(len(name) + len(kind))
    halves = [random.normal(centre, 0.1, size=(questions, FEATURES)) for _ in range(2)]
    return Observed(name, kind, halves[0], halves[1])


def _refused(model: Model, rows: NDArray[np.float64], threshold: float) -> float:
    return float((model.scores(rows) < threshold).mean())


def test_answerable_sets_pass_and_foreign_ones_are_refused() -> None:
    own = _observed("own", kind=ANSWERABLE, centre=0.7)
    foreign = _observed("own", kind="other_corpus", centre=0.3)
    model = fit_model([own, foreign], against=[False] * FEATURES)
    threshold = highest_threshold([model.scores(own.tuned)])
    assert _refused(model, own.tuned, threshold) <= FALSE_REFUSALS
    assert _refused(model, own.held_out, threshold) <= 2 * FALSE_REFUSALS
    assert _refused(model, foreign.held_out, threshold) >= 0.95


def test_what_speaks_for_an_answer_never_counts_against_it() -> None:
    own, foreign = _observed("own", kind=ANSWERABLE, centre=0.7), _observed("own", kind="other_corpus", centre=0.3)
    against = [False, True, *(False for _ in range(FEATURES - 2))]
    weights = fit_model([own, foreign], against=against).weights
    assert weights[1] == 0, "it is higher where there is an answer, and may only count against one"
    assert (weights[[0, *range(2, FEATURES)]] > 0).all()
    turned = fit_model([replace(own, kind="other_corpus"), replace(foreign, kind=ANSWERABLE)], against=against).weights
    assert turned[1] < 0
    assert (turned[[0, *range(2, FEATURES)]] == 0).all()


def test_every_kind_weighs_the_same_however_many_questions_it_has() -> None:
    small = _observed("small", kind=ANSWERABLE, centre=0.6)
    large = _observed("large", kind=ANSWERABLE, centre=0.8)
    foreign = _observed("small", kind="other_corpus", centre=0.3)
    repeated = Observed("large", ANSWERABLE, np.tile(large.tuned, (10, 1)), large.held_out)
    once, often = (fit_model([small, one, foreign], against=[False] * FEATURES).weights for one in (large, repeated))
    assert np.allclose(once / np.linalg.norm(once), often / np.linalg.norm(often), atol=0.05)


def test_the_threshold_is_the_highest_that_is_allowed() -> None:
    easy, hard = np.full(100, 0.9), np.linspace(0.005, 0.995, 100)
    threshold = highest_threshold([easy, hard])
    assert np.mean([(easy < threshold).mean(), (hard < threshold).mean()]) <= FALSE_REFUSALS
    higher = threshold + 0.011  # one question of a hundred more
    assert np.mean([(easy < higher).mean(), (hard < higher).mean()]) > FALSE_REFUSALS


def test_without_answerable_questions_nothing_bounds_the_threshold_and_an_empty_set_says_nothing() -> None:
    assert highest_threshold([np.zeros(0), np.full(10, 0.5)]) == highest_threshold([np.full(10, 0.5)])


class _Own:
    """An own set whose features are made here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *observed: Observed) -> None:
        monkeypatch.setattr(calibrate, "observe", lambda *_: list(observed))

    def calibrate(self, path: Path) -> dict[str, object]:
        prepared = Prepared("mine", Place.__new__(Place), ())
        return calibrate_own(prepared, steps=shipped_steps(HashingEncoder()), shipped=SHIPPED, write_to=path)


def test_an_own_calibration_keeps_the_weights_shifts_them_and_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this library everything is nearer than where the shipped calibration was made."""
    answered = _observed("mine", kind=ANSWERABLE, centre=0.9)
    others = _observed("mine", kind="missing_detail", centre=0.6)
    path = tmp_path / "state" / "evidence.json"
    written = _Own(monkeypatch, answered, others).calibrate(path)
    assert written == json.loads(path.read_text())
    read = read_calibration(path)
    assert [name for name, weight in read.coefficients.items() if weight] == ["dense_top"]
    model = Model(read.intercept, np.array(list(read.coefficients.values())))
    assert _refused(model, answered.held_out, read.threshold) <= 2 * FALSE_REFUSALS
    assert _refused(model, others.held_out, read.threshold) >= 0.8
    shipped = Model(SHIPPED.intercept, np.array([6.0] + [0.0] * (FEATURES - 1)))
    assert _refused(shipped, others.held_out, SHIPPED.threshold) < 0.5


@pytest.mark.parametrize(("answered", "others"), [(LEAST_OWN - 1, LEAST_OWN), (LEAST_OWN, LEAST_OWN - 1)])
def test_too_small_a_set_is_refused_with_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answered: int, others: int
) -> None:
    rows = {kind: np.full((count, FEATURES), 0.5) for kind, count in ((ANSWERABLE, answered), ("fact", others))}
    own = _Own(monkeypatch, *(Observed("mine", kind, half[:9], half[9:]) for kind, half in rows.items()))
    with pytest.raises(QuestionSetError, match=rf"mine: expected at least 20 .* got {answered} and {others}"):
        own.calibrate(tmp_path / "evidence.json")
    assert not (tmp_path / "evidence.json").exists()


def test_a_set_whose_evidence_points_the_wrong_way_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _Own(
        monkeypatch,
        _observed("mine", kind=ANSWERABLE, centre=0.3),
        _observed("mine", kind="wrong_entity", centre=0.8),
    )
    with pytest.raises(QuestionSetError, match=r"mine: expected more evidence for answerable questions .* got less"):
        own.calibrate(tmp_path / "evidence.json")
