"""How sure a figure is: bootstrap over questions, and paired tests between two runs.

Percentile bootstrap with 1,000 resamples and a fixed seed (Efron and Tibshirani, An Introduction to the Bootstrap,
1993, ch. 13); sign-flip permutation test for paired differences (Smucker, Allan and Carterette, CIKM 2007). Everything
is drawn at once with numpy. Questions are what is resampled: what an interval tells is how another sample of such
questions might have come out, not how another library would.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
FLIPS = 5000  # of the permutation test: the least p it can tell is 1 in 5,001
_SEED = 20261120
_BOUNDS = (2.5, 97.5)  # percentiles: a 95% interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its bootstrap replicates, shape (RESAMPLES,), and how many questions it rests on."""

    value: float
    replicates: Floats
    questions: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, its 95% interval, and how many questions it rests on."""

    value: float
    low: float
    high: float
    questions: int


def generator(label: str) -> np.random.Generator:
    """Return a generator that gives the same numbers for the same label every time."""
    return np.random.default_rng([_SEED, zlib.crc32(label.encode())])


def figure(estimate: Estimate) -> Figure:
    """Return a figure with its interval."""
    low, high = np.percentile(estimate.replicates, _BOUNDS)
    return Figure(round(estimate.value, 4), round(float(low), 4), round(float(high), 4), estimate.questions)


def macro(estimates: list[Estimate]) -> Estimate:
    """Return the plain mean of a figure over several sets, whatever their sizes."""
    return Estimate(
        float(np.mean([one.value for one in estimates])),
        np.mean([one.replicates for one in estimates], axis=0),
        sum(one.questions for one in estimates),
    )


def resampled(count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return indexes of RESAMPLES samples with replacement, shape (RESAMPLES, count)."""
    return random.integers(0, count, size=(RESAMPLES, count))


def estimate_mean(values: Floats, label: str) -> Estimate:
    """Return the mean of some questions' values; at least one is needed."""
    drawn = resampled(len(values), generator(label))
    return Estimate(float(values.mean()), values[drawn].mean(axis=1), len(values))


def estimate_quantile(values: Floats, share: float, label: str) -> Estimate:
    """Return a quantile of some questions' values; at least one is needed."""
    drawn = resampled(len(values), generator(label))
    return Estimate(float(np.quantile(values, share)), np.quantile(values[drawn], share, axis=1), len(values))


def estimate_auroc(answered: Floats, unanswered: Floats, label: str) -> Estimate:
    """Return how often a question that is answered has more evidence than one that is not; ties count half.

    That is the area under the ROC curve (Hanley and McNeil, 1982). Resamples both sorts by themselves.
    """
    random = generator(label)
    wins = (answered[:, None] > unanswered[None, :]) + 0.5 * (answered[:, None] == unanswered[None, :])
    weights = [
        random.multinomial(len(one), np.full(len(one), 1 / len(one)), size=RESAMPLES) / len(one)
        for one in (answered, unanswered)
    ]
    replicates = ((weights[0] @ wins) * weights[1]).sum(axis=1)
    return Estimate(float(wins.mean()), replicates, len(answered) + len(unanswered))


def threshold_at(answered: Floats, share: float) -> Floats:
    """Return the highest threshold that refuses at most a share of questions, those whose evidence is below it.

    Args:
        answered: the evidence of questions that are answered, shape (..., questions).
        share: in [0, 1).
    """
    most = int(share * answered.shape[-1] + 1e-9)
    threshold: Floats = np.sort(answered, axis=-1)[..., most]
    return threshold


def estimate_refused_at(answered: Floats, unanswered: Floats, share: float, label: str) -> Estimate:
    """Return the share of unanswerable questions that is refused where a share of the answerable ones is.

    The threshold is chosen anew in each resample, so the interval holds its doubt too.
    """
    random = generator(label)
    thresholds = threshold_at(answered[resampled(len(answered), random)], share)
    drawn = unanswered[resampled(len(unanswered), random)]
    value = float((unanswered < threshold_at(answered, share)).mean())
    return Estimate(value, (drawn < thresholds[:, None]).mean(axis=1), len(answered) + len(unanswered))


def paired_p(differences: Floats, label: str) -> float:
    """Return how often chance alone, flipping the sign of each difference, gives a mean at least this far from 0."""
    if not differences.any():
        return 1.0
    random = generator(label)
    changed = differences[differences != 0]  # a difference of 0 keeps its sign either way
    signs = random.integers(0, 2, size=(FLIPS, len(changed)), dtype=np.int8) * 2 - 1
    as_far = np.abs(signs @ changed) >= abs(changed.sum()) - 1e-12
    return float((as_far.sum() + 1) / (FLIPS + 1))
