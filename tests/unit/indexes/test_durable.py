"""A small file is whole or not there: after a refusal or a kill at any step, on a full disk, where nobody may write.

Whoever writes small files does it through `indexes.durable`, so what can go wrong on the way is tried here, once for
all; their own tests show only what they make of it.
"""

import errno
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexes.durable import create_file, remove_left_over, replace_file, sync_folder, written_beside
from tests.support.audit_parts import as_nobody

ROOT = Path(__file__).parents[3]
OLD, NEW = b"the old content, which is the longer one\n", b"the new content\n"
BOTH = pytest.mark.parametrize("write", [replace_file, create_file])
STEPS = ["os.open", "os.fsync", "naming", "os.fsync again"]  # those that reach the disk, in order
Write = Callable[..., bool | None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder" / "file.json"


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


# What they do


@BOTH
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_new_file_has_its_content_and_its_mode_and_nothing_else_is_left(path: Path, write: Write, mode: int) -> None:
    write(path, NEW, mode=mode)
    assert path.read_bytes() == NEW
    assert path.stat().st_mode & 0o777 == mode
    assert _names(path) == ["file.json"]


@BOTH
def test_the_umask_takes_away_and_nothing_adds(path: Path, write: Write) -> None:
    os.umask(0o077)
    write(path, NEW, mode=0o644)
    assert path.stat().st_mode & 0o777 == 0o600


@BOTH
@pytest.mark.parametrize("content", [b"", bytes(1 << 20)])
def test_any_content_will_do(path: Path, write: Write, content: bytes) -> None:
    write(path, content, mode=0o600)
    assert path.read_bytes() == content


def test_what_was_there_is_replaced_with_its_mode(path: Path) -> None:
    path.write_bytes(OLD)
    path.chmod(0o666)
    replace_file(path, NEW, mode=0o600)
    assert path.read_bytes() == NEW
    assert path.stat().st_mode & 0o777 == 0o600
    assert _names(path) == ["file.json"]


def test_whoever_has_the_old_file_open_reads_the_old_content(path: Path) -> None:
    path.write_bytes(OLD)
    with path.open("rb") as before:
        replace_file(path, NEW, mode=0o600)
        assert before.read() == OLD


def test_what_was_there_stands_when_it_was_to_be_created(path: Path) -> None:
    assert create_file(path, OLD, mode=0o600) is True
    assert create_file(path, NEW, mode=0o644) is False
    assert path.read_bytes() == OLD
    assert path.stat().st_mode & 0o777 == 0o600
    assert _names(path) == ["file.json"]


def test_of_several_that_create_it_at_once_one_does_and_all_find_its_content(path: Path) -> None:
    threads, ready = 8, threading.Barrier(8)

    def create(number: int) -> tuple[bool, bytes]:
        ready.wait()
        return create_file(path, b"%d" % number, mode=0o600), path.read_bytes()

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(create, range(threads)))
    assert [created for created, _ in results].count(True) == 1
    assert {found for _, found in results} == {path.read_bytes()}
    assert _names(path) == ["file.json"]


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(OLD)
    path.symlink_to(elsewhere)
    assert not create_file(path, NEW, mode=0o600)
    assert path.is_symlink(), "a link is something that has the name, wherever it leads"
    replace_file(path, NEW, mode=0o600)
    assert not path.is_symlink()
    assert (path.read_bytes(), elsewhere.read_bytes()) == (NEW, OLD)


def test_a_link_that_leads_nowhere_is_not_written_through(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "nowhere")
    assert not create_file(path, NEW, mode=0o600)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_in_the_way_is_an_error_and_stays(path: Path) -> None:
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(path, NEW, mode=0o600)
    assert not create_file(path, NEW, mode=0o600)
    assert _names(path) == ["file.json"]


@BOTH
def test_no_folder_is_made_up(path: Path, write: Write) -> None:
    with pytest.raises(FileNotFoundError):
        write(path.parent / "missing" / "file.json", NEW, mode=0o600)
    assert _names(path) == []


