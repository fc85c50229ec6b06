"""The command approve: what it asks, writes and refuses."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from filelock import FileLock

from indexes import register as register_module
from indexes.approvals import Approvals, Plan
from indexes.readings import ReadingNote
from indexes.terms import Terms
from tests.support.command_line import Run
from tests.support.fakes import REVOCATION, TinyLibrary
from tests.support.writing import ANN, events_of, steers_nothing


def test_a_file_is_approved_without_asking(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 0
    assert "legal/a.md  2d711642b726  until " in result.stdout
    assert "legal/a.md is approved" in result.stdout
    (event,) = events_of(library)
    assert (event["event"], event["by"], event["groups"]) == ("approve", "ann@x.example", ["staff"])
    assert (event["auth"], "by_id" in event) == ("cli", False)


def test_a_path_on_the_disk_may_be_given(library: TinyLibrary, run: Run) -> None:
    path = library.write("legal/a.md", "x")
    assert run("approve", str(path), *ANN).exit_code == 0
    assert events_of(library)[0]["document"] == "legal/a.md"


def test_every_term_of_an_approval_can_be_given(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    terms = ("--expires", "2099-01-31", "--groups", "board, press", "--title", " Plan ", "--note", "item 3")
    assert run("approve", "legal/a.md", *ANN, *terms).exit_code == 0
    (event,) = events_of(library)
    assert (event["expires"], event["groups"]) == ("2099-01-31", ["board", "press"])
    assert (event["title"], event["note"]) == ("Plan", "item 3")


def test_one_of_two_approvals_says_that_another_is_needed(library: TinyLibrary, run: Run) -> None:
    library.write("security/a.md", "x")
    result = run("approve", "security/a.md", *ANN)
    assert "security/a.md is pending: another person has to approve it too" in result.stdout
    result = run("approve", "security/a.md", "--by", "bo@x.example")
    assert "security/a.md is approved" in result.stdout


def test_an_approval_by_a_name_that_was_typed_says_that_it_does_not_count(library: TinyLibrary, run: Run) -> None:
    library.allow("hr", flags=["proven"])
    library.write("hr/a.md", "x")
    result = run("approve", "hr/a.md", *ANN)
    assert "hr/a.md is pending: there only approvals of people who signed in count" in result.stdout


def test_an_approval_that_is_over_already_says_so(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    result = run("approve", "legal/a.md", *ANN, "--expires", "2020-01-01")
    assert "legal/a.md is expired: its last day is already past" in result.stdout


def test_a_folder_is_approved_after_asking(library: TinyLibrary, run: Run) -> None:
    for name in ("a", "b"):
        library.write(f"legal/{name}.md", name)
    result = run("approve", "legal", *ANN, answer="y\n")
    assert result.exit_code == 0
    assert "Approve these 2? [y/N]: y" in result.output
    assert [event["document"] for event in events_of(library)] == ["legal/a.md", "legal/b.md"]


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_a_folder_is_not_approved_unless_somebody_says_yes(library: TinyLibrary, run: Run, answer: str) -> None:
    for name in ("a", "b"):
        library.write(f"legal/{name}.md", name)
    assert run("approve", "legal", *ANN, answer=answer).exit_code == 1
    assert not library.register_path.exists()


def test_a_folder_of_one_document_is_asked_about_too(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    assert run("approve", "legal", *ANN, answer="n\n").exit_code == 1
    assert not library.register_path.exists()


def test_an_approval_may_hold_to_the_end_of_time(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    assert "legal/a.md is approved" in run("approve", "legal/a.md", *ANN, "--expires", "9999-12-31").stdout


def test_with_yes_a_folder_is_approved_without_asking(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "a")
    library.write("legal/b.md", "b")
    library.approve("legal/b.md")
    library.revoke("legal/b.md")
    result = run("approve", "legal", *ANN, "--yes")
    assert result.exit_code == 0
    assert "passed over legal/b.md: is revoked" in result.stderr
    assert "legal/a.md is approved" in result.stdout


def test_a_folder_with_nothing_undecided_says_so(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    result = run("approve", "legal", *ANN)
    assert (result.exit_code, "nothing to approve" in result.stderr) == (0, True)
    assert len(events_of(library)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("legal/nothing.md", *ANN), "there is no file 'legal/nothing.md': expected a file to approve"),
        (("/etc/passwd", *ANN), "'/etc/passwd' lies in no approved source"),
        (
            ("legal/a.md", *ANN, "--expires", "31.1.2099"),
            "expected --expires = a date like 2027-11-20, got '31.1.2099'",
        ),
        (("legal/a.md", *ANN, "--expires", "2027-02-30"), "expected --expires = a date"),
        (("legal/a.md", *ANN, "--groups", " , "), "expected --groups = one or more names"),
        (("legal/a.md", "--by", " "), "expected --by = a name or address, got ' '"),
        (("legal/a.md", "--by", "ann\nbo"), r"expected --by = a name or address, got 'ann\u{000a}bo'"),
        (("legal/a.md", "--by", "ann\x1b[2J"), r"expected --by = a name or address, got 'ann\u{001b}[2J'"),
        (
            ("legal/a.md", *ANN, "--title", "a\x1b]0;b\x07"),
            r"expected --title = one line of plain text, got 'a\u{001b}]0;b\u{0007}', which holds \u{001b}",
        ),
        (("legal/a.md", *ANN, "--note", "one\ntwo"), r"expected --note = one line of plain text, got 'one\u{000a}two'"),
        (("legal/a.md", *ANN, "--groups", "a\u202e"), r"which holds \u{202e} (RIGHT-TO-LEFT OVERRIDE)"),
        (
            ("legal/a.md", *ANN, "--expires", "\x9b31m"),
            r"expected --expires = a date like 2027-11-20, got '\u{009b}31m'",
        ),
        (("legal/a.md\0", *ANN), r"which holds a NUL character"),
        (("legal/\x1b[2Ja.md", *ANN), r"the name 'legal/\u{001b}[2Ja.md' holds \u{001b}"),
        (("/\x1b[2J", *ANN), r"'/\u{001b}[2J' lies in no approved source"),
        (("legal/a.md",), "Missing option '--by'"),
        ((*ANN,), "Missing argument"),
    ],
)
def test_a_slip_is_named_exits_with_2_and_approves_nothing(
    library: TinyLibrary, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    library.write("legal/a.md", "x")
    result = run("approve", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert steers_nothing(result)
    assert not library.register_path.exists()


def test_a_register_that_cannot_be_written_exits_with_1(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/a.md", "x")
    monkeypatch.setattr(register_module, "_LOCK_TIMEOUT_S", 0.01)
    with FileLock(f"{library.register_path}.lock"):
        result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 1
    assert "has been locked by another writer" in result.stderr


def test_a_name_that_looks_like_markup_is_printed_as_it_is(library: TinyLibrary, run: Run) -> None:
    library.write("legal/[red]a[/].md", "x")
    assert "legal/[red]a[/].md is approved" in run("approve", "legal/[red]a[/].md", *ANN).stdout


def test_an_approval_that_was_revoked_while_a_person_thought_exits_with_1(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/a.md", "x")
    approve = Approvals.approve

    def revoke_first(self: Approvals, plan: Plan) -> None:
        library.clock.pass_days(1 / 24)
        library.revoke("legal/a.md")
        approve(self, plan)

    monkeypatch.setattr(Approvals, "approve", revoke_first)
    result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 1
    assert "legal/a.md is revoked: it was withdrawn meanwhile, and the approval does not count" in result.stdout


def test_where_no_approval_can_count_yet_the_command_exits_with_1(library: TinyLibrary, run: Run) -> None:
    library.add("legal/a.md", "x")
    library.append(replace(REVOCATION, at=datetime(2999, 1, 1, tzinfo=UTC)))
    result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 1
    assert "greenlit: 'legal/a.md' is withdrawn up to 2999-01-01T00:00:00Z: that time has not come" in result.stderr


# What is read before


@pytest.fixture
def stdin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the command sees a terminal: a test says so by a parametrisation."""
    is_terminal = bool(request.param)
    seen = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: is_terminal))
    monkeypatch.setattr("ingest.commands.approve.sys", seen)
    return is_terminal


