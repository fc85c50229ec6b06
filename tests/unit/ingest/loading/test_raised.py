"""Raised text never joins the number before it."""

import pytest

from ingest.loading.raised import fraction, lowered, raised


@pytest.mark.parametrize(
    ("before", "text", "written"),
    [
        ("for 6 months", "2", ""),
        ("for 7", "1", ""),
        ("up to 10", "6", "^6"),
        ("2", "10", "^10"),
        ("10", "−6", "^−6"),
        ("the 1", "st", "st"),
        ("25 m", "2", "²"),
        ("E = mc", "2", "^2"),
        ("x", "n+1", "^(n+1)"),
        ("$4", "99", ".99"),
        ("Acme", "TM", "™"),
        ("5 euros", "*", "*"),
        ("15", "[2]", ""),
        ("word", "9", ""),
        ("", "1", "1"),
        (" ", "14", "14"),
    ],
)
def test_a_raised_text(before: str, text: str, written: str) -> None:
    assert raised(text, before, linked=False, notes=frozenset("12")) == written


def test_lowered_text_and_fractions() -> None:
    assert (lowered("2", "H"), lowered("2", "10")) == ("2", "_2")
    assert (fraction("1", "2", "1"), fraction("1", "2", "")) == (" 1/2", "1/2")
