"""A document's way in: only approved bytes, each outcome with its reason, and nothing done twice."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any

import pytest

from indexes.builds import Build, current_build_id, open_build
from indexes.errors import BuildDamagedError, NoBuildError, SourcesError, UnreadableFileError
from indexes.holds import hold_build
from indexes.library import FileBytes, Listed, read_document
from indexes.pack import Pack
from indexes.sources import Sources
from indexes.stock import list_library
from indexes.terms import Terms
from ingest import admit, describe, given, index_vectors, pipeline
from ingest.errors import LoadError, LostDocumentsError, PublishError
from ingest.parsed import Parsed
from ingest.pipeline import CACHE_FILE
from ingest.report import Report
from tests.support.fakes import REVOCATION, DirectParser, HashingEncoder, TinyLibrary

CANARY = "zebra4711"
SECRET = f"# Plan\n\nThe {CANARY} plan is secret.\n"
GOOD = "# Masters\n\nKeep masters for ten years.\n"

Prepare = Callable[[TinyLibrary], None]


def _live(library: TinyLibrary) -> Build:
    return open_build(library.builds / current_build_id(library.builds), encoder=library.encoder)


def _documents(library: TinyLibrary) -> list[str]:
    build = _live(library)
    build.passages.close()
    return [document for document, _ in build.documents]


def _reason(report: Report, document: str) -> str:
    (outcome,) = [outcome for outcome in report.documents if outcome.document == document]
    assert (outcome.outcome, outcome.passages) == ("kept_out", 0)
    return outcome.reason


def _assert_no_trace(library: TinyLibrary, document: str, canary: str = CANARY) -> None:
    """Neither parser nor encoder saw it, and no byte of it is anywhere among the builds."""
    assert document not in library.parser.parsed
    assert not any(canary in text for text in library.encoder.encoded)
    for path in library.builds.rglob("*"):
        if path.is_file():
            assert canary.encode() not in path.read_bytes(), path


# Law 1: only approved bytes get in


def _nobody_decided(library: TinyLibrary) -> None:
    library.write("legal/plan.md", SECRET)


def _one_of_two_approved(library: TinyLibrary) -> None:
    library.add("security/plan.md", SECRET)


def _one_person_approved_twice(library: TinyLibrary) -> None:
    library.add("security/plan.md", SECRET, by="ann@x.example")
    library.approve("security/plan.md", by="Ann@x.example")


def _two_people_approved_different_bytes(library: TinyLibrary) -> None:
    library.add("security/plan.md", "# Plan\n\nAn earlier version.\n", by="ann@x.example")
    library.add("security/plan.md", SECRET, by="bo@x.example")


def _it_changed(library: TinyLibrary) -> None:
    library.add("legal/plan.md", GOOD)
    library.write("legal/plan.md", SECRET)


def _an_older_version_came_back(library: TinyLibrary) -> None:
    library.add("legal/plan.md", SECRET)
    library.add("legal/plan.md", GOOD)
    library.write("legal/plan.md", SECRET)


def _it_expired(library: TinyLibrary) -> None:
    library.add("legal/plan.md", SECRET, expires=date(2026, 11, 19))


def _it_was_revoked(library: TinyLibrary) -> None:
    library.add("legal/plan.md", SECRET)
    library.revoke("legal/plan.md", reason="superseded")


def _it_was_rejected(library: TinyLibrary) -> None:
    library.write("legal/plan.md", SECRET)
    library.append(replace(REVOCATION, event="reject", document="legal/plan.md", reason="not ours"))


def _its_line_cannot_be_understood(library: TinyLibrary) -> None:
    library.add("legal/plan.md", SECRET)
    with library.register_path.open("ab") as file:
        file.write(b'{"event": "aprove", "document": "legal/plan.md"}\n')


def _its_line_is_cut_off(library: TinyLibrary) -> None:
    library.add("legal/plan.md", SECRET)
    os.truncate(library.register_path, library.register_path.stat().st_size - 1)


def _another_document_was_approved(library: TinyLibrary) -> None:
    library.add("legal/other.md", SECRET.replace(CANARY, "public"))
    library.write("legal/plan.md", SECRET)


def _a_merge_put_an_approval_behind_its_revocation(library: TinyLibrary) -> None:
    library.add("legal/plan.md", SECRET)
    tomorrow = library.clock.at + timedelta(days=1)
    revoked = replace(REVOCATION, document="legal/plan.md", at=tomorrow)
    renewed_elsewhere = replace(library.approve("legal/plan.md", by="bo@x.example").approvals[0], by="cy@x.example")
    library.append(revoked, renewed_elsewhere)


def _a_merge_left_open_which_version_is_the_newest(library: TinyLibrary) -> None:
    library.write("legal/plan.md", SECRET)
    (approval,) = library.approvals.plan_approval("legal/plan.md", Terms(by="ann@x.example")).approvals
    library.append(replace(approval, sha256="b" * 64, at=approval.at + timedelta(hours=1)), approval)


KEPT_OUT: list[tuple[Prepare, str, str]] = [
    (_nobody_decided, "legal/plan.md", "pending: nobody has approved it"),
    (_one_of_two_approved, "security/plan.md", "pending: one person approved this version, another has to"),
    (_one_person_approved_twice, "security/plan.md", "pending: one person approved this version, another has to"),
    (_two_people_approved_different_bytes, "security/plan.md", "pending: one person approved this version"),
    (
        _it_changed,
        "legal/plan.md",
        r"changed: approved [0-9a-f]{12}, found [0-9a-f]{12}; the new version needs approval",
    ),
    (_an_older_version_came_back, "legal/plan.md", "changed: approved"),
    (_it_expired, "legal/plan.md", "expired: the approval ended on 2026-11-19"),
    (_it_was_revoked, "legal/plan.md", r"revoked: by ann@x\.example on 2026-11-20: superseded"),
    (_it_was_rejected, "legal/plan.md", r"rejected: by ann@x\.example on 2026-11-20: not ours"),
    (_its_line_cannot_be_understood, "legal/plan.md", "pending: the register's line 3 cannot be understood"),
    (_its_line_is_cut_off, "legal/plan.md", "pending: the register's line 2 cannot be understood; approve it again"),
    (_another_document_was_approved, "legal/plan.md", "pending: nobody has approved it"),
    (_a_merge_put_an_approval_behind_its_revocation, "legal/plan.md", r"revoked: by ann@x\.example on 2026-11-21"),
    (
        _a_merge_left_open_which_version_is_the_newest,
        "legal/plan.md",
        "pending: the register's lines on it are not in the order of their times, and disagree; approve it again",
    ),
]


KEPT_OUT_IDS = [case[0].__name__[1:] for case in KEPT_OUT]


@pytest.mark.parametrize(("prepare", "document", "reason"), KEPT_OUT, ids=KEPT_OUT_IDS)
def test_law_1_what_is_not_approved_as_it_is_reaches_no_parser_no_encoder_and_no_build(
    library: TinyLibrary, prepare: Prepare, document: str, reason: str
) -> None:
    library.add("legal/good.md", GOOD)
    prepare(library)
    report = library.ingest()
    assert re.match(reason, _reason(report, document))
    _assert_no_trace(library, document)
    assert "legal/good.md" in _documents(library), "the others go on"


@pytest.mark.parametrize(("prepare", "document"), [case[:2] for case in KEPT_OUT], ids=KEPT_OUT_IDS)
def test_law_1_a_document_that_loses_its_approval_leaves_the_next_build_and_the_kept_vectors(
    library: TinyLibrary, prepare: Prepare, document: str
) -> None:
    library.add("legal/good.md", GOOD)
    library.add(document, SECRET)
    if document.startswith("security"):
        library.approve(document, by="bo@x.example")
    before = library.ingest()
    assert document in _documents(library)
    library.revoke(document)
    prepare(library)
    library.clock.pass_days(1 / 24)
    report = library.ingest()
    assert report.build_id != before.build_id
    assert _reason(report, document)
    assert document not in _documents(library)
    folder = library.builds / report.build_id
    assert all(CANARY.encode() not in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert list((library.builds / pipeline.CACHE_FILE).parent.iterdir()) == []


def test_law_1_an_approval_acts_to_its_last_second_and_not_a_second_longer(library: TinyLibrary) -> None:
    library.add("legal/plan.md", GOOD, expires=date(2026, 11, 20))
    library.clock.at = library.clock.at.replace(hour=23, minute=59, second=59)
    assert library.ingest().counts() == {"ingested": 1}
    library.clock.pass_days(1 / 86400)
    assert _reason(library.ingest(), "legal/plan.md") == "expired: the approval ended on 2026-11-20"


def test_law_1_two_approvals_of_one_version_let_it_in(library: TinyLibrary) -> None:
    library.add("security/plan.md", GOOD, by="ann@x.example")
    library.approve("security/plan.md", by="bo@x.example")
    assert library.ingest().counts() == {"ingested": 1}


# Law 1: the bytes hashed are the bytes parsed


class SwappingParser(DirectParser):
    """Swaps the file on the disk before it parses what it was given."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load(self, name: str, content: bytes) -> Parsed:
        self._path.write_text(SECRET)
        return super().load(name, content)


