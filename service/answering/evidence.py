"""How strong the evidence is that the passages found answer the question, and the threshold below which none is given.

The evidence is a probability in [0, 1]: a logistic model over a few named features of the question and its best
passages, all counted within the asker's scope. Its coefficients and threshold are in `evidence.json`, with the run that
made them (`greenlit eval calibrate`).
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexes.words import content_terms
from service.answering.errors import CalibrationError
from service.answering.retrieve import Hit, Retrieved

CALIBRATION_FILE = Path(__file__).with_name("evidence.json")
_TOP = 3  # passages whose words together may cover the question


@dataclass(frozen=True, slots=True)
class Evidence:
    """The weighed evidence: `score` and `threshold` in [0, 1]."""

    score: float
    threshold: float

    @property
    def suffices(self) -> bool:
        """Whether an answer may be given."""
        return self.score >= self.threshold


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over named features, and the threshold that goes with it."""

    intercept: float
    coefficients: dict[str, float]
    threshold: float

    def weigh(self, retrieved: Retrieved) -> Evidence:
        """Return the evidence for an answer; none at all when nothing was found or asked."""
        if not retrieved.hits or not retrieved.terms:
            return Evidence(0.0, self.threshold)
        found = features(retrieved)
        logit = self.intercept + sum(weight * found[name] for name, weight in self.coefficients.items())
        return Evidence(1 / (1 + math.exp(-logit)), self.threshold)


def read_calibration(path: Path = CALIBRATION_FILE) -> Calibration:
    """Read the model that `eval.calibrate` wrote.

    Raises:
        CalibrationError: it is missing or damaged.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Calibration(float(value["intercept"]), dict(value["coefficients"]), float(value["threshold"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CalibrationError(f"{path} cannot be read as a calibration ({error}): reinstall Greenlit") from error


def features(retrieved: Retrieved) -> dict[str, float]:
    """Return the features of a question that found at least one passage.

    - `dense_top`: the highest cosine of a passage with the question.
    - `dense_mean`: the mean of the three highest.
    - `coverage_top`: the share of the question's content terms, weighed by rarity, that its best passage holds.
    - `coverage_all`: the same for its best three passages together.
    - `rarest_missing`: the weight share of the rarest term that none of the three holds.
    """
    dense = sorted((hit.dense for hit in retrieved.hits), reverse=True)[:_TOP]
    held = [held_terms(hit) for hit in retrieved.hits[:_TOP]]
    total = float(retrieved.rarity.sum())
    by_passage = [_weight(retrieved, terms) / total for terms in held]
    together = set().union(*held)
    missing = [weight for term, weight in zip(retrieved.terms, retrieved.rarity, strict=True) if term not in together]
    return {
        "dense_top": dense[0],
        "dense_mean": float(np.mean(dense)),
        "coverage_top": max(by_passage),
        "coverage_all": _weight(retrieved, together) / total,
        "rarest_missing": float(max(missing, default=0.0)) / total,
    }


def held_terms(hit: Hit) -> set[str]:
    """Return the terms of a passage, its title and its headings."""
    passage = hit.passage
    return set(content_terms(" ".join((passage.title, *passage.locator.headings, passage.text))))


def _weight(retrieved: Retrieved, held: set[str]) -> float:
    return float(sum(w for term, w in zip(retrieved.terms, retrieved.rarity, strict=True) if term in held))
