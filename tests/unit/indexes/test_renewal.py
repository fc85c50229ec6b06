"""Renewing: what was approved as it is now and ends soon or has ended, on the same terms, and nothing else."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from indexes.approvals import Plan
from indexes.errors import DocumentNameError, TermsError
from indexes.events import Approval, Upload
from indexes.renewal import plan_renewal
from indexes.standing import Grant, Standing
from indexes.terms import Terms
from tests.support.fakes import NOON, TinyLibrary

BY = Terms(by="bo@x.example")
TODAY = NOON.date()
SOON = TODAY + timedelta(days=60)
LATER = SOON + timedelta(days=1)
OVER = TODAY - timedelta(days=400)


def _plan(library: TinyLibrary, path: str = "legal", terms: Terms = BY, *, within_days: int = 60) -> Plan:
    return plan_renewal(library.approvals, path, terms, now=library.clock(), within_days=within_days)


def _renewed(plan: Plan) -> list[str]:
    return [approval.document for approval in plan.approvals]


def _grant(library: TinyLibrary, document: str) -> Grant | None:
    return library.approvals.standing_of(document).grant


def test_what_ends_within_the_days_or_has_ended_is_renewed(library: TinyLibrary) -> None:
    for name, expires in {"soon": SOON, "later": LATER, "over": OVER, "today": TODAY}.items():
        library.add(f"legal/{name}.md", name, expires=expires)
    library.write("legal/new.md", "nobody decided on it")
    plan = _plan(library)
    assert (_renewed(plan), plan.passed_over, plan.of_folder) == (
        ["legal/over.md", "legal/soon.md", "legal/today.md"],
        (),
        True,
    )
    assert {approval.expires for approval in plan.approvals} == {date(2027, 11, 20)}
    assert _renewed(_plan(library, within_days=61)) == [
        f"legal/{name}.md" for name in ("later", "over", "soon", "today")
    ]
    library.approvals.approve(plan)
    assert library.approvals.standing_of("legal/over.md").standing is Standing.APPROVED
    assert _renewed(_plan(library)) == [], "once is enough"


def test_a_renewal_says_what_the_approval_before_said(library: TinyLibrary) -> None:
    library.add("legal/old.md", "old")
    library.write("legal/a.md", "x")
    terms = Terms(by="ann@x.example", expires=SOON, groups=("board", "audit"), title="Plan", note="item 3")
    terms = replace(terms, supersedes=("legal/old.md",))
    library.approvals.approve(library.approvals.plan_approval("legal/a.md", terms))
    (approval,) = _plan(library).approvals
    assert (approval.by, approval.title, approval.groups, approval.note, approval.supersedes) == (
        "bo@x.example",
        "Plan",
        ("board", "audit"),
        "item 3",
        ("legal/old.md",),
    )


def test_what_is_given_anew_counts(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x", expires=SOON)
    terms = replace(BY, expires=date(2030, 1, 1), groups=("board",), title="New", note="reviewed")
    (approval,) = _plan(library, terms=terms).approvals
    assert (approval.expires, approval.groups, approval.title, approval.note) == (
        date(2030, 1, 1),
        ("board",),
        "New",
        "reviewed",
    )


def test_what_changed_or_went_away_is_named_and_left(library: TinyLibrary) -> None:
    for name in ("changed", "gone", "kept"):
        library.add(f"legal/{name}.md", name, expires=SOON)
    library.write("legal/changed.md", "another")
    (library.folder / "legal" / "gone.md").unlink()
    plan = _plan(library)
    assert _renewed(plan) == ["legal/kept.md"]
    assert dict(plan.passed_over) == {
        "legal/changed.md": "its file is another version by now: read it, and approve it by itself",
        "legal/gone.md": "there is no file: put it back, or revoke it",
    }


def test_what_was_withdrawn_is_never_renewed(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x", expires=OVER)
    library.revoke("legal/a.md")
    assert _plan(library) == Plan((), (), of_folder=True)
    (passed_over,) = _plan(library, "legal/a.md").passed_over
    assert passed_over == ("legal/a.md", "is revoked: only what is approved can be renewed")


def test_a_file_that_is_not_due_says_until_when_it_holds(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x", expires=LATER)
    assert _plan(library, "legal/a.md").passed_over == (
        ("legal/a.md", f"its approval holds until {LATER}: nothing is due"),
    )


def test_a_renewal_that_would_shorten_is_none(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x", expires=SOON)
    plan = _plan(library, terms=replace(BY, expires=SOON))
    assert plan.passed_over == (("legal/a.md", f"its approval holds until {SOON} already, and {SOON} is no later"),)
    with pytest.raises(TermsError, match="expected --expires = a day that is not past, got 2026-11-19"):
        _plan(library, terms=replace(BY, expires=TODAY - timedelta(days=1)))


def test_a_place_that_is_none_is_an_error(library: TinyLibrary) -> None:
    with pytest.raises(DocumentNameError, match="lies in no approved source"):
        _plan(library, "nothing")


# Two who have to approve


def _approved_by_two(library: TinyLibrary, expires: date = SOON) -> None:
    library.add("security/a.md", "x", expires=expires)
    library.approve("security/a.md", by="ben@x.example", expires=expires)


def test_where_two_have_to_approve_both_renew(library: TinyLibrary) -> None:
    _approved_by_two(library)
    library.approvals.approve(_plan(library, "security", Terms(by="ann@x.example")))
    first = _grant(library, "security/a.md")
    assert first is not None
    assert first.expires == SOON, "until the second did, the older approval counts"
    again = _plan(library, "security", Terms(by="Ann@x.example"))
    said = "'Ann@x.example' renewed it already: another person has to renew it too"
    assert again.passed_over == (("security/a.md", said),)
    library.approvals.approve(_plan(library, "security", Terms(by="ben@x.example")))
    second = _grant(library, "security/a.md")
    assert second is not None
    assert second.expires == date(2027, 11, 20)


def test_a_third_person_may_be_one_of_the_two(library: TinyLibrary) -> None:
    _approved_by_two(library, OVER)
    for by in ("cho@x.example", "dee@x.example"):
        library.approvals.approve(_plan(library, "security", Terms(by=by)))
    granted = _grant(library, "security/a.md")
    assert granted is not None
    assert granted.approved_by == ("cho@x.example", "dee@x.example")


# Whose approval would not count


def test_where_only_people_who_signed_in_count_nothing_is_written(library: TinyLibrary) -> None:
    library.allow("hr", flags=["proven"])
    library.write("hr/a.md", "x")
    (approval,) = library.approvals.plan_approval("hr/a.md", Terms(by="ann", expires=SOON)).approvals
    library.append(replace(approval, auth="oidc", by_id="1"))
    (passed_over,) = _plan(library, "hr").passed_over
    assert passed_over == ("hr/a.md", "there only approvals of people who signed in count: renew it on the desk")


def test_nobody_renews_what_they_uploaded(library: TinyLibrary) -> None:
    library.allow("hr", flags=["separate_uploader"])
    library.add("hr/a.md", "x", expires=SOON)
    approval = library.approvals.state().decisions["hr/a.md"].approvals[0]
    assert isinstance(approval, Approval)
    library.append(Upload("hr/a.md", approval.sha256, by="bo@x.example", at=NOON))
    ((_, why),) = _plan(library, "hr").passed_over
    assert why.startswith("'bo@x.example' uploaded this version, so their approval does not count")
