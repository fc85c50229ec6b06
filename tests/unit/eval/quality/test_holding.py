"""Quotes hold a gold, or they do not: by spans, never by words."""

from eval.quality.holding import SHORT_GOLD_CHARS, holds, overlap
from tests.support.judge_parts import gold, quote


def test_a_short_gold_has_to_lie_wholly_in_one_quote() -> None:
    short = gold(100, 140)
    assert holds([quote(100, 140)], short)
    assert not holds([quote(100, 139)], short)
    assert not holds([quote(90, 120), quote(120, 150)], short)
    assert not holds([quote(100, 140, document="other.md")], short)


def test_of_a_long_gold_half_has_to_be_quoted_by_all_together() -> None:
    long = gold(100, 100 + 2 * SHORT_GOLD_CHARS)
    half = SHORT_GOLD_CHARS
    assert holds([quote(0, 100 + half)], long)
    assert not holds([quote(0, 99 + half)], long)
    assert holds([quote(100, 140), quote(200, 240)], long)
    assert not holds([quote(100, 140), quote(100, 140)], long), "the same stretch twice counts once"
    assert not holds([quote(0, 400, document="other.md")], long)


def test_what_is_shared_is_of_the_same_document() -> None:
    assert overlap(quote(90, 120), gold(100, 140)) == range(100, 120)
    assert not overlap(quote(90, 120, document="other.md"), gold(100, 140))
    assert not overlap(quote(10, 20), gold(100, 140))