SCANS = (ReadingNote("covered_text", 46, ("1",)), ReadingNote("pages_without_text", 3, ("2", "3", "4")))


@pytest.mark.parametrize("limited", [True], ids=["in the limited process"])
def test_the_line_names_the_text_that_was_read(library: TinyLibrary, run: Run, *, limited: bool) -> None:
    assert limited
    library.write("legal/a.md", "# Masters\n\nKeep masters.\n")
    assert run("approve", "legal/a.md", *ANN).exit_code == 0
    (event,) = events_of(library)
    assert event["text_sha256"] == hashlib.sha256(b"Masters\n\nKeep masters.").hexdigest()
    assert list(event)[:4] == ["event", "document", "sha256", "text_sha256"]


def test_what_was_not_read_is_said_before_anything_is_asked(library: TinyLibrary, run: Run) -> None:
    library.write("legal/a.md", "x")
    library.parser.notes = SCANS
    result = run("approve", "legal", *ANN, answer="n\n")
    said, _, asked = result.output.partition("Approve these 1?")
    assert "      not read: 3 pages without text that can be read: 2, 3, 4\n" in said
    assert "      left out: 46 covered words: 1\n" in said
    assert "      approved or not, it will be kept out, as source 'legal' has no keep_out that lets it in: 3" in said
    assert (asked, result.exit_code) != ("", 0)
    assert not library.register_path.exists()


