"""Holds: a build that a record may refer to stays until the record's last day, and longer if anything is unclear."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from indexes import holds as holds_module
from indexes.errors import HoldError
from indexes.holds import HOLDS_FOLDER, held_builds, hold_build

BUILD = "20261120T120000Z-0123456789abcdef0123456789abcdef"
OTHER = "20261121T120000Z-0123456789abcdef0123456789abcdef"
LAST_DAY = date(2027, 11, 20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / HOLDS_FOLDER


def _content(folder: Path) -> bytes:
    return (folder / f"{BUILD}.json").read_bytes()


def _refuse(_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# What is held


def test_without_a_folder_nothing_is_held(folder: Path) -> None:
    assert held_builds(folder, today=LAST_DAY) == set()
    assert not folder.exists(), "whoever only reads makes nothing"


def test_a_build_is_held_through_its_last_day_and_not_a_day_longer(folder: Path) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    assert held_builds(folder, today=LAST_DAY - timedelta(days=300)) == {BUILD}
    assert held_builds(folder, today=LAST_DAY) == {BUILD}
    assert held_builds(folder, today=LAST_DAY + timedelta(days=1)) == set()


def test_each_build_is_held_for_itself(folder: Path) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    hold_build(folder, OTHER, until=LAST_DAY + timedelta(days=1))
    assert held_builds(folder, today=LAST_DAY) == {BUILD, OTHER}
    assert held_builds(folder, today=LAST_DAY + timedelta(days=1)) == {OTHER}


def test_a_hold_says_which_build_and_until_when_and_nothing_else(folder: Path) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    assert _content(folder) == f'{{"build": "{BUILD}", "until": "2027-11-20"}}\n'.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 40,
        b"rubbish",
        b'{"build": "',
        b"null",
        b'["build", "until"]',
        b'"2000-01-01"',
        b"{}",
        b'{"build": "%b"}',
        b'{"until": "2000-01-01"}',
        b'{"build": "%b", "until": null}',
        b'{"build": "%b", "until": 20000101}',
        b'{"build": "%b", "until": "soon"}',
        b'{"build": "%b", "until": "2000-02-30"}',
        b'{"build": "another", "until": "2000-01-01"}',
        b'{"build": "%b", "until": "2000-01-01", "unless": "a court asks for it"}',
        b"[" * 100_000,
    ],
)
def test_a_hold_that_cannot_be_understood_keeps_its_build_without_end(folder: Path, content: bytes) -> None:
    hold_build(folder, OTHER, until=date(2000, 1, 1))
    path = folder / f"{BUILD}.json"
    path.write_bytes(content.replace(b"%b", BUILD.encode()))
    before = path.read_bytes()
    assert held_builds(folder, today=date(2999, 1, 1)) == {BUILD}
    hold_build(folder, BUILD, until=LAST_DAY)
    assert path.read_bytes() == before, "nobody knows how long it was meant to be, so it is not made shorter"


def test_a_hold_that_cannot_be_read_keeps_its_build(folder: Path) -> None:
    (folder / f"{BUILD}.json").mkdir(parents=True)
    (folder / f"{OTHER}.json").symlink_to("nowhere")
    assert held_builds(folder, today=LAST_DAY) == {BUILD, OTHER}


def test_a_hold_that_cannot_be_read_is_neither_taken_for_long_enough_nor_made_shorter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer might be able to read it, and find that it has ended; or that it lasts longer than this one would."""
    hold_build(folder, BUILD, until=LAST_DAY)
    before = _content(folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", _refuse)
        assert held_builds(folder, today=LAST_DAY + timedelta(days=1)) == {BUILD}
        with pytest.raises(HoldError, match=r"\.json cannot be written \(.*\), so the build could be removed"):
            hold_build(folder, BUILD, until=LAST_DAY - timedelta(days=1))
    assert _content(folder) == before


def test_other_files_hold_nothing(folder: Path) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    (folder / f".{OTHER}.json.0123456789abcdef").write_text("left by a process that was killed")
    (folder / "README").touch()
    assert held_builds(folder, today=LAST_DAY) == {BUILD}


def test_a_folder_that_cannot_be_listed_is_an_error_and_not_an_empty_one(folder: Path) -> None:
    folder.touch()
    with pytest.raises(HoldError, match=r"cannot be listed \(Not a directory\), so nobody can say which builds"):
        held_builds(folder, today=LAST_DAY)


# Holding


def test_a_hold_only_ever_becomes_longer(folder: Path) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    hold_build(folder, BUILD, until=LAST_DAY - timedelta(days=1))
    assert held_builds(folder, today=LAST_DAY) == {BUILD}
    hold_build(folder, BUILD, until=LAST_DAY + timedelta(days=1))
    assert held_builds(folder, today=LAST_DAY + timedelta(days=1)) == {BUILD}


def test_nothing_is_written_when_nothing_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("something was opened to be written"))
    hold_build(folder, BUILD, until=LAST_DAY)


