"""Whatever is printed reads as it is: nothing of it steers the terminal, nothing of it is taken for markup."""

import pytest

from indexes.lines import DocumentStanding
from indexes.names import printable
from indexes.readings import ReadingNote
from indexes.standing import Standing
from indexes.terms import Terms
from ingest import show
from ingest.report import Outcome, Report
from tests.support.fakes import TinyLibrary

STEERING = "a\x1b[31m\x9b2J\u202e\nb[red]c[/red]:smile:"
SHOWN = r"a\u{001b}[31m\u{009b}2J\u{202e}\u{000a}b[red]c[/red]:smile:"


def _printed(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    printed = captured.out + captured.err
    assert all(printable(line) == line for line in printed.split("\n"))
    return printed


def test_problems_and_remarks(capsys: pytest.CaptureFixture[str]) -> None:
    show.troubles(problems=[STEERING], remarks=[STEERING])
    printed = _printed(capsys)
    assert printed.count(SHOWN) == 2
    assert [line.split(":")[0] for line in printed.splitlines()] == ["problem", "remark"]


def test_the_overview(capsys: pytest.CaptureFixture[str]) -> None:
    show.standings([DocumentStanding(STEERING, Standing.PENDING, None, None, STEERING)])
    assert _printed(capsys).count(SHOWN) == 2


def test_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    lines = (Outcome(STEERING, "kept_out", STEERING, 0), Outcome("legal/b.md", "missing", "missing: gone", 0))
    show.report(Report("build", published=True, documents=lines, problems=(STEERING,), seconds=1, remarks=(STEERING,)))
    printed = _printed(capsys)
    assert printed.count(SHOWN) == 4
    assert "1 kept out, 1 missing; 0 passages in 1.0 s" in printed


def test_a_document_that_was_not_read_whole_says_so_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    note = ReadingNote("pages_without_text", 2, ("2", "3"))
    lines = (Outcome("legal/a.pdf", "ingested", "", 4, (note,)),)
    show.report(Report("build", published=True, documents=lines, problems=(), seconds=1))
    printed = _printed(capsys)
    assert "legal/a.pdf: ingested, 2 pages without text that can be read: 2, 3\n" in printed
    assert "1 of 1 document was not read whole\n" in printed


def test_what_a_reader_sees_and_the_text_lacks_comes_first_and_long_lists_are_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hidden = ReadingNote("covered_text", 46, ("1",))
    many = ReadingNote("form_fields", 40, tuple(str(page) for page in range(1, 41)))
    deep = ReadingNote("footnotes", 1, ("Pay › " * 30,))
    lines = (
        Outcome("legal/a.pdf", "unchanged", "", 4, (hidden, many, deep)),
        Outcome("legal/b.pdf", "ingested", "", 4, (hidden,)),
        Outcome("legal/c.pdf", "kept_out", "kept out by keep_out of source 'legal': much", 0, (many,)),
    )
    done = Report("build", published=True, documents=lines, problems=(), seconds=1)
    show.report(done)
    printed = _printed(capsys)
    said = next(line for line in printed.splitlines() if line.startswith("legal/a.pdf: unchanged, "))
    assert said.startswith("legal/a.pdf: unchanged, 40 filled form fields that are not read: 1, 2, 3, 4, ")
    assert "12 and 28 more; 1 note that is not read: Pay › Pay" in said
    assert said.endswith("…; left out: 46 covered words: 1")
    assert len(said) < 300
    assert "legal/b.pdf: ingested, left out: 46 covered words: 1\n" in printed
    assert "1 of 2 documents was not read whole\n" in printed, "of those in the build; what is hidden lacks nothing"
    show.summary(done)
    assert "legal/" not in _printed(capsys), "a worker says it once, when the document comes in"


def test_a_plan_is_confirmed_in_words(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    plan = library.approvals.plan_approval("legal/a.md", Terms(by="ann"))
    nobody = library.approvals.plan_approval("legal/a.md", Terms(by="ann", groups=()))
    assert show.in_words(plan.approvals) == "  legal/a.md  2d711642b726  until 2027-11-20  for staff"
    assert show.in_words(nobody.approvals).endswith("for nobody")
    assert show.in_words(plan.approvals, {"legal/a.md": ["not read: x"]}).endswith("for staff\n      not read: x")
