"""How strong the evidence is that the passages found answer the question, and the threshold below which none is given.

The evidence is a probability in [0, 1]: a logistic model over a few named features of the question and its best
passages, all counted within the asker's scope. Its coefficients and threshold are in `evidence.json`, with the run that
made them (`greenlit eval calibrate`).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexes.builds import Build
from indexes.units import MOST_CHARS, UnitKind
from service.answering.choosing.gather import considered, text_at
from service.answering.choosing.offers import offered
from service.answering.errors import CalibrationError
from service.answering.finding.features import COVERAGE_IN_SENTENCE, Matches, best_sentence, nearby
from service.answering.finding.retrieve import Hit, Retrieved
from service.answering.understanding.asked import Asked, Held

CALIBRATION_FILE = Path(__file__).with_name("evidence.json")
_TOP = 3  # passages whose words together may cover the question
_QUOTED = np.zeros(max(UnitKind) + 1, dtype=np.bool_)  # by kind: looked up for each unit, which `isin` takes long for
_QUOTED[[kind for kind in UnitKind if kind.quotable]] = True


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

    def weigh(self, retrieved: Retrieved, build: Build) -> Evidence:
        """Return the evidence for an answer; none at all when nothing was found or asked."""
        if not retrieved.hits or not retrieved.has_subject:
            return Evidence(0.0, self.threshold)
        found = features(retrieved, build)
        logit = self.intercept + sum(weight * found[name] for name, weight in self.coefficients.items())
        return Evidence(1 / (1 + math.exp(-logit)), self.threshold)


def read_calibration(path: Path = CALIBRATION_FILE) -> Calibration:
    """Read the model that `eval.fitting.calibrate` wrote.

    Raises:
        CalibrationError: it is missing or damaged.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Calibration(float(value["intercept"]), dict(value["coefficients"]), float(value["threshold"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CalibrationError(
            f"{path} cannot be read as a calibration ({error}): make it again with greenlit eval calibrate, "
            "or reinstall Greenlit"
        ) from error


def features(retrieved: Retrieved, build: Build) -> dict[str, float]:
    """Return the features of a question that found at least one passage.

    - `dense_top`, `dense_mean`: the highest cosine of a passage with the question; the mean of the three highest.
    - `sentence_top`: the highest cosine of a sentence of the best three passages.
    - `coverage`: the share of the question's content terms, weighed by rarity, that the three together hold.
    - `rarest_missing`: the weight share of the rarest term that none of the three holds.
    - `names_missing`: the share of the question's names and numbers that stand neither in the best sentence, nor beside
      it, nor in its heading; 0 if the question has none.
    - `token_match_top`: how well the word pieces of one of the best three match the question's (`indexes.pieces`).
    - `pairs_first`, `numbers_first`: the share of the question's neighbouring words that stand side by side in the
      first passage, and of its numbers that the first passage holds; 0 if the question has none.
    - `offers_none`: 1 where the best unit offers none of the kinds of answer that are asked for, 0 otherwise.

    What the others would add, where none may count against its sense, was less than chance on the tuned halves: the
    coverage of one passage or sentence, what the ranking gives, how nearly a heading is the question, the features of
    the unit that is chosen.
    """
    matches = retrieved.matches
    if matches is None:
        raise ValueError("expected at least one passage, got none")
    question, best = retrieved.question, retrieved.hits[:_TOP]
    dense = sorted((hit.dense for hit in retrieved.hits), reverse=True)[:_TOP]
    held = matches.passages_held()[np.searchsorted(matches.rows, [hit.row for hit in best])]
    sentences = np.concatenate([np.arange(len(matches.numbers))[matches.sentences_of(hit.row)] for hit in best])
    together: Held = np.logical_or.reduce(held, axis=0)
    total = float(question.rarity.sum())
    return {
        "dense_top": dense[0],
        "dense_mean": float(np.mean(dense)),
        "sentence_top": float(matches.cosines[sentences].max()),
        "coverage": float(question.coverage(together[None])[0]),
        "rarest_missing": float(question.rarity[~together].max(initial=0.0)) / (total or 1.0),
        "names_missing": _names_missing(question, matches, best),
        "token_match_top": max(build.pieces.passage_match(question.pieces, hit.row) for hit in best),
        "pairs_first": _pairs(matches, best[0]),
        "numbers_first": _numbers(question, held[0]),
        "offers_none": _offers_none(retrieved, matches, build),
    }


def _pairs(matches: Matches, first: Hit) -> float:
    held = matches.pairs_held[matches.sentences_of(first.row)]
    return float(held.any(axis=0).mean()) if held.shape[1] else 0.0


def _numbers(question: Asked, held: Held) -> float:
    numeric = np.array([term[0].isdigit() for term in question.terms], dtype=np.bool_)
    return float(held[numeric].mean()) if numeric.any() else 0.0


def _offers_none(retrieved: Retrieved, matches: Matches, build: Build) -> float:
    """Return whether the best unit that may be quoted offers nothing of what is asked for."""
    if not retrieved.wants:
        return 0.0
    index, question = build.sentences, retrieved.question
    best: tuple[float, Hit, int] | None = None
    for hit in considered(retrieved):
        part = matches.sentences_of(hit.row)
        numbers = matches.numbers[part]
        sizes = np.diff(index.spans[numbers], axis=1)[:, 0]
        quotable = _QUOTED[index.kinds[numbers]] & (sizes > 0) & (sizes <= MOST_CHARS)
        sums = matches.cosines[part] + COVERAGE_IN_SENTENCE * question.coverage(matches.held[part])
        at = int(np.argmax(np.where(quotable, sums, -np.inf)))
        if quotable[at] and (best is None or sums[at] > best[0]):
            best = (float(sums[at]), hit, int(numbers[at]))
    if best is None:
        return 1.0
    _, hit, number = best
    start, end = index.spans[number].tolist()
    kind, labelled = UnitKind(int(index.kinds[number])), bool(index.labels[number, 0] >= 0)
    text = text_at(hit.passage, (start, end))
    return float(not offered(text, retrieved.wants, kind=kind, labelled=labelled))


def _names_missing(question: Asked, matches: Matches, best: Sequence[Hit]) -> float:
    if not question.named.any():
        return 0.0
    _, at, row = max((*best_sentence(question, matches, hit.row), hit.row) for hit in best)
    held = nearby(matches.held[matches.sentences_of(row)])[at] | matches.context_of(row)
    return float(np.mean(~held[question.named]))
