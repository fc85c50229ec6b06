"""What is quoted reads as it is: invisible and misleading characters go, words stay."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.characters import clean, split_at_breaks


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("a\u00a0b\u2003c", "a b c"),
        ("zero\u200bwidth and \ufeffmark", "zerowidth and mark"),
        ("hy\u00adphen", "hyphen"),
        ("tab\tand\nnewline\x0band\x0cfeed", "tab and newline and feed"),
        ("bell\x07 and null\x00", "bell and null"),
        ("right\u202eto left\u202c", "rightto left"),
        ("hidden\U000e0041\U000e0042 tags", "hidden tags"),
        ("variation\ufe0f\U000e0101 bytes", "variation bytes"),
        ("hangul\u3164filler and braille\u2800blank", "hangulfiller and brailleblank"),
        ("e\u0301te\u0301", "été"),
        ("of\ufb01ce and e\ufb00ect", "office and effect"),
        ("6 months², 10⁶, 2½", "6 months², 10⁶, 2½"),
        ("private \uf0b7 use", "private use"),
        ("  ends  ", "ends"),
    ],
)
def test_misleading_characters_become_plain(found: str, expected: str) -> None:
    assert clean(found) == expected


def test_a_joiner_stays_where_it_shapes_a_word_and_goes_where_it_hides() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert clean("ap\u200cprove") == "approve"


@given(st.text())
def test_clean_is_one_line_and_stable(text: str) -> None:
    once = clean(text)
    assert once == once.strip()
    assert len(once.splitlines()) <= 1
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


def test_a_break_in_the_middle_of_a_sentence_becomes_a_space() -> None:
    assert split_at_breaks("Keep masters\nfor ten years.\nThen review them.") == [
        "Keep masters for ten years.",
        "Then review them.",
    ]


def test_a_break_before_a_capital_or_a_number_stays() -> None:
    assert split_at_breaks("Northlight\n12 Harbour Road\nBergen") == ["Northlight", "12 Harbour Road", "Bergen"]
