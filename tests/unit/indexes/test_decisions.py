"""A decision is never more permissive than the times of its lines, whatever order a merge has put them in."""

import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.decisions import (
    CLOCK_SKEW,
    Decision,
    Problem,
    approval_time,
    block,
    dated_ahead,
    decide,
    withdrawal_time,
)
from indexes.errors import RegisterError
from indexes.events import Approval, Event, Upload, Withdrawal
from indexes.sources import Source
from indexes.standing import Grant, Standing, grant, orders_disagree, standing
from tests.support.examples import examples
from tests.support.fakes import APPROVAL, NOON, REVOCATION

ONE = Source("legal", "folder", Path("/library/legal"), "o@x.example", ("staff", "board"), 1, 12)
TWO = replace(ONE, approvals_required=2)
FILES = tuple(letter * 64 for letter in "ab")


def _of(events: Iterable[Event]) -> Decision:
    return reduce(
        lambda before, numbered: decide(before, numbered[1], line=numbered[0]), enumerate(events, 1), Decision()
    )


def _hour(number: int) -> datetime:
    return NOON + timedelta(hours=number)


# Any order of the lines

_APPROVALS = st.builds(
    lambda by, sha256, groups, day: replace(APPROVAL, by=by, sha256=sha256, groups=groups, expires=date(2027, 1, day)),
    by=st.sampled_from(["ann", "bo", "cy"]),
    sha256=st.sampled_from(FILES),
    groups=st.sampled_from([("staff",), ("board",), ("staff", "board")]),
    day=st.integers(1, 3),
)
_WITHDRAWALS = st.sampled_from([REVOCATION, replace(REVOCATION, event="reject")])
_EVENTS = st.lists(st.one_of(_APPROVALS, _APPROVALS, _WITHDRAWALS), min_size=1, max_size=7)


