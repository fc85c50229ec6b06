"""Closed lists: who is of which group, and what the lists leave out."""

import pytest

from indexes.words import STOP_WORDS
from service.answering.understanding.names import EVERYBODY, FIRST_NAMES, PLACES, group_of


@pytest.mark.parametrize(
    ("word", "group"),
    [
        ("trainee", "trainee"),
        ("trainees", "trainee"),
        ("Trainee's", "trainee"),
        ("freelancers", "freelancer"),
        ("self-employed", "freelancer"),
        ("agencies", None),
        ("children", "minor"),
        ("staff", None),
        ("bicycle", None),
    ],
)
def test_a_word_for_people_is_of_a_group_in_any_of_its_forms(word: str, group: str | None) -> None:
    assert group_of(word) == group


def test_the_lists_hold_no_word_that_says_nothing_by_itself() -> None:
    assert not (FIRST_NAMES | PLACES) & STOP_WORDS
    assert not FIRST_NAMES & PLACES
    assert not any(group_of(word) for word in EVERYBODY)
