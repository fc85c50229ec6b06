"""Intervals cover what they should, the same ones every time; paired tests see what is there and nothing else."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from eval.quality.intervals import (
    FLIPS,
    RESAMPLES,
    Estimate,
    estimate_auroc,
    estimate_mean,
    estimate_quantile,
    estimate_refused_at,
    figure,
    generator,
    macro,
    paired_p,
    threshold_at,
)


def test_the_same_label_gives_the_same_interval_and_another_one_another() -> None:
    values = generator("values").random(50)
    assert figure(estimate_mean(values, "a")) == figure(estimate_mean(values, "a"))
    assert figure(estimate_mean(values, "a")) != figure(estimate_mean(values, "b"))


def test_an_interval_is_as_wide_as_theory_says() -> None:
    """Of a share of one half over 400 questions: 1.96 * 0.5 / 20 either way."""
    found = figure(estimate_mean(np.repeat([0.0, 1.0], 200), "share"))
    assert found.value == 0.5
    assert found.low == pytest.approx(0.451, abs=0.01)
    assert found.high == pytest.approx(0.549, abs=0.01)
    assert found.questions == 400


def test_about_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    random = np.random.default_rng(7)
    samples = [random.random(80) < 0.3 for _ in range(200)]
    found = [figure(estimate_mean(sample.astype(np.float64), str(at))) for at, sample in enumerate(samples)]
    assert 0.90 <= np.mean([one.low <= 0.3 <= one.high for one in found]) <= 0.99


def test_one_question_has_no_width() -> None:
    found = figure(estimate_mean(np.array([1.0]), "one"))
    assert (found.low, found.value, found.high) == (1.0, 1.0, 1.0)


def test_the_area_is_that_of_scikit_learn_ties_included() -> None:
    random = np.random.default_rng(3)
    answered, unanswered = random.integers(2, 9, 60) / 10, random.integers(0, 7, 40) / 10
    found = estimate_auroc(answered, unanswered, "x")
    labels = [1] * 60 + [0] * 40
    assert found.value == pytest.approx(roc_auc_score(labels, np.concatenate([answered, unanswered])))
    assert len(found.replicates) == RESAMPLES
    low, high = np.percentile(found.replicates, (2.5, 97.5))
    assert low < found.value < high
    assert found.replicates.mean() == pytest.approx(found.value, abs=0.01)


def test_at_most_the_share_asked_for_is_refused() -> None:
    answered = np.arange(100) / 100
    assert (answered < threshold_at(answered, 0.05)).sum() == 5
    assert (answered[:19] < threshold_at(answered[:19], 0.05)).sum() == 0
    tied = np.array([0.1] * 10 + [0.9] * 90)
    assert (tied < threshold_at(tied, 0.05)).sum() == 0, "refusing one of the tied would refuse ten"


def test_what_is_refused_at_that_threshold_is_counted_of_the_others() -> None:
    answered = np.linspace(0.5, 1.0, 100)
    found = estimate_refused_at(answered, np.array([0.1, 0.2, 0.3, 0.9]), 0.05, "x")
    assert found.value == 0.75
    assert found.questions == 104
    assert 0 <= found.replicates.min() <= found.value <= found.replicates.max() <= 1


def test_a_mean_over_sets_weighs_each_the_same() -> None:
    small, large = estimate_mean(np.ones(2), "small"), estimate_mean(np.zeros(2000), "large")
    assert macro([small, large]).value == 0.5
    assert macro([small, large]).questions == 2002


def test_a_mean_over_sets_is_surer_than_each() -> None:
    several = [estimate_mean(np.repeat([0.0, 1.0], 30), str(at)) for at in range(4)]
    together, alone = figure(macro(several)), figure(several[0])
    assert together.high - together.low < 0.7 * (alone.high - alone.low)


def test_a_quantile_has_an_interval_too() -> None:
    found = figure(estimate_quantile(np.arange(1.0, 101.0), 0.5, "x"))
    assert found.value == 50.5
    assert found.low < 50.5 < found.high


def test_no_difference_is_no_finding() -> None:
    assert paired_p(np.zeros(50), "x") == 1.0


def test_a_difference_in_one_direction_is_seen_and_one_in_both_is_not() -> None:
    assert paired_p(np.array([1.0] * 12 + [0.0] * 100), "x") == pytest.approx(2 / 2**12, abs=0.002)
    assert paired_p(np.array([1.0] * 12 + [-1.0] * 11 + [0.0] * 100), "x") > 0.5


def test_the_sign_of_a_difference_does_not_matter_to_p() -> None:
    differences = np.array([1.0] * 9 + [-1.0] * 2)
    assert paired_p(differences, "x") == pytest.approx(paired_p(-differences, "x"), abs=0.01)


def test_p_is_never_nought() -> None:
    assert paired_p(np.ones(200), "x") == 1 / (FLIPS + 1)


def test_figures_are_rounded_to_what_is_shown() -> None:
    found = figure(Estimate(1 / 3, np.full(RESAMPLES, 1 / 3), 3))
    assert (found.value, found.low, found.high) == (0.3333, 0.3333, 0.3333)
