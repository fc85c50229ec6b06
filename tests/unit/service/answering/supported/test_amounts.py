"""Numbers with what they belong to: unit, per what, and which way they bound."""

from decimal import Decimal

import pytest

from service.answering.supported.amounts import Amount, amounts, same_unit, same_value
from service.answering.supported.said import say


def _only(text: str) -> Amount:
    (found,) = amounts(say(text))
    return found


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("ten working days", 10, "work day"),
        ("2 hours", 7200, "s"),
        ("120 minutes", 7200, "s"),
        ("a term of three years", 36, "month"),
        ("EUR 2,500", 2500, "euro"),
        ("€3m", 3_000_000, "euro"),
        ("half of the fee", 50, "percent"),
        ("twenty-five people", 25, "peopl"),
        ("1.5 million euros", 1_500_000, "euro"),
    ],
)
def test_a_number_has_its_unit(text: str, value: int, unit: str) -> None:
    found = _only(text)
    assert (found.value, found.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("at most ten days", "most"),
        ("no more than ten days", "most"),
        ("may not be open for more than ten days", "most"),
        ("up to EUR 10", "most"),
        ("ten days or less", "most"),
        ("no later than ten days after delivery", "most"),
        ("at least ten days", "least"),
        ("more than ten days", "least"),
        ("ten days or more", "least"),
        ("no later than ten days before delivery", "least"),
        ("ten days", ""),
    ],
)
def test_a_number_is_bound(text: str, bound: str) -> None:
    assert _only(text).bound == bound


def test_a_bound_that_leaves_the_number_out_is_strict() -> None:
    assert _only("more than ten days").strict
    assert not _only("no more than ten days").strict
    assert not _only("at least ten days").strict


def test_exact_conversions_are_one_number() -> None:
    assert same_value(_only("12 months"), _only("one year of rest"))
    assert same_value(_only("24 hours"), _only("one day of rest"))
    assert not same_value(_only("24 hours"), _only("24 days"))
    assert not same_unit(_only("10 days"), _only("10 working days"))


def test_what_a_number_is_per() -> None:
    assert _only("EUR 25 a week").per == _only("EUR 25 for each week").per == "week"
