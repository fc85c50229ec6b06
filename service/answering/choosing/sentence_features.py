"""What ties the units of the best passages to a question, as numbers. `ranking` weighs them.

A unit is seen by itself, under its label, in its passage, and beside the other passages that were found. Everything is
counted within the asker's scope: candidates are rows of it (`features`). Nothing is encoded: vectors are in the build.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from service.answering.choosing.gather import Candidate, named_by
from service.answering.choosing.offers import offered
from service.answering.finding.features import SENTENCE_FEATURES, Features, Matches, held_codes, nearby
from service.answering.finding.retrieve import Retrieved
from service.answering.understanding.asked import Asked, Held
from service.answering.understanding.wanted import Want


def sentence_features(retrieved: Retrieved, candidates: Sequence[Candidate], build: Build) -> Features:
    """Return the features of each candidate, shape (candidates, len(SENTENCE_FEATURES)), in that order.

    - `cosine`: of the unit; it knows what stands around it.
    - `token_match`: how well its word pieces match those of the question (`indexes.pieces`).
    - `coverage`, `coverage_in_context`, `coverage_nearby`: of the unit; together with label, title and headings;
      together with the units before and after it, and with its label.
    - `passage`: how far its passage's weighed features are below those of the best one, at most 0.
    - `offers`: the share of the kinds of answer asked for that it offers; 0 where none is.
    - `agreement`: the best cosine of its vector with the best unit of each other passage.
    - `named`: how nearly its label, or the heading right over it, is the question, in [0, 1].

    Each earned its place in cross-validation on the tuned halves. What a unit's kind, its length, its place in the
    passage and the document's title would add was less than chance.
    """
    matches = retrieved.matches
    if matches is None or not candidates:
        return np.zeros((0, len(SENTENCE_FEATURES)))
    question = retrieved.question
    places = _places(matches, candidates)
    numbers = matches.numbers[places]
    held, above = held_by(retrieved, candidates, build)
    labels = _labels_held(question, numbers, build)
    most = max(one.hit.weighed for one in candidates)
    columns = (
        matches.cosines[places],
        build.pieces.token_match(question.pieces, numbers),
        question.coverage(held),
        question.coverage(held | above),
        question.coverage(_nearby(matches, candidates) | labels),
        np.array([one.hit.weighed - most for one in candidates]),
        np.array([_offers(one, retrieved.wants) for one in candidates]),
        _agreement(matches, candidates, numbers, build),
        _named(candidates, question),
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


def _named(candidates: Sequence[Candidate], question: Asked) -> NDArray[np.float64]:
    above = [{one.label_text, *one.hit.passage.locator.headings[-1:]} for one in candidates]
    known = {text: named_by(text, question) for text in set().union(*above)}
    return np.array([max(known[text] for text in texts) for texts in above])


def _offers(one: Candidate, wants: frozenset[Want]) -> float:
    if not wants:
        return 0.0
    return len(offered(one.text, wants, kind=one.kind, labelled=one.label is not None)) / len(wants)


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
    vectors = np.asarray(build.sentences.vectors[numbers], np.float32)
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
