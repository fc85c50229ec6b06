"""A file comes into a source whole, under its own name, and with whoever brought it on the register; or not at all."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexes.events import Upload
from indexes.standing import Standing
from service.access.errors import NotAllowedError
from service.deciding.bringing import Bringing, Brought
from service.deciding.deciding import Deciding
from service.deciding.errors import (
    BringError,
    ExistsError,
    NoDocumentError,
    NotDecidableError,
    TooLargeError,
    UnwritableError,
)
from service.deciding.wishes import Wish
from tests.support.audit_doors import approver
from tests.support.fakes import TinyLibrary

ANN = approver("a-1", "legal", "hr", name="Ann Lee")
BO = approver("b-2", "hr", name="Bo Ek")
MOST = 1 << 20


@pytest.fixture
def bringing(library: TinyLibrary) -> Bringing:
    return Bringing(library=library.folder, now=library.clock, max_file_bytes=MOST)


def _bring(bringing: Bringing, name: str, *pieces: bytes, **more: Any) -> Brought:
    source = more.pop("source", "legal")
    with bringing.begin(more.pop("who", ANN), source, name, **more) as arrival:
        for piece in pieces or (b"# New\n",):
            arrival.write(piece)
        return arrival.finish()


def _files(library: TinyLibrary, source: str = "legal") -> list[str]:
    return sorted(path.name for path in (library.folder / source).iterdir())


def test_a_file_waits_for_a_decision_with_its_uploader_on_the_register(
    library: TinyLibrary, bringing: Bringing
) -> None:
    brought = _bring(bringing, "rates.md", b"# Ra", b"tes\n")
    assert (brought.document, brought.size, brought.replaced) == ("legal/rates.md", 8, False)
    assert (library.folder / "legal" / "rates.md").read_bytes() == b"# Rates\n"
    line = library.approvals.standing_of("legal/rates.md")
    assert (line.standing, line.sha256) == (Standing.PENDING, brought.sha256)
    assert line.uploads == (Upload("legal/rates.md", brought.sha256, "Ann Lee", library.clock.at, "oidc-token", "a-1"),)
    assert _files(library) == ["rates.md"]


def test_where_a_source_asks_for_a_separate_uploader_somebody_else_approves(
    library: TinyLibrary, bringing: Bringing
) -> None:
    library.allow("hr", flags=["separate_uploader"])
    brought = _bring(bringing, "leave.md", source="hr")
    deciding = Deciding(library=library.folder, now=library.clock, max_file_bytes=MOST)
    wish = Wish(brought.document, "approve", sha256=brought.sha256)
    with pytest.raises(NotAllowedError, match="nobody approves their own"):
        deciding.decide(ANN, wish)
    assert not deciding.case(ANN, brought.document).would_count
    assert deciding.case(BO, brought.document).would_count
    assert deciding.decide(BO, wish).line.standing is Standing.APPROVED


def test_a_name_that_exists_asks_and_replaces_only_the_version_that_was_meant(
    library: TinyLibrary, bringing: Bringing
) -> None:
    library.add("legal/a.md", "old")
    with pytest.raises(ExistsError) as asked:
        _bring(bringing, "a.md", b"new one")
    assert asked.value.sizes == (3, 7)
    library.write("legal/a.md", "somebody else's")
    with pytest.raises(ExistsError):
        _bring(bringing, "a.md", b"new one", replaces=asked.value.sha256)
    assert (library.folder / "legal" / "a.md").read_text() == "somebody else's"
    now = library.approvals.standing_of("legal/a.md").sha256
    assert _bring(bringing, "a.md", b"new one", replaces=now).replaced
    assert library.approvals.standing_of("legal/a.md").standing is Standing.CHANGED
    with pytest.raises(BringError, match="the very file that is there"):
        _bring(bringing, "a.md", b"new one", replaces=now)
    assert _files(library) == ["a.md"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.md", b"", "an empty one"),
        ("a.md", b"a" * (MOST + 1), "at most 1.04858 MB"),
        ("a.exe", b"MZ", "whose name ends with one of"),
        ("a", b"x", "whose name ends with one of"),
        ("zip.pdf", b"PK\x03\x04", "expected a PDF"),
        ("page.docx", b"<html>", "expected a ZIP archive"),
        ("a.txt", b"a\0b", "expected text"),
        ("../a.md", b"x", "got a path"),
        ("b\\a.md", b"x", "got a path"),
        (".a.md", b"x", "hidden parts"),
        ("a\u202edm.md", b"x", "RIGHT-TO-LEFT OVERRIDE"),
        ("Known.md", b"x", "looks like 'legal/known.md'"),
        ("revoked.mD", b"x", "looks like 'legal/revoked.md'"),
        ("\u00e4" * 130 + ".md", b"x", "at most 255 bytes"),
    ],
)
def test_what_cannot_be_a_document_is_not_kept(
    library: TinyLibrary, bringing: Bringing, name: str, content: bytes, words: str
) -> None:
    library.write("legal/known.md", "x")
    library.add("legal/revoked.md", "y")
    library.revoke("legal/revoked.md")
    before = library.approvals.state().position
    with pytest.raises(BringError, match=words):
        _bring(bringing, name, content)
    assert _files(library) == ["known.md", "revoked.md"]
    assert library.approvals.state().position == before


def test_too_large_is_said_before_all_of_it_has_come(bringing: Bringing) -> None:
    with bringing.begin(ANN, "legal", "a.md") as arrival:
        arrival.write(b"a" * MOST)
        with pytest.raises(TooLargeError):
            arrival.write(b"a")


def test_a_name_with_its_accents_apart_is_composed(library: TinyLibrary, bringing: Bringing) -> None:
    assert _bring(bringing, "Cafe\u0301.md").document == "legal/Caf\u00e9.md"
    assert _files(library) == ["Caf\u00e9.md"]


def test_only_who_decides_on_a_source_brings_files_into_it(library: TinyLibrary, bringing: Bringing) -> None:
    for who, source in ((BO, "legal"), (ANN, "nothing"), (ANN, "security"), (ANN, "../legal")):
        with pytest.raises(NoDocumentError):
            _bring(bringing, "a.md", who=who, source=source)
    with pytest.raises(NotAllowedError):
        _bring(bringing, "a.md", who=replace(ANN, key_id="k-1"))
    assert _files(library) == []


def test_a_file_that_breaks_off_leaves_nothing(library: TinyLibrary, bringing: Bringing) -> None:
    for _ in range(9):  # more often than files may be brought at once
        with bringing.begin(ANN, "legal", "a.md") as arrival:
            arrival.write(b"half")  # and then whoever sends it has gone
    assert _files(library) == []


def test_so_many_at_once_and_no_more(bringing: Bringing) -> None:
    arrivals = [bringing.begin(ANN, "legal", f"{number}.md") for number in range(4)]
    with pytest.raises(BringError, match="try again in a moment"):
        bringing.begin(ANN, "legal", "5.md")
    for arrival in arrivals:
        arrival.__exit__(None, None, None)


def test_a_library_that_takes_no_files_says_so(
    library: TinyLibrary, bringing: Bringing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("indexes.incoming.os.open", read_only)
    with pytest.raises(UnwritableError, match="Read-only"):
        _bring(bringing, "a.md")
    monkeypatch.undo()
    assert _files(library) == []


def test_what_is_no_regular_file_is_not_replaced(library: TinyLibrary, bringing: Bringing, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.md"
    elsewhere.write_text("x")
    (library.folder / "legal" / "a.md").symlink_to(elsewhere)
    with pytest.raises(NotDecidableError, match="symbolic link"):
        _bring(bringing, "a.md")
    assert elsewhere.read_text() == "x"
