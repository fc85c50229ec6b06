"""The ceiling is chosen with the gold in hand, among what the answerer may quote."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.quality.ask import ask_set
from eval.quality.ceiling import a_unit_holds
from eval.quality.libraries import Place
from eval.quality.question_sets import Gold, SetQuestion, gold_of_quote
from tests.support.judge_parts import ALLOWANCE, POLICY, REVIEW, a_place, steps

ASKED = "Which team reviews a new vendor?"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = a_place(tmp_path)
    with contextlib.closing(place.build.passages):
        yield place


def _gold(place: Place, quote: str) -> Gold:
    document = place.document(POLICY)
    assert document is not None
    return gold_of_quote(document, quote)[0]


def _holds(place: Place, *golds: Gold) -> bool:
    found = steps().find(ASKED, build=place.build, scope=place.scope)
    return a_unit_holds(golds, found, place.build)


def test_any_unit_of_the_first_passages_counts_and_any_gold(place: Place) -> None:
    assert _holds(place, _gold(place, "within ten working days"))
    assert _holds(place, _gold(place, ALLOWANCE)), "of another passage than the first"
    assert _holds(place, Gold("other.md", 0, 9, "x"), _gold(place, REVIEW))


def test_two_units_together_are_not_one(place: Place) -> None:
    both = _gold(place, "new vendor within ten working days. Nobody signs")
    assert not _holds(place, both), "a short gold lies in no one of them"


def test_what_no_unit_can_hold_is_below_the_ceiling(place: Place) -> None:
    assert not _holds(place, Gold("other.md", 0, 9, "x"))
    assert not _holds(place, Gold(POLICY, 0, 200, "", 1, whole_page=True))
    assert not _holds(place)


def test_a_refused_question_has_a_ceiling_too(place: Place) -> None:
    question = SetQuestion("r", ASKED, answerable=True, kind="who", gold=(_gold(place, REVIEW),))
    (asked,) = ask_set([question], steps=steps(threshold=1.0), place=place)
    assert asked.refused
    assert asked.ceiling
