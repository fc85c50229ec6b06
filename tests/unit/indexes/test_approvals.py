"""Decisions: what a path means, what an approval pins, and every document's standing."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indexes.approvals import Approvals, months_later
from indexes.errors import DocumentNameError, RegisterError, SourcesError, UnsafeFileError, VersionError
from indexes.events import Upload, Withdrawal
from indexes.library import FileBytes, read_document
from indexes.lines import DocumentStanding, Looked
from indexes.register import Register
from indexes.sources import Sources
from indexes.standing import Standing
from indexes.terms import Terms
from tests.support.fakes import TinyLibrary

ANN = Terms(by="ann@x.example")


def _standings(library: TinyLibrary) -> dict[str, Standing]:
    return {line.document: line.standing for line in library.approvals.overview()}


# What a path means


@pytest.mark.parametrize("path", ["legal/sub/a.md", "legal/./sub//a.md", "legal/sub/../sub/a.md"])
def test_a_document_may_be_named_as_people_see_it(library: TinyLibrary, path: str) -> None:
    library.write("legal/sub/a.md", "x")
    assert library.approvals.name_of(path) == "legal/sub/a.md"


def test_a_path_may_be_absolute_or_from_where_one_stands(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    path = library.write("legal/a.md", "x")
    monkeypatch.chdir(library.folder / "legal")
    for name in (str(path), "a.md", "../legal/a.md"):
        assert library.approvals.name_of(name) == "legal/a.md"


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.md", "hr/a.md", "legal/../../outside.md", "nothing"])
def test_a_path_outside_of_every_source_means_no_document(library: TinyLibrary, path: str) -> None:
    with pytest.raises(DocumentNameError, match="lies in no approved source; the sources are"):
        library.approvals.name_of(path)


# Approving


def test_an_approval_pins_the_bytes_and_takes_the_sources_terms(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    (approval,) = library.approve("legal/a.md").approvals
    assert approval.sha256 == read_document(library.approvals.sources, "legal/a.md").sha256
    assert (approval.by, approval.at) == ("ann@x.example", library.clock.at)
    assert (approval.expires, approval.groups) == (date(2027, 11, 20), ("staff",))


def test_no_new_register_is_begun_while_the_live_build_holds_what_the_one_that_is_gone_let_in(
    library: TinyLibrary,
) -> None:
    library.add("legal/a.md", "# Rules\n\nVendors keep nothing for longer than ninety days.\n")
    library.ingest()
    away = library.register_path.rename(library.root / "register.jsonl")
    library.write("legal/b.md", "# More\n")
    desk = Approvals(library=library.folder, now=library.clock, max_file_bytes=1 << 20, builds=library.builds)
    plan = desk.plan_approval("legal/b.md", ANN)
    gone = "is not there, and the live build holds 1 document: put it back"
    with pytest.raises(RegisterError, match=gone):
        desk.approve(plan)
    with pytest.raises(RegisterError, match=gone):
        desk.withdraw_document("reject", "legal/b.md", ANN)
    assert not library.register_path.exists()

    away.rename(library.register_path)
    desk.approve(plan)
    assert _standings(library) == {"legal/a.md": Standing.APPROVED, "legal/b.md": Standing.APPROVED}


def test_an_approver_may_say_otherwise(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    terms = Terms(by="bo", expires=date(2027, 1, 1), groups=("board",), title="T", note="N")
    (approval,) = library.approvals.plan_approval("legal/a.md", terms).approvals
    assert (approval.expires, approval.groups) == (date(2027, 1, 1), ("board",))
    assert (approval.title, approval.note) == ("T", "N")


def test_law_1_a_file_swapped_while_a_person_thinks_is_not_what_is_approved(library: TinyLibrary) -> None:
    library.write("legal/a.md", "what was looked at")
    plan = library.approvals.plan_approval("legal/a.md", ANN)
    library.write("legal/a.md", "something else")
    library.approvals.approve(plan)
    assert _standings(library) == {"legal/a.md": Standing.CHANGED}


def test_planning_writes_nothing(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    library.approvals.plan_approval("legal", ANN)
    assert not library.register_path.exists()


def test_a_folder_means_every_undecided_document_in_it(library: TinyLibrary) -> None:
    for name in ("new.md", "changed.md", "expired.md", "approved.md", "revoked.md", "rejected.md", "sub/new.md"):
        library.write(f"legal/{name}", name)
    library.write("security/other.md", "x")
    library.approve("legal/approved.md")
    library.approve("legal/expired.md", expires=date(2026, 11, 1))
    library.approve("legal/changed.md")
    library.write("legal/changed.md", "new version")
    library.approve("legal/revoked.md")
    library.revoke("legal/revoked.md")
    library.approvals.withdraw("reject", "legal/rejected.md", by="ann", reason="no")
    library.add("legal/missing.md", "x")
    (library.folder / "legal" / "missing.md").unlink()
    (library.folder / "legal" / "link.md").symlink_to("new.md")
    plan = library.approvals.plan_approval("legal", ANN)
    assert [approval.document for approval in plan.approvals] == [
        "legal/changed.md",
        "legal/expired.md",
        "legal/new.md",
        "legal/sub/new.md",
    ]
    assert dict(plan.passed_over) == {
        "legal/approved.md": "is approved",
        "legal/link.md": "is a symbolic link: put the file itself into the source",
        "legal/missing.md": "is missing",
        "legal/rejected.md": "is rejected",
        "legal/revoked.md": "is revoked",
    }


def test_a_folder_does_not_mean_its_neighbour_of_a_longer_name(library: TinyLibrary) -> None:
    library.write("legal/sub/a.md", "x")
    library.write("legal/subtitles/b.md", "x")
    plan = library.approvals.plan_approval("legal/sub", ANN)
    assert [approval.document for approval in plan.approvals] == ["legal/sub/a.md"]


def test_what_was_revoked_comes_back_only_by_its_own_name(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.revoke("legal/a.md")
    assert library.approvals.plan_approval("legal", ANN).approvals == ()
    library.approve("legal/a.md")
    assert _standings(library) == {"legal/a.md": Standing.APPROVED}


def test_a_file_that_is_not_there_cannot_be_approved(library: TinyLibrary) -> None:
    with pytest.raises(UnsafeFileError, match=r"there is no file 'legal/a\.md': expected a file to approve"):
        library.approve("legal/a.md")
    assert not library.register_path.exists()


def test_law_1_a_link_cannot_be_approved(library: TinyLibrary, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("x")
    (library.folder / "legal" / "a.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(UnsafeFileError, match="a part of its path is a symbolic link"):
        library.approve("legal/a.md")


def test_a_misleading_name_cannot_be_approved(library: TinyLibrary) -> None:
    library.write("legal/gnp\u202edm.md", "x")
    with pytest.raises(DocumentNameError, match="RIGHT-TO-LEFT OVERRIDE"):
        library.approve("legal/gnp\u202edm.md")


def test_a_plans_approvals_are_written_all_or_none(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    library.write("legal/b.md", "x")
    plan = library.approvals.plan_approval("legal", Terms(by="ann", title="half \udcff"))
    with pytest.raises(RegisterError, match='expected "title" = a text'):
        library.approvals.approve(plan)
    assert Register(library.register_path).refresh().position == 0


def test_without_an_allowlist_nothing_can_be_approved(library: TinyLibrary) -> None:
    (library.folder / "sources.toml").unlink()
    with pytest.raises(SourcesError, match=r"no sources\.toml"):
        library.approve("legal/a.md")


@pytest.mark.parametrize(
    "name", ["legal/Policy.md", "legal/p\u043elicy.md", "legal/pol1cy.md", "legal/policy\u2011.md"]
)
def test_a_document_that_would_be_taken_for_an_approved_one_cannot_be_approved(library: TinyLibrary, name: str) -> None:
    library.add("legal/policy.md", "x")
    library.add("legal/policy-.md", "x")
    library.add("legal/pollcy.md", "x")
    library.write(name, "y")
    with pytest.raises(
        DocumentNameError, match=r"looks like 'legal/pol.*', which is approved: rename this file, or revoke"
    ):
        library.approve(name)
    library.approve("legal/policy.md", by="bo@x.example")
    plan = library.approvals.plan_approval("legal", ANN)
    assert (plan.approvals, len(plan.passed_over)) == ((), 4)


def test_once_the_other_is_revoked_it_can(library: TinyLibrary) -> None:
    library.add("legal/policy.md", "x")
    (library.folder / "legal" / "policy.md").rename(library.folder / "legal" / "Policy.md")
    with pytest.raises(DocumentNameError, match="which is approved"):
        library.approve("legal/Policy.md")
    library.revoke("legal/policy.md")
    library.approve("legal/Policy.md")
    assert _standings(library)["legal/Policy.md"] is Standing.APPROVED


def test_of_a_folder_only_the_first_of_two_that_look_alike_is_approved(library: TinyLibrary) -> None:
    for name in ("a.md", "A.md"):
        library.write(f"legal/{name}", "x")
    plan = library.approvals.plan_approval("legal", ANN)
    assert [approval.document for approval in plan.approvals] == ["legal/A.md"]
    assert dict(plan.passed_over) == {
        "legal/a.md": "'legal/a.md' looks like 'legal/A.md': rename one, so that nobody takes one for the other"
    }


@pytest.mark.parametrize("path", ["legal/a.md\0", "legal/\0/a.md", "\0"])
def test_a_nul_in_a_path_means_no_document(library: TinyLibrary, path: str) -> None:
    library.add("legal/a.md", "x")
    with pytest.raises(DocumentNameError, match="which holds a NUL character"):
        library.approve(path)
    with pytest.raises(DocumentNameError, match="which holds a NUL character"):
        library.revoke(path)


def test_a_name_that_is_too_long_for_the_disk_is_no_file(library: TinyLibrary) -> None:
    name = f"legal/{'x' * 300}.md"
    with pytest.raises(UnsafeFileError, match="cannot be read: File name too long"):
        library.approve(name)
    with pytest.raises(DocumentNameError, match=r"there is no '.*', neither in the library nor in the register"):
        library.revoke(name)


# The order of decisions


def test_an_approval_after_a_revocation_of_the_same_second_counts(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    for _ in range(3):
        library.revoke("legal/a.md")
        assert _standings(library) == {"legal/a.md": Standing.REVOKED}
        library.approve("legal/a.md")
        assert _standings(library) == {"legal/a.md": Standing.APPROVED}
    assert library.approvals.remarks() == []


def test_what_a_person_thought_over_while_it_was_revoked_does_not_count(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    plan = library.approvals.plan_approval("legal/a.md", ANN)
    library.clock.pass_days(1 / 24)
    library.revoke("legal/a.md")
    library.approvals.approve(plan)
    assert _standings(library) == {"legal/a.md": Standing.REVOKED}


def test_where_a_revocation_has_a_time_that_has_not_come_an_approval_is_refused(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    in_a_year = library.clock.at.replace(year=2027)
    library.append(Withdrawal("revoke", "legal/a.md", by="ann", at=in_a_year, reason="typed wrong"))
    with pytest.raises(
        RegisterError, match=r"'legal/a\.md' is withdrawn up to 2027-11-20T12:00:00Z: that time has not"
    ):
        library.approve("legal/a.md")
    assert "that time has not come" in library.approvals.remarks()[0]


def test_of_a_folder_the_others_are_approved(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    (approval,) = library.approvals.state().decisions["legal/a.md"].approvals
    library.append(replace(approval, sha256="b" * 64, at=library.clock.at.replace(year=2027)))
    library.write("legal/b.md", "x")
    plan = library.approvals.plan_approval("legal", ANN)
    assert [approval.document for approval in plan.approvals] == ["legal/b.md"]
    ((document, why),) = plan.passed_over
    assert document == "legal/a.md"
    assert "an approval of 'legal/a.md' is dated 2027-11-20T12:00:00Z: that time has not come" in why


# Withdrawing


def test_a_document_whose_file_is_gone_can_still_be_revoked(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    (library.folder / "legal" / "a.md").unlink()
    library.revoke("legal/a.md")
    assert _standings(library) == {"legal/a.md": Standing.REVOKED}


def test_a_document_that_was_never_approved_can_be_rejected(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    library.approvals.withdraw("reject", "legal/a.md", by="ann", reason="not ours")
    assert _standings(library) == {"legal/a.md": Standing.REJECTED}


def test_a_document_that_nobody_knows_cannot_be_revoked(library: TinyLibrary) -> None:
    with pytest.raises(DocumentNameError, match=r"there is no 'legal/a\.md', neither in the library nor in the reg"):
        library.revoke("legal/a.md")


@pytest.mark.parametrize("path", ["legal", "legal/sub"])
def test_a_folder_cannot_be_revoked_as_one(library: TinyLibrary, path: str) -> None:
    library.add("legal/sub/a.md", "x")
    with pytest.raises(DocumentNameError, match=f"expected one document, got the folder '{path}'"):
        library.revoke(path)


# The overview


def test_the_overview_has_one_line_for_each_document_with_its_standing(library: TinyLibrary) -> None:
    library.add("legal/approved.md", "x")
    library.add("legal/changed.md", "x")
    library.write("legal/changed.md", "y")
    library.add("legal/expired.md", "x", expires=date(2026, 11, 19))
    library.write("legal/pending.md", "x")
    library.add("legal/gone.md", "x")
    (library.folder / "legal" / "gone.md").unlink()
    library.add("security/one-of-two.md", "x")
    assert _standings(library) == {
        "legal/approved.md": Standing.APPROVED,
        "legal/changed.md": Standing.CHANGED,
        "legal/expired.md": Standing.EXPIRED,
        "legal/gone.md": Standing.MISSING,
        "legal/pending.md": Standing.PENDING,
        "security/one-of-two.md": Standing.PENDING,
    }


def test_a_file_that_is_no_document_is_never_shown_as_approved(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    (library.folder / "legal" / "a.md").unlink()
    (library.folder / "legal" / "a.md").symlink_to(library.write("legal/b.md", "x"))
    (line, _) = library.approvals.overview()
    assert line.standing is Standing.CHANGED
    assert line.problem == "is a symbolic link: put the file itself into the source"
    assert line.sha256 is None


def test_a_file_that_is_too_large_is_listed_with_its_problem(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x" * ((1 << 20) + 1))
    (line,) = library.approvals.overview()
    assert "is too large: 1 MB" in str(line.problem)


def test_documents_of_a_source_that_left_the_allowlist_are_not_listed(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.allow("wiki")
    library.add("wiki/b.md", "x")
    sources = library.folder / "sources.toml"
    sources.write_text(sources.read_text().split('[[source]]\nname = "wiki"')[0])
    assert list(_standings(library)) == ["legal/a.md"]


# Days


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 20), 12, date(2027, 11, 20)),
        (date(2026, 11, 20), 1, date(2026, 12, 20)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 10, 31), 4, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 1, 1), 120, date(2036, 1, 1)),
    ],
)
def test_months_later_is_the_same_day_or_that_months_last(day: date, months: int, expected: date) -> None:
    assert months_later(day, months) == expected


def test_an_approval_begins_on_todays_date_in_utc(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    library.clock.at = library.clock.at.replace(hour=23, minute=59)
    (approval,) = library.approve("legal/a.md").approvals
    assert approval.expires == date(2027, 11, 20)


def test_what_is_asked_of_a_folder_or_a_document_reads_no_file_elsewhere(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library may hold thousands of large files; approving one of them hashes one of them."""
    for document in ("legal/a.md", "legal/deep/b.md", "security/c.md"):
        library.write(document, f"About {document}.")
    read: list[str] = []

    def reading(sources: Sources, document: str, *, max_bytes: int) -> FileBytes:
        read.append(document)
        return read_document(sources, document, max_bytes=max_bytes)

    monkeypatch.setattr("indexes.approvals.read_document", reading)
    monkeypatch.setattr("indexes.lines.read_document", reading)
    assert library.approvals.standings(["legal/a.md"]) == {"legal/a.md": Standing.PENDING}
    assert [line.document for line in library.approvals.overview(under="legal/deep")] == ["legal/deep/b.md"]
    library.approve("legal/a.md")
    assert set(read) == {"legal/a.md", "legal/deep/b.md"}


