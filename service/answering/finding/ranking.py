"""The weights by which features become a rank: two linear models, of passages and of their sentences.

They are in `ranking.json`, with the run that made them (`greenlit eval fit`): each maximises the likelihood that, of a
question's candidates, a right one comes first (a softmax over candidates; Cao et al., "Learning to rank: from pairwise
approach to listwise approach", 2007). A weighed sum means nothing by itself, only beside those of other candidates.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.answering.errors import CalibrationError
from service.answering.finding.features import PASSAGE_FEATURES, SENTENCE_FEATURES, Features

RANKING_FILE = Path(__file__).with_name("ranking.json")


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weights in the order of `PASSAGE_FEATURES` and of `SENTENCE_FEATURES`."""

    passages: NDArray[np.float64]
    sentences: NDArray[np.float64]

    def weigh_passages(self, features: Features) -> NDArray[np.float64]:
        """Return the weighed sum of each candidate, shape (candidates,)."""
        weighed: NDArray[np.float64] = features @ self.passages
        return weighed

    def weigh_sentences(self, features: Features) -> NDArray[np.float64]:
        """Return the weighed sum of each sentence, shape (sentences,)."""
        weighed: NDArray[np.float64] = features @ self.sentences
        return weighed

    def weights_u(self) -> dict[str, int]:
        """Return all weights in millionths as the record names them: `passage.<name>` and `sentence.<name>`."""
        parts = (("passage", PASSAGE_FEATURES, self.passages), ("sentence", SENTENCE_FEATURES, self.sentences))
        return {
            f"{part}.{name}": round(weight * 1_000_000)
            for part, names, weights in parts
            for name, weight in zip(names, weights, strict=True)
        }


def read_ranking(path: Path = RANKING_FILE) -> Ranking:
    """Read the weights that `eval.fitting.fit` wrote.

    Raises:
        CalibrationError: the file is missing, damaged, or of other features.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        parts = [_weights(value[part], names) for part, names in _PARTS.items()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CalibrationError(
            f"{path} cannot be read as weights of a ranking ({error}): reinstall Greenlit"
        ) from error
    return Ranking(*parts)


_PARTS = {"passages": PASSAGE_FEATURES, "sentences": SENTENCE_FEATURES}


def _weights(given: dict[str, float], names: tuple[str, ...]) -> NDArray[np.float64]:
    if set(given) != set(names):
        raise ValueError(f"expected weights of {', '.join(names)}, got {', '.join(given)}")
    weights = np.array([float(given[name]) for name in names])
    if not np.isfinite(weights).all():
        raise ValueError(f"expected finite weights, got {given}")
    return weights