def _assert_holds_what_was_approved(library: TinyLibrary) -> None:
    build = _live(library)
    ((_, sha256),) = build.documents
    assert build.original(sha256) == GOOD.encode()
    assert build.passages.text("legal/plan.md") == "Masters\n\nKeep masters for ten years."
    build.passages.close()
    _assert_no_trace(library, "")


def test_law_1_a_file_swapped_before_it_is_parsed_is_parsed_as_it_was_hashed(library: TinyLibrary) -> None:
    library.add("legal/plan.md", GOOD)
    library.parser = SwappingParser(library.folder / "legal" / "plan.md")
    library.ingest()
    _assert_holds_what_was_approved(library)


def test_law_1_a_file_swapped_right_after_it_was_read_is_parsed_as_it_was_hashed(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/plan.md", GOOD)

    def read_then_swap(sources: Sources, document: str, *, max_bytes: int) -> FileBytes:
        file = read_document(sources, document, max_bytes=max_bytes)
        library.write(document, SECRET)
        return file

    monkeypatch.setattr(admit, "read_document", read_then_swap)
    library.ingest()
    _assert_holds_what_was_approved(library)


def test_law_1_a_file_swapped_after_it_was_listed_is_kept_out(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/plan.md", GOOD)

    def swap_then_read(sources: Sources, document: str, *, max_bytes: int) -> FileBytes:
        library.write(document, SECRET)
        return read_document(sources, document, max_bytes=max_bytes)

    monkeypatch.setattr(admit, "read_document", swap_then_read)
    assert _reason(library.ingest(), "legal/plan.md").startswith("changed: ")
    _assert_no_trace(library, "legal/plan.md")


def test_law_1_each_file_is_read_exactly_once(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add("legal/a.md", GOOD)
    library.add("legal/b.md", GOOD)
    opened: list[str] = []
    real_open = os.open

    def note(path: str | Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        opened.append(Path(path).name)
        return real_open(path, flags, mode, dir_fd=dir_fd)

    path_open: Callable[..., IO[Any]] = Path.open

    def note_path(self: Path, *arguments: Any, **named: Any) -> IO[Any]:
        opened.append(self.name)
        return path_open(self, *arguments, **named)

    monkeypatch.setattr(os, "open", note)
    monkeypatch.setattr(Path, "open", note_path)
    library.ingest()
    assert [name for name in opened if name.endswith(".md")] == ["a.md", "b.md"]


def test_a_file_that_goes_away_meanwhile_is_kept_out(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("plan", "good"):
        library.add(f"legal/{name}.md", GOOD)

    def list_then_remove(*arguments: Any, **named: Any) -> list[Listed]:
        listed = list_library(*arguments, **named)
        (library.folder / "legal" / "plan.md").unlink()
        return listed

    monkeypatch.setattr(pipeline, "list_library", list_then_remove)
    report = library.ingest()
    assert _reason(report, "legal/plan.md") == "missing: the file went away while it was being read"
    assert report.problems == (
        "source 'legal': 1 of 2 approved documents has a file that cannot be read (legal/plan.md)",
    )


# Law 1: files that are no documents


def _link(library: TinyLibrary, outside: Path) -> str:
    (library.folder / "legal" / "plan.md").symlink_to(outside / "secret.md")
    return "legal/plan.md"


def _linked_folder(library: TinyLibrary, outside: Path) -> str:
    (library.folder / "legal" / "sub").symlink_to(outside)
    return "legal/sub"


def _hard_link(library: TinyLibrary, outside: Path) -> str:
    os.link(outside / "secret.md", library.folder / "legal" / "plan.md")
    return "legal/plan.md"


def _pipe(library: TinyLibrary, _: Path) -> str:
    os.mkfifo(library.folder / "legal" / "plan.md")
    return "legal/plan.md"


def _name_with_a_newline(library: TinyLibrary, _: Path) -> str:
    library.write("legal/good.md\nlegal/plan.md", SECRET)
    return "legal/good.md\nlegal/plan.md"


def _name_with_a_right_to_left_mark(library: TinyLibrary, _: Path) -> str:
    library.write("legal/nalp\u202edm.md", SECRET)
    return "legal/nalp\u202edm.md"


def _too_large(library: TinyLibrary, _: Path) -> str:
    os.truncate(library.write("legal/plan.md", SECRET), 5_000_000)  # sparse; the limit in these tests is 1 MiB
    return "legal/plan.md"


UNSAFE: list[tuple[Callable[[TinyLibrary, Path], str], str]] = [
    (_link, "is a symbolic link: put the file itself into the source"),
    (_linked_folder, "is a symbolic link: put the file itself into the source"),
    (_hard_link, r"'legal/plan\.md' has 2 names \(hard links\): it could be changed from outside"),
    (_pipe, r"'legal/plan\.md' is not a regular file"),
    (_name_with_a_newline, r"the name .* holds \\u\{000a\}"),
    (_name_with_a_right_to_left_mark, r"the name .* holds \\u\{202e\} \(RIGHT-TO-LEFT OVERRIDE\)"),
    (_too_large, r"'legal/plan\.md' is too large: 5 MB, expected at most 1 MB"),
]


@pytest.mark.parametrize(("make", "reason"), UNSAFE, ids=[case[0].__name__[1:] for case in UNSAFE])
def test_law_1_a_file_that_is_no_safe_document_is_kept_out_even_if_its_bytes_were_approved(
    library: TinyLibrary, tmp_path: Path, make: Callable[[TinyLibrary, Path], str], reason: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text(SECRET)
    library.add("legal/plan.md", SECRET)  # these very bytes are approved under this very name
    (library.folder / "legal" / "plan.md").unlink()
    library.add("legal/good.md", GOOD)
    document = make(library, outside)
    report = library.ingest()
    assert re.match(reason, _reason(report, document))
    _assert_no_trace(library, document)
    assert _documents(library) == ["legal/good.md"], "the others go on"


def test_law_1_a_file_beside_the_sources_is_not_even_seen(library: TinyLibrary) -> None:
    library.add("legal/good.md", GOOD)
    library.write("plan.md", SECRET)
    library.write("unlisted/plan.md", SECRET)
    library.append(replace(library.approve("legal/good.md").approvals[0], document="unlisted/plan.md"))
    assert [outcome.document for outcome in library.ingest().documents] == ["legal/good.md"]


# Documents that cannot be read


@pytest.mark.parametrize(
    ("document", "content", "reason"),
    [
        ("legal/empty.md", "", "expected a document, got an empty file"),
        ("legal/blank.txt", "\n \n", "expected text, got none"),
        ("legal/app.exe", "MZ", "expected a document of type"),
        ("legal/damaged.pdf", "not a pdf", ""),
    ],
)
def test_an_approved_document_that_cannot_be_read_is_kept_out_and_leaves_nothing(
    library: TinyLibrary, document: str, content: str, reason: str
) -> None:
    library.add(document, content)
    library.add("legal/good.md", GOOD)
    report = library.ingest()
    assert _reason(report, document).startswith(reason)
    assert _documents(library) == ["legal/good.md"]
    assert len(list((library.builds / report.build_id / "originals").iterdir())) == 1


def test_a_parser_that_gives_up_costs_only_its_document(library: TinyLibrary) -> None:
    class FailingParser(DirectParser):
        def load(self, name: str, content: bytes) -> Parsed:
            if name == "legal/a.md":
                raise LoadError("it took longer than 120 s to parse")
            return super().load(name, content)

    library.parser = FailingParser()
    for name in ("legal/a.md", "legal/b.md"):
        library.add(name, GOOD)
    assert _reason(library.ingest(), "legal/a.md") == "it took longer than 120 s to parse"
    assert _documents(library) == ["legal/b.md"]


# Documents that are not there


def _lose(library: TinyLibrary, *documents: str) -> None:
    for document in documents:
        (library.folder / document).unlink()


def test_an_approved_document_without_a_file_has_its_line_and_is_a_problem(library: TinyLibrary) -> None:
    for name in "abc":
        library.add(f"legal/{name}.md", GOOD)
    library.write("legal/pending.md", GOOD)
    library.ingest()
    _lose(library, "legal/b.md", "legal/pending.md")
    report = library.ingest()
    assert [(line.document, line.outcome) for line in report.documents] == [
        ("legal/a.md", "unchanged"),
        ("legal/b.md", "missing"),
        ("legal/c.md", "unchanged"),
    ]
    assert report.documents[1].reason == (
        "missing: approved by ann@x.example, but there is no file: put it back, or revoke the document"
    )
    assert report.problems == ("source 'legal': 1 of 3 approved documents has no file (legal/b.md)",)
    assert report.published
    library.revoke("legal/b.md")
    report = library.ingest()
    assert (report.problems, report.counts()) == ((), {"unchanged": 2})


@pytest.mark.parametrize("how", ["empty", "gone"])
def test_a_source_that_lost_most_of_its_documents_stops_the_publication(library: TinyLibrary, how: str) -> None:
    """Its folder is an empty mount point, or was moved: what was live stays live and goes on answering."""
    for name in "abcde":
        library.add(f"legal/{name}.md", GOOD)
    library.add("security/a.md", GOOD, by="ann@x.example")
    library.approve("security/a.md", by="bo@x.example")
    first = library.ingest()
    (library.folder / "legal").rename(library.folder / "elsewhere")
    if how == "empty":
        (library.folder / "legal").mkdir()
    with pytest.raises(LostDocumentsError) as caught:
        library.ingest()
    assert str(caught.value) == (
        "nothing was published, what was live stays live: source 'legal': 5 of 5 approved documents have no file "
        f"(legal/a.md, legal/b.md, legal/c.md and 2 more); see whether {library.folder / 'legal'} is all there (a disk "
        "that is not mounted, a folder that was moved); put the files back, or revoke what is gone for good; greenlit "
        "ingest --allow-missing publishes without them"
    )
    assert current_build_id(library.builds) == first.build_id
    report = library.ingest(allow_missing=True)
    assert report.counts() == {"missing": 5, "unchanged": 1}
    assert len(report.problems) == (2 if how == "gone" else 1)
    again = library.ingest()
    assert (again.published, again.counts()) == (False, report.counts()), "nothing is published, so nothing is stopped"


def test_half_of_a_source_is_not_most_of_it(library: TinyLibrary) -> None:
    for name in "abcd":
        library.add(f"legal/{name}.md", GOOD)
    _lose(library, "legal/a.md", "legal/b.md")
    assert library.ingest().counts() == {"missing": 2, "ingested": 2}
    _lose(library, "legal/c.md")
    with pytest.raises(LostDocumentsError, match="3 of 4 approved documents have no file"):
        library.ingest()


def test_the_first_build_of_a_source_that_is_not_mounted_is_stopped_too(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    _lose(library, "legal/a.md")
    with pytest.raises(LostDocumentsError, match="1 of 1 approved document has no file"):
        library.ingest()
    with pytest.raises(NoBuildError):
        current_build_id(library.builds)


def test_files_that_the_disk_does_not_give_are_lost_like_missing_ones(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/a.md", GOOD)
    library.add("legal/b.md", GOOD)
    _lose(library, "legal/b.md")

    def fail(_sources: Sources, document: str, *, max_bytes: int) -> FileBytes:
        raise UnreadableFileError(f"'{document}' cannot be read: Input/output error ({max_bytes})")

    monkeypatch.setattr(admit, "read_document", fail)
    with pytest.raises(
        LostDocumentsError, match=r"no file \(legal/b\.md\); .* a file that cannot be read \(legal/a\.md\)"
    ):
        library.ingest()


def test_a_folder_that_cannot_be_listed_loses_what_is_in_it(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/closed/a.md", GOOD)
    library.add("legal/b.md", GOOD)
    scandir = os.scandir

    def refuse_closed(folder: Path) -> Any:
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse_closed)
    report = library.ingest()
    assert [(line.document, line.outcome) for line in report.documents] == [
        ("legal/b.md", "ingested"),
        ("legal/closed", "kept_out"),
        ("legal/closed/a.md", "missing"),
    ]


def test_one_approved_document_that_cannot_be_taken_in_is_a_problem_and_stops_nothing(library: TinyLibrary) -> None:
    library.add("legal/damaged.pdf", "not a pdf")
    report = library.ingest()
    assert report.published
    assert report.problems == (
        "source 'legal': 1 of 1 approved document has a file that cannot be taken in (legal/damaged.pdf)",
    )


def test_most_files_of_a_source_changed_is_remarked(library: TinyLibrary) -> None:
    """As when a checkout changes the ends of all lines: no loss, since new versions wait for their approval."""
    for name in "abc":
        library.add(f"legal/{name}.md", GOOD)
    library.ingest()
    for name in "ab":
        library.write(f"legal/{name}.md", GOOD.replace("\n", "\r\n"))
    report = library.ingest()
    assert (report.published, report.problems) == (True, ())
    (remark,) = report.remarks
    assert remark.startswith(
        "source 'legal': 2 of 3 files are not the approved versions any more (legal/a.md, legal/b.md)"
    )


def test_a_register_that_went_away_stops_the_publication(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    first = library.ingest()
    library.register_path.unlink()
    with pytest.raises(
        LostDocumentsError, match=r"register\.jsonl decides on nothing, and the live build holds 1 document"
    ):
        library.ingest()
    assert current_build_id(library.builds) == first.build_id
    assert library.ingest(allow_missing=True).published


def test_what_was_approved_in_a_source_that_left_the_allowlist_is_left_out_and_remarked(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    library.allow("wiki")
    library.add("wiki/b.md", GOOD)
    library.ingest()
    sources = library.folder / "sources.toml"
    sources.write_text(sources.read_text().split('[[source]]\nname = "wiki"')[0])
    report = library.ingest()
    assert (report.published, report.problems) == (True, ())
    assert report.remarks == ("source 'wiki' is not in sources.toml: what was approved in it is left out (1 document)",)
    assert _documents(library) == ["legal/a.md"]


def test_a_library_of_which_nothing_is_approved_loses_nothing(library: TinyLibrary) -> None:
    library.write("legal/a.md", GOOD)
    report = library.ingest()
    assert (report.published, report.problems) == (True, ())
    assert report.remarks == ("the register approves nothing yet: run greenlit approve",)


def test_what_a_merge_did_to_the_register_is_remarked(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    library.append(library.approvals.state().decisions["legal/a.md"].events[0])
    assert "lines that stand in it twice: 1" in library.ingest().remarks[0]


# Names that look alike


def test_law_1_a_file_put_beside_an_approved_one_is_kept_out_and_does_not_push_it_out(library: TinyLibrary) -> None:
    library.add("legal/policy.md", GOOD)
    library.write("legal/Policy.md", SECRET)
    library.write("legal/p\u043elicy.md", SECRET)
    report = library.ingest()
    assert _documents(library) == ["legal/policy.md"]
    assert _reason(report, "legal/Policy.md").startswith("'legal/Policy.md' looks like 'legal/policy.md', which is app")
    assert _reason(report, "legal/p\u043elicy.md").startswith(r"'legal/p\u{043e}licy.md' looks like 'legal/policy.md'")
    assert report.problems == ()


def test_of_two_that_are_approved_and_look_alike_the_later_is_kept_out_and_a_problem(library: TinyLibrary) -> None:
    library.add("legal/policy.md", GOOD)
    library.write("legal/POLICY.md", SECRET)
    (approval,) = library.approvals.state().decisions["legal/policy.md"].approvals
    file = read_document(library.approvals.sources, "legal/POLICY.md")
    library.append(replace(approval, document=file.document, sha256=file.sha256, at=approval.at + timedelta(days=1)))
    report = library.ingest()
    assert _documents(library) == ["legal/policy.md"]
    assert report.problems == (
        "source 'legal': 1 of 2 approved documents has a file that cannot be taken in (legal/POLICY.md)",
    )


# Nothing twice


def test_two_documents_with_the_same_bytes_are_both_ingested_and_encoded_once(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    library.add("legal/b.md", GOOD)
    assert library.ingest().counts() == {"ingested": 2}
    assert len(library.encoder.encoded) == 1
    build = _live(library)
    ids = {passage.passage_id for passage in build.passages.passages([0, 1])}
    assert len(ids) == 2, "each has passages of its own"
    build.passages.close()


def test_what_was_approved_for_one_name_is_not_approved_for_another(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    library.write("legal/b.md", GOOD)
    assert _reason(library.ingest(), "legal/b.md") == "pending: nobody has approved it"


def test_an_unchanged_library_publishes_nothing(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    first = library.ingest()
    library.clock.pass_days(1)
    second = library.ingest()
    assert (second.build_id, second.published) == (first.build_id, False)
    assert second.counts() == {"unchanged": 1}
    assert second.passages == first.passages == 1
    assert [path.name for path in library.builds.glob("2*")] == [first.build_id]


def test_after_one_change_only_that_document_is_parsed_and_only_its_new_text_encoded(library: TinyLibrary) -> None:
    for name in "abcde":
        library.add(f"legal/{name}.md", f"# Rule {name}\n\nRule {name} holds.\n\n## More\n\nMore on rule {name}.\n")
    library.ingest()
    library.parser.parsed.clear()
    library.encoder.encoded.clear()
    library.clock.pass_days(1)
    library.add("legal/c.md", "# Rule c\n\nRule c holds no more.\n\n## More\n\nMore on rule c.\n")
    report = library.ingest()
    assert library.parser.parsed == ["legal/c.md"]
    assert library.encoder.encoded == ["Rule c\nRule c holds no more."]
    assert report.counts() == {"unchanged": 4, "ingested": 1}
    assert [outcome.document for outcome in report.documents if outcome.outcome == "ingested"] == ["legal/c.md"]


def test_a_build_made_of_reused_parts_equals_one_made_anew(library: TinyLibrary, tmp_path: Path) -> None:
    anew = TinyLibrary(tmp_path / "anew")
    library.add("legal/a.md", GOOD)
    library.add("legal/b.txt", "Old.")
    library.ingest()
    library.clock.pass_days(1)
    anew.clock.pass_days(1)
    for one in (library, anew):
        one.add("legal/b.txt", "Lunch is served at noon.")
    anew.add("legal/a.md", GOOD)
    for one in (library, anew):
        one.ingest()
    reused, fresh = _live(library), _live(anew)
    assert reused.build_id == fresh.build_id, "every file is the same to the last byte"
    for build in (reused, fresh):
        build.passages.close()


def test_a_new_version_of_the_reader_reads_everything_again(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/a.md", GOOD)
    library.ingest()
    library.parser.parsed.clear()
    library.clock.pass_days(1)
    for module in (pipeline, describe):
        monkeypatch.setattr(module, "loader_version", lambda _: "markdown 99")
    report = library.ingest()
    assert library.parser.parsed == ["legal/a.md"]
    assert report.published
    assert report.counts() == {"ingested": 1}


def test_another_kind_of_dense_index_is_taken_when_it_is_asked_for(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("legal/a.md", "\n\n".join(f"# Rule {number}\n\nRule {number} holds." for number in range(40)))
    library.ingest()
    library.clock.pass_days(1)
    monkeypatch.setattr(given.Ingestion, "__init__", _asking_for("ivf"))
    monkeypatch.setattr(index_vectors, "TARGET_RECALL", 0.5)  # hashed words are not worth lists otherwise
    first, again = library.ingest(), library.ingest()
    assert (first.published, again.published) == (True, False)
    build = _live(library)
    assert (build.manifest.dense.setting, build.manifest.dense.kind) == ("ivf", "ivf")
    assert build.manifest.dense.sampled_queries > 0
    assert build.manifest.dense.probes == build.dense.probes > 0
    build.passages.close()


def _asking_for(kind: str) -> Callable[..., None]:
    made = given.Ingestion.__init__

    def make(self: given.Ingestion, **parts: object) -> None:
        made(self, **parts, dense_index=kind)  # type: ignore[arg-type]

    return make


def test_another_encoder_makes_another_build_of_the_same_documents(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    first = library.ingest()
    library.encoder = HashingEncoder(name="other", dimensions=32)
    report = library.ingest()
    assert report.build_id != first.build_id
    assert library.encoder.encoded == ["Masters\nKeep masters for ten years."]
    assert _documents(library) == ["legal/a.md"]


@pytest.mark.parametrize(("hours", "kept"), [(-1, True), (1, False)])
def test_the_day_until_which_a_build_is_held_is_a_day_in_utc(library: TinyLibrary, hours: int, kept: bool) -> None:  # noqa: FBT001
    library.add("legal/a.md", GOOD)
    first = library.ingest().build_id
    library.holds.parent.mkdir()
    hold_build(library.holds, first, until=date(2026, 11, 30))
    for number in range(3):
        library.clock.pass_days(1)
        library.add("legal/a.md", f"{GOOD}\nSince {number}.\n")
        library.ingest()
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    west = timezone(timedelta(hours=-5))
    library.clock.at = (midnight + timedelta(hours=hours)).astimezone(west)
    library.ingest()
    with Pack.reading(library.builds) as pack:
        assert pack
        assert (first in pack.build_ids()) is kept


def test_a_damaged_live_build_is_made_anew(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    first = library.ingest()
    (library.builds / first.build_id / "passages.sqlite").write_bytes(b"rubbish")
    library.clock.pass_days(1)
    report = library.ingest()
    assert report.published
    assert _documents(library) == ["legal/a.md"]


# Titles


@pytest.mark.parametrize(
    ("document", "content", "given", "expected"),
    [
        ("legal/a.md", GOOD, "", "Masters"),
        ("legal/a.md", GOOD, "Retention of masters", "Retention of masters"),
        ("legal/ai-use_policy.txt", "Ask first.", "", "Ai use policy"),
    ],
)
def test_a_title_is_the_approvers_or_the_documents_or_its_name(
    library: TinyLibrary, document: str, content: str, given: str, expected: str
) -> None:
    library.write(document, content)
    plan = library.approve(document)
    library.append(replace(plan.approvals[0], title=given))
    library.ingest()
    assert _live(library).manifest.documents[0].title == expected


def test_a_new_title_of_the_same_bytes_is_taken_over(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    library.ingest()
    library.clock.pass_days(1)
    library.append(replace(library.approve("legal/a.md").approvals[0], title="Retention"))
    assert library.ingest().published
    build = _live(library)
    assert build.passages.passages([0])[0].title == "Retention"
    build.passages.close()


def test_a_title_that_an_approver_takes_back_is_gone(library: TinyLibrary) -> None:
    library.write("legal/a.md", "# Masters\n\nMasters are kept for ten years in the vault.\n")
    library.append(replace(library.approve("legal/a.md").approvals[0], title="Retention"))
    library.ingest()
    library.approve("legal/a.md")
    library.ingest()
    assert _live(library).manifest.documents[0].title == "Masters"


def test_law_1_vectors_of_a_build_that_failed_go_even_when_nothing_else_changed(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encoded, not published, then revoked: what is left to publish is what is live already."""
    library.add("legal/a.md", "Masters are kept for ten years in the vault.\n")
    library.ingest()
    library.add("legal/secret.md", "The lead actor leaves the series in the second season.\n")
    with monkeypatch.context() as broken:
        broken.setattr("ingest.publish._check", _fail)
        with pytest.raises(PublishError, match="failed its check"):
            library.ingest()
    assert (library.builds / CACHE_FILE).exists()
    library.revoke("legal/secret.md")
    assert library.ingest().published is False
    assert not (library.builds / CACHE_FILE).exists()


def _fail(_folder: Path) -> None:
    raise BuildDamagedError("broken on purpose")


# The whole


def test_an_empty_library_publishes_an_empty_build(library: TinyLibrary) -> None:
    report = library.ingest()
    assert (report.published, report.passages, report.documents) == (True, 0, ())
    build = _live(library)
    assert (build.passages.rows, len(build.dense), len(build.lexical), build.documents) == (0, 0, 0, ())
    build.passages.close()


def test_when_the_last_document_is_revoked_an_empty_build_goes_live(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    library.ingest()
    library.revoke("legal/a.md")
    library.clock.pass_days(1)
    library.ingest()
    assert _documents(library) == []


def test_every_listed_document_has_exactly_one_line_in_the_report(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    library.write("legal/b.md", SECRET)
    library.add("security/c.md", GOOD)
    assert [(line.document, line.outcome) for line in library.ingest().documents] == [
        ("legal/a.md", "ingested"),
        ("legal/b.md", "kept_out"),
        ("security/c.md", "kept_out"),
    ]


def test_what_is_wrong_with_the_library_is_reported_and_the_rest_goes_on(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    with library.register_path.open("ab") as file:
        file.write(b"rubbish\n")
    (library.folder / "security").rmdir()
    report = library.ingest()
    assert report.counts() == {"ingested": 1}
    register, folder = report.problems
    assert register.startswith(f"{library.register_path}, line 2: expected one JSON object")
    assert folder == f"source 'security': {library.folder / 'security'} does not exist"


def test_without_an_allowlist_nothing_is_done(library: TinyLibrary) -> None:
    (library.folder / "sources.toml").unlink()
    with pytest.raises(SourcesError, match=r"no sources\.toml"):
        library.ingest()
    assert not library.builds.exists()


def test_the_manifest_says_what_the_build_was_made_of_and_with(library: TinyLibrary) -> None:
    library.add("legal/a.md", GOOD)
    library.ingest()
    manifest = _live(library).manifest
    (document,) = manifest.documents
    assert (document.document, document.title, document.passages) == ("legal/a.md", "Masters", 1)
    assert document.locator == "document"
    assert document.loader.startswith("markdown ")
    assert (manifest.encoder.name, manifest.encoder.digest) == ("hashing", library.encoder.digest)
    assert manifest.created_at == "2026-11-20T12:00:00+00:00"
