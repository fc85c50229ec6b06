"""The command rename: what it shows, asks, writes and refuses."""

import pytest

from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.writing import ANN, events_of


@pytest.fixture
def library(library: TinyLibrary) -> TinyLibrary:
    """Three approved documents, of which two were moved."""
    for name in ("a", "b", "stays"):
        library.add(f"legal/{name}.md", name)
    (library.folder / "legal" / "2026").mkdir()
    for name in "ab":
        (library.folder / "legal" / f"{name}.md").rename(library.folder / "legal" / "2026" / f"{name}.md")
    return library


def test_a_file_is_renamed_without_asking(library: TinyLibrary, run: Run) -> None:
    result = run("rename", "legal/a.md", "legal/2026/a.md", *ANN, "--note", "as agreed")
    assert result.exit_code == 0
    assert result.stdout.startswith("  legal/a.md -> legal/2026/a.md  ca978112ca1b  until ")
    assert result.stdout.endswith("legal/2026/a.md is approved\n")
    approved, revoked = events_of(library)[3:]
    assert (approved["document"], approved["auth"]) == ("legal/2026/a.md", "cli")
    assert approved["note"].endswith("; as agreed")
    assert (revoked["event"], revoked["reason"]) == ("revoke", "renamed to legal/2026/a.md")


def test_a_folder_is_renamed_after_asking(library: TinyLibrary, run: Run) -> None:
    assert run("rename", "legal", "legal/2026", *ANN, answer="n\n").exit_code == 1
    assert len(events_of(library)) == 3
    result = run("rename", "legal", "legal/2026", *ANN, answer="y\n")
    assert result.exit_code == 0
    assert "Rename these 2? [y/N]: y" in result.output
    assert "passed over legal/stays.md: its file is still there" in result.stderr
    assert len(events_of(library)) == 7
    again = run("rename", "legal", "legal/2026", *ANN, "--yes")
    assert (again.exit_code, again.stderr.splitlines()[-1]) == (1, "greenlit: nothing to rename")


def test_the_first_of_two_is_told_what_is_missing(library: TinyLibrary, run: Run) -> None:
    library.add("security/a.md", "x")
    library.approve("security/a.md", by="ben@x.example")
    library.add("legal/new.md", "y", supersedes=["security/a.md"])
    (library.folder / "security/a.md").rename(library.folder / "security/b.md")
    first = run("rename", "security/a.md", "security/b.md", *ANN)
    assert "security/b.md is pending: another person says the same, and until then 'security/a.md'" in first.stdout
    second = run("rename", "security/a.md", "security/b.md", "--by", "cho")
    assert [("supersede" in one.stderr) for one in (first, second)] == [False, True]  # the old name still holds first
    assert "security/b.md is approved\n" in second.stdout


def test_who_supersedes_the_old_name_is_named(library: TinyLibrary, run: Run) -> None:
    library.add("legal/new.md", "y", supersedes=["legal/a.md"])
    result = run("rename", "legal/a.md", "legal/2026", *ANN)
    assert "legal/new.md is said to supersede what has another name now: greenlit approve legal/new.md" in result.stderr
    said = run("approve", "legal/new.md", "--supersedes", "legal/2026/a.md", *ANN)
    assert "--supersedes legal/2026/a.md --by WHO says so" in result.stderr
    assert said.exit_code == 0, said.output
    granted = library.approvals.standing_of("legal/new.md").grant
    assert granted is not None
    assert granted.supersedes == {"legal/2026/a.md"}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("legal/stays.md", "legal/2026/a.md", *ANN), 1, "'legal/stays.md' is not renamed: its file is still there"),
        (("legal/a.md", "legal/2026/b.md", *ANN), 1, "does not hold the approved bytes"),
        (("legal/a.md", "legal/a.md", *ANN), 2, "expected two names, got 'legal/a.md' twice"),
        (("/etc/passwd", "legal/2026/a.md", *ANN), 2, "lies in no approved source"),
        (("legal/a.md", "legal/2026/a.md", "--by", " "), 2, "expected --by = a name or address"),
        (("legal/a.md", "legal/2026/a.md", *ANN, "--note", "a\nb"), 2, "expected --note = one line of plain text"),
        (("legal/a.md", "legal/2026/a.md"), 2, "Missing option '--by'"),
    ],
)
def test_what_cannot_be_renamed_is_said_and_nothing_is_written(
    library: TinyLibrary, run: Run, arguments: tuple[str, ...], code: int, says: str
) -> None:
    result = run("rename", *arguments)
    assert (result.exit_code, says in result.output) == (code, True), result.output
    assert len(events_of(library)) == 3
