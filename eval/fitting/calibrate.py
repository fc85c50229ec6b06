"""Calibrate the evidence: from features of a question and its best passages to a probability, and a threshold.

Shipped (`greenlit eval calibrate`), for developers, after `greenlit eval fit`:

1  ask every set of its own library, and the field cases, which are one set; keep the features of each question
   (`service.answering.evidence`)
2  fit a logistic model on the tuned halves: questions that the library answers against questions taken from elsewhere,
   every set weighing the same. Near misses, which look answerable, are not fitted on; they are reported
3  the threshold: the highest at which, in the mean over sets, at most 4.5% of the answerable questions are refused
4  write `service/answering/evidence.json`, with what is refused on either half

One's own (`greenlit eval calibrate --set FILE`): the shipped weights stay, as an own set is small. What is fitted is
how their sum becomes a probability in this library (intercept and scale; Platt, "Probabilistic outputs for support
vector machines", 1999), and the threshold.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from eval.quality.measure import Prepared, limited, prepare
from eval.quality.question_sets import QuestionSetError, SetQuestion
from eval.reading.case_questions import prepare_cases
from eval.reading.cases import FOLDER
from indexes.clock import utc_now
from indexes.encoder import Encoder
from service.answering.evidence import CALIBRATION_FILE, Calibration, features
from service.answering.finding.merged import each
from service.answering.steps import Steps

# The share of answerable questions that may be refused, in the mean over sets. In cross-validation on the tuned halves,
# from 4.5 to 6% three more of a hundred right questions of northlight are refused, and of other corpora none more;
# below 4% other corpora are let through (.943 refused at 3.5%, .878 at 3%).
FALSE_REFUSALS = 0.045
CALIBRATED_SETS = ("handbook", "squad2", "squad11", "pdfs", "northlight", "structures", "handbooks")
NEAR_MISSES = frozenset(
    {"adversarial", "wrong_entity", "missing_detail", "other_version", "false_premise", "not_approved"}
)
LEAST_OWN = 20  # answerable questions, and as many that are not, from which an own threshold means anything
ANSWERABLE = "answerable"
_FEATURES = (
    "dense_top",
    "dense_mean",
    "sentence_top",
    "coverage_top",
    "coverage_all",
    "coverage_sentence",
    "rarest_missing",
    "weighed_top",
    "names_missing",
    "token_match_top",
    "pairs_first",
    "numbers_first",
    "offers_none",
)
_STRENGTH = 10.0  # of the fit: the inverse of its regularisation, features being scaled to unit variance
_WEIGHT = 300.0  # of all questions of a kind together, as if there were so many of each
_OTHER_CASE = "other_case"
_QUESTIONS = 800  # of a set, and of each kind of its unanswerable ones, both halves together


@dataclass(frozen=True, slots=True)
class Observed:
    """Questions of one kind of a set: their features, shape (questions, features), by half."""

    name: str
    kind: str
    tuned: NDArray[np.float64]
    held_out: NDArray[np.float64]

    @property
    def answerable(self) -> bool:
        """Whether the library answers them."""
        return self.kind == ANSWERABLE

    @property
    def both(self) -> NDArray[np.float64]:
        """The features of both halves."""
        return np.concatenate([self.tuned, self.held_out])


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model over the features."""

    intercept: float
    weights: NDArray[np.float64]

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities, shape (questions,)."""
        scores: NDArray[np.float64] = 1 / (1 + np.exp(-(self.intercept + rows @ self.weights)))
        return scores


def calibrate(*, data: Path, work: Path, steps: Steps, tell: Callable[[str], None]) -> dict[str, object]:
    """Fit, write and return the shipped calibration.

    Args:
        data: the folder of public question sets.
        work: where libraries and builds are made, or were made by a run before.
        steps: the reader's steps; only finding is asked of them.
        tell: is told what is being done.
    """
    observed: list[Observed] = []
    for name in CALIBRATED_SETS:
        tell(f"asking {name}")
        observed += observe(prepare(name, data=data, work=work, encoder=steps.encoder), steps)
    tell("asking the field cases")
    observed += observe_cases(prepare_cases(data, work=work, encoder=steps.encoder), steps)
    model = fit_model([one for one in observed if one.kind not in NEAR_MISSES])
    threshold = highest_threshold([model.scores(one.tuned) for one in observed if one.answerable])
    written = {
        **_written(model, threshold, steps.encoder),
        "refused": [_rates(model, one, threshold) for one in observed],
    }
    CALIBRATION_FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return written


def calibrate_own(own: Prepared, *, steps: Steps, shipped: Calibration, write_to: Path) -> dict[str, object]:
    """Fit intercept, scale and threshold to a set of one's own, on one half, and report the other.

    Args:
        own: the set, asked of the live build.
        steps: the reader's steps; only finding is asked of them.
        shipped: the calibration whose weights stay.
        write_to: the file to write.

    Raises:
        QuestionSetError: the set has too few questions of either sort.
        OSError: the file cannot be written.
    """
    observed = observe(own, steps)
    counts = {wanted: sum(len(one.both) for one in observed if one.answerable is wanted) for wanted in (True, False)}
    if min(counts.values()) < LEAST_OWN:
        raise QuestionSetError(
            f"{own.name}: expected at least {LEAST_OWN} questions that the documents answer and {LEAST_OWN} that they "
            f"do not, got {counts[True]} and {counts[False]}"
        )
    weights = np.array([shipped.coefficients.get(name, 0.0) for name in _FEATURES])
    sums = [
        Observed(one.name, one.kind, *(half @ weights[:, None] for half in (one.tuned, one.held_out)))
        for one in observed
    ]
    scale = fit_model(sums)
    if scale.weights[0] <= 0:
        raise QuestionSetError(
            f"{own.name}: expected more evidence for answerable questions than for the others, got less: "
            "look the set over, or keep the shipped calibration"
        )
    model = Model(scale.intercept, weights * scale.weights[0])
    threshold = highest_threshold([model.scores(one.tuned) for one in observed if one.answerable])
    written = {
        **_written(model, threshold, steps.encoder),
        "refused": [_rates(model, one, threshold) for one in observed],
    }
    write_to.parent.mkdir(parents=True, exist_ok=True)
    write_to.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return written


def observe(prepared: Prepared, steps: Steps) -> list[Observed]:
    """Ask a set and return the features of its questions, by kind; all answerable ones are one kind."""
    place = prepared.place
    halves: dict[str, dict[bool, list[list[float]]]] = {}
    for question in limited(prepared.questions, _QUESTIONS):
        found = steps.find(question.question, build=place.build, scope=place.scope)
        if found.has_subject and found.hits and each(found)[0].hits:
            values = features(each(found)[0], place.build)
            kind = ANSWERABLE if question.answerable else question.kind
            half = halves.setdefault(kind, {True: [], False: []})[question.tuned_on]
            half.append([values[name] for name in _FEATURES])
    return [
        Observed(prepared.name, kind, *(np.array(half[tuned]).reshape(-1, len(_FEATURES)) for tuned in (True, False)))
        for kind, half in sorted(halves.items())
    ]


def observe_cases(cases: Sequence[Prepared], steps: Steps) -> list[Observed]:
    """Ask each field case its own questions, and those of the two cases after it, which it does not answer.

    Returns:
        All of them as one set: how evidence looks where somebody may read but a few passages.
    """
    found: dict[str, list[NDArray[np.float64]]] = {}
    for at, one in enumerate(cases):
        after = [question for step in (1, 2) for question in cases[(at + step) % len(cases)].questions]
        foreign = [
            SetQuestion(asked.id, asked.question, answerable=False, kind=_OTHER_CASE)
            for asked in after
            if asked.answerable
        ]
        for seen in observe(replace(one, questions=(*one.questions, *foreign)), steps):
            found.setdefault(seen.kind, []).append(seen.tuned)
    none = np.zeros((0, len(_FEATURES)))
    return [Observed(FOLDER, kind, np.concatenate(rows), none) for kind, rows in sorted(found.items())]


def fit_model(observed: Sequence[Observed]) -> Model:
    """Fit a logistic model on the tuned halves; each kind of each set weighs the same."""
    given = [one for one in observed if len(one.tuned)]
    rows = np.concatenate([one.tuned for one in given])
    labels = np.concatenate([np.full(len(one.tuned), one.answerable) for one in given])
    weights = np.concatenate([np.full(len(one.tuned), _WEIGHT / len(one.tuned)) for one in given])
    mean = np.average(rows, axis=0, weights=weights)
    scale = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weights)) + 1e-9
    fitted = LogisticRegression(C=_STRENGTH, max_iter=5000)
    fitted.fit(rows / scale, labels, sample_weight=weights)
    return Model(float(fitted.intercept_[0]), fitted.coef_[0] / scale)


def highest_threshold(answerable: Sequence[NDArray[np.float64]]) -> float:
    """Return the highest threshold that keeps the mean of false refusals over sets within what is allowed.

    Args:
        answerable: the probabilities of each set's answerable questions.
    """
    given = [scores for scores in answerable if len(scores)]
    candidates = np.linspace(0.001, 0.999, 999)
    refused = np.array([np.mean([(scores < candidate).mean() for scores in given]) for candidate in candidates])
    allowed = candidates[refused <= FALSE_REFUSALS]
    return float(allowed.max()) if len(allowed) else 0.0


def _written(model: Model, threshold: float, encoder: Encoder) -> dict[str, object]:
    return {
        "intercept": round(model.intercept, 4),
        "coefficients": {name: round(float(w), 4) for name, w in zip(_FEATURES, model.weights, strict=True)},
        "threshold": round(threshold, 4),
        "made_by": "greenlit eval calibrate",
        "made_on": f"{utc_now():%Y-%m-%d}",
        "encoder": encoder.digest,
    }


def _rates(model: Model, one: Observed, threshold: float) -> dict[str, object]:
    def refused(rows: NDArray[np.float64]) -> float | None:
        return round(float((model.scores(rows) < threshold).mean()), 3) if len(rows) else None

    return {
        "set": one.name,
        "kind": one.kind,
        "tuned": refused(one.tuned),
        "held_out": refused(one.held_out),
        "questions": len(one.both),
    }