@pytest.mark.parametrize(
    ("stdin", "notes", "options"),
    [(True, SCANS, ()), (True, SCANS, ("--yes",)), (True, SCANS[:1], ()), (False, SCANS, ())],
    ids=["not whole", "told not to", "whole", "a script"],
    indirect=["stdin"],
)
def test_at_a_terminal_a_file_that_was_not_read_whole_is_asked_about(
    library: TinyLibrary, run: Run, *, stdin: bool, notes: tuple[ReadingNote, ...], options: tuple[str, ...]
) -> None:
    library.write("legal/a.md", "x")
    library.parser.notes = notes
    asks = stdin and notes == SCANS and not options
    result = run("approve", "legal/a.md", *ANN, *options, answer="n\n")
    assert ("Approve it as it is read?" in result.output, result.exit_code) == (asks, 1 if asks else 0)
    assert library.register_path.exists() != asks


def test_what_cannot_be_read_is_not_approved_unless_that_is_said(library: TinyLibrary, run: Run) -> None:
    library.write("legal/slides.pptx", b"PK")
    result = run("approve", "legal/slides.pptx", *ANN)
    assert result.exit_code == 1
    words = " ".join(result.stderr.split())
    assert "'legal/slides.pptx' cannot be read: expected a document of type .docx" in words
    assert "nothing of it could ever be quoted; mend the file, or approve it all the same with --unread" in words
    assert not library.register_path.exists()
    result = run("approve", "legal/slides.pptx", *ANN, "--unread")
    assert result.exit_code == 0
    assert "cannot be read, so nothing of it will be quoted: expected a document of type" in result.stdout
    (event,) = events_of(library)
    assert "text_sha256" not in event


def test_of_a_folder_what_cannot_be_read_is_passed_over(library: TinyLibrary, run: Run) -> None:
    library.write("legal/slides.pptx", b"PK")
    result = run("approve", "legal", *ANN, "--yes")
    assert (result.exit_code, "nothing to approve" in result.stderr) == (1, True)
    library.write("legal/a.md", "x")
    result = run("approve", "legal", *ANN, "--yes")
    assert result.exit_code == 0
    assert "passed over legal/slides.pptx: it cannot be read: expected a document of type" in result.stderr
    assert [event["document"] for event in events_of(library)] == ["legal/a.md"]


def test_law_1_a_file_that_changes_while_it_is_read_is_not_approved(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/a.md", "what was hashed")
    plan_approval = Approvals.plan_approval

    def plan_then_swap(self: Approvals, path: str, terms: Terms) -> Plan:
        plan = plan_approval(self, path, terms)
        library.write("legal/a.md", "something else")
        return plan

    monkeypatch.setattr(Approvals, "plan_approval", plan_then_swap)
    result = run("approve", "legal/a.md", *ANN)
    assert result.exit_code == 2
    assert "'legal/a.md' changed while it was being read" in result.stderr
    assert (library.parser.parsed, library.register_path.exists()) == ([], False)
