"""A build is published whole or not at all: whatever happens on the way, the old build goes on serving."""

import errno
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from indexes.builds import ORIGINALS_FOLDER, current_build_id, open_build
from indexes.dense import DenseIndex
from indexes.documents import Document
from indexes.passages import SplitDocument
from indexes.units import Unit
from ingest import publish as publish_module
from ingest.errors import PublishError
from ingest.split import Splitter
from tests.support.fakes import TinyLibrary
from tests.support.forked import Forked
from tests.support.made_once import grown

PARTS = {  # every step of publishing, in order
    "original": "pathlib:Path.write_bytes",
    "encoding": "ingest.encode:VectorCache.encode",
    "passages": "ingest.publish:write_passages",
    "dense": "indexes.dense:DenseIndex.write",
    "lexical": "indexes.lexical:LexicalIndex.write",
    "hashes": "ingest.publish:hash_files",
    "manifest": "indexes.manifest:Manifest.to_bytes",
    "sync": "ingest.publish:_sync_all",
    "rename": "pathlib:Path.rename",
    "check": "ingest.publish:_check",
    "current": "pathlib:Path.replace",
}


# Where what is on the disk differs: no file of the build, vectors half-kept, all files without a name, a name that is
# not live, `current` written but not named. How a small file comes to its name is tried in `indexes/test_durable`.
STATES = ["original", "encoding", "sync", "check", "current"]


class Crash(BaseException):
    """Not an error that anybody handles: as if the program ended there."""


@pytest.fixture
def live(library: TinyLibrary) -> str:
    """A published build; in the library a second document waits to be ingested."""
    return grown(library, _published)


def _published(library: TinyLibrary) -> str:
    library.add("legal/a.md", "# Masters\n\nKeep masters for ten years.\n")
    build_id = library.ingest().build_id
    library.add("legal/b.md", "# Deletion\n\n" + "Delete the drafts after a year. " * 300)
    library.clock.pass_days(1)
    return build_id


def _assert_serves(library: TinyLibrary, build_id: str) -> None:
    assert current_build_id(library.builds) == build_id
    build = open_build(library.builds / build_id, encoder=library.encoder)
    assert "Keep masters for ten years." in str(build.passages.text("legal/a.md"))
    build.passages.close()


def _names(library: TinyLibrary) -> set[str]:
    return {path.name for path in library.builds.iterdir()} - {".ingest.lock", "cache", "current", "last_ingest.json"}


def _assert_recovers(library: TinyLibrary) -> None:
    library.clock.pass_days(1)
    report = library.ingest()
    assert report.published
    assert [outcome.document for outcome in report.documents] == ["legal/a.md", "legal/b.md"]
    _assert_serves(library, report.build_id)
    assert not any(name.startswith(".") for name in _names(library)), "what was left behind is cleared away"


