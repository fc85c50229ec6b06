"""The doctor's look at the library: wrong is what somebody has to mend, and the rest is said without alarm."""

import os
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from indexes.builds import open_build
from indexes.clock import utc_now
from indexes.durable import replace_file
from indexes.errors import UnreadableFileError
from indexes.last_ingest import LAST_INGEST_FILE
from indexes.previews import WORKER_FILE, Doing, WorkerState, worker_state_json
from indexes.readings import ReadingNote
from indexes.register import REGISTER_FILE, Register
from service.operating.checks import Check, Found, checked
from service.operating.library_checks import BuildsSet, look_at_build, look_at_library, look_at_register
from service.settings import Settings
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown
from tests.support.service_parts import settings_for

FAR = date(2099, 1, 1)  # the doctor looks at the real clock
SCAN = b"%PDF-1.4 a scan, which nobody can read"


@pytest.fixture
def library(library: TinyLibrary) -> TinyLibrary:
    grown(library, _ingested)
    return library


def _ingested(library: TinyLibrary) -> None:
    library.add("legal/a.md", "# Leave\n\nLeave is thirty days.\n", expires=FAR)
    library.add("security/doors.md", "# Doors\n\nDoors are locked at seven.\n", expires=FAR)
    library.approve("security/doors.md", by="ben@x.example", expires=FAR)
    library.ingest()


@pytest.fixture
def settings(library: TinyLibrary) -> Settings:
    return settings_for(library)


def _told(look: Callable[[], Found]) -> Check:
    return checked("it", look)


def _of_file(settings: Settings) -> Register:
    return Register(settings.library / REGISTER_FILE)


def _build(settings: Settings, *, mirrored: bool = False) -> Check:
    library, most = settings.library, settings.max_file_bytes
    register, are = _of_file(settings), BuildsSet(mirrored=mirrored)
    return _told(
        lambda: look_at_build(
            settings.builds, open_build, library=library, register=register, max_file_bytes=most, are=are
        )
    )


def _register(settings: Settings) -> Check:
    return _told(lambda: look_at_register(settings.library, settings.builds, _of_file(settings)))


def _worker(library: TinyLibrary, doing: Doing = "waiting", *, seen_s: float = 1, problem: str | None = None) -> None:
    """Leave what a worker said last."""
    at = utc_now() - timedelta(seconds=seen_s)
    state = WorkerState(doing, since=at, seen_at=at, problem=problem)
    replace_file(library.builds / WORKER_FILE, worker_state_json(state).encode(), mode=0o600)


# What is approved and not in the build


def test_what_ingesting_cannot_take_in_is_a_warning_with_the_reason(library: TinyLibrary, settings: Settings) -> None:
    for name in "bc":
        library.add(f"legal/{name}.pdf", SCAN, expires=FAR)
    assert _build(settings).level == "wrong", "nobody has tried yet"
    library.ingest()
    check = _build(settings)
    assert check.level == "warning"
    assert "; 2 approved documents cannot be in it, such as 'legal/b.pdf' (expected a PDF" in check.detail
    library.ingest()
    assert _build(settings) == check, "an ingestion that publishes nothing says it again"


def test_what_a_machine_that_made_no_build_cannot_know_is_a_warning(library: TinyLibrary, settings: Settings) -> None:
    library.add("legal/b.pdf", SCAN, expires=FAR)
    library.ingest()
    (library.builds / LAST_INGEST_FILE).unlink()
    assert _build(settings).level == "wrong"
    check = _build(settings, mirrored=True)
    assert check.level == "warning"
    assert "'legal/b.pdf': greenlit doctor says why on the machine that makes builds" in check.detail


def test_what_its_source_keeps_out_or_waits_for_a_look_is_a_warning(library: TinyLibrary, settings: Settings) -> None:
    library.allow("hr", also='keep_out = ["form_fields"]\nreread = "ask"\n')
    library.add("hr/form.md", "# Form\n\nFill it in.\n", expires=FAR)
    library.parser.notes = (ReadingNote("form_fields", 2, ("page 1",)),)
    library.ingest()
    assert "1 approved document is kept out for what was not read of it: 'hr/form.md' (" in _build(settings).detail
    library.parser.notes = ()
    library.approve("hr/form.md", expires=FAR, text_sha256="a" * 64)
    library.ingest()
    assert "1 approved document waits for a new approval, as it is read" in _build(settings).detail
    assert _build(settings).level == "warning"