def test_a_file_that_nobody_named_is_removed(path: Path) -> None:
    with written_beside(path, NEW, mode=0o600) as beside:
        assert (beside.parent, beside.read_bytes()) == (path.parent, NEW)
    assert _names(path) == []


def test_whatever_ends_the_work_takes_the_file_beside_with_it(path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), written_beside(path, NEW, mode=0o600):
        raise KeyboardInterrupt
    assert _names(path) == []


# In which order


def _watch(patch: pytest.MonkeyPatch, step: Callable[[str], None]) -> None:
    """Call `step` with the name of each step that reaches the disk, before it is done."""
    real_open, fsync, link, replace, synced = os.open, os.fsync, os.link, Path.replace, list[int]()

    def watched_open(file: Path, flags: int, *more: int) -> int:
        if not flags & os.O_DIRECTORY:
            step("os.open")
        return real_open(file, flags, *more)

    def watched_sync(descriptor: int) -> None:
        step("os.fsync again" if synced else "os.fsync")
        synced.append(descriptor)
        fsync(descriptor)

    def watched_link(source: Path, target: Path) -> None:
        step("naming")
        link(source, target)

    def watched_replace(source: Path, target: Path) -> Path:
        step("naming")
        return replace(source, target)

    patch.setattr(os, "open", watched_open)
    patch.setattr(os, "fsync", watched_sync)
    patch.setattr(os, "link", watched_link)
    patch.setattr(Path, "replace", watched_replace)


@BOTH
def test_the_bytes_are_durable_before_the_name_and_the_name_before_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    steps, synced, fsync = list[str](), list[tuple[str, int, list[str]]](), os.fsync

    def note(descriptor: int) -> None:
        place = Path(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115
        synced.append((place.name[:11], os.fstat(descriptor).st_size if place.is_file() else 0, _names(path)[-1:]))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    _watch(monkeypatch, steps.append)
    write(path, NEW, mode=0o600)
    assert steps == STEPS
    (beside, size, named), (folder, _, names) = synced
    assert (beside, size) == (".file.json.", len(NEW)), "all of it"
    assert named != ["file.json"], "it does not have its name yet"
    assert (folder, names) == ("folder", ["file.json"])


def test_the_loser_makes_the_winner_s_name_durable_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_file(path, OLD, mode=0o600)
    steps: list[str] = []
    _watch(monkeypatch, steps.append)
    create_file(path, NEW, mode=0o600)
    assert steps == STEPS


# What goes wrong


@BOTH
@pytest.mark.parametrize("fails_at", STEPS[:-1])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt()])
def test_trouble_before_it_has_its_name_leaves_what_was_there_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, write: Write, fails_at: str, error: BaseException
) -> None:
    def trouble(step: str) -> None:
        if step == fails_at:
            raise error

    if write is replace_file:
        path.write_bytes(OLD)
    before = _names(path)
    with monkeypatch.context() as patch:
        _watch(patch, trouble)
        with pytest.raises(type(error)) as caught:
            write(path, NEW, mode=0o600)
    assert caught.value is error
    assert _names(path) == before
    assert [one.read_bytes() for one in path.parent.iterdir()] == [OLD] * len(before)


@BOTH
def test_a_name_that_is_not_known_to_be_durable_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    def trouble(step: str) -> None:
        if step == STEPS[-1]:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    _watch(monkeypatch, trouble)
    with pytest.raises(OSError, match="Input/output error"):
        write(path, NEW, mode=0o600)
    assert path.read_bytes() == NEW
    assert _names(path) == ["file.json"]


def test_the_first_error_is_told_even_if_the_file_beside_cannot_be_removed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match="No space left on device"):
        replace_file(path, NEW, mode=0o600)


def test_a_second_name_that_stays_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match="Read-only file system"):
        create_file(path, NEW, mode=0o600)


