"""The weights by which measures of a sentence become a score, and the least score of a sentence that is released.

They are in `support.json`, with the run that made them (`greenlit eval fit-support`): a logistic model. A score is
how likely it is, among sentences like those that it was fitted on, that what is cited says what the sentence says.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.answering.errors import CalibrationError
from service.answering.supported.measures import MEASURES

SUPPORT_FILE = Path(__file__).with_name("support.json")


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic model over `MEASURES`, in their order; `threshold` in [0, 1]."""

    intercept: float
    weights: tuple[float, ...]
    threshold: float

    def score(self, measured: Sequence[float]) -> float:
        """Return the score of some measures, in [0, 1]."""
        total = self.intercept + sum(map(float.__mul__, self.weights, measured))
        return 1 / (1 + math.exp(-max(min(total, 30.0), -30.0)))


def read_weights(path: Path = SUPPORT_FILE) -> Weights:
    """Read the weights that `eval.fitting.fit_support` wrote.

    Raises:
        CalibrationError: the file is missing, damaged, or of other measures.
    """
    try:
        return _weights(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CalibrationError(f"{path} cannot be read as weights of support ({error}): reinstall Greenlit") from error


def _weights(value: dict[str, Any]) -> Weights:
    given, threshold = value["weights"], float(value["threshold"])
    if set(given) != set(MEASURES):
        raise ValueError(f"expected weights of {', '.join(MEASURES)}, got {', '.join(given)}")
    weights = Weights(float(value["intercept"]), tuple(float(given[name]) for name in MEASURES), threshold)
    if not all(map(math.isfinite, (*weights.weights, weights.intercept))) or not 0 <= threshold <= 1:
        raise ValueError(f"expected finite weights and a threshold from 0 to 1, got {value}")
    return weights


WEIGHTS = read_weights()
