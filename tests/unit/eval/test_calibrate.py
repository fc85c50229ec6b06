"""The calibration separates what is answerable, and keeps false refusals within what is allowed."""

import numpy as np

from eval import calibrate
from eval.calibrate import FALSE_REFUSALS, MeasuredSet


def _set(name: str, *, answerable: bool, centre: float) -> MeasuredSet:
    random = np.random.default_rng(len(name))
    features = len(calibrate._FEATURES)
    halves = [random.normal(centre, 0.1, size=(200, features)) for _ in range(2)]
    return MeasuredSet(name, answerable, halves[0], halves[1])


def test_answerable_sets_pass_and_foreign_ones_are_refused() -> None:
    sets = [_set("own", answerable=True, centre=0.7), _set("foreign", answerable=False, centre=0.3)]
    model = calibrate._fit(sets)
    threshold = calibrate._threshold(model, sets)
    own, foreign = (calibrate._rates(model, one, threshold) for one in sets)
    assert own["tuned"] <= FALSE_REFUSALS  # type: ignore[operator]
    assert own["held_out"] <= 2 * FALSE_REFUSALS  # type: ignore[operator]
    assert foreign["held_out"] >= 0.95  # type: ignore[operator]


def test_every_set_weighs_the_same_however_many_questions_it_has() -> None:
    """A set of ten times the questions must not decide the fit alone."""
    small, foreign = _set("small", answerable=True, centre=0.6), _set("foreign", answerable=False, centre=0.3)
    large = _set("large", answerable=True, centre=0.8)
    repeated = MeasuredSet("large", large.answerable, np.tile(large.tuned, (10, 1)), large.held_out)
    once = calibrate._fit([small, large, foreign]).coef_
    often = calibrate._fit([small, repeated, foreign]).coef_
    assert np.allclose(once / np.linalg.norm(once), often / np.linalg.norm(often), atol=0.05)