def test_one_that_would_be_taken_in_is_wrong_beside_others_that_would_not(
    library: TinyLibrary, settings: Settings
) -> None:
    library.add("legal/b.pdf", SCAN, expires=FAR)
    library.ingest()
    library.add("legal/c.md", "# New\n\nA new rule.\n", expires=FAR)
    library.add("legal/d.md", "# New too\n", expires=FAR)
    check = _build(settings)
    assert check.level == "wrong"
    assert check.detail == "2 approved documents are not in it, such as 'legal/c.md': run greenlit ingest"


def test_a_reason_is_of_the_version_that_was_tried(library: TinyLibrary, settings: Settings) -> None:
    library.add("legal/b.pdf", SCAN, expires=FAR)
    library.ingest()
    library.add("legal/b.pdf", SCAN + b" yet", expires=FAR)
    assert _build(settings).level == "wrong"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"release": "0", "stays_out": []}', b'{"release": null}', b'{"stays_out": [1]}'],
)
def test_what_another_release_or_a_crash_left_says_nothing(
    library: TinyLibrary, settings: Settings, content: bytes
) -> None:
    library.add("legal/b.pdf", SCAN, expires=FAR)
    library.ingest()
    (library.builds / LAST_INGEST_FILE).write_bytes(content)
    assert _build(settings).level == "wrong"


def test_that_the_reasons_cannot_be_left_stops_nothing(library: TinyLibrary) -> None:
    (library.builds / LAST_INGEST_FILE).unlink()
    (library.builds / LAST_INGEST_FILE).mkdir()
    library.add("legal/c.md", "# New\n\nA new rule.\n", expires=FAR)
    report = library.ingest()
    assert report.published
    assert [f"{LAST_INGEST_FILE} cannot be written" in problem for problem in report.problems] == [True]


@pytest.mark.parametrize(("approved_ago_s", "doing"), [(5, "waiting"), (900, "building")])
def test_what_a_worker_is_about_to_take_in_is_no_alarm(
    library: TinyLibrary, settings: Settings, *, approved_ago_s: float, doing: Doing
) -> None:
    library.clock.at = utc_now() - timedelta(seconds=approved_ago_s)
    library.add("legal/c.md", "# New\n\nA new rule.\n", expires=FAR)
    _worker(library, doing)
    check = _build(settings)
    assert check.level == "warning"
    assert check.detail.endswith("is not in it yet: 'legal/c.md'; the worker takes in what it can")


@pytest.mark.parametrize(
    ("approved_ago_s", "seen_s", "problem"), [(900, 1, None), (5, 300, None), (5, 1, "the disk is full")]
)
def test_what_no_worker_takes_in_is_wrong(
    library: TinyLibrary, settings: Settings, *, approved_ago_s: float, seen_s: float, problem: str | None
) -> None:
    library.clock.at = utc_now() - timedelta(seconds=approved_ago_s)
    library.add("legal/c.md", "# New\n\nA new rule.\n", expires=FAR)
    _worker(library, seen_s=seen_s, problem=problem)
    assert _build(settings).level == "wrong"


