"""A follow-up is rewritten by rules, from the asker's own words; what stands alone is left alone."""

import pytest

from service.answering.follow_up import stand_alone

ALLOWANCE = "What is the daily travel allowance?"
VENDOR = "Who reviews a new AI vendor?"


@pytest.mark.parametrize(
    ("text", "before", "expected"),
    [
        ("How much is it?", ALLOWANCE, "How much is the daily travel allowance?"),
        ("And what is its limit?", ALLOWANCE, "And what is the daily travel allowance's limit?"),
        ("How long does this take?", VENDOR, "How long does a new AI vendor take?"),
        ("Who is asked about that?", "May an editor upload footage?", "Who is asked about an editor upload footage?"),
    ],
)
def test_a_word_that_points_back_is_replaced_by_what_it_points_at(text: str, before: str, expected: str) -> None:
    assert stand_alone(text, ["Which orbit is it?", before]) == expected


@pytest.mark.parametrize(
    "text", ["Who reviews this vendor?", "Which class are flights booked in?", "Is it allowed to record a call?"]
)
def test_what_stands_alone_is_left_as_it_is(text: str) -> None:
    assert stand_alone(text, [ALLOWANCE]) is None


@pytest.mark.parametrize("earlier", [[], ["How is it?"], [f"What is the {'very ' * 60}long rule?"]])
def test_nothing_is_guessed_where_nobody_can_tell_what_is_meant(earlier: list[str]) -> None:
    assert stand_alone("How much is it?", earlier) is None
