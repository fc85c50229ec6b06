"""Fit the ranking: which weights put right passages, and right sentences, first. Run as `greenlit eval fit`.

1  prepare the sets (`measure`), and look up the candidates of each answerable question in the tuned half
2  fit the weights of passages: maximise the likelihood that a right candidate comes first (softmax over candidates)
3  rank with them, gather the sentences of the best passages, fit the weights of sentences in the same way; here the
   field cases (`case_questions`), each asked within itself, are one set more
4  write `service/answering/finding/ranking.json`

For passages every set weighs the same, however many questions it has; for sentences a set weighs as the square root of
their number, since the smallest have under thirty. Questions outside of the tuned half are never looked at.
`greenlit eval calibrate` has to follow: the evidence is weighed over what the ranking finds.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.quality.ask import is_right
from eval.quality.measure import Prepared, limited, prepare
from eval.quality.question_sets import Gold, SetQuestion
from eval.reading.case_questions import prepare_cases
from eval.reading.cases import FOLDER
from indexes.clock import utc_now
from indexes.encoder import Encoder
from service.answering.choosing.gather import PASSAGES, gather
from service.answering.choosing.sentence_features import sentence_features
from service.answering.finding.features import PASSAGE_FEATURES, SENTENCE_FEATURES, passage_features
from service.answering.finding.ranking import RANKING_FILE, Ranking
from service.answering.finding.retrieve import Retrieved, retrieve

FITTED_SETS = ("handbook", "squad2", "squad11", "pdfs", "northlight", "structures", "handbooks")
# Sets on which sentences are fitted: those whose gold is a sentence or less. Of `pdfs` only the page is known. Of
# `handbook` the gold is all that stood below a heading, and the heading, which was the question, is not there.
CHOSEN_SETS = ("squad2", "squad11", "northlight", "structures", "handbooks")
_PENALTY = 0.01  # of squared weights, features being scaled to unit variance; .001 and .05 fitted no better
# Of the number of a set's questions, as its weight in the fit of sentences; 0 and 1 did as well over five folds.
_POWER = 0.5
_QUESTIONS = 800  # of a set, both halves together
_UNRANKED = Ranking(np.zeros(len(PASSAGE_FEATURES)), np.zeros(len(SENTENCE_FEATURES)))
_ALL = 1 << 20  # hits: every candidate

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """The candidates of one question: features, shape (candidates, features), and which of them are right."""

    features: NDArray[np.float64]
    right: NDArray[np.bool_]


def fit(*, data: Path, work: Path, encoder: Encoder, tell: Callable[[str], None]) -> dict[str, object]:
    """Fit both models and write them.

    Args:
        data: the folder of public sets.
        work: where libraries and builds are made, or were made by a run before.
        encoder: the one that questions are asked with.
        tell: is told what is being done.

    Returns:
        What was written.
    """
    sets = []
    for name in FITTED_SETS:
        tell(f"preparing {name}")
        sets.append(prepare(name, data=data, work=work, encoder=encoder))
    tell("preparing the field cases")
    cases = prepare_cases(data, work=work, encoder=encoder)  # too few passages each to rank passages on
    tell("fitting passages")
    passages = fit_softmax([passage_groups(one, encoder) for one in sets])
    ranking = Ranking(passages, _UNRANKED.sentences)
    tell("fitting sentences")
    of_spans = [one for one in sets if one.name in CHOSEN_SETS]
    of_cases = [group for one in cases for group in sentence_groups(one, encoder, ranking)]
    groups = [*(sentence_groups(one, encoder, ranking) for one in of_spans), of_cases]
    sentences = fit_softmax(groups, power=_POWER)
    written: dict[str, object] = {
        "passages": dict(zip(PASSAGE_FEATURES, [round(float(weight), 3) for weight in passages], strict=True)),
        "sentences": dict(zip(SENTENCE_FEATURES, [round(float(weight), 3) for weight in sentences], strict=True)),
        "made_by": "greenlit eval fit",
        "made_on": f"{utc_now():%Y-%m-%d}",
        "encoder": encoder.digest,
        "sets": [*FITTED_SETS, FOLDER],
    }
    RANKING_FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return written


def fit_softmax(sets: Sequence[Sequence[Group]], *, power: float = 0.0) -> Weights:
    """Return the weights under which, in the mean over sets, a right candidate is likeliest to come first.

    Args:
        sets: groups by set; those with no right or no wrong candidate say nothing and are left out.
        power: of the number of a set's groups, as its weight: 0 if all sets weigh the same, 1 if all questions do.

    Returns:
        Weights, shape (features,).
    """
    telling = [[group for group in groups if group.right.any() and not group.right.all()] for groups in sets]
    sizes = np.array([len(groups) for groups in telling], np.float64)
    each = np.divide(sizes**power, sizes, out=np.zeros_like(sizes), where=sizes > 0)  # the weight of a group of a set
    each *= np.count_nonzero(sizes) / (float(each @ sizes) or 1.0)
    scale = np.concatenate([group.features for groups in telling for group in groups]).std(axis=0) + 1e-9

    def loss(weights: Weights) -> tuple[float, Weights]:
        total, slope = _PENALTY * float(weights @ weights), 2 * _PENALTY * weights
        for groups, weight in zip(telling, each, strict=True):
            for group in groups:
                scaled = group.features / scale
                sums = scaled @ weights
                shares = np.exp(sums - sums.max())
                shares /= shares.sum()
                right = max(float(shares[group.right].sum()), 1e-12)
                total -= weight * np.log(right)
                slope -= weight * ((np.where(group.right, shares / right, 0) - shares) @ scaled)
        return total, slope

    found = minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B")
    weights: Weights = found.x / scale
    return weights


def passage_groups(prepared: Prepared, encoder: Encoder) -> list[Group]:
    """Return the candidates of each tuned question of a set."""
    groups = []
    for question in _tuned(prepared):
        found = _retrieve(question, prepared, encoder, _UNRANKED, k=_ALL)
        if found.matches is None:
            continue
        right = {hit.row for hit in found.hits if any(is_right(hit.passage, gold) for gold in question.gold)}
        groups.append(
            Group(passage_features(found.question, found.matches), np.isin(found.matches.rows, sorted(right)))
        )
    return groups


def sentence_groups(prepared: Prepared, encoder: Encoder, ranking: Ranking) -> list[Group]:
    """Return the sentences of the best passages for each tuned question of a set."""
    groups = []
    for question in _tuned(prepared):
        found = _retrieve(question, prepared, encoder, ranking, k=PASSAGES)
        if found.matches is None:
            continue
        groups.append(sentence_group(found, question, prepared))
    return groups


def sentence_group(found: Retrieved, question: SetQuestion, prepared: Prepared) -> Group:
    """Return the units of the best passages that may be quoted, with their features, and which of them are right."""
    units, build = gather(found, prepared.place.build), prepared.place.build
    features = sentence_features(found, units, build)
    quotable = np.array([one.is_quotable for one in units], dtype=np.bool_)
    right = np.array(
        [
            any(gold.document == one.document and sentence_is_right(one.span, gold) for gold in question.gold)
            for one in units
        ],
        dtype=np.bool_,
    )
    return Group(features[quotable], right[quotable])


def sentence_is_right(span: Sequence[int], gold: Gold) -> bool:
    """Return whether a sentence holds a gold that is shorter than it, or lies at least half in one that is longer."""
    start, end = span
    shared = min(end, gold.end) - max(start, gold.start)
    within = start <= gold.start and gold.end <= end
    return within or 2 * shared >= end - start


def _retrieve(question: SetQuestion, prepared: Prepared, encoder: Encoder, ranking: Ranking, *, k: int) -> Retrieved:
    place = prepared.place
    return retrieve(question.question, build=place.build, scope=place.scope, encoder=encoder, ranking=ranking, k=k)


def _tuned(prepared: Prepared) -> list[SetQuestion]:
    asked = limited([question for question in prepared.questions if question.answerable], _QUESTIONS)
    return [question for question in asked if question.tuned_on]
