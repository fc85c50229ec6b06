"""Counts of what is approved, held against the build."""

import hashlib
from datetime import date, timedelta

from indexes.last_ingest import StaysOut
from indexes.register import REGISTER_FILE, Register
from indexes.sources import read_sources
from service.operating.approvals import Approved, approved_at
from tests.support.fakes import TinyLibrary

_DAY = timedelta(days=1)


def _now(library: TinyLibrary, **more: object) -> Approved:
    decisions = Register(library.folder / REGISTER_FILE).refresh().decisions
    return approved_at(library.clock(), read_sources(library.folder), decisions, **{"built": (), "left": {}, **more})  # type: ignore[arg-type]


def _in_days(library: TinyLibrary, days: int) -> date:
    return (library.clock() + days * _DAY).date()


def test_nothing_is_approved_where_nothing_is(library: TinyLibrary) -> None:
    assert _now(library) == Approved(0, 0, 0, 0, {14: 0, 30: 0}, None)


def test_what_the_build_holds_is_answerable_and_the_rest_waits(library: TinyLibrary) -> None:
    library.add("legal/a.md", "# A\n")
    library.add("legal/b.md", "# B\n")
    found = _now(library, built=[("legal/a.md", hashlib.sha256(b"# A\n").hexdigest()), ("legal/b.md", "0" * 64)])
    assert (found.answerable, found.waiting) == (1, 1)


def test_what_could_not_be_taken_in_waits_for_nothing_until_it_is_another_version(library: TinyLibrary) -> None:
    library.add("legal/a.md", "# A\n")
    library.add("legal/b.md", "# B\n")
    left = {
        "legal/a.md": StaysOut("legal/a.md", hashlib.sha256(b"# A\n").hexdigest(), "no_text", "it has no text"),
        "legal/b.md": StaysOut("legal/b.md", "0" * 64, "no_text", "it has no text"),
    }
    found = _now(library, left=left)
    assert (found.answerable, found.waiting, found.stays_out) == (0, 1, 1)


def test_what_ends_is_counted_by_how_soon_and_the_first_end_is_told(library: TinyLibrary) -> None:
    for name, days in (("a", 3), ("b", 20), ("c", 400)):
        library.add(f"legal/{name}.md", f"# {name}\n", expires=_in_days(library, days))
    found = _now(library)
    assert found.ending == {14: 1, 30: 2}
    assert found.next_end_at is not None
    assert found.next_end_at.date() == _in_days(library, 4)  # it holds through its last day


def test_what_ended_is_counted_apart_and_what_was_revoked_not_at_all(library: TinyLibrary) -> None:
    library.add("legal/a.md", "# A\n", expires=_in_days(library, 1))
    library.add("legal/b.md", "# B\n")
    library.revoke("legal/b.md")
    library.clock.pass_days(2)
    assert _now(library) == Approved(0, 0, 0, 1, {14: 0, 30: 0}, None)
