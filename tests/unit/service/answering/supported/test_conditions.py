"""What a rule depends on: a sentence that leaves it out says more than its base; said otherwise, it is not missed."""

import pytest

from service.answering.supported.conditions import condition_faults
from service.answering.supported.said import say

ERASED = "A drive may be erased if two tapes were verified."
ILL = "If somebody was ill, leave is carried over for 15 months."
VISITORS = "Every visitor who enters the vault signs the rules."
GUESTS = "All registered guests have a badge."
LOSS = "Nobody pays for a loss that is reported at once."
LOAN = "A loan needs the signature of the manager and the director."
SUNDAYS = "The store is closed on Sundays, unless a shoot needs it."


@pytest.mark.parametrize(
    ("sentence", "base"),
    [
        ("A drive may be erased.", ERASED),
        ("Leave is carried over.", ILL),
        ("The head approves the trip.", "If the trip costs more than EUR 500, the head approves the trip."),
        ("Meals are paid.", "Meals are paid when the day is longer than ten hours."),
        # an exception
        ("Photographs are allowed.", "Photographs are allowed, except of unreleased material."),
        ("The store is closed on Sundays.", SUNDAYS),
        # who is meant
        ("Every visitor signs the rules.", VISITORS),
        ("All guests have a badge.", GUESTS),
        ("Nobody pays for a loss.", LOSS),
        # one of two that are needed
        ("A loan needs the signature of the manager or the director.", LOAN),
    ],
)
def test_what_a_rule_depends_on_cannot_be_left_out(sentence: str, base: str) -> None:
    assert condition_faults(say(sentence), say(base)) == {"condition"}


@pytest.mark.parametrize(
    ("sentence", "base"),
    [
        ("A drive may be erased once two tapes are verified.", ERASED),
        ("Leave of somebody ill is carried over.", ILL),
        ("The store is closed on Sundays but for a shoot.", SUNDAYS),
        ("Visitors of the vault sign the rules, each of them.", VISITORS),
        ("Guests have a badge.", GUESTS),
        ("For a loss reported at once nobody pays.", LOSS),
        ("The manager and the director sign a loan.", LOAN),
        ("Pets and bags stay outside.", "Pets or bags stay outside."),
        ("The fee is paid.", "The fee is paid even if the shoot is cancelled."),
        ("The match was won in 1916.", "The match was won in 1916 when Georgia beat Cumberland."),
    ],
)
def test_what_is_said_otherwise_or_is_no_condition_is_not_missed(sentence: str, base: str) -> None:
    assert condition_faults(say(sentence), say(base)) == set()
