"""Which approvals are one person's: whoever shares a name or an id, however it is typed."""

from dataclasses import replace

import pytest

from indexes.events import Approval, Upload
from indexes.people import latest_by_person
from tests.support.fakes import APPROVAL, NOON

MIRA = replace(APPROVAL, by="Mira Kovač", by_id="m-17", auth="oidc-session")
TOM = replace(APPROVAL, by="Tom Berg", by_id="t-4", auth="oidc-session")
OF_MIRA = Upload("legal/a.md", "a" * 64, "Mira Kovač", NOON, auth="oidc-session", by_id="m-17")


def test_two_people_who_signed_in_are_two() -> None:
    assert latest_by_person([MIRA, TOM]) == [MIRA, TOM]


@pytest.mark.parametrize(
    "again",
    [
        replace(MIRA, note="once more"),
        replace(MIRA, by="Mira Berg"),  # she married
        replace(MIRA, by_id="m-18"),  # her account was made anew
        replace(MIRA, by="mira  KOVAČ", by_id="", auth="cli"),
        replace(MIRA, by="m-17", by_id="", auth="cli"),
        replace(MIRA, by="Mira Kovač", by_id="", auth=""),
    ],
)
def test_one_person_is_one_whether_the_name_or_the_id_is_the_same(again: Approval) -> None:
    assert latest_by_person([MIRA, again]) == [again]
    assert latest_by_person([again, MIRA]) == [MIRA]


def test_a_line_that_shares_something_with_two_makes_them_one() -> None:
    married = replace(MIRA, by="Mira Berg", by_id="m-18")
    bridge = replace(MIRA, by="Mira Berg")
    assert latest_by_person([MIRA, married]) == [MIRA, married]
    assert latest_by_person([MIRA, married, bridge]) == [bridge]


def test_lines_without_an_id_share_none() -> None:
    lines = [replace(APPROVAL, by=by) for by in ("ann", "bo")]
    assert latest_by_person(lines) == lines


def test_the_later_word_of_a_person_comes_after_what_others_said_in_between() -> None:
    later = replace(MIRA, note="later")
    assert latest_by_person([MIRA, TOM, later]) == [TOM, later]


def test_who_uploaded_it_is_left_out_under_every_name_that_they_have() -> None:
    typed = replace(MIRA, by="mira kovač", by_id="", auth="cli")
    for approval in (MIRA, typed, replace(MIRA, by="Mira Berg")):
        assert latest_by_person([approval, TOM], none_of=[OF_MIRA]) == [TOM]
    assert latest_by_person([TOM, replace(MIRA, by="Tom Berg")], none_of=[OF_MIRA]) == []
