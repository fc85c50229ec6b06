"""What ties the units of the best passages to a question, as numbers. `ranking` weighs them.

A unit is seen by itself, under its label, in its passage, and beside the other passages that were found. Everything is
counted within the asker's scope: candidates are rows of it (`features`). Nothing is encoded: vectors are in the build.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.units import UnitKind
from service.answering.choosing.gather import Candidate, asks, named_by
from service.answering.choosing.offers import offered
from service.answering.finding.features import SENTENCE_FEATURES, Features, Matches, held_codes, nearby
from service.answering.finding.retrieve import Retrieved
from service.answering.understanding.asked import Asked, Held
from service.answering.understanding.wanted import Want

_FIGURES = frozenset({Want.NUMBER, Want.TIME, Want.FREQUENCY})
_EVEN = 1e-3  # added to a deviation, so that what is alike but for rounding is not spread out


def sentence_features(retrieved: Retrieved, candidates: Sequence[Candidate], build: Build) -> Features:
    """Return the features of each candidate, shape (candidates, len(SENTENCE_FEATURES)), in that order.

    - `cosine`: of the unit; it knows what stands around it.
    - `token_match`: how well its word pieces match those of the question (`indexes.pieces`), in deviations from the
      mean of all candidates.
    - `coverage_in_context`, `coverage_nearby`: of the unit together with label, title and headings; together with the
      units before and after it, and with its label.
    - `pairs`: the share of the question's neighbouring words that stand side by side in it too.
    - `passage`: the logarithm of its passage's rank, negative; 0 for the first.
    - `offers`: the share of the kinds of answer asked for that it offers; 0 where none is.
    - `figures`: how many of them are a number, a time or how often.
    - `agreement`: the best cosine of its vector with the best unit of each other passage.
    - `named`: how nearly its label, or the heading right over it, is the question, in [0, 1].
    - `below_question`: 1 where that is a question.
    - `series`: for what is of a list or procedure where one is asked for, the coverage of what it stands under.

    Each earned its place in cross-validation on the tuned halves.
    """
    matches = retrieved.matches
    if matches is None or not candidates:
        return np.zeros((0, len(SENTENCE_FEATURES)))
    question = retrieved.question
    places = _places(matches, candidates)
    numbers = matches.numbers[places]
    held, above = held_by(retrieved, candidates, build)
    labels = _labels_held(question, numbers, build)
    kinds = [_offered(one, retrieved.wants) for one in candidates]
    columns = (
        matches.cosines[places],
        _spread(build.pieces.token_match(question.pieces, numbers)),
        question.coverage(held | above),
        question.coverage(_nearby(matches, candidates) | labels),
        _pairs(matches.pairs_held[places]),
        np.array([-math.log(one.hit.rank) for one in candidates]),
        np.array([len(found) / max(len(retrieved.wants), 1) for found in kinds]),
        np.array([len(found & _FIGURES) for found in kinds]),
        _agreement(matches, candidates, numbers, build),
        _named(candidates, question),
        np.array([any(asks(text) for text in _above(one)) for one in candidates]),
        np.array([_is_asked_for(one, retrieved.wants) for one in candidates]) * question.coverage(above),
    )
    return np.stack(columns, axis=1).astype(np.float64)


def held_by(retrieved: Retrieved, candidates: Sequence[Candidate], build: Build) -> tuple[Held, Held]:
    """Return which of the question's terms stand in each candidate, and which above it: in label, title or headings.

    Both have the shape (candidates, terms).
    """
    matches = retrieved.matches
    if matches is None:
        raise ValueError("expected candidates of a question that found something, got none")
    places = _places(matches, candidates)
    of_row = {row: matches.context_of(row) for row in _rows(candidates)}
    context = np.stack([of_row[one.hit.row] for one in candidates])
    return matches.held[places], context | _labels_held(retrieved.question, matches.numbers[places], build)


def _above(one: Candidate) -> set[str]:
    """Return what a candidate stands right under: its label and its heading."""
    return {one.label_text, *one.hit.passage.locator.headings[-1:]}


def _named(candidates: Sequence[Candidate], question: Asked) -> NDArray[np.float64]:
    above = [_above(one) for one in candidates]
    known = {text: named_by(text, question) for text in set().union(*above)}
    return np.array([max(known[text] for text in texts) for texts in above])


def _offered(one: Candidate, wants: frozenset[Want]) -> frozenset[Want]:
    return offered(one.text, wants, kind=one.kind, labelled=one.label is not None)


def _is_asked_for(one: Candidate, wants: frozenset[Want]) -> bool:
    """Tell whether a candidate is of a list that is asked for, or of a procedure; of a table each row says as much."""
    is_of_list = one.series >= 0 and one.kind is not UnitKind.ROW
    return is_of_list and (Want.LIST in wants or (Want.STEP in wants and one.kind is UnitKind.STEP))


def _spread(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how many standard deviations each value is from their mean."""
    spread: NDArray[np.float64] = (values - values.mean()) / (values.std() + _EVEN)
    return spread


def _pairs(held: Held) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = held.mean(axis=1) if held.shape[1] else np.zeros(len(held))
    return shares


def _labels_held(question: Asked, numbers: NDArray[np.int64], build: Build) -> Held:
    return held_codes(question.codes, *build.sentences.label_codes(numbers))


def _rows(candidates: Sequence[Candidate]) -> set[int]:
    return {one.hit.row for one in candidates}


def _places(matches: Matches, candidates: Sequence[Candidate]) -> NDArray[np.int64]:
    """Return where candidates stand among all units of the matches."""
    firsts = {row: matches.sentences_of(row).start for row in _rows(candidates)}
    return np.array([firsts[one.hit.row] + one.place for one in candidates], dtype=np.int64)


def _nearby(matches: Matches, candidates: Sequence[Candidate]) -> Held:
    together = {row: nearby(matches.held[matches.sentences_of(row)]) for row in _rows(candidates)}
    held: Held = np.stack([together[one.hit.row][one.place] for one in candidates])
    return held


def _agreement(
    matches: Matches, candidates: Sequence[Candidate], numbers: NDArray[np.int64], build: Build
) -> NDArray[np.float64]:
    """Return the best cosine of each candidate with the best unit of every other passage; 0 where there is no other."""
    vectors = build.sentences.unit_vectors(numbers)
    cosines = matches.cosines[_places(matches, candidates)]
    rows = np.array([one.hit.row for one in candidates])
    passages = np.unique(rows)
    if len(passages) == 1:
        return np.zeros(len(candidates))
    quotable = np.array([one.is_quotable for one in candidates])
    best = [int(np.argmax(np.where(rows == row, cosines + quotable, -2.0))) for row in passages]
    alike = vectors @ vectors[best].T
    agreed: NDArray[np.float64] = np.where(rows[:, None] == passages[None, :], -1.0, alike).max(axis=1)
    return agreed
