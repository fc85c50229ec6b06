"""Renaming: the decision goes with the bytes, to the same readers and until the same day; what is in doubt stays."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from indexes.errors import DocumentNameError, RegisterError, TermsError
from indexes.events import Upload, event_from_line
from indexes.renaming import Renaming, plan_renaming, rename
from indexes.standing import Standing
from indexes.terms import Terms
from tests.support.examples import THOROUGH
from tests.support.fakes import NOON, TinyLibrary

BO = "bo@x.example"
UNTIL = date(2027, 3, 1)


@pytest.fixture
def library(library: TinyLibrary) -> TinyLibrary:
    library.allow("hr", groups=["hr"])
    library.allow("wiki", groups=["staff", "guests"])
    return library


def _plan(library: TinyLibrary, old: str, new: str, *, by: str = BO, note: str = "") -> Renaming:
    terms = Terms(by=by, note=note)
    return plan_renaming(library.approvals, old, new, terms, now=library.clock(), max_file_bytes=1 << 20)


def _rename(library: TinyLibrary, old: str, new: str, *, by: str = BO) -> Renaming:
    renaming = _plan(library, old, new, by=by)
    rename(library.approvals, renaming)
    return renaming


def _move(library: TinyLibrary, old: str, new: str) -> None:
    (library.folder / new).parent.mkdir(parents=True, exist_ok=True)
    shutil.move(library.folder / old, library.folder / new)


def _why(library: TinyLibrary, old: str = "legal/a.md", new: str = "legal/b.md", *, by: str = BO) -> str:
    renaming = _plan(library, old, new, by=by)
    assert renaming.moves == ()
    ((document, why),) = renaming.passed_over
    assert document == old
    return why


def _standing(library: TinyLibrary, document: str) -> Standing:
    return library.approvals.standing_of(document).standing


def test_the_decision_goes_with_the_bytes(library: TinyLibrary) -> None:
    library.add("legal/old.md", "old")
    library.write("legal/a.md", "x")
    terms = Terms("ann@x.example", UNTIL, ("board", "audit"), "Plan", "item 3", supersedes=("legal/old.md",))
    library.approvals.approve(library.approvals.plan_approval("legal/a.md", terms).read({"legal/a.md": "e" * 64}, {}))
    _move(library, "legal/a.md", "legal/plans/b.md")
    library.clock.pass_days(9)
    ((move),) = _rename(library, "legal/a.md", "legal/plans/b.md").moves
    line = library.approvals.standing_of("legal/plans/b.md")
    assert line.standing is Standing.APPROVED
    assert line.grant is not None
    assert (line.grant.expires, sorted(line.grant.groups), line.grant.title) == (UNTIL, ["audit", "board"], "Plan")
    assert (line.grant.approved_by, *line.grant.readings, *line.grant.supersedes) == ((BO,), "e" * 64, "legal/old.md")
    assert move.approval.note == "renamed from legal/a.md, approved by ann@x.example on 2026-11-20; item 3"
    old = library.approvals.state().decisions["legal/a.md"]
    assert old.withdrawal is not None
    assert (old.withdrawal.event, old.withdrawal.by, old.withdrawal.reason) == (
        "revoke",
        BO,
        "renamed to legal/plans/b.md",
    )


def test_answers_come_from_the_new_name_after_the_next_build(library: TinyLibrary) -> None:
    library.add("legal/a.md", "# Leave\n\nLeave is thirty days.\n")
    library.ingest()
    _move(library, "legal/a.md", "legal/b.md")
    _rename(library, "legal/a.md", "legal/b.md")
    report = library.ingest()
    assert (report.problems, [line.document for line in report.documents if line.is_held]) == ((), ["legal/b.md"])


def test_a_folder_goes_with_all_that_kept_its_bytes(library: TinyLibrary) -> None:
    for name in ("a", "sub/b", "changed", "gone", "kept"):
        library.add(f"legal/2025/{name}.md", name)
    library.add("legal/2025/revoked.md", "r")
    library.revoke("legal/2025/revoked.md")
    _move(library, "legal/2025", "legal/2026")
    library.write("legal/2026/changed.md", "another")
    (library.folder / "legal/2026/gone.md").unlink()
    library.write("legal/2025/kept.md", "kept")
    renaming = _rename(library, "legal/2025", "legal/2026")
    assert [move.new for move in renaming.moves] == ["legal/2026/a.md", "legal/2026/sub/b.md"]
    assert dict(renaming.passed_over) == {
        "legal/2025/changed.md": "'legal/2026/changed.md' does not hold the approved bytes: read it, and approve it by "
        "itself",
        "legal/2025/gone.md": "there is no file 'legal/2026/gone.md': expected it where it was moved to",
        "legal/2025/kept.md": "its file is still there: a copy is approved by itself, a move leaves none behind",
        "legal/2025/revoked.md": "no approval of it holds, so there is none to carry: decide on the new name itself",
    }


@pytest.mark.parametrize(("old", "new"), [("legal/sub", "legal"), ("legal", "legal/sub"), ("legal", "wiki")])
def test_a_folder_may_go_into_another_and_out_of_it(library: TinyLibrary, old: str, new: str) -> None:
    library.allow("wiki2")
    new = new.replace("wiki", "wiki2")
    library.add(f"{old}/a.md", "x")
    _move(library, f"{old}/a.md", f"{new}/a.md")
    assert [move.new for move in _rename(library, old, new).moves] == [f"{new}/a.md"]


def test_a_file_may_be_said_to_be_in_a_folder_now(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    _move(library, "legal/a.md", "legal/sub/a.md")
    assert [move.new for move in _rename(library, "legal/a.md", "legal/sub").moves] == ["legal/sub/a.md"]


# What is left to a person


def _undecided(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    library.append(replace(Upload("legal/a.md", "a" * 64, by=BO, at=NOON)))


def _ended(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x", expires=NOON.date() - timedelta(days=1))


def _revoked(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.revoke("legal/a.md")


@pytest.mark.parametrize("spoil", [_undecided, _ended, _revoked])
def test_only_an_approval_that_holds_is_carried(library: TinyLibrary, spoil: Callable[[TinyLibrary], None]) -> None:
    spoil(library)
    _move(library, "legal/a.md", "legal/b.md")
    assert _why(library).startswith("no approval of it holds")


def test_a_new_name_that_was_decided_on_is_left(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.write("legal/b.md", "x")
    library.approvals.withdraw("reject", "legal/b.md", by=BO, reason="no")
    (library.folder / "legal/a.md").unlink()
    assert "'legal/b.md' was decided on already" in _why(library)
    library.clock.pass_days(1)
    library.approve("legal/b.md")
    assert "'legal/b.md' was decided on already" in _why(library)


def test_another_kind_of_file_reads_otherwise(library: TinyLibrary) -> None:
    library.add("legal/a.txt", "x")
    _move(library, "legal/a.txt", "legal/a.md")
    assert "'legal/a.md' is another kind of file" in _why(library, "legal/a.txt", "legal/a.md")


def test_a_name_that_looks_like_an_approved_one_is_none_to_take(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.add("legal/Plan.md", "y")
    _move(library, "legal/a.md", "legal/plan.md")
    assert "looks like 'legal/Plan.md', which is approved" in _why(library, new="legal/plan.md")


def test_a_file_may_be_renamed_to_what_looks_like_its_own_name(library: TinyLibrary) -> None:
    library.add("legal/plan.md", "y")
    _move(library, "legal/plan.md", "legal/Plan.md")
    _rename(library, "legal/plan.md", "legal/Plan.md")
    assert _standing(library, "legal/Plan.md") is Standing.APPROVED


def test_a_link_is_no_file_to_rename(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    _move(library, "legal/a.md", "hr/a.md")
    (library.folder / "legal/b.md").symlink_to(library.folder / "hr/a.md")
    assert "a part of its path is a symbolic link" in _why(library)


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ("legal/a.md", "legal/a.md", TermsError, "expected two names"),
        ("legal/nothing.md", "legal/b.md", TermsError, "the register knows nothing of 'legal/nothing.md'"),
        ("legal/a.md", "elsewhere/b.md", DocumentNameError, "lies in no approved source"),
    ],
)
def test_names_that_are_none_are_errors(
    library: TinyLibrary, old: str, new: str, error: type[Exception], says: str
) -> None:
    library.add("legal/a.md", "x")
    with pytest.raises(error, match=says):
        _plan(library, old, new)


# Across sources


def test_it_goes_to_another_source_if_nobody_more_may_read_it_there(library: TinyLibrary) -> None:
    library.add("wiki/a.md", "x", groups=["staff"])
    _move(library, "wiki/a.md", "legal/a.md")
    _rename(library, "wiki/a.md", "legal/a.md")
    assert _standing(library, "legal/a.md") is Standing.APPROVED


def test_a_move_opens_nothing_to_anybody(library: TinyLibrary) -> None:
    library.add("hr/a.md", "x", groups=["hr", "staff"])
    _move(library, "hr/a.md", "legal/a.md")
    assert _why(library, "hr/a.md", "legal/a.md").startswith("source 'legal' would open it to staff")


def test_a_source_that_lets_nobody_of_its_groups_read_is_no_place_for_it(library: TinyLibrary) -> None:
    library.add("hr/a.md", "x", groups=["hr"])
    library.allow("board", groups=["board"])
    _move(library, "hr/a.md", "board/a.md")
    assert _why(library, "hr/a.md", "board/a.md") == "it is for hr, of whom source 'board' lets nobody read"


def test_where_only_people_who_signed_in_count_a_typed_name_renames_nothing(library: TinyLibrary) -> None:
    library.allow("proven", flags=["proven"])
    library.add("legal/a.md", "x")
    _move(library, "legal/a.md", "proven/a.md")
    assert f"an approval of '{BO}' does not count in source 'proven'" in _why(library, new="proven/a.md")


def test_who_uploaded_it_does_not_approve_it_under_another_name(library: TinyLibrary) -> None:
    library.allow("apart", flags=["separate_uploader"])
    library.add("apart/a.md", "x")
    sha256 = library.approvals.state().decisions["apart/a.md"].approvals[0].sha256
    library.append(Upload("apart/a.md", sha256, by=BO, at=NOON))
    _move(library, "apart/a.md", "apart/b.md")
    assert f"an approval of '{BO}' does not count" in _why(library, "apart/a.md", "apart/b.md")
    _rename(library, "apart/a.md", "apart/b.md", by="ann@x.example")


# Two who have to approve


def test_where_two_have_to_approve_the_old_name_ends_with_the_second(library: TinyLibrary) -> None:
    library.add("security/a.md", "x", expires=UNTIL)
    library.approve("security/a.md", by="ben@x.example", expires=UNTIL)
    _move(library, "security/a.md", "security/b.md")
    assert _rename(library, "security/a.md", "security/b.md").moves[0].end is None
    decisions = library.approvals.state().decisions
    assert (_standing(library, "security/b.md"), decisions["security/a.md"].withdrawal) == (Standing.PENDING, None)
    said = _why(library, "security/a.md", "security/b.md", by=BO.upper())
    assert said == "'BO@X.EXAMPLE' said so already: another person has to"
    _rename(library, "security/a.md", "security/b.md", by="cho@x.example")
    assert _standing(library, "security/b.md") is Standing.APPROVED
    assert _standing(library, "security/a.md") is Standing.REVOKED


# Writing


def test_both_names_are_decided_in_one_write(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add("legal/a.md", "x")
    before = library.register_path.read_bytes()
    _move(library, "legal/a.md", "legal/b.md")
    writes: list[bytes] = []

    def full(_descriptor: int, content: bytes) -> None:
        writes.append(content)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("indexes.register._write_all", full)
        with pytest.raises(RegisterError, match="nothing was recorded"):
            _rename(library, "legal/a.md", "legal/b.md")
    assert library.register_path.read_bytes() == before
    (written,) = writes
    assert [event_from_line(line).document for line in written.splitlines()] == ["legal/b.md", "legal/a.md"]


def test_a_crash_in_the_middle_of_the_write_leaves_one_name_that_answers(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    _move(library, "legal/a.md", "legal/b.md")
    before = library.register_path.read_bytes()
    _rename(library, "legal/a.md", "legal/b.md")
    whole = library.register_path.read_bytes()
    for end in {*range(len(before), len(whole), 1 if THOROUGH else 6), len(whole) - 1, len(whole)}:
        library.register_path.write_bytes(whole[:end])
        decisions = library.approvals.state().decisions
        holds = [name for name, one in decisions.items() if one.approvals and not one.problem and not one.withdrawal]
        assert holds, f"cut off after {end - len(before)} bytes, none of both holds"


def test_a_decision_that_came_between_stops_it(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    _move(library, "legal/a.md", "legal/b.md")
    renaming = _plan(library, "legal/a.md", "legal/b.md")
    library.revoke("legal/a.md", "wrong")
    before = library.register_path.read_bytes()
    with pytest.raises(RegisterError, match="meanwhile, so nothing was written"):
        rename(library.approvals, renaming)
    assert library.register_path.read_bytes() == before


def test_what_supersedes_the_old_name_is_told(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.add("legal/c.md", "z")
    library.add("legal/new.md", "y", supersedes=["legal/c.md", "legal/a.md"])
    _move(library, "legal/a.md", "legal/b.md")
    assert _rename(library, "legal/a.md", "legal/b.md").superseding == (("legal/new.md", ("legal/b.md", "legal/c.md")),)


def test_a_name_that_comes_back_is_decided_anew(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    _move(library, "legal/a.md", "legal/b.md")
    _rename(library, "legal/a.md", "legal/b.md")
    library.write("legal/a.md", "new")
    library.clock.at = datetime.combine(library.clock.at.date(), time(13), UTC)
    library.approve("legal/a.md")
    assert _standing(library, "legal/a.md") is Standing.APPROVED