# A version that somebody saw


def test_what_is_approved_is_the_version_that_was_seen_or_nothing(library: TinyLibrary) -> None:
    library.write("legal/a.md", "seen")
    seen = str(library.approvals.standing_of("legal/a.md").sha256)
    library.write("legal/a.md", "another")
    with pytest.raises(VersionError, match="expected the file as it is now"):
        library.approvals.plan_version("legal/a.md", seen, ANN)
    library.write("legal/a.md", "seen")
    plan = library.approvals.plan_version("legal/a.md", seen, ANN)
    library.write("legal/a.md", "swapped")
    library.approvals.approve(plan)
    (approval,) = library.approvals.state().decisions["legal/a.md"].approvals
    assert approval.sha256 == seen
    assert _standings(library) == {"legal/a.md": Standing.CHANGED}


def test_an_approval_names_the_text_that_was_read_of_the_version(library: TinyLibrary) -> None:
    for name in "abc":
        library.write(f"legal/{name}.md", name)
    seen = str(library.approvals.standing_of("legal/a.md").sha256)
    (approval,) = library.approvals.plan_version("legal/a.md", seen, ANN, text_sha256="e" * 64).approvals
    assert approval.text_sha256 == "e" * 64
    plan = library.approvals.plan_approval("legal", ANN).read({"legal/a.md": "e" * 64}, {"legal/c.md": "damaged"})
    assert [(one.document, one.text_sha256) for one in plan.approvals] == [("legal/a.md", "e" * 64), ("legal/b.md", "")]
    assert plan.passed_over == (("legal/c.md", "damaged"),)


def test_a_line_of_the_overview_says_who_approved_this_version_and_who_brought_it(library: TinyLibrary) -> None:
    library.write("security/a.md", "x")
    library.approve("security/a.md", by="ann")
    sha256 = str(library.approvals.standing_of("security/a.md").sha256)
    upload = Upload("security/a.md", sha256, "mira", library.clock.at)
    library.append(upload, replace(upload, sha256="b" * 64))
    (line,) = library.approvals.overview()
    assert ([approval.by for approval in line.approvals], line.uploads) == (["ann"], (upload,))
    library.write("security/a.md", "y")
    (line,) = library.approvals.overview()
    assert (line.approvals, line.uploads) == ((), ())


def test_an_overview_may_remember_the_hashes_of_files(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add("legal/a.md", "x")
    looked = Looked()

    def overview() -> list[DocumentStanding]:
        return Approvals(library=library.folder, now=library.clock, max_file_bytes=1 << 20, looked=looked).overview()

    first = overview()
    monkeypatch.setattr("indexes.library._read_up_to", None)
    assert overview() == first
