"""Fit how a sentence's words are weighed against what it cites. Run as `greenlit eval fit-support`.

1  examine every sentence of the tuned halves (`grounded_sets`): the clause that its base says least of stands for it
2  fit a logistic model; supported and unsupported sentences weigh the same, and so do the two sets. No weight may have
   the wrong sign: what a passage holds speaks for a sentence, what it lacks against it
3  choose the threshold by scores of models that did not see the sentence, nor another of its evidence: of those that
   withhold the wanted share of unsupported public sentences, the one that is right most often
4  write `service/answering/supported/support.json`

Shipped sentences that were altered in a number, a name or a negation are not fitted on, since their words are all said:
they are for the checks of `examine`. Sentences of the other half are never looked at.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.quality.grounded_sets import GENERIC, MISPLACED, TRUE, Claim
from indexes.clock import utc_now
from service.answering.supported.examine import Examined, examine
from service.answering.supported.measures import MEASURES
from service.answering.supported.support import bases, clauses
from service.answering.supported.weights import SUPPORT_FILE, Weights

_STRENGTH = 0.3  # inverse of the penalty on squared weights, measures being scaled to unit variance
_FOLDS = 10
# Which way a measure may speak: 1 for a sentence, -1 against it; of any other, either way.
_SIGNS = {
    **dict.fromkeys(("covered", "covered_by_all", "pairs", "words", "words_of_all"), 1),
    **dict.fromkeys(("missed", "strange", "strange_share", "opinion", "asks", "opens"), -1),
}
_BOUNDS: dict[int, tuple[float | None, float | None]] = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
RECALL = 0.95  # of unsupported public sentences, on the tuned half
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Row:
    measured: tuple[float, ...]
    faults: frozenset[str]
    holds: bool
    group: int  # one number for all sentences of one evidence


def fit_support(public: Sequence[Claim], altered: Sequence[Claim]) -> dict[str, object]:
    """Fit the weights, choose the threshold and write both; return what was written."""
    of_public = _examined([claim for claim in public if claim.kind != GENERIC])
    of_shipped = _examined([claim for claim in altered if claim.kind in (TRUE, MISPLACED)])
    fitted = _fitted(of_public, of_shipped)
    written: dict[str, object] = {
        "intercept": round(fitted.intercept, 4),
        "weights": dict(zip(MEASURES, [round(one, 4) for one in fitted.weights], strict=True)),
        "threshold": _threshold(of_public, _unseen(of_public, of_shipped)),
        "made_by": "greenlit eval fit-support",
        "made_on": f"{utc_now():%Y-%m-%d}",
        "sentences": {"groundedness": len(of_public), "altered": len(of_shipped)},
    }
    SUPPORT_FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return written


def _fitted(*sets: Sequence[_Row]) -> Weights:
    """Return the logistic model of some sets, each of which weighs as much as it has sentences; the threshold is 0."""
    measured = np.array([row.measured for rows in sets for row in rows])
    signs = np.where([row.holds for rows in sets for row in rows], 1.0, -1.0)
    weight = np.concatenate([_balanced([row.holds for row in rows]) for rows in sets])
    centre, scale = measured.mean(axis=0), measured.std(axis=0) + 1e-9
    scaled = (measured - centre) / scale

    def loss(values: Floats) -> tuple[float, Floats]:
        margins = signs * (values[0] + scaled @ values[1:])
        pull = -signs * weight / (1 + np.exp(np.clip(margins, -30, 30)))
        total = float((weight * np.logaddexp(0, -margins)).sum() * _STRENGTH + (values[1:] ** 2).sum() / 2)
        return total, np.concatenate([[pull.sum()], scaled.T @ pull]) * _STRENGTH + np.concatenate([[0.0], values[1:]])

    bounds = [(None, None), *(_BOUNDS[_SIGNS.get(name, 0)] for name in MEASURES)]
    found = minimize(loss, np.zeros(len(MEASURES) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    weights = found[1:] / scale
    return Weights(float(found[0] - weights @ centre), tuple(map(float, weights)), 0.0)


def _unseen(public: Sequence[_Row], shipped: Sequence[_Row]) -> Floats:
    """Return the score of each public sentence by a model that saw nothing of its evidence."""
    scores = np.zeros(len(public))
    for fold in range(_FOLDS):
        without = [[row for row in rows if row.group % _FOLDS != fold] for rows in (public, shipped)]
        weights = _fitted(*without)
        for at, row in enumerate(public):
            if row.group % _FOLDS == fold:
                scores[at] = weights.score(row.measured)
    return scores


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
    return _Row(least.measured, frozenset().union(*(part.faults for part in parts)), claim.holds, _group(claim))


def _group(claim: Claim) -> int:
    return zlib.crc32("".join(one.passage.text for one in claim.cited).encode())


def _balanced(holds: Sequence[bool]) -> Floats:
    """Return weights under which both labels weigh the same, and the set 1 in all."""
    labels = np.array(holds)
    shares: Floats = np.where(labels, 0.5 / max(labels.sum(), 1), 0.5 / max((~labels).sum(), 1))
    return shares * len(labels)


def _threshold(rows: Sequence[_Row], scored: Floats) -> float:
    scores = np.where([bool(row.faults) for row in rows], 0.0, scored)
    holds = np.array([row.holds for row in rows])
    tried = [round(0.01 * step, 2) for step in range(1, 100)]
    good = [one for one in tried if float((scores[~holds] < one).mean()) >= RECALL]
    right = {one: float((scores[~holds] < one).mean() + (scores[holds] >= one).mean()) for one in good}
    return max(right, key=lambda one: (right[one], -one))
