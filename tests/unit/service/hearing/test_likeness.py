"""What is alike comes together, in whatever order it comes, and what is like nothing stays alone."""

import numpy as np

from indexes.encoder import SentenceTransformersEncoder, Vectors
from service.hearing.likeness import ALIKE as LEAST
from service.hearing.likeness import grouped
from tests.support.alike_questions import ALIKE


def _unit(*rows: tuple[float, ...]) -> Vectors:
    vectors = np.array(rows, np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def test_groups_are_by_likeness_the_largest_first() -> None:
    vectors = _unit((1, 0, 0), (0, 1, 0), (0.9, 0.1, 0), (0, 0, 1), (0.9, -0.1, 0), (0, 0.9, 0.1))
    assert grouped(vectors, alike=0.8) == [[0, 2, 4], [1, 5], [3]]
    assert grouped(np.zeros((0, 3), np.float32)) == []


def test_a_chain_of_neighbours_is_no_group() -> None:
    """Each is like the next, and the ends are not like each other: it is the mean that counts."""
    angles = np.radians([0, 40, 80, 120])
    chain = _unit(*((float(np.cos(angle)), float(np.sin(angle))) for angle in angles))
    assert grouped(chain, alike=0.7) == [[0, 1], [2, 3]]


def test_who_came_too_early_joins_later_and_groups_that_grew_alike_become_one() -> None:
    far, near = (1.0, 0.0), (0.8, 0.6)
    assert grouped(_unit(far, near, near, far), alike=0.79) == [[0, 1, 2, 3]]


def test_questions_that_mean_the_same_come_together(real_encoder: SentenceTransformersEncoder) -> None:
    """By the embedded encoder: four ways of five, for 14 of 20 questions at least; four fifths of pairs are right."""
    texts = [(text, number) for number, ways in enumerate(ALIKE) for text in ways]
    order = np.random.default_rng(0).permutation(len(texts))
    groups = grouped(real_encoder.encode([texts[at][0] for at in order]), alike=LEAST)
    meant = [[texts[order[row]][1] for row in rows] for rows in groups]
    together = sum(1 for number in range(len(ALIKE)) if max(one.count(number) for one in meant) >= 4)
    pairs = [(one, other) for group in meant for at, one in enumerate(group) for other in group[:at]]
    assert together >= 14
    assert sum(one == other for one, other in pairs) / len(pairs) > 0.8