_DYING = """
import os, signal, sys
from pathlib import Path
from indexes import durable
function, step, path = sys.argv[1:]
calls = []
def die_at(name, real):
    def call(*arguments):
        calls.append(name)
        if calls.count(name) == (2 if step == "os.fsync again" else 1) and name == step.split()[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)
    return call
os.open, os.fsync = die_at("os.open", os.open), die_at("os.fsync", os.fsync)
os.link, Path.replace = die_at("naming", os.link), die_at("naming", Path.replace)
getattr(durable, function)(Path(path), b"the new content\\n", mode=0o600)
"""
_ON_A_SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
from indexes import durable
function, limit, path = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    getattr(durable, function)(Path(path), b"the new content\\n", mode=0o600)
except OSError as error:
    print(type(error).__name__)
"""


def _run(script: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@BOTH
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_the_old_or_the_new_and_what_is_beside_can_be_cleared_away(
    path: Path, write: Write, step: str
) -> None:
    if write is replace_file:
        path.write_bytes(OLD)
    before = _names(path)
    assert _run(_DYING, write.__name__, step, path).returncode == -9
    left = [name for name in _names(path) if name.startswith(".")]
    assert len(left) == (step in {"os.fsync", "naming"})
    remove_left_over(path)
    if step == STEPS[-1]:
        assert (path.read_bytes(), _names(path)) == (NEW, ["file.json"])
    else:
        assert _names(path) == before
        assert [one.read_bytes() for one in path.parent.iterdir()] == [OLD] * len(before)
    replace_file(path, NEW, mode=0o600)


@BOTH
@pytest.mark.parametrize("limit", [0, 1, len(NEW) - 1])
def test_a_disk_that_is_really_full_leaves_what_was_there_and_nothing_else(
    path: Path, write: Write, limit: int
) -> None:
    if write is replace_file:
        path.write_bytes(OLD)
    before = _names(path)
    assert _run(_ON_A_SMALL_DISK, write.__name__, limit, path).stdout == "OSError\n"
    assert _names(path) == before
    assert [one.read_bytes() for one in path.parent.iterdir()] == [OLD] * len(before)
    assert _run(_ON_A_SMALL_DISK, write.__name__, len(NEW), path).stdout == ""
    assert path.read_bytes() == NEW


@BOTH
def test_where_nobody_may_write_nothing_changes(write: Write) -> None:
    """As somebody else than root, whom nothing keeps out."""
    with tempfile.TemporaryDirectory() as name, as_nobody(Path(name)):
        folder = Path(name) / "folder"
        folder.mkdir()
        (folder / "file.json").write_bytes(OLD)
        folder.chmod(0o500)
        with pytest.raises(PermissionError):
            write(folder / "file.json", NEW, mode=0o600)
        folder.chmod(0o700)
        assert [one.read_bytes() for one in folder.iterdir()] == [OLD]


# What is left over


def test_only_what_crashes_left_beside_this_path_is_removed(path: Path) -> None:
    replace_file(path, OLD, mode=0o600)
    other = path.with_name("file.jso")
    left = [path.with_name(f".{name}.{'0a' * 8}") for name in (path.name, other.name)]
    mine = [path.with_name(name) for name in (".file.json", ".file.json.kept", f"file.json.{'0a' * 8}", ".*.json")]
    for one in (*left, *mine):
        one.write_bytes(b"")
    remove_left_over(path)
    assert _names(path) == sorted(one.name for one in (path, left[1], *mine))


def test_a_name_is_taken_as_it_is_and_not_as_a_pattern(path: Path) -> None:
    left = path.with_name(f".file.json.{'0a' * 8}")
    left.write_bytes(b"")
    remove_left_over(path.with_name("*.json"))
    assert left.exists()


def test_a_folder_that_is_none_cannot_be_synced(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        sync_folder(path)


def test_no_two_files_beside_a_path_meet(path: Path) -> None:
    with written_beside(path, OLD, mode=0o600) as one, written_beside(path, NEW, mode=0o600) as other:
        assert (one.read_bytes(), other.read_bytes()) == (OLD, NEW)
