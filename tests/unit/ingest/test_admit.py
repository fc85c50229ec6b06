"""What comes of reading a document: its source may keep it out, or ask for a new look, or let it go on."""

import hashlib

import pytest

from indexes.builds import current_build_id, open_build
from indexes.readings import ReadingNote
from ingest.report import Outcome, Report
from tests.support.fakes import TinyLibrary

PLAN = "hr/plan.md"
TEXT = "# Leave\n\nTrainees have leave for ten days.\n"
AS_READ = hashlib.sha256(b"Leave\n\nTrainees have leave for ten days.").hexdigest()
FIELDS = ReadingNote("form_fields", 2, ("1",))
HIDDEN = ReadingNote("hidden_text", 4)
REMARK = (
    "read otherwise than when it was approved: 4 documents (legal/a.md, legal/b.md, legal/c.md and 1 more); "
    "greenlit register shows the difference"
)


def _outcome(report: Report, document: str = PLAN) -> Outcome:
    (outcome,) = [line for line in report.documents if line.document == document]
    return outcome


def _held(library: TinyLibrary) -> list[str]:
    build = open_build(library.builds / current_build_id(library.builds), encoder=library.encoder)
    build.passages.close()
    return [document for document, _ in build.documents]


# Kept out for what was not read


def test_law_11_what_was_not_read_keeps_a_document_out_where_the_source_says_so(library: TinyLibrary) -> None:
    library.allow("hr", also='keep_out = ["form_fields"]\n')
    library.parser.notes = (FIELDS, HIDDEN)
    library.add(PLAN, TEXT)
    library.add("legal/plan.md", TEXT)
    report = library.ingest()
    why = "kept out by keep_out of source 'hr': 2 filled form fields that are not read: 1"
    assert _outcome(report) == Outcome(PLAN, "kept_out", why, 0, (FIELDS, HIDDEN))
    assert _outcome(report, "legal/plan.md").warnings == (FIELDS, HIDDEN), "it came in, and says so"
    assert _held(library) == ["legal/plan.md"]
    assert not [text for text in library.encoder.encoded if "hr" in text]
    assert (
        "source 'hr': 1 of 1 approved document is kept out for what was not read of it (hr/plan.md)" in report.problems
    )


def test_law_11_a_document_that_came_in_goes_when_the_source_keeps_such_out(library: TinyLibrary) -> None:
    library.allow("hr")
    library.parser.notes = (FIELDS,)
    library.add(PLAN, TEXT)
    assert _outcome(library.ingest()).outcome == "ingested"
    assert _outcome(library.ingest()).warnings == (FIELDS,), "unchanged, and still said"
    with (library.folder / "sources.toml").open("a") as file:
        file.write('keep_out = ["form_fields"]\n')
    assert _outcome(library.ingest()).outcome == "kept_out"
    assert _held(library) == []
    assert library.parser.parsed == [PLAN], "what was not read is known, nobody has to read it again"


# Read otherwise than when it was approved


def test_what_is_read_as_it_was_approved_comes_in_without_a_word(library: TinyLibrary) -> None:
    library.allow("hr", also='reread = "ask"\n')
    library.add(PLAN, TEXT, text_sha256=AS_READ)
    report = library.ingest()
    assert (_outcome(report).outcome, report.remarks, report.asked) == ("ingested", (), frozenset())


def test_law_1_what_is_read_otherwise_than_when_it_was_approved_waits_where_the_source_asks_for_a_look(
    library: TinyLibrary,
) -> None:
    library.allow("hr", also='reread = "ask"\n')
    library.add(PLAN, TEXT, text_sha256=AS_READ)
    library.parser.as_another = ("ten", "six")
    report = library.ingest()
    assert _outcome(report).reason.startswith("read otherwise than when it was approved, and source 'hr' asks")
    assert (report.asked, report.problems) == (frozenset({PLAN}), ())
    assert "1 of 1 approved document is read otherwise than when it was approved" in " ".join(report.remarks)
    assert _held(library) == []
    assert not library.encoder.encoded
    library.approve(PLAN, text_sha256=hashlib.sha256(b"Leave\n\nTrainees have leave for six days.").hexdigest())
    assert _outcome(library.ingest()).outcome == "ingested"


def test_elsewhere_it_goes_on_and_that_is_remarked(library: TinyLibrary) -> None:
    for name in "abcd":
        library.add(f"legal/{name}.md", TEXT, text_sha256=AS_READ)
    library.add("legal/silent.md", TEXT)
    library.parser.as_another = ("ten", "six")
    for outcome in ("ingested", "unchanged"):
        report = library.ingest()
        assert {line.outcome for line in report.documents} == {outcome}
        assert list(report.remarks) == [REMARK]


@pytest.mark.parametrize("agree", [True, False])
def test_law_1_two_who_approve_together_have_read_the_same(library: TinyLibrary, *, agree: bool) -> None:
    library.allow("board", approvals_required=2, also='reread = "ask"\n')
    library.add("board/plan.md", TEXT, text_sha256=AS_READ)
    library.approve("board/plan.md", by="bo@x.example", text_sha256=AS_READ if agree else "b" * 64)
    assert _outcome(library.ingest(), "board/plan.md").outcome == ("ingested" if agree else "kept_out")
