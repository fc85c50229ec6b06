"""The signer's memory: it tells a file that the log wrote from a copy of it, and is never behind what was signed."""

import json
import os
import shutil
from pathlib import Path

import pytest

from service.audit.checkpoints import memory as memory_module
from service.audit.checkpoints.memory import Memory, Signed
from service.audit.errors import AuditCopiedError, AuditKeyError
from tests.support.copied_logs import make_itself, memory_file

ORIGIN = "greenlit/audit/2026-11"
FIRST, SECOND = Signed(ORIGIN, 0, 3, b"\x01" * 32), Signed(ORIGIN, 0, 5, b"\x02" * 32)
MEND = r"were copied here \(signed-\d\.json .* say so with greenlit restore --here --reason TEXT"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return tmp_path / "keys"


@pytest.fixture
def memory(folder: Path) -> Memory:
    memory = Memory(folder)
    memory.keep(FIRST)
    return memory


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_there_is_none_at_first(folder: Path) -> None:
    for memory in (Memory(folder), Memory(folder / "none")):
        assert (memory.exists(), memory.last()) == (False, None)
        memory.expect_itself()


def test_the_newest_takes_the_place_of_the_one_before(memory: Memory, folder: Path) -> None:
    memory.expect_itself()
    memory.keep(SECOND)
    memory.expect_itself()
    assert (memory.last(), _names(folder)) == (SECOND, ["signed-2.json"])


def test_a_crash_leaves_two_of_which_the_higher_counts(
    memory: Memory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Memory, "_remove", lambda *_: None)
        memory.keep(SECOND)
    (folder / f".signed-3.json.{'0' * 16}").write_text("half")
    assert (len(_names(folder)), memory.last()) == (3, SECOND)
    memory.expect_itself()
    memory.keep(FIRST)
    assert _names(folder) == ["signed-3.json"], "and what a crash left is gone with the next"


@pytest.mark.parametrize("copy", [shutil.copy, shutil.copy2])
def test_a_copy_is_told_from_the_file_itself(memory: Memory, folder: Path, copy: object) -> None:
    path = memory_file(folder)
    assert callable(copy)
    copy(path, folder / "aside")
    path.unlink()
    (folder / "aside").rename(path)
    with pytest.raises(AuditCopiedError, match=MEND):
        memory.expect_itself()
    assert memory.last() == FIRST, "what it says is still of use"
    memory.keep(SECOND)
    memory.expect_itself()


def test_a_copied_folder_is_told_and_a_moved_one_is_not(memory: Memory, folder: Path) -> None:
    copied, moved = shutil.copytree(folder, folder.with_name("copied")), folder.rename(folder.with_name("moved"))
    Memory(moved).expect_itself()
    with pytest.raises(AuditCopiedError, match=MEND):
        Memory(copied).expect_itself()
    assert memory.last() is None


def test_an_older_copy_laid_over_the_folder_changes_nothing(memory: Memory, folder: Path) -> None:
    older = shutil.copytree(folder, folder.with_name("older"))
    memory.keep(SECOND)
    shutil.copytree(older, folder, dirs_exist_ok=True)
    assert memory.last() == SECOND
    memory.expect_itself()


def test_a_newer_copy_laid_over_the_folder_is_a_copy(memory: Memory, folder: Path) -> None:
    other = Memory(shutil.copytree(folder, folder.with_name("other")))
    other.keep(SECOND)
    shutil.copytree(other._folder, folder, dirs_exist_ok=True)
    with pytest.raises(AuditCopiedError, match=MEND):
        memory.expect_itself()


@pytest.mark.parametrize(
    ("written_as", "found", "same"),
    [
        ((7, 9, 5), (7, 9, 5), True),
        ((7, 9, 5), (8, 9, 5), False),  # another inode
        ((7, 9, 5), (7, 8, 5), False),  # the same inode, given out again
        ((7, 9, 5), (7, 9, 6), False),  # born at another time
        ((7, 0, 0), (7, 9, 5), True),  # what was not told then, or is not now, says nothing
        ((7, 9, 5), (7, 0, 5), True),
        ((7, 0, 5), (7, 0, 6), False),
    ],
)
def test_what_a_file_system_tells_is_compared(
    memory: Memory,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    written_as: tuple[int, ...],
    found: tuple[int, ...],
    same: bool,  # noqa: FBT001
) -> None:
    path = memory_file(folder)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"file": written_as}))
    monkeypatch.setattr(memory_module, "_identity", lambda _: found)
    if same:
        memory.expect_itself()
    else:
        with pytest.raises(AuditCopiedError):
            memory.expect_itself()


def test_an_inode_that_is_given_out_again_is_noticed(memory: Memory, folder: Path) -> None:
    """As on ext4, where the next file gets the number of the one that was removed."""
    path = memory_file(folder)
    content, inode = path.read_bytes(), path.stat().st_ino
    path.unlink()
    path.write_bytes(content)
    value = json.loads(content)
    if path.stat().st_ino != inode:
        path.write_text(json.dumps(value | {"file": [path.stat().st_ino, *value["file"][1:]]}))
    if not any(value["file"][1:]):
        pytest.fail("this file system tells neither generation nor birth: the test proves nothing here")
    with pytest.raises(AuditCopiedError):
        memory.expect_itself()


def test_a_history_that_was_just_begun_is_remembered(folder: Path) -> None:
    memory = Memory(folder)
    for signed in (Signed(ORIGIN, 0, 3, b"\x01" * 32, goes_on="3fa9c1d2"), Signed("", 0, 0, b"", goes_on="3fa9c1d2")):
        memory.keep(signed)
        assert memory.last() == signed
        assert signed.history == "3fa9c1d2"
    later = Signed(f"{ORIGIN}.3fa9c1d2", 3, 1, b"\x02" * 32)
    memory.keep(later)
    assert memory.last() == later
    assert later.history == "3fa9c1d2"


def test_the_memory_of_an_older_version_is_taken_up(folder: Path) -> None:
    memory = Memory(folder)
    old = {"origin": ORIGIN, "first_seq": 0, "size": 3, "root": FIRST.root.hex()}
    (folder / "signed.json").write_text(json.dumps(old))
    memory.expect_itself()
    assert (memory.exists(), memory.last()) == (True, FIRST)
    memory.keep(SECOND)
    assert (_names(folder), memory.last()) == (["signed-1.json"], SECOND)


def test_one_that_is_replaced_while_it_is_read_is_looked_for_again(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, stale = Memory._numbers, [[9], [8]]
    monkeypatch.setattr(Memory, "_numbers", lambda self: stale.pop() if stale else numbers(self))
    assert memory.last() == FIRST
    monkeypatch.setattr(Memory, "_numbers", lambda _: [9])
    with pytest.raises(AuditKeyError, match=r"signed-9\.json cannot be read \(FileNotFoundError\)"):
        memory.last()


def test_a_folder_that_cannot_be_written_keeps_the_one_before(
    memory: Memory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(AuditKeyError, match=r"signed-2\.json cannot be written \(No space left on device\)"):
            memory.keep(SECOND)
    assert (_names(folder), memory.last()) == (["signed-1.json"], FIRST)


def test_tests_can_let_a_copy_pass_for_the_log_itself(memory: Memory, folder: Path) -> None:
    copied = shutil.copytree(folder, folder.with_name("copied"))
    make_itself(copied)
    Memory(copied).expect_itself()
    assert Memory(copied).last() == memory.last()
