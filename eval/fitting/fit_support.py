"""Fit how a sentence's words are weighed against what it cites. Run as `greenlit eval fit-support`.

1  examine every sentence of the tuned halves (`grounded_sets`): the clause that its base says least of stands for it
2  fit a logistic model; supported and unsupported sentences weigh the same, and so do the two sets
3  choose the threshold: of those that withhold the wanted share of unsupported public sentences, the one that is right
   most often
4  write `service/answering/supported/support.json`

Shipped sentences that were altered in a number, a name or a negation are not fitted on, since their words are all said:
they are for the checks of `examine`. Sentences of the other half are never looked at.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from eval.quality.grounded_sets import GENERIC, MISPLACED, TRUE, Claim
from indexes.clock import utc_now
from service.answering.supported.examine import Examined, examine
from service.answering.supported.measures import MEASURES
from service.answering.supported.support import bases, clauses
from service.answering.supported.weights import SUPPORT_FILE, Weights

_STRENGTH = 1.0  # inverse of the penalty on squared weights, measures being scaled to unit variance
RECALL = 0.95  # of unsupported public sentences, on the tuned half
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Row:
    measured: tuple[float, ...]
    faults: frozenset[str]
    holds: bool


def fit_support(public: Sequence[Claim], altered: Sequence[Claim]) -> dict[str, object]:
    """Fit the weights, choose the threshold and write both; return what was written."""
    of_public = _examined([claim for claim in public if claim.kind != GENERIC])
    of_shipped = _examined([claim for claim in altered if claim.kind in (TRUE, MISPLACED)])
    rows = of_public + of_shipped
    measured = np.array([row.measured for row in rows])
    holds = np.array([row.holds for row in rows])
    weight = np.concatenate([_balanced([row.holds for row in part]) for part in (of_public, of_shipped)])
    centre, scale = measured.mean(axis=0), measured.std(axis=0) + 1e-9
    model = LogisticRegression(C=_STRENGTH, max_iter=1000)
    model.fit((measured - centre) / scale, holds, sample_weight=weight)
    weights = model.coef_[0] / scale
    intercept = float(model.intercept_[0] - weights @ centre)
    fitted = Weights(intercept, tuple(map(float, weights)), 0.0)
    written: dict[str, object] = {
        "intercept": round(intercept, 4),
        "weights": dict(zip(MEASURES, [round(float(one), 4) for one in weights], strict=True)),
        "threshold": _threshold(of_public, fitted),
        "made_by": "greenlit eval fit-support",
        "made_on": f"{utc_now():%Y-%m-%d}",
        "sentences": {"groundedness": len(of_public), "altered": len(of_shipped)},
    }
    SUPPORT_FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return written


def _examined(claims: Sequence[Claim]) -> list[_Row]:
    rows = []
    for claim in claims:
        if not claim.tuned_on:
            continue
        found = bases(claim.cited, claim.build)
        parts = [one for part in clauses(claim.text) if (one := examine(part, found))]
        if parts:
            rows.append(_row(parts, claim))
    return rows


def _row(parts: Sequence[Examined], claim: Claim) -> _Row:
    least = min(parts, key=lambda part: part.measured[0])
    return _Row(least.measured, frozenset().union(*(part.faults for part in parts)), claim.holds)


def _balanced(holds: Sequence[bool]) -> Floats:
    """Return weights under which both labels weigh the same, and the set 1 in all."""
    labels = np.array(holds)
    shares: Floats = np.where(labels, 0.5 / max(labels.sum(), 1), 0.5 / max((~labels).sum(), 1))
    return shares * len(labels)


def _threshold(rows: Sequence[_Row], weights: Weights) -> float:
    scores = np.array([0.0 if row.faults else weights.score(row.measured) for row in rows])
    holds = np.array([row.holds for row in rows])
    tried = [round(0.01 * step, 2) for step in range(1, 100)]
    good = [one for one in tried if float((scores[~holds] < one).mean()) >= RECALL]
    right = {one: float((scores[~holds] < one).mean() + (scores[holds] >= one).mean()) for one in good}
    return max(right, key=lambda one: (right[one], -one))
