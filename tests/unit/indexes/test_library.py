"""The library on disk: a file is read once and safely, or it is no document."""

import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexes import library as library_module
from indexes.errors import DocumentNameError, SourcesError, UnreadableFileError, UnsafeFileError
from indexes.library import (
    document_at,
    folder_problems,
    hash_document,
    list_documents,
    locate,
    missing_folders,
    read_document,
)
from indexes.names import MAX_NAME_CHARS
from indexes.sources import Sources, read_sources
from tests.support.fakes import TinyLibrary


@pytest.fixture
def sources(library: TinyLibrary) -> Sources:
    return read_sources(library.folder)


def _listed(sources: Sources) -> dict[str, str | None]:
    return {listed.document: listed.problem for listed in list_documents(sources)}


# Listing


def test_every_file_of_every_source_is_listed_by_name(library: TinyLibrary, sources: Sources) -> None:
    for name in ("security/b.md", "legal/z.md", "legal/contracts/2026/a.pdf", "legal/a.md"):
        library.write(name, "x")
    assert list(_listed(sources)) == ["legal/a.md", "legal/contracts/2026/a.pdf", "legal/z.md", "security/b.md"]


def test_hidden_files_and_folders_are_passed_over(library: TinyLibrary, sources: Sources) -> None:
    library.write("legal/.git/config", "x")
    library.write("legal/.a.md.swp", "x")
    assert _listed(sources) == {}


def test_files_beside_the_sources_belong_to_none(library: TinyLibrary, sources: Sources) -> None:
    library.write("stray.md", "x")
    library.write("unlisted/a.md", "x")
    assert _listed(sources) == {}


