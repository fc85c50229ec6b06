"""Previews: of what awaits a decision and of nothing else, within limits, gone when decided."""

from datetime import date

import pytest

import ingest.previews
from indexes.documents import Locator
from indexes.previews import PREVIEWS_FOLDER
from indexes.readings import ReadingNote
from ingest.parsed import Parsed
from ingest.previews import _warnings
from tests.support.fakes import TinyLibrary
from tests.support.worker_parts import Worker

DRAFT, DOORS = "legal/draft.md", "security/doors.md"
LONG = "Everybody who works here has thirty days of leave, and takes them in the year in which they arose. " * 3
TEXT = f"# Leave\n\n{LONG}\n"


@pytest.fixture
def worker(library: TinyLibrary) -> Worker:
    return Worker(library).go(1)


def test_a_preview_is_what_the_loader_would_index(worker: Worker) -> None:
    worker.library.write(DRAFT, TEXT)
    preview = worker.go(10).preview(DRAFT)
    assert preview is not None
    assert (preview.document, preview.title, preview.warnings, preview.problem) == (DRAFT, "Leave", (), None)
    (section,) = preview.sections
    assert preview.text[section.start : section.end] == LONG.strip()
    assert section.locator == Locator("document"), "the title is no heading beside itself"


def test_why_a_document_cannot_be_read_is_in_the_words_of_the_loader(worker: Worker) -> None:
    worker.library.write("legal/broken.pdf", b"no pdf")
    worker.library.write("legal/slides.pptx", b"PK")
    worker.go(10)
    broken, slides = worker.preview("legal/broken.pdf"), worker.preview("legal/slides.pptx")
    assert broken is not None
    assert slides is not None
    assert "expected a PDF" in str(broken.problem)
    assert "save it as .pdf" in str(slides.problem)
    assert (broken.title, broken.text, broken.sections, broken.warnings) == ("Broken", "", (), ())


def test_they_are_for_their_owner_only(worker: Worker) -> None:
    worker.library.write(DRAFT, TEXT)
    worker.go(10)
    folder = worker.library.builds / PREVIEWS_FOLDER
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_one_approval_short_a_changed_and_an_expired_document_await_a_decision(worker: Worker) -> None:
    library = worker.library
    library.add(DOORS, TEXT)  # one of two
    library.add("legal/changed.md", TEXT)
    library.write("legal/changed.md", TEXT + "\nAnd more.\n")
    library.add("legal/expired.md", TEXT, expires=date(2026, 11, 20))
    library.clock.pass_days(1)
    worker.go(10)
    assert all(worker.preview(name) for name in (DOORS, "legal/changed.md", "legal/expired.md"))
    library.approve(DOORS, by="ben@x.example")
    worker.go(10)
    assert worker.previews() == 2, "the second approval decided"


@pytest.mark.parametrize("decided", ["approved", "rejected", "another version", "gone"])
def test_a_preview_goes_when_its_version_is_decided_or_gone(worker: Worker, decided: str) -> None:
    path = worker.library.write(DRAFT, TEXT)
    worker.go(10)
    before = worker.preview(DRAFT)
    assert before
    if decided == "approved":
        worker.library.approve(DRAFT)
    elif decided == "rejected":
        worker.library.approvals.withdraw("reject", DRAFT, by="ann@x.example", reason="no rule")
    elif decided == "gone":
        path.unlink()
    else:
        path.write_text(TEXT + "\nAnd more.\n")
    worker.go(10)
    assert worker.previews() == (1 if decided == "another version" else 0)
    assert decided != "another version" or worker.preview(DRAFT) not in (None, before)


def test_a_document_is_read_once(worker: Worker) -> None:
    worker.library.write(DRAFT, TEXT)
    worker.go(10)
    worker.library.write("legal/other.md", TEXT)
    worker.go(10)
    Worker(worker.library).go(10)  # the next worker
    assert worker.library.parser.parsed == [DRAFT, "legal/other.md"]


def test_another_version_of_a_loader_reads_anew(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.library.write(DRAFT, TEXT)
    worker.go(10)
    monkeypatch.setattr(ingest.previews, "loader_version", lambda _: "another")
    Worker(worker.library).go(10)
    assert worker.library.parser.parsed == [DRAFT, DRAFT]


def test_what_a_crash_left_half_written_goes(worker: Worker) -> None:
    (worker.library.builds / PREVIEWS_FOLDER / ".abc.json.0123456789abcdef").write_text("half")
    worker.library.write(DRAFT, TEXT)
    worker.go(10)
    left = {path.name for path in (worker.library.builds / PREVIEWS_FOLDER).iterdir()}
    assert len(left) == 2
    assert ".made-by" in left


@pytest.mark.parametrize("limit", [("_MOST", 2), ("_MOST_BYTES", 1000)], ids=["number", "bytes"])
def test_there_is_room_for_some_and_who_waited_longest_comes_first(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, limit: tuple[str, int]
) -> None:
    monkeypatch.setattr(ingest.previews, *limit)
    for name in "dcba":  # the name is not the order
        worker.library.write(f"legal/{name}.md", TEXT + name)
    worker.library.add(DOORS, TEXT)  # approved once, at noon of a day long before these files were written
    worker.go(10)
    assert worker.library.parser.parsed == [DOORS, "legal/d.md"]
    assert len(worker.reports) == 1
    worker.library.approve(DOORS, by="ben@x.example")
    worker.go(10)
    assert worker.library.parser.parsed == [DOORS, "legal/d.md", DOORS, "legal/c.md"]


def test_a_disk_that_refuses_is_told_and_the_next_are_not_tried_on_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(ingest.previews, "replace_file", refuse)
        for name in "ab":
            worker.library.write(f"legal/{name}.md", TEXT)
        worker.go(5)
    assert worker.state.problem == "no space left"
    assert worker.library.parser.parsed == ["legal/a.md"]
    worker.go(10)
    assert worker.previews() == 2
    assert worker.state.problem is None


def test_little_text_and_pages_without_any_are_remarked() -> None:
    scan = Parsed(None, "Doors are locked at seven.", (), (ReadingNote("pages_without_text", 2, ("2", "3")),))
    assert tuple(_warnings(scan)) == (ReadingNote("pages_without_text", 2, ("2", "3")), ReadingNote("very_short", 1))
    assert tuple(_warnings(Parsed(None, LONG, ()))) == ()
