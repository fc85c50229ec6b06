"""What a document says of its age: dates in their many forms, versions, words; and nothing that it does not say."""

import pytest

from service.answering.editions.dated import DATE, Dated, Day, compared, dated, day_of, first_day


def _of(head: str = "", *, document: str = "hr/hotel.md", title: str = "Hotel policy") -> Dated:
    return dated(document, title, head)


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("Valid from January 2025. This policy", (2025, 1)),
        ("Effective 1 March 2024", (2024, 3, 1)),
        ("Effective date: March 1st, 2024", (2024, 3, 1)),
        ("Effective date | 1st of March 2024", (2024, 3, 1)),
        ("It applies from 2024-03-01 on.", (2024, 3, 1)),
        ("This policy comes into force on 1.7.2025", (2025, 7, 1)),
        ("Gültig ab 1. März 2025", (2025, 3, 1)),
        ("Valid as of: Sept. 2024", (2024, 9)),
        ("Effective from 31/12/2024", (2024, 12, 31)),
        ("Effective from 12/31/2024", (2024, 12, 31)),
        ("Valid from 01/02/2025", (2025,)),  # of February or January: nobody can say
        ("In force since 2020.", (2020,)),
        ("Valid for all staff. In 2020 we moved.", ()),
        ("", ()),
    ],
)
def test_since_when_it_holds(head: str, day: Day) -> None:
    assert _of(head).begins == day


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("Stand: 03/2025", (2025, 3)),
        ("Last updated on 3 June, 2021", (2021, 6, 3)),
        ("Reviewed: 2024-11", (2024, 11)),
        ("As of May 2022", (2022, 5)),
        ("Date of issue unknown", ()),
    ],
)
def test_when_it_was_written(head: str, day: Day) -> None:
    assert (_of(head).written, _of(head).begins) == (day, ())


@pytest.mark.parametrize(
    ("document", "title", "day"),
    [
        ("hr/hotel-2023.md", "Hotel", (2023,)),
        ("hr/2023/hotel.md", "Hotel", (2023,)),
        ("hr/hotel_2024-03.md", "Hotel", (2024, 3)),
        ("hr/hotel_20240301.pdf", "Hotel", (2024, 3, 1)),
        ("hr/hotel_march_2024.md", "Hotel", (2024, 3)),
        ("hr/hotel.md", "Hotel policy, May 2021", (2021, 5)),
        ("2023/hotel.md", "Hotel", ()),  # the source's own name is of no document
        ("hr/form-10400.md", "Form 20255", ()),
    ],
)
def test_the_date_in_its_name(document: str, title: str, day: Day) -> None:
    assert _of(document=document, title=title).named == day


@pytest.mark.parametrize(
    ("text", "version"),
    [("Version 3.1", (3, 1)), ("v2", (2,)), ("Rev. 4", (4,)), ("Edition: 12", (12,)), ("conversion 3", ()), ("v", ())],
)
def test_its_version(text: str, version: Day) -> None:
    assert _of(text).version == version
    assert _of(title=f"Hotel policy {text}").version == version


def test_what_calls_itself_past_or_a_draft() -> None:
    assert _of(title="Hotel policy (old)").over
    assert _of(document="hr/archive/hotel.md").over
    assert _of("It was superseded by the policy of 2025.").over
    assert _of(title="Hotel policy, draft").draft
    assert _of("This policy replaces the one of 2023.").replaces
    assert _of("How old must one be?") == Dated()


def test_it_is_named_by_its_date_or_its_version() -> None:
    assert Dated(begins=(2025, 1)).in_words() == "January 2025"
    assert Dated(named=(2024, 3, 1)).in_words() == "1 March 2024"
    assert Dated(written=(2024,), version=(2,)).in_words() == "2024"
    assert Dated(version=(3, 1)).in_words() == "version 3.1"
    assert Dated().in_words() == ""


def test_two_dates_are_compared_as_far_as_both_go() -> None:
    assert compared((2025, 1), (2023,)) == 1
    assert compared((2023, 1), (2023, 6)) == -1
    assert compared((2023,), (2023, 6)) == compared((), (2023,)) == 0


def test_a_number_that_is_no_year_is_no_date() -> None:
    assert [first_day(text) for text in ("12345 euros", "11.20245", "room 20240", "2023% more", "1899")] == [()] * 5
    assert [day_of(found) for found in DATE.finditer("in 2023, or from 13/2024 on")] == [(2023,), (2024,)]