def test_what_the_disk_does_not_give_is_wrong(
    library: TinyLibrary, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise UnreadableFileError("'legal/c.md' cannot be read: Permission denied")

    library.add("legal/c.md", "# New\n\nA new rule.\n", expires=FAR)
    monkeypatch.setattr("service.operating.library_checks.read_document", refused)
    check = _build(settings)
    assert check.level == "wrong"
    assert "1 approved document cannot be read: 'legal/c.md' ('legal/c.md' cannot be read: Permission d" in check.detail


def test_one_that_is_no_document_any_more_is_not_waited_for(library: TinyLibrary, settings: Settings) -> None:
    library.add("legal/c.md", "# New\n\nA new rule.\n", expires=FAR)
    os.link(library.folder / "legal" / "c.md", library.root / "another name")
    check = _build(settings)
    assert check.level == "warning"
    assert "1 approved document cannot be in it: 'legal/c.md' ('legal/c.md' has 2 names" in check.detail


# What is due


def test_approvals_that_end_or_ended_are_a_warning(library: TinyLibrary, settings: Settings) -> None:
    today = utc_now().date()
    library.add("legal/soon.md", "# Soon\n", expires=today + timedelta(days=30))
    library.add("legal/later.md", "# Later\n", expires=today + timedelta(days=31))
    library.add("legal/over.md", "# Over\n", expires=today - timedelta(days=1))
    library.add("security/keys.md", "# Keys\n", expires=FAR)
    check = _register(settings)
    assert check.level == "warning"
    assert check.detail == (
        "7 events on 6 documents; 1 approval has ended, and nothing is answered from what it approved: greenlit "
        "register --due 30 lists them; 1 approval ends within 30 days, the first on "
        f"{today + timedelta(days=30)}: greenlit register --due 30 lists them; 1 document waits for another approval, "
        "such as 'security/keys.md': a second person approves it too"
    )


def test_that_all_of_them_ended_is_wrong(library: TinyLibrary, settings: Settings) -> None:
    for name in ("legal/a.md", "security/doors.md"):
        library.revoke(name)
    library.add("legal/over.md", "# Over\n", expires=utc_now().date() - timedelta(days=1))
    check = _register(settings)
    assert (check.level, "the register approves nothing now" in check.detail) == ("wrong", True)


def test_what_a_merge_left_and_a_source_without_documents_are_warnings(
    library: TinyLibrary, settings: Settings
) -> None:
    library.append(library.approvals.state().decisions["legal/a.md"].events[0])
    library.allow("people")
    check = _register(settings)
    assert check.level == "warning"
    assert "lines that stand in it twice: 1" in check.detail
    assert "source 'people' has no approved document" in check.detail


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (Path.unlink, "register.jsonl is not there, and the live build holds 2 documents: put it back"),
        (lambda path: path.write_bytes(b""), "register.jsonl decides on nothing, and the live build holds 2"),
        (
            lambda path: path.write_bytes(path.read_text().encode("utf-16")),
            "nothing that the register says can be understood: .*UTF-16 text, .*put it back",
        ),
    ],
    ids=["gone", "emptied", "in another encoding"],
)
def test_a_register_that_is_gone_is_wrong_and_said_in_one_message(
    library: TinyLibrary, settings: Settings, spoil: Callable[[Path], object], says: str
) -> None:
    before = library.register_path.read_bytes()
    spoil(library.register_path)
    told = _register(settings)
    assert not told.ok
    assert re.search(says, told.detail), told
    library.register_path.write_bytes(before)
    assert _register(settings).ok


def test_a_library_in_which_nobody_has_decided_yet_has_not_lost_its_register(
    library: TinyLibrary, settings: Settings
) -> None:
    library.register_path.unlink()
    shutil.rmtree(library.builds)
    assert "the register approves nothing now" in _register(settings).detail


def test_many_lines_that_are_wrong_are_told_in_one_that_can_be_read(library: TinyLibrary, settings: Settings) -> None:
    with library.register_path.open("ab") as file:
        file.write(b"broken\n" * 33)
    detail = _register(settings).detail
    assert detail.count("register.jsonl, line") == 3
    assert detail.endswith("; and 30 problems more: mend the register")


# Files that are none


def test_a_stray_file_is_a_warning_and_an_approved_one_is_wrong(library: TinyLibrary, settings: Settings) -> None:
    def look() -> Check:
        return _told(lambda: look_at_library(settings.library, _of_file(settings)))

    (library.folder / "legal" / "link.md").symlink_to(Path("/etc/hostname"))
    stray = look()
    assert stray.level == "warning"
    assert stray.detail.endswith(
        "1 of 3 files cannot be a document; the first: 'legal/link.md' is a symbolic link: put "
        "the file itself into the source"
    )
    (library.folder / "legal" / "a.md").unlink()
    (library.folder / "legal" / "a.md").symlink_to(Path("/etc/hostname"))
    assert look().level == "wrong"
