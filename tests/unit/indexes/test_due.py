"""What is due is counted once, by the day in UTC, and of documents that somebody could still decide on."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from indexes.due import DUE_DAYS, Due, due_day, what_is_due
from tests.support.fakes import NOON, TinyLibrary

TODAY = NOON.date()


def _due(library: TinyLibrary, *, at: datetime = NOON, days: int = DUE_DAYS) -> Due:
    approvals = library.approvals
    return what_is_due(approvals.sources, approvals.state().decisions, at=at, days=days)


def _names(due: Due) -> tuple[list[str], list[str]]:
    return [one.document for one in due.ending], [one.document for one in due.ended]


def test_what_ends_and_what_ended_is_told_apart_by_the_day(library: TinyLibrary) -> None:
    for days in (-2, -1, 0, 30, 31):
        library.add(f"legal/{days}.md", "x", expires=TODAY + timedelta(days=days))
    assert _names(_due(library)) == (["legal/0.md", "legal/30.md"], ["legal/-2.md", "legal/-1.md"])
    assert _names(_due(library, days=0))[0] == ["legal/0.md"]


def test_the_day_is_that_of_utc(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x", expires=TODAY)
    evening = datetime(2026, 11, 20, 23, 30, tzinfo=timezone(timedelta(hours=-2)))  # the 21st in UTC
    assert _names(_due(library, at=evening)) == ([], ["legal/a.md"])


def test_an_hour_in_which_the_clock_runs_ahead_changes_nothing_that_lasts(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x", expires=TODAY)
    before = library.register_path.read_bytes()
    assert _names(_due(library, at=NOON + timedelta(days=2)))[1] == ["legal/a.md"]
    assert _names(_due(library)) == (["legal/a.md"], [])
    assert library.register_path.read_bytes() == before


def test_what_was_withdrawn_or_has_ended_without_a_file_is_due_to_nobody(library: TinyLibrary) -> None:
    for name in ("revoked", "gone"):
        library.add(f"legal/{name}.md", "x", expires=TODAY - timedelta(days=1))
    library.revoke("legal/revoked.md")
    (library.folder / "legal" / "gone.md").unlink()
    assert _due(library) == Due(DUE_DAYS, (), (), ())
    assert _due(library).remarks() == []


def test_what_waits_for_a_second_approval_is_of_the_newest_version(library: TinyLibrary) -> None:
    library.add("security/a.md", "x")
    assert _due(library).short == ("security/a.md",)
    library.approve("security/a.md", by="ben@x.example")
    assert _due(library).short == ()
    library.add("security/a.md", "another")
    assert _due(library).short == ("security/a.md",)
    (library.folder / "security" / "a.md").unlink()
    assert _due(library).short == ()


def test_it_is_told_in_words(library: TinyLibrary) -> None:
    for name in "ab":
        library.add(f"legal/{name}.md", name, expires=TODAY - timedelta(days=1))
        library.add(f"legal/soon-{name}.md", name, expires=TODAY + timedelta(days=9))
        library.add(f"security/{name}.md", name, expires=date(2099, 1, 1))
    listed = "greenlit register --due 30 lists them"
    assert _due(library).remarks() == [
        f"2 approvals have ended, and nothing is answered from what they approved: {listed}",
        f"2 approvals end within 30 days, the first on 2026-11-29: {listed}",
        "2 documents wait for another approval, such as 'security/a.md': a second person approves it too",
    ]


@pytest.mark.parametrize(("days", "last"), [(0, TODAY), (1, date(2026, 11, 21)), (10**12, date.max)])
def test_the_last_day_is_one_that_there_is(days: int, last: date) -> None:
    assert due_day(NOON, days) == last
    assert due_day(datetime.max.replace(tzinfo=UTC), days) == date.max