@st.composite
def _branches(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """Return the events in the order of their times, and the lines of a merge: two branches in any interleaving.

    Lines of the beginning that both have may stand twice, as a union leaves them.
    """
    events: list[Event] = [replace(event, at=_hour(number)) for number, event in enumerate(draw(_EVENTS))]
    shared = draw(st.integers(0, len(events)))
    ours: list[Event] = []
    theirs: list[Event] = []
    for event in events[shared:]:
        (ours if draw(st.booleans()) else theirs).append(event)
    again = draw(st.lists(st.sampled_from(events[:shared]), max_size=2)) if shared else []
    theirs = [*again, *theirs]
    merged: list[Event] = []
    while ours or theirs:
        side = ours if ours and (not theirs or draw(st.booleans())) else theirs
        merged.append(side.pop(0))
    return events, [*events[:shared], *merged]


def _allows_no_more(merged: Grant | None, true: Grant | None) -> bool:
    if merged is None:
        return True
    return (
        true is not None
        and merged.sha256 == true.sha256
        and merged.groups <= true.groups
        and merged.expires <= true.expires
    )


@settings(max_examples=examples(200, thorough=2000))
@given(branches=_branches(), source=st.sampled_from([ONE, TWO]))
def test_law_2_no_merge_of_two_branches_allows_what_the_times_do_not(
    branches: tuple[list[Event], list[Event]], source: Source
) -> None:
    events, lines = branches
    merged, true = _of(lines), _of(events)
    assert _allows_no_more(grant(merged, source), grant(true, source))
    for file in FILES:
        stands = standing(merged, source, file_sha256=file, at=NOON)
        if stands is Standing.APPROVED:
            assert standing(true, source, file_sha256=file, at=NOON) is Standing.APPROVED


@settings(max_examples=examples(150, thorough=1000))
@given(events=_EVENTS, order=st.randoms(use_true_random=False), source=st.sampled_from([ONE, TWO]))
def test_law_2_no_order_of_the_lines_whatever_does_either(
    events: list[Event], order: st.DataObject, source: Source
) -> None:
    timed: list[Event] = [replace(event, at=_hour(number)) for number, event in enumerate(events)]
    lines = list(timed)
    order.shuffle(lines)  # type: ignore[attr-defined]
    assert _allows_no_more(grant(_of(lines), source), grant(_of(timed), source))


@given(events=_EVENTS)
def test_lines_in_the_order_of_their_times_decide_as_they_stand_and_need_no_remark(events: list[Event]) -> None:
    decision = _of(replace(event, at=_hour(number)) for number, event in enumerate(events))
    assert decision.remark is None
    last = max((n for n, event in enumerate(events) if isinstance(event, Withdrawal)), default=-1)
    assert [approval.at for approval in decision.approvals] == [_hour(n) for n in range(last + 1, len(events))]


def test_law_2_of_the_two_that_a_source_asks_for_none_comes_back_by_a_merge() -> None:
    ann, bo = replace(APPROVAL, by="ann"), replace(APPROVAL, by="bo", at=_hour(1))
    revoked = replace(REVOCATION, at=_hour(2))
    for late in itertools.permutations([ann, bo]):
        assert grant(_of([ann, bo, revoked, *late]), TWO) is None
        assert grant(_of([late[0], revoked, late[1]]), TWO) is None
    fresh = replace(ann, at=_hour(3))
    assert grant(_of([ann, revoked, fresh, bo]), TWO) is None, "one of the two is from before the revocation"


@pytest.mark.parametrize("event", ["revoke", "reject"])
def test_law_2_a_rejection_holds_like_a_revocation(event: str) -> None:
    withdrawal = replace(REVOCATION, event=event, at=_hour(2))  # type: ignore[arg-type]
    assert _of([withdrawal, replace(APPROVAL, at=_hour(1))]).withdrawal == withdrawal


def test_of_two_withdrawals_the_later_is_the_word_that_is_shown() -> None:
    rejected, revoked = replace(REVOCATION, event="reject", at=_hour(2)), replace(REVOCATION, at=_hour(1))
    assert _of([APPROVAL, rejected, revoked]).withdrawal == rejected
    assert _of([APPROVAL, revoked, rejected]).withdrawal == rejected


def test_an_approval_of_the_very_second_of_a_revocation_does_not_count() -> None:
    """Which came first cannot be told; who approves after a revocation is given a later time."""
    assert _of([REVOCATION, APPROVAL]).withdrawal == REVOCATION


# Approvals whose order and times differ


def test_law_1_an_older_version_does_not_come_back_by_a_merge() -> None:
    older, newer = APPROVAL, replace(APPROVAL, sha256=FILES[1], at=_hour(1))
    decision = _of([newer, older])
    assert grant(decision, ONE) is None
    assert orders_disagree(decision, ONE)
    assert standing(decision, ONE, file_sha256=FILES[0], at=NOON) is Standing.PENDING
    again = replace(newer, at=_hour(2))
    granted = grant(_of([newer, older, again]), ONE)
    assert granted is not None
    assert granted.sha256 == FILES[1]
    assert not orders_disagree(_of([newer, older, again]), ONE)


def test_law_2_who_may_read_is_not_widened_by_a_merge() -> None:
    wide = replace(APPROVAL, groups=("staff", "board"), expires=date(2029, 1, 1))
    narrow = replace(APPROVAL, groups=("board",), at=_hour(1), expires=date(2028, 1, 1))
    granted = grant(_of([narrow, wide]), ONE)
    assert granted is not None
    assert (granted.groups, granted.expires) == (frozenset({"board"}), date(2028, 1, 1))


def test_an_approval_of_a_clock_far_ahead_cannot_outlive_a_revocation_nor_a_new_approval() -> None:
    ahead = replace(APPROVAL, at=NOON.replace(year=2099), groups=("staff",))
    narrower = replace(APPROVAL, at=_hour(1), groups=("staff", "board"))
    assert _of([ahead, REVOCATION]).withdrawal == REVOCATION
    granted = grant(_of([ahead, narrower]), ONE)
    assert granted is not None
    assert granted.groups == {"staff"}
    after = _of([ahead, REVOCATION, narrower])
    assert after.approvals == (narrower,)
    assert orders_disagree(decide(after, replace(narrower, sha256=FILES[1], at=_hour(2)), line=4), ONE)
    assert "2099-11-20T12:00:00Z" in (dated_ahead("legal/a.md", after, now=NOON) or ""), "and it is told what to mend"


def test_law_2_what_a_revocation_took_by_its_place_still_narrows_what_a_merge_puts_behind_it() -> None:
    narrow = replace(APPROVAL, groups=("board",), at=_hour(4))
    revoked, wide = replace(REVOCATION, at=_hour(1)), replace(APPROVAL, groups=("staff",), at=_hour(3))
    granted = grant(_of([narrow, revoked, wide]), ONE)
    assert granted is not None
    assert granted.groups == frozenset()
    other = replace(wide, sha256=FILES[1])
    assert grant(_of([narrow, revoked, other]), ONE) is None


# Lines that cannot be understood


def test_what_stood_before_a_line_that_cannot_be_understood_comes_back_by_no_copy_and_no_older_line() -> None:
    problem = Problem(3, "rubbish", ("legal/a.md",))
    blocked = block(_of([replace(APPROVAL, at=_hour(2))]), problem)
    for event in (replace(APPROVAL, at=_hour(2)), replace(APPROVAL, by="bo", at=_hour(1))):
        assert decide(blocked, event, line=4).problem == problem
    assert decide(blocked, replace(APPROVAL, by="bo", at=_hour(3)), line=4).problem is None


def test_law_2_a_revocation_holds_through_a_line_that_cannot_be_understood() -> None:
    blocked = block(_of([APPROVAL, replace(REVOCATION, at=_hour(2))]), Problem(3, "rubbish", ("legal/a.md",)))
    assert decide(blocked, replace(APPROVAL, at=_hour(1)), line=4).approvals == ()


# The time of a new event


def test_a_new_event_is_of_now() -> None:
    now = NOON.replace(microsecond=7)
    for decision in (None, Decision(), _of([replace(APPROVAL, at=_hour(-1))])):
        assert approval_time(decision, "legal/a.md", now) == withdrawal_time(decision, now) == NOON


def test_an_approval_is_later_than_the_one_that_it_follows_so_that_it_is_the_newest_in_every_merge() -> None:
    assert approval_time(_of([APPROVAL]), "legal/a.md", NOON) == NOON + timedelta(seconds=1)


def test_an_approval_in_the_second_of_a_revocation_is_given_the_next_so_that_it_counts() -> None:
    revoked = _of([APPROVAL, REVOCATION])
    at = approval_time(revoked, "legal/a.md", NOON)
    assert at == NOON + timedelta(seconds=1)
    approved = decide(revoked, replace(APPROVAL, at=at), line=3)
    assert approved.withdrawal is None
    again = withdrawal_time(approved, NOON)
    assert again == at
    assert decide(approved, replace(REVOCATION, at=again), line=4).withdrawal is not None


def test_a_clock_that_runs_a_little_behind_writes_no_line_that_is_out_of_order() -> None:
    ahead = NOON + CLOCK_SKEW
    assert withdrawal_time(_of([replace(APPROVAL, at=ahead)]), NOON) == ahead
    for event in (APPROVAL, REVOCATION):
        known: Event = replace(event, at=ahead)
        assert approval_time(_of([known]), "legal/a.md", NOON) == ahead + timedelta(seconds=1)


def test_a_revocation_of_a_time_that_has_not_come_keeps_approvals_out_and_says_so() -> None:
    revoked = _of([APPROVAL, replace(REVOCATION, at=NOON.replace(year=2099))])
    with pytest.raises(
        RegisterError, match=r"'legal/a\.md' is withdrawn up to 2099-11-20T12:00:00Z: that time has not"
    ):
        approval_time(revoked, "legal/a.md", NOON)
    approved = _of([replace(APPROVAL, at=NOON.replace(year=2099))])
    with pytest.raises(
        RegisterError, match=r"an approval of 'legal/a\.md' is dated 2099.*: that time has not come; if it"
    ):
        approval_time(approved, "legal/a.md", NOON)
    assert approval_time(revoked, "legal/a.md", datetime(2100, 1, 1, tzinfo=UTC)).year == 2100


def test_a_revocation_takes_no_time_over_that_would_keep_the_document_out_for_years() -> None:
    ahead = _of([replace(APPROVAL, at=NOON.replace(year=2099))])
    assert withdrawal_time(ahead, NOON) == NOON


def test_only_times_beyond_what_clocks_differ_by_are_told() -> None:
    for event in (APPROVAL, REVOCATION):
        soon: Event = replace(event, at=NOON + CLOCK_SKEW)
        later: Event = replace(event, at=NOON + CLOCK_SKEW + timedelta(seconds=1))
        assert dated_ahead("legal/a.md", _of([soon]), now=NOON) is None
        assert "that time has not come" in (dated_ahead("legal/a.md", _of([later]), now=NOON) or "")


def test_approvals_are_told_apart_from_withdrawals() -> None:
    assert isinstance(_of([APPROVAL]).events[0], Approval)


# Uploads


UPLOAD = Upload("legal/a.md", "a" * 64, "Mira", NOON)


def test_an_upload_decides_nothing_and_is_remembered_through_every_decision() -> None:
    for before in (Decision(), decide(Decision(), APPROVAL, line=1), decide(Decision(), REVOCATION, line=1)):
        after = decide(before, UPLOAD, line=2)
        assert after == replace(before, uploads=(UPLOAD,))
        assert decide(after, UPLOAD, line=3) is after, "a line that stands there twice"
    approved = decide(decide(Decision(), UPLOAD, line=1), APPROVAL, line=2)
    revoked = decide(approved, REVOCATION, line=3)
    late = decide(revoked, replace(APPROVAL, note="too early"), line=4)
    for decision in (approved, revoked, late, block(approved, Problem(5, "no line"))):
        assert decision.uploads == (UPLOAD,)