def test_threads_that_hold_one_build_agree_on_the_longest(folder: Path) -> None:
    days = [LAST_DAY + timedelta(days=number * 7 % 40) for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda until: hold_build(folder, BUILD, until=until), days))
    assert held_builds(folder, today=max(days)) == {BUILD}


def test_a_hold_that_another_made_longer_meanwhile_is_not_made_shorter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = LAST_DAY + timedelta(days=30)
    make = holds_module._make

    def hold_longer_first(where: Path) -> None:
        monkeypatch.setattr(holds_module, "_make", make)
        hold_build(where, BUILD, until=longer)

    monkeypatch.setattr(holds_module, "_make", hold_longer_first)
    hold_build(folder, BUILD, until=LAST_DAY)
    assert held_builds(folder, today=longer) == {BUILD}


def test_holds_are_for_their_owner_only(folder: Path) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / f"{BUILD}.json").stat().st_mode & 0o777 == 0o600


def test_a_hold_is_durable_before_it_counts_and_so_is_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, set[str]]] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        place = Path(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115
        synced.append((place.name.removesuffix(place.suffix), held_builds(folder, today=LAST_DAY)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    hold_build(folder, BUILD, until=LAST_DAY)
    assert synced == [
        (folder.parent.name, set()),
        (f".{BUILD}.json", set()),
        (folder.name, {BUILD}),
    ]


def test_a_disk_that_is_full_leaves_the_hold_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    before = _content(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _refuse)
        with pytest.raises(HoldError, match=r"cannot be written \(No space left on device\)"):
            hold_build(folder, BUILD, until=LAST_DAY + timedelta(days=1))
    assert _content(folder) == before
    hold_build(folder, BUILD, until=LAST_DAY + timedelta(days=1))
    assert held_builds(folder, today=LAST_DAY + timedelta(days=1)) == {BUILD}


def test_what_a_crash_left_is_gone_when_the_hold_is_written_again(folder: Path) -> None:
    hold_build(folder, BUILD, until=LAST_DAY)
    (folder / f".{BUILD}.json.0123456789abcdef").write_text("left by a process that was killed")
    hold_build(folder, BUILD, until=LAST_DAY + timedelta(days=1))
    assert {path.name for path in folder.iterdir()} - {".lock"} == {f"{BUILD}.json"}


def test_a_state_folder_that_is_missing_is_not_made_up(folder: Path) -> None:
    with pytest.raises(HoldError, match=r"cannot be written \(No such file or directory\)"):
        hold_build(folder / "deeper", BUILD, until=LAST_DAY)
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../current", "a/b", "/etc/passwd"])
def test_only_a_build_can_be_held(folder: Path, name: str) -> None:
    with pytest.raises(HoldError, match="expected the id of a build, got"):
        hold_build(folder, name, until=LAST_DAY)


def test_holds_that_stay_locked_are_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_build(folder, OTHER, until=LAST_DAY)
    monkeypatch.setattr(holds_module, "_LOCK_TIMEOUT_S", 0.05)
    with FileLock(folder / ".lock"), pytest.raises(HoldError, match="has been locked for 0 s"):
        hold_build(folder, BUILD, until=LAST_DAY)
