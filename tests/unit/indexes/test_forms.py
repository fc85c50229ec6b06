"""What is written in several ways is one term, in texts and in questions: names, identifiers, amounts, dates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.words import content_terms, terms


def _found_by(question: str, text: str) -> bool:
    return set(content_terms(question)) <= set(terms(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is ordered from IT?", "IT"),
        ("IT orders the laptops.", "IT"),
        ("Ask IT's helpdesk.", "IT"),
        ("Department: IT", "IT"),
        ("IT", "IT"),
        ("trips to the US", "US"),
        ("US-based staff", "US"),
        ("the U.S. rate", "US"),
        ("in the U.S.A. today", "US"),
        ("made in the USA", "US"),
        ("a WHO card", "WHO"),
        ("closed in May", "MAY"),
        ("May 2026", "MAY"),
        ("3 May", "MAY"),
        ("from May to July", "MAY"),
        ("between April and May", "MAY"),
        ("is it closed in may?", "MAY"),
        ("We ask Will Turner.", "WILL"),
    ],
)
def test_a_name_that_is_a_stop_word_otherwise_is_a_term(text: str, name: str) -> None:
    assert name in content_terms(text)


@pytest.mark.parametrize(
    "text",
    [
        "let it go",
        "WHAT IS ORDERED FROM IT? PLEASE TELL US WHO",
        "tell us who it is",
        "May I go? You may.",
        "Whoever you are may go",
        "Will you go? We will.",
        "Who Will Pay",
    ],
)
def test_a_word_is_no_name(text: str) -> None:
    assert not {"IT", "US", "WHO", "MAY", "WILL"} & set(terms(text))


@pytest.mark.parametrize(
    "spellings",
    [
        ["W-8BEN", "W8BEN", "W-8 BEN", "w-8ben", "w8ben"],
        ["W-9", "W9", "w-9"],
        ["ISO27001", "ISO 27001", "ISO/IEC 27001", "iso27001"],
        ["H.264", "H264", "H-264"],
        ["SR-22", "SR22", "SR 22"],
        ["COVID-19", "COVID19"],
        ["3-D", "3D"],
        ["401(k)", "401k"],
        ["4.2(b)", "4.2 (b)", "4.2b"],
        ["4.2(a)", "4.2 (a)", "4.2a"],
        ["10,000", "10 000", "10 000", "10'000", "10’000", "10k", "10 k", "ten thousand", "10 thousand"],
        ["€10,000", "10,000 €", "EUR 10,000", "10 000 euros", "€10k", "10.000 Euro", "€ 10.000", "10K euros"],
        ["1.5 million", "1,500,000", "1 500 000", "1.500.000"],
        ["$1.5m", "1.5 million dollars", "US$ 1,500,000"],
        ["25%", "25 percent", "25 per cent", "twenty-five percent", "twenty five %"],
        ["$10", "$10.00", "10 dollars", "USD 10"],
        ["under 18", "below 18", "younger than 18", "less than eighteen", "not more than 18"],
        ["over 18", "above 18", "more than 18", "no less than 18", "at least 18"],
        ["2026-03-01", "2026/03/01", "1 March 2026", "March 1, 2026", "1st of March 2026", "01/03/2026", "1.3.2026"],
        ["13/03/2026", "03/13/2026", "13 Mar 2026", "Mar. 13, 2026", "13/03/26"],
        ["3 September", "Sept. 3", "September 3rd", "3rd of Sep"],
        ["3 May 2026", "May 3, 2026", "2026-05-03"],
        ["9 am", "9am", "9:00", "09:00", "9 a.m.", "9:00 AM", "9 o'clock"],
        ["5:30 pm", "17:30", "5.30 p.m."],
        ["e-mail", "email", "E-mail", "e mail"],
        ["on-site", "onsite", "on site"],
        ["set-up", "setup", "set up"],
        ["team room", "teamroom"],
        ["co-operate", "cooperate"],
        ["KPIs", "KPI", "kpis"],
        ["PDFs", "PDF", "pdfs"],
    ],
    ids=lambda spellings: spellings[0],
)
def test_what_is_written_in_several_ways_is_found_by_each_of_them(spellings: list[str]) -> None:
    missed = [(asked, text) for asked in spellings for text in spellings if not _found_by(asked, text)]
    assert not missed


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("W-8", "W-9"),
        ("W-8BEN", "W-8BEN-E"),
        ("ISO 27001", "ISO 22000"),
        ("H.264", "H.265"),
        ("4.2(a)", "4.2 is a clause"),
        ("10,000", "10"),
        ("10.5", "10,500"),
        ("under 18", "over 18"),
        ("9 am", "9 pm"),
        ("1 March 2026", "2 March 2026"),
        ("May 2026", "you may, in 2026"),
    ],
)
def test_what_is_not_the_same_is_not_found(asked: str, text: str) -> None:
    assert not _found_by(asked, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("020 123 456", ["020", "123", "456"]),  # a telephone number has no thousands
        ("555 123 4567", ["555", "123", "4567"]),
        ("extension 2020", ["extens", "2020"]),
        ("version 2.1.3", ["version", "2.1.3"]),
        ("2026-13-45", ["2026", "13", "45"]),
        ("01:02:03:04", ["01", "02", "03", "04"]),
        ("1.85:1", ["1.85", "1"]),
        ("4K video", ["4k", "video"]),
        ("over the hill", ["over", "the", "hill"]),
        ("10-day notice", ["10", "day", "notic"]),
        ("shot_010_v003.exr", ["shot", "010", "v003", "exr"]),
    ],
)
def test_what_only_looks_like_it_is_left_as_it_is(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("asked", "text"),
    [("covid", "COVID-19"), ("iso", "ISO27001"), ("27001", "ISO27001"), ("mail", "e-mail"), ("9", "9:00")],
)
def test_a_part_of_what_became_one_word_still_finds_it(asked: str, text: str) -> None:
    assert _found_by(asked, text)


def test_a_date_in_figures_is_read_both_ways_in_a_text_and_day_first_in_a_question() -> None:
    assert _found_by("3 January 2026", "due on 01/03/2026")
    assert _found_by("1 March 2026", "due on 01/03/2026")
    assert not _found_by("01/03/2026", "due on 3 January 2026")


def test_what_stands_far_apart_in_a_long_line_is_read_alike() -> None:
    filler = "and so on and on, as it was said before, " * 4
    text = f"Pay 10 000 euros {filler}by 2026-03-01 {filler}with form W-8 BEN {filler}under ISO/IEC 27001."
    assert {"10000", "march", "w8ben", "iso27001"} <= set(terms(text))
    assert terms(text.replace(", ", ",\n")) == terms(text)


_LETTERS = st.text("BCDFGHJKLNPRSTVWXZ", min_size=1, max_size=3)
_NUMBERS = st.integers(10, 1899).map(str)


@given(_LETTERS, _NUMBERS, _LETTERS, _NUMBERS)
def test_spellings_of_an_identifier_share_its_term_and_another_has_none_of_it(
    letters: str, number: str, other: str, next_number: str
) -> None:
    term = f"{letters}{number}".lower()
    for spelling in (f"{letters}-{number}", f"{letters}{number}", f"{letters} {number}"):
        assert term in terms(f"Form {spelling} is signed.")
    if (letters, number) != (other, next_number):
        assert term not in terms(f"Form {other}-{next_number} is signed.")


def test_the_genitive_of_a_name_leaves_no_letter_behind() -> None:
    assert content_terms("the US's rate and IT’s desk") == ["US", "rate", "IT", "desk"]