def test_law_1_links_are_shown_to_a_person_and_never_followed(
    library: TinyLibrary, sources: Sources, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("secret")
    (library.folder / "legal" / "file.md").symlink_to(tmp_path / "outside" / "secret.md")
    (library.folder / "legal" / "folder").symlink_to(tmp_path / "outside")
    (library.folder / "legal" / "nowhere.md").symlink_to(tmp_path / "nothing")
    problem = "is a symbolic link: put the file itself into the source"
    assert _listed(sources) == dict.fromkeys(["legal/file.md", "legal/folder", "legal/nowhere.md"], problem)


def test_a_name_that_misleads_is_listed_with_its_problem(library: TinyLibrary, sources: Sources) -> None:
    library.write("legal/new\nline.md", "x")
    library.write("legal/gnp\u202edm.md", "x")
    (library.folder / "legal" / os.fsdecode(b"latin-\xe9.md")).write_text("x")
    problems = _listed(sources)
    assert len(problems) == 3
    assert all(
        problem and "rename the file so that its name reads as it is" in problem for problem in problems.values()
    )


def test_a_folder_that_cannot_be_listed_costs_only_itself(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/closed/a.md", "x")
    library.write("legal/open.md", "x")
    scandir = os.scandir

    def refuse_closed(folder: Path) -> Iterator[os.DirEntry[str]]:
        if folder.name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse_closed)
    assert _listed(sources) == {
        "legal/closed": "is a folder that cannot be listed: Permission denied",
        "legal/open.md": None,
    }


def test_folders_nested_without_end_are_cut_off(library: TinyLibrary, sources: Sources) -> None:
    deep = library.folder / "legal"
    descriptor = os.open(deep, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    ((name, problem),) = _listed(sources).items()
    assert len(name) <= MAX_NAME_CHARS + 2
    assert problem == f"expected a document name of 1 to {MAX_NAME_CHARS} characters, got {len(name)}"


def test_a_source_without_a_folder_lists_nothing_and_is_named(library: TinyLibrary, sources: Sources) -> None:
    (library.folder / "security").rmdir()
    assert [source.name for source in missing_folders(sources)] == ["security"]
    assert folder_problems(sources) == [f"source 'security': {library.folder / 'security'} does not exist"]
    assert _listed(sources) == {}


def test_a_source_whose_folder_is_a_file_is_named(library: TinyLibrary, sources: Sources) -> None:
    (library.folder / "security").rmdir()
    (library.folder / "security").touch()
    assert folder_problems(sources) == [
        f"source 'security': {library.folder / 'security'} cannot be listed: Not a directory"
    ]
    assert _listed(sources) == {}


def test_a_source_whose_folder_cannot_be_reached_is_named_and_stops_nothing(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("legal/a.md", "x")
    status, scandir = Path.stat, os.scandir

    def refuse(path: Path, **more: bool) -> os.stat_result:
        if path.name == "security":
            raise PermissionError(13, "Permission denied")
        return status(path, **more)

    def refuse_listing(folder: Path) -> Iterator[os.DirEntry[str]]:
        if folder.name == "security":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(os, "scandir", refuse_listing)
    assert folder_problems(sources) == [
        f"source 'security': {library.folder / 'security'} cannot be listed: Permission denied"
    ]
    assert _listed(sources) == {"legal/a.md": None}


def test_a_name_whose_accents_stand_apart_is_listed_with_what_to_do(library: TinyLibrary, sources: Sources) -> None:
    library.write("legal/u\u0308bersicht.md", "x")
    ((_, problem),) = _listed(sources).items()
    assert problem is not None
    assert problem.endswith("rename the file to 'legal/\u00fcbersicht.md', typed anew")


def test_on_a_system_that_takes_both_forms_for_one_the_stored_form_is_no_difference(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.write("legal/u\u0308bersicht.md", "x")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert _listed(sources) == {"legal/\u00fcbersicht.md": None}
    assert document_at(sources, path) == "legal/\u00fcbersicht.md"


# Names and places


def test_a_document_stands_at_its_place(library: TinyLibrary, sources: Sources) -> None:
    assert locate(sources, "legal/contracts/a.md") == library.folder / "legal" / "contracts" / "a.md"


def test_a_document_of_no_approved_source_is_refused(sources: Sources) -> None:
    with pytest.raises(SourcesError, match="not in an approved source: expected one of legal, security, got 'hr'"):
        locate(sources, "hr/a.md")


@pytest.mark.parametrize("path", ["legal/a.md\0", "legal/a.md\0.pdf", "\0", "/\0/a"])
def test_a_nul_in_a_path_or_a_name_is_refused_in_words(library: TinyLibrary, sources: Sources, path: str) -> None:
    library.write("legal/a.md", "x")
    with pytest.raises(DocumentNameError, match=r"which holds a NUL character"):
        document_at(sources, library.folder / path)
    for act in (locate, read_document):
        with pytest.raises(DocumentNameError, match=r"u\{0000\}|expected a document name like"):
            act(sources, path)


@pytest.mark.parametrize("name", ["legal/../security/a.md", "/etc/passwd", "legal/./a.md", "legal//a.md"])
def test_law_1_no_name_leads_out_of_its_source(sources: Sources, name: str) -> None:
    with pytest.raises(DocumentNameError, match="expected a document name like"):
        read_document(sources, name)


def test_a_path_means_the_document_that_stands_there(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.write("legal/contracts/a.md", "x")
    monkeypatch.chdir(library.folder / "legal")
    assert document_at(sources, path) == "legal/contracts/a.md"
    assert document_at(sources, Path("contracts/../contracts/a.md")) == "legal/contracts/a.md"
    assert document_at(sources, Path("contracts")) == "legal/contracts"
    assert document_at(sources, Path()) == "legal"


def test_a_link_lends_its_target_no_second_name(library: TinyLibrary, sources: Sources, tmp_path: Path) -> None:
    library.write("legal/a.md", "x")
    (tmp_path / "link.md").symlink_to(library.folder / "legal" / "a.md")
    with pytest.raises(DocumentNameError, match="lies in no approved source; the sources are"):
        document_at(sources, tmp_path / "link.md")


# Reading


def test_the_hash_is_of_the_bytes_returned(library: TinyLibrary, sources: Sources) -> None:
    content = bytes(range(256)) * 5000
    library.write("legal/a.pdf", content)
    file = read_document(sources, "legal/a.pdf")
    assert file.content == content
    assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_an_empty_file_is_read(library: TinyLibrary, sources: Sources) -> None:
    library.write("legal/a.md", "")
    assert read_document(sources, "legal/a.md").content == b""


def test_a_file_that_is_not_there_is_said_so(sources: Sources) -> None:
    with pytest.raises(FileNotFoundError):
        read_document(sources, "legal/a.md")


def test_law_1_a_link_is_not_read(library: TinyLibrary, sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (library.folder / "legal" / "a.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(UnsafeFileError, match=r"'legal/a.md' cannot be read: a part of its path is a symbolic link"):
        read_document(sources, "legal/a.md")


def test_law_1_a_linked_folder_is_not_entered(library: TinyLibrary, sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.md").write_text("secret")
    (library.folder / "legal" / "sub").symlink_to(tmp_path / "outside")
    with pytest.raises(UnsafeFileError, match="a part of its path is a symbolic link"):
        read_document(sources, "legal/sub/a.md")


def test_law_1_a_hard_link_is_not_read(library: TinyLibrary, sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text("can be changed from outside")
    os.link(tmp_path / "outside.md", library.folder / "legal" / "a.md")
    with pytest.raises(UnsafeFileError, match=r"has 2 names \(hard links\).*copy it"):
        read_document(sources, "legal/a.md")


def test_a_pipe_does_not_hang_the_reader(library: TinyLibrary, sources: Sources) -> None:
    os.mkfifo(library.folder / "legal" / "a.md")
    with pytest.raises(UnsafeFileError, match=r"'legal/a.md' is not a regular file"):
        read_document(sources, "legal/a.md")


def test_a_folder_and_a_socket_are_no_documents(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    (library.folder / "legal" / "folder.md").mkdir()
    with pytest.raises(UnsafeFileError, match="is not a regular file"):
        read_document(sources, "legal/folder.md")
    monkeypatch.chdir(library.folder)  # a socket's path may have 107 characters
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("legal/a.md")
        with pytest.raises(UnreadableFileError, match=r"'legal/a.md' cannot be read: No such device or address"):
            read_document(sources, "legal/a.md")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.write("legal/a.pdf", "")
    os.truncate(path, 50_000_000_000)  # sparse: it takes no room
    monkeypatch.setattr(library_module, "_read_up_to", lambda *_: pytest.fail("it was read"))
    with pytest.raises(
        UnsafeFileError, match=r"is too large: 50000 MB, expected at most 3 MB \(GREENLIT_MAX_FILE_BYTES"
    ):
        read_document(sources, "legal/a.pdf", max_bytes=3_000_000)


def test_the_limit_itself_is_allowed(library: TinyLibrary, sources: Sources) -> None:
    library.write("legal/a.md", b"x" * 1000)
    assert len(read_document(sources, "legal/a.md", max_bytes=1000).content) == 1000
    with pytest.raises(UnsafeFileError, match="too large"):
        read_document(sources, "legal/a.md", max_bytes=999)


@pytest.mark.parametrize("change", [b"xx", b"x" * 2000, b""])
def test_a_file_that_changes_while_it_is_read_is_refused(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch, change: bytes
) -> None:
    path = library.write("legal/a.md", b"y" * 1000)
    read_up_to = library_module._read_up_to

    def change_meanwhile(descriptor: int, limit: int) -> bytes:
        content = read_up_to(descriptor, limit)
        path.write_bytes(change)
        return content

    monkeypatch.setattr(library_module, "_read_up_to", change_meanwhile)
    with pytest.raises(UnsafeFileError, match="changed while it was being read: try again when it is complete"):
        read_document(sources, "legal/a.md")


def test_a_file_that_grows_while_it_is_read_does_not_get_past_the_limit(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.write("legal/a.md", b"y")
    read_up_to = library_module._read_up_to

    def grow_first(descriptor: int, limit: int) -> bytes:
        path.write_bytes(b"y" * 100_000)
        return read_up_to(descriptor, limit)

    monkeypatch.setattr(library_module, "_read_up_to", grow_first)
    with pytest.raises(UnsafeFileError, match="is too large"):
        read_document(sources, "legal/a.md", max_bytes=1000)


def test_law_1_a_file_swapped_after_it_was_opened_is_read_as_it_was_opened(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.write("legal/a.md", "approved")
    check_kind = library_module._check_kind

    def swap_then_check(shown: str, status: os.stat_result, max_bytes: int) -> None:
        path.unlink()
        path.write_text("something else")
        check_kind(shown, status, max_bytes)

    monkeypatch.setattr(library_module, "_check_kind", swap_then_check)
    assert read_document(sources, "legal/a.md").content == b"approved"


def test_nothing_stays_open(library: TinyLibrary, sources: Sources) -> None:
    library.write("legal/a/b/c.md", "x")
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  (the folder changes as it is read)
    read_document(sources, "legal/a/b/c.md")
    with pytest.raises(FileNotFoundError):
        read_document(sources, "legal/a/b/d.md")
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208


# Hashes that are remembered


def test_a_file_is_read_for_its_hash_once_and_again_when_it_changed(
    library: TinyLibrary, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[tuple[int, ...], str] = {}

    def hashed() -> str:
        return hash_document(sources, "legal/a.md", max_bytes=100, known=known)

    library.write("legal/a.md", "one")
    assert hashed() == hashlib.sha256(b"one").hexdigest()
    with monkeypatch.context() as patch:
        patch.setattr(library_module, "_read_up_to", None)
        assert hashed() == hashlib.sha256(b"one").hexdigest()
    library.write("legal/a.md", "another")
    assert hashed() == hashlib.sha256(b"another").hexdigest()
    (library.folder / "legal" / "a.md").unlink()
    with pytest.raises(FileNotFoundError):
        hashed()


def test_law_1_what_must_not_be_read_has_no_hash_even_if_it_is_known(
    library: TinyLibrary, sources: Sources, tmp_path: Path
) -> None:
    known: dict[tuple[int, ...], str] = {}
    path = library.write("legal/a.md", "one")
    hash_document(sources, "legal/a.md", max_bytes=100, known=known)
    with pytest.raises(UnsafeFileError, match="too large"):
        hash_document(sources, "legal/a.md", max_bytes=2, known=known)
    path.rename(tmp_path / "a.md")
    path.symlink_to(tmp_path / "a.md")
    with pytest.raises(UnsafeFileError, match="symbolic link"):
        hash_document(sources, "legal/a.md", max_bytes=100, known=known)