def _raise(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


# A crash, a full disk, a kill


@pytest.mark.parametrize("part", ["manifest", "check"])
def test_a_crash_before_and_after_the_build_has_its_name_leaves_the_old_build_serving(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(PARTS[part].replace(":", "."), _raise(Crash()))
        with pytest.raises(Crash):
            library.ingest()
    _assert_serves(library, live)
    _assert_recovers(library)


@pytest.mark.parametrize("part", PARTS)
def test_a_disk_that_refuses_at_any_part_leaves_the_old_build_and_nothing_else(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    full: Exception = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if part == "encoding":
        full = sqlite3.OperationalError("database or disk is full")
    with monkeypatch.context() as patch:
        patch.setattr(PARTS[part].replace(":", "."), _raise(full))
        with pytest.raises(PublishError, match=r"\(.*(No space left on device|database or disk is full)\)"):
            library.ingest()
    _assert_serves(library, live)
    assert _names(library) == {live}
    _assert_recovers(library)


def _child(library: TinyLibrary, request: str, argument: str = "-") -> Forked:
    code = "import sys; from tests.unit.ingest.child_that_publishes import main; main(*sys.argv[1:])"
    return Forked(code, request, argument, str(library.root), environment={"PATH": os.defpath}, folder=library.root)


@pytest.mark.parametrize("part", STATES)
def test_a_process_killed_at_any_part_leaves_the_old_build_serving(library: TinyLibrary, live: str, part: str) -> None:
    with _child(library, "die-at", PARTS[part]) as child:
        assert child.communicate() == ("", "")
    assert child.returncode == -signal.SIGKILL
    _assert_serves(library, live)
    _assert_recovers(library)


@pytest.mark.parametrize("milliseconds", [90, 230, 410])
def test_a_process_killed_at_any_moment_leaves_a_whole_build_serving(
    library: TinyLibrary, live: str, milliseconds: int
) -> None:
    del live
    with _child(library, "publish-on") as child:
        time.sleep(milliseconds / 1000)
        child.kill()
    assert child.returncode == -signal.SIGKILL
    _assert_serves(library, current_build_id(library.builds))
    library.clock.pass_days(1)
    library.approve("legal/busy.md") if (library.folder / "legal" / "busy.md").exists() else None
    _assert_serves(library, library.ingest().build_id)


@pytest.mark.parametrize("limit", [1000, 14_000, 20_000])  # refused: an original, the kept vectors, the passages
def test_a_disk_that_is_really_full_leaves_the_old_build_and_nothing_else(
    library: TinyLibrary, live: str, limit: int
) -> None:
    with _child(library, "disk-of", str(limit)) as child:
        said, problems = child.communicate()
    assert said.startswith("PublishError: "), said + problems
    _assert_serves(library, live)
    assert _names(library) == {live}
    _assert_recovers(library)


def test_a_disk_with_room_enough_is_published_on(library: TinyLibrary, live: str) -> None:
    with _child(library, "disk-of", "1000000") as child:
        assert child.communicate() == ("published\n", "")
    assert current_build_id(library.builds) != live


# The check before it is live


def test_a_build_whose_index_was_written_wrong_is_never_live(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DenseIndex, "write", lambda _, path: path.write_bytes(b"rubbish"))
    with pytest.raises(PublishError, match=r"failed its check .*is not a FAISS index.*the previous build stays live"):
        library.ingest()
    _assert_serves(library, live)
    assert _names(library) == {live}


@pytest.mark.parametrize("written", ["new", "shared"])
def test_law_1_a_build_with_an_original_that_is_not_what_was_approved_is_never_live(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    add = publish_module.Staging.add_original

    def spoil(self: publish_module.Staging, sha256: str, content: bytes) -> None:
        add(self, sha256, content)
        path = self._folder / ORIGINALS_FOLDER / sha256
        if (path.stat().st_nlink > 1) == (written == "shared"):
            path.unlink()
            path.write_bytes(b"something else")

    monkeypatch.setattr(publish_module.Staging, "add_original", spoil)
    with pytest.raises(PublishError, match=r"failed its check .* is damaged: originals/"):
        library.ingest()
    _assert_serves(library, live)


def _split_wrongly(split: SplitDocument, wrong: str) -> SplitDocument:
    first, *others = split.passages
    if wrong == "passage":
        return replace(split, passages=(replace(first, start=first.start + 1, end=first.end + 1), *others))
    return replace(split, units=(Unit(0, len(split.document.text) + 1),))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("passage", "is not at its span in the stored text"), ("sentence", "lies outside the stored text")],
)
def test_law_3_a_build_whose_quotes_would_not_be_found_is_never_live(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch, wrong: str, message: str
) -> None:
    split = Splitter.split

    def split_wrongly(self: Splitter, document: Document) -> SplitDocument:
        return _split_wrongly(split(self, document), wrong)

    monkeypatch.setattr(Splitter, "split", split_wrongly)
    with pytest.raises(PublishError, match=f"failed its check .*'legal/b.md' {message}"):
        library.ingest()
    _assert_serves(library, live)


def test_current_is_replaced_only_after_the_check(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, seen = publish_module._check, list[str]()

    def note(folder: Path) -> None:
        seen.append(current_build_id(library.builds))
        check(folder)

    monkeypatch.setattr(publish_module, "_check", note)
    library.ingest()
    assert seen == [live]


def test_a_build_that_is_live_stays_even_if_its_folder_cannot_be_synced(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_module, "sync_folder", _raise(OSError(errno.EIO, os.strerror(errno.EIO))))
    build_id = library.ingest().build_id
    assert build_id != live
    _assert_serves(library, build_id)


def test_every_file_is_durable_before_the_build_gets_its_name(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = {path.name for path in (library.builds / live / ORIGINALS_FOLDER).iterdir()}  # durable since then
    sync, synced = publish_module._sync, set[str]()

    def note(path: Path) -> None:
        synced.add(path.name)
        sync(path)

    def rename(self: Path, target: Path) -> None:
        missing = {path.name for path in (self, *self.rglob("*"))} - synced
        raise Crash(target, missing)

    monkeypatch.setattr(publish_module, "_sync", note)
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(Crash) as caught:
        library.ingest()
    assert caught.value.args[1] == shared


# Beside each other, one after another


def test_an_open_build_can_be_read_on_while_a_new_one_is_published(library: TinyLibrary, live: str) -> None:
    build = open_build(library.builds / live)
    library.ingest()
    assert build.passages.rows == 1
    assert len(build.passages.passages([0])) == 1
    build.passages.close()


def test_only_one_ingestion_runs_at_a_time(library: TinyLibrary, live: str) -> None:
    with (
        FileLock(library.builds / ".ingest.lock"),
        pytest.raises(PublishError, match=r"another ingestion is running on .*: wait until it has finished"),
    ):
        library.ingest()
    _assert_serves(library, live)


def test_builds_are_for_their_owner_only(library: TinyLibrary, live: str) -> None:
    assert library.builds.stat().st_mode & 0o777 == 0o700
    assert (library.builds / live).stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_hold_builds_is_an_error(library: TinyLibrary) -> None:
    library.builds.touch()
    with pytest.raises(PublishError, match=r"builds cannot be written \(.*File exists"):
        library.ingest()


# Originals that builds share


def _originals(library: TinyLibrary, build_id: str) -> dict[str, tuple[int, int]]:
    """Return inode and number of names of each original of a build."""
    folder = library.builds / build_id / ORIGINALS_FOLDER
    found = {path.name: path.stat() for path in folder.iterdir()}
    return {name: (status.st_ino, status.st_nlink) for name, status in found.items()}


def test_an_original_that_the_live_build_holds_is_shared_with_it(library: TinyLibrary, live: str) -> None:
    (sha256,) = _originals(library, live)
    later = library.ingest().build_id
    before, after = _originals(library, live), _originals(library, later)
    assert before[sha256] == after[sha256]
    assert sorted(links for _, links in after.values()) == [1, 2], "what is new stands for itself"
    build = open_build(library.builds / later, encoder=library.encoder)
    assert {build.original(name) for name in after} == {
        (library.folder / "legal" / name).read_bytes() for name in ("a.md", "b.md")
    }
    build.passages.close()


def test_two_documents_with_the_same_bytes_share_one_original(library: TinyLibrary) -> None:
    library.add("legal/a.md", "# Masters\n\nKeep masters.\n")
    first = library.ingest().build_id
    library.clock.pass_days(1)
    library.add("legal/b.md", "# Masters\n\nKeep masters.\n")
    second = library.ingest().build_id
    assert _originals(library, first) == _originals(library, second)
    _assert_opens(library, first)
    _assert_opens(library, second)


def _assert_opens(library: TinyLibrary, build_id: str) -> None:
    open_build(library.builds / build_id, encoder=library.encoder).passages.close()


def test_law_1_an_original_that_was_changed_in_the_live_build_is_not_taken_over(
    library: TinyLibrary, live: str
) -> None:
    (sha256,) = _originals(library, live)
    (library.builds / live / ORIGINALS_FOLDER / sha256).write_bytes(b"not what was approved")
    later = library.ingest().build_id
    _assert_serves(library, later)
    assert _originals(library, later)[sha256][1] == 1
    build = open_build(library.builds / later)
    assert build.original(sha256) == (library.folder / "legal" / "a.md").read_bytes()
    build.passages.close()


@pytest.mark.parametrize("part", ["hardlink_to", "read_bytes"])
def test_where_an_original_cannot_be_shared_it_is_written(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    real = getattr(Path, part)

    def refuse(self: Path, *arguments: Path) -> object:
        if self.parent.name == ORIGINALS_FOLDER:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(self, *arguments)

    monkeypatch.setattr(Path, part, refuse)
    later = library.ingest().build_id
    monkeypatch.undo()
    assert {links for _, links in _originals(library, later).values()} == {1}
    _assert_serves(library, later)
    _assert_opens(library, live)


def test_a_crash_while_originals_are_shared_leaves_the_old_build_serving(
    library: TinyLibrary, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "hardlink_to", _raise(Crash()))
        with pytest.raises(Crash):
            library.ingest()
    _assert_serves(library, live)
    _assert_recovers(library)


def _publish(library: TinyLibrary, number: int) -> str:
    library.clock.pass_days(1)
    library.add("legal/a.md", f"# Masters\n\nKeep masters for {number} years.\n")
    build_id = library.ingest().build_id
    os.utime(library.builds / build_id / "manifest.json", (number, number))
    return build_id


def test_a_build_keeps_the_originals_that_it_shared_with_one_that_was_removed(library: TinyLibrary) -> None:
    library.add("legal/b.md", "# Deletion\n\nDelete the drafts after a year.\n")
    first, *made = (_publish(library, number) for number in range(3))
    assert not (library.builds / first).exists()
    for build_id in made:
        _assert_opens(library, build_id)
