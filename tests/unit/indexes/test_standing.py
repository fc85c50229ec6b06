"""What a decision means at a moment: who approved, how many, until when, for whom."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from indexes.decisions import Decision, Problem
from indexes.events import Approval, Upload
from indexes.sources import Source
from indexes.standing import Grant, Standing, grant, may_read, standing
from tests.support.fakes import APPROVAL, NOON, REVOCATION

A, B, C = (letter * 64 for letter in "abc")
ANN = APPROVAL
BO = replace(APPROVAL, by="bo@x.example", at=NOON + timedelta(hours=1))
ONE = Source("legal", "folder", Path("/library/legal"), "o@x.example", ("staff", "board"), 1, 12)
TWO = replace(ONE, approvals_required=2)


def _of(*approvals: Approval) -> Decision:
    return Decision(approvals=approvals, events=approvals)


def _granted(decision: Decision, source: Source = ONE) -> Grant:
    granted = grant(decision, source)
    assert granted is not None
    return granted


def _stands(decision: Decision | None, source: Source = ONE, *, file: str | None = A, at: datetime = NOON) -> Standing:
    return standing(decision, source, file_sha256=file, at=at)


# Enough people


def test_what_nobody_decided_is_pending() -> None:
    assert grant(None, ONE) is None
    assert _stands(None) is Standing.PENDING


def test_one_approval_is_enough_where_one_is_required() -> None:
    granted = _granted(_of(ANN))
    assert (granted.sha256, granted.approved_by, granted.approved_on) == (A, ("ann@x.example",), date(2026, 11, 20))
    assert _stands(_of(ANN)) is Standing.APPROVED


def test_law_1_one_of_two_approvals_is_not_enough() -> None:
    assert grant(_of(ANN), TWO) is None
    assert _stands(_of(ANN), TWO) is Standing.PENDING


@pytest.mark.parametrize("by", ["ann@x.example", "Ann@X.example", "ａｎｎ@x.example", "ann@x.example "])
def test_law_1_one_person_approving_twice_is_one_approval(by: str) -> None:
    assert grant(_of(ANN, replace(BO, by=by)), TWO) is None
    assert _stands(_of(ANN, replace(BO, by=by)), TWO) is Standing.PENDING


def test_law_1_a_person_whose_accents_are_typed_apart_is_the_same_person() -> None:
    assert grant(_of(replace(ANN, by="J\u00fcrgen"), replace(BO, by="Ju\u0308rgen")), TWO) is None


def test_two_different_people_are_enough() -> None:
    assert _granted(_of(ANN, BO), TWO).approved_by == ("ann@x.example", "bo@x.example")
    assert _stands(_of(ANN, BO), TWO) is Standing.APPROVED


def test_the_newest_people_count_so_an_ended_approval_does_not_outlive_its_renewal() -> None:
    ended = replace(ANN, expires=date(2026, 11, 1), groups=("board",))
    assert _stands(_of(ended)) is Standing.EXPIRED
    assert _stands(_of(ended, BO)) is Standing.APPROVED
    assert _granted(_of(ended, BO)).groups == frozenset(BO.groups)
    again = replace(ended, expires=date(2027, 11, 1))
    assert _granted(_of(ended, BO, again)).expires == date(2027, 11, 1)
    assert _stands(_of(ended, BO), TWO) is Standing.EXPIRED, "two are needed, and one of the two has ended"


def test_law_1_two_people_who_approved_different_bytes_agree_on_nothing() -> None:
    decision = _of(ANN, replace(BO, sha256=B))
    assert grant(decision, TWO) is None
    assert _stands(decision, TWO, file=A) is _stands(decision, TWO, file=B) is Standing.PENDING


def test_a_source_that_begins_to_require_two_withdraws_what_one_approved() -> None:
    assert _stands(_of(ANN), ONE) is Standing.APPROVED
    assert _stands(_of(ANN), TWO) is Standing.PENDING


# Versions


def test_the_newest_approved_version_wins() -> None:
    decision = _of(ANN, replace(BO, sha256=B))
    assert _granted(decision).sha256 == B
    assert _stands(decision, file=B) is Standing.APPROVED


def test_law_1_an_older_version_that_comes_back_is_a_change() -> None:
    decision = _of(ANN, replace(BO, sha256=B))
    assert _stands(decision, file=A) is Standing.CHANGED


def test_an_older_version_that_is_approved_anew_is_the_newest_again() -> None:
    decision = _of(ANN, replace(ANN, sha256=B), replace(ANN, at=NOON + timedelta(days=1)))
    assert _granted(decision).sha256 == A


def test_a_newer_version_that_is_one_approval_short_leaves_the_old_one_granted() -> None:
    decision = _of(ANN, BO, replace(ANN, sha256=B))
    assert _granted(decision, TWO).sha256 == A
    assert _stands(decision, TWO, file=A) is Standing.APPROVED
    assert _stands(decision, TWO, file=B) is Standing.PENDING


def test_law_1_bytes_that_nobody_approved_are_changed() -> None:
    assert _stands(_of(ANN), file=C) is Standing.CHANGED


# Terms


def test_of_two_approvals_the_earlier_expiry_holds() -> None:
    decision = _of(replace(ANN, expires=date(2027, 3, 1)), replace(BO, expires=date(2028, 3, 1)))
    assert _granted(decision, TWO).expires == date(2027, 3, 1)


def test_of_two_approvals_only_the_groups_of_both_may_read() -> None:
    decision = _of(replace(ANN, groups=("staff", "board")), replace(BO, groups=("board", "press")))
    assert _granted(decision, TWO).groups == {"board"}


def test_two_approvals_for_different_groups_are_for_nobody() -> None:
    granted = _granted(_of(replace(ANN, groups=("staff",)), replace(BO, groups=("board",))), TWO)
    assert granted.groups == frozenset()
    assert not may_read(granted, TWO, frozenset({"staff", "board"}))


def test_a_persons_later_word_replaces_their_earlier_one() -> None:
    longer = replace(ANN, expires=date(2029, 1, 1), groups=("board",), at=NOON + timedelta(days=2), title="New")
    granted = _granted(_of(ANN, longer))
    assert (granted.expires, granted.title) == (date(2029, 1, 1), "New")
    assert granted.groups == {"board"}


def test_the_approval_that_completed_it_gives_title_and_day() -> None:
    granted = _granted(_of(replace(ANN, title="First"), replace(BO, title="Second", at=NOON + timedelta(days=3))), TWO)
    assert (granted.title, granted.approved_on) == ("Second", date(2026, 11, 23))


# Expiry


def test_an_approval_holds_to_the_last_second_of_its_last_day_in_utc() -> None:
    last = datetime(2027, 11, 20, 23, 59, 59, tzinfo=UTC)
    assert _granted(_of(ANN)).live_at(last)
    assert _stands(_of(ANN), at=last) is Standing.APPROVED


def test_an_approval_ends_with_the_first_second_of_the_next_day_in_utc() -> None:
    first = datetime(2027, 11, 21, tzinfo=UTC)
    assert not _granted(_of(ANN)).live_at(first)
    assert _stands(_of(ANN), at=first) is Standing.EXPIRED
    assert _granted(_of(ANN)).ends_at() == first


def test_it_is_utc_that_counts_and_not_the_clock_on_the_wall() -> None:
    tokyo, hawaii = timezone(timedelta(hours=9)), timezone(timedelta(hours=-10))
    granted = _granted(_of(ANN))
    assert granted.live_at(datetime(2027, 11, 21, 8, 59, tzinfo=tokyo))
    assert not granted.live_at(datetime(2027, 11, 20, 14, 0, tzinfo=hawaii))


def test_an_approval_to_the_end_of_time_has_an_end() -> None:
    granted = _granted(_of(replace(ANN, expires=date.max)))
    assert granted.live_at(datetime.max.replace(tzinfo=UTC))
    assert granted.ends_at() == datetime.max.replace(tzinfo=UTC)


# Withdrawals and problems


def test_a_withdrawal_stands_whatever_the_file_is() -> None:
    for file in (A, B, None):
        assert _stands(Decision(withdrawal=REVOCATION), file=file) is Standing.REVOKED
        assert _stands(Decision(withdrawal=replace(REVOCATION, event="reject")), file=file) is Standing.REJECTED
    assert grant(Decision(withdrawal=REVOCATION), ONE) is None


def test_a_line_that_cannot_be_understood_grants_nothing() -> None:
    decision = Decision(problem=Problem(3, "rubbish", ("legal/a.md",)))
    assert grant(decision, ONE) is None
    assert _stands(decision) is Standing.PENDING


def test_a_file_that_is_not_there_is_missing() -> None:
    assert _stands(_of(ANN), file=None) is Standing.MISSING
    assert _stands(None, file=None) is Standing.MISSING


# Who may read


@pytest.mark.parametrize(
    ("approved_for", "source_for", "asker", "expected"),
    [
        ({"staff"}, ("staff",), {"staff"}, True),
        ({"board"}, ("staff",), {"staff"}, False),
        ({"board"}, ("staff",), {"staff", "board"}, True),
        ({"staff"}, ("board",), {"staff"}, False),
        ({"staff"}, ("board",), {"staff", "board"}, True),
        (set(), ("staff",), {"staff"}, False),
        ({"staff"}, (), {"staff"}, False),
        ({"staff"}, ("staff",), set(), False),
        (set(), (), set(), False),
    ],
)
def test_law_10_reading_takes_a_group_of_the_approval_and_one_of_the_source(
    approved_for: set[str],
    source_for: tuple[str, ...],
    asker: set[str],
    expected: bool,  # noqa: FBT001
) -> None:
    granted = replace(_granted(_of(ANN)), groups=frozenset(approved_for))
    assert may_read(granted, replace(ONE, groups=source_for), frozenset(asker)) is expected


def test_narrowing_a_sources_groups_acts_at_once() -> None:
    granted, asker = _granted(_of(ANN)), frozenset({"staff"})
    assert may_read(granted, ONE, asker)
    assert not may_read(granted, replace(ONE, groups=("board",)), asker)


# How a name is known


SIGNED_IN = replace(ANN, by="Ann Lee", by_id="a-1", auth="oidc-session")
TYPED = replace(BO, auth="cli")
PROVEN = replace(ONE, proven=True)
OF_ANN = Upload("legal/a.md", A, "Ann Lee", NOON, auth="oidc-session", by_id="a-1")


def test_where_a_source_asks_for_it_a_name_that_was_only_typed_does_not_count() -> None:
    for said in (ANN, TYPED):
        assert _stands(_of(said)) is Standing.APPROVED
        assert _stands(_of(said), PROVEN) is Standing.PENDING
    assert _stands(_of(SIGNED_IN), PROVEN) is Standing.APPROVED
    assert _stands(_of(SIGNED_IN, TYPED), replace(PROVEN, approvals_required=2)) is Standing.PENDING


def test_who_approves_on_the_command_line_and_signed_in_is_one_person() -> None:
    typed = replace(TYPED, by="ann LEE")
    assert _stands(_of(SIGNED_IN, typed), TWO) is Standing.PENDING
    assert _stands(_of(SIGNED_IN, TYPED), TWO) is Standing.APPROVED


def test_nobody_approves_what_they_uploaded_where_the_source_says_so() -> None:
    apart = replace(ONE, separate_uploader=True)
    own = replace(_of(SIGNED_IN), uploads=(OF_ANN,))
    assert _stands(own) is Standing.APPROVED
    assert _stands(own, apart) is Standing.PENDING
    assert _stands(replace(_of(SIGNED_IN, TYPED), uploads=(OF_ANN,)), apart) is Standing.APPROVED
    assert _stands(replace(own, uploads=(replace(OF_ANN, sha256=B),)), apart) is Standing.APPROVED, "another version"


def test_an_upload_alone_is_no_decision() -> None:
    assert _stands(Decision(uploads=(OF_ANN,))) is Standing.PENDING


# What they read


def test_a_grant_knows_which_text_its_approvals_were_given_on() -> None:
    said = _granted(_of(replace(ANN, text_sha256=C)))
    assert (said.read_otherwise(C), said.read_otherwise(B)) == (False, True)
    silent = _granted(_of(ANN))
    assert (silent.readings, silent.read_otherwise(B)) == (frozenset(), False)


def test_of_two_approvals_that_are_needed_together_both_have_to_be_of_the_text_or_say_nothing() -> None:
    one_says = _granted(_of(replace(ANN, text_sha256=C), BO), TWO)
    assert (one_says.read_otherwise(C), one_says.read_otherwise(B)) == (False, True)
    differ = _granted(_of(replace(ANN, text_sha256=C), replace(BO, text_sha256=B)), TWO)
    assert (differ.read_otherwise(C), differ.read_otherwise(B)) == (True, True)
    only_one_counts = _granted(_of(replace(ANN, text_sha256=C), replace(BO, text_sha256=B)))
    assert (only_one_counts.read_otherwise(C), only_one_counts.read_otherwise(B)) == (True, False)


def test_where_a_merge_left_open_which_approval_is_the_newest_the_texts_of_both_orders_count() -> None:
    later = replace(BO, text_sha256=B)
    granted = _granted(_of(later, replace(ANN, text_sha256=C)))
    assert granted.readings == {B, C}
