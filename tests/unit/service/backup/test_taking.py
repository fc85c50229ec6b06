"""A copy is taken while the log is written, holds all that the log needs, and is whole or not there."""

import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO, NamedTuple

import pytest
from filelock import FileLock

from indexes.pack import Block, Pack
from service.audit.keys.key_files import create_key
from service.backup import copying
from service.backup import taking as module
from service.backup.checking import checked_backup
from service.backup.errors import BackupError
from service.backup.places import Places
from service.backup.taking import remove_older, whole_backups
from tests.support.backup_parts import fill, places_in, taking
from tests.support.small_log import QUESTION, SmallLog, open_small_log


class Running(NamedTuple):
    """An installation whose log is open, and a folder for copies."""

    places: Places
    log: SmallLog
    copies: Path


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    places = places_in(tmp_path)
    with open_small_log(places.state) as log:
        fill(places)
        log.ask()
        log.opened.log.publish()
        yield Running(places, log, tmp_path / "copies")


def whole_and_half(copies: Path) -> list[Path]:
    """Return what is in a folder of copies besides its lock."""
    return [path for path in copies.iterdir() if path.name != ".lock"]


def test_a_copy_holds_the_log_its_keys_the_state_and_what_was_decided(running: Running) -> None:
    taken = taking(running.places).into(running.copies)
    names = set(taken.account.files)
    assert {name for name in names if not name.startswith("keys/")} == {
        "state/audit.sqlite",
        "state/token",
        "state/builds_in_use/b1.json",
        "library/register.jsonl",
        "library/sources.toml",
    }
    assert {"keys/signing.key", "keys/payload-2026-11-1.key", "keys/identity-2026-11.key"} <= names
    assert any(name.startswith("keys/signed") for name in names)
    assert taken.account.records == running.log.store.size()
    assert taken.folder.parent == running.copies
    assert taken.folder.name.startswith("2026-11-20T120000Z-")
    assert checked_backup(taken.folder) == taken.account
    assert {stat.S_IMODE(path.stat().st_mode) for path in taken.folder.rglob("*")} == {0o600, 0o700}
    assert [path.name for path in taken.folder.glob("state/audit.sqlite*")] == ["audit.sqlite"]


def test_builds_are_copied_when_asked_for(running: Running) -> None:
    names = taking(running.places, builds=True).into(running.copies).account.files
    assert {"builds/current", "builds/b1/originals/ab"} <= set(names)
    assert not any("cache" in name for name in names)


def test_what_builds_share_is_shared_in_the_copy(running: Running) -> None:
    original, shared = (running.places.builds / build / "originals" / "ab" for build in ("b1", "b2"))
    shared.parent.mkdir(parents=True)
    shared.hardlink_to(original)
    copy = taking(running.places, builds=True).into(running.copies).folder
    assert (copy / "builds/b1/originals/ab").samefile(copy / "builds/b2/originals/ab")


def test_a_build_that_goes_meanwhile_is_not_copied_by_half(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    (running.places.builds / "b2").mkdir()
    for name in ("a", "b"):
        (running.places.builds / "b2" / name).write_text(name)

    def copy_and_prune(source: Path, target: Path) -> str:
        sha256 = copying.copy_file(source, target)
        if source.parent.name == "b2":
            shutil.rmtree(running.places.builds / "b2")
        return sha256

    monkeypatch.setattr(module, "copy_file", copy_and_prune)
    taken = taking(running.places, builds=True).into(running.copies)
    assert not any(name.startswith("builds/b2") for name in taken.account.files)
    assert not (taken.folder / "builds" / "b2").exists()
    assert "builds/b1/originals/ab" in checked_backup(taken.folder).files


def test_a_build_that_is_packed_meanwhile_is_in_the_copy_with_its_originals(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = running.places.builds
    content = b"a block"

    def copy_and_pack(source: Path, target: Path) -> str:
        sha256 = copying.copy_file(source, target)
        if (builds / "b1").exists() and "b1" in source.parts:
            with Pack.writing(builds) as pack:
                shutil.copy(builds / "b1" / "originals" / "ab", pack.originals / "ab")
                pack.add("b1", {}, [Block(content, "rules/a.md", "ab")])
            shutil.rmtree(builds / "b1")
        return sha256

    monkeypatch.setattr(module, "copy_file", copy_and_pack)
    copy = taking(running.places, builds=True).into(running.copies).folder / "builds"
    with Pack.reading(copy) as pack:
        assert pack is not None
        assert [pack.block(number) for number in pack.numbers("b1")] == [content]
        assert (pack.originals / "ab").read_text() == "bytes\n"
    assert not (copy / "b1").exists()


def test_packed_builds_are_copied_as_of_one_moment_while_they_are_written(running: Running) -> None:
    with Pack.writing(running.places.builds) as pack:
        pack.add("b0", {}, [Block(b"before")])
    with closing(sqlite3.connect(running.places.builds / "pack" / "blocks.sqlite", isolation_level=None)) as writing:
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("DELETE FROM builds")
        copy = taking(running.places, builds=True).into(running.copies).folder / "builds"
        writing.execute("COMMIT")
    with Pack.reading(copy) as pack:
        assert pack is not None
        assert pack.build_ids() == ["b0"]


def _locked_pack(builds: Path) -> sqlite3.Connection:
    """Return a connection that keeps everybody out of the pack, as one does that has changed some megabytes of it."""
    with Pack.writing(builds) as pack:
        pack.add("b0", {}, [Block(b"before")])
    writing = sqlite3.connect(builds / "pack" / "blocks.sqlite", isolation_level=None)
    writing.execute("BEGIN EXCLUSIVE")
    return writing


def test_a_pack_that_is_kept_locked_for_long_is_waited_for(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_BUSY_TIMEOUT_S", 0.001)
    with closing(_locked_pack(running.places.builds)) as writing:
        looks: list[float] = []

        def monotonic() -> float:
            looks.append(10.0 * len(looks))
            if looks[-1] == 120.0:
                writing.execute("COMMIT")
            return looks[-1]

        monkeypatch.setattr(copying, "time", SimpleNamespace(monotonic=monotonic))
        copy = taking(running.places, builds=True).into(running.copies).folder / "builds"
    assert looks[-1] >= 120.0
    with Pack.reading(copy) as pack:
        assert pack is not None
        assert pack.build_ids() == ["b0"]


def test_a_pack_that_stays_locked_is_said_and_by_whom(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_BUSY_TIMEOUT_S", 0.001)
    monkeypatch.setattr(copying, "_PATIENCE_S", 0.0)
    with (
        closing(_locked_pack(running.places.builds)),
        pytest.raises(
            BackupError, match=r"\(SQLITE_BUSY\); another program has kept it locked .* packs old builds: wait"
        ),
    ):
        taking(running.places, builds=True).into(running.copies)
    assert whole_and_half(running.copies) == []


def test_builds_that_change_do_not_have_the_log_copied_again(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    databases: list[str] = []

    def copy_database(source: Path, target: Path) -> str:
        databases.append(source.name)
        return copying.copy_database(source, target)

    def copy_and_move(source: Path, target: Path) -> str:
        sha256 = copying.copy_file(source, target)
        if source.name == "ab":
            source.rename(source.with_name("moved"))
        return sha256

    monkeypatch.setattr(module, "copy_database", copy_database)
    monkeypatch.setattr(module, "copy_file", copy_and_move)
    names = taking(running.places, builds=True).into(running.copies).account.files
    assert databases == ["audit.sqlite"]
    assert "builds/b1/originals/moved" in names
    assert "builds/b1/originals/ab" not in names


@pytest.mark.parametrize("step", ["copy_file", "copy_database", "check_log", "write_account", "sync_folder"])
def test_whatever_breaks_a_copy_off_the_next_one_is_whole(
    running: Running, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, step, killed)
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)  # a process that was killed tidies nothing up
        with pytest.raises(KeyboardInterrupt):
            taking(running.places).into(running.copies)
    for named in whole_backups(running.copies):
        assert step == "sync_folder", "only then it has its name"
        checked_backup(named)
    checked_backup(taking(running.places).into(running.copies).folder)
    assert not list(running.copies.glob(".half-*"))


def test_builds_that_change_all_the_time_are_said(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_and_publish(source: Path, target: Path) -> str:
        if source.name == "ab":
            (running.places.builds / f"b{time.monotonic_ns()}").write_text("another build")
        return copying.copy_file(source, target)

    monkeypatch.setattr(module, "copy_file", copy_and_publish)
    with pytest.raises(BackupError, match="builds changed while each of 5 copies was made: try again"):
        taking(running.places, builds=True).into(running.copies)
    assert whole_and_half(running.copies) == []


def test_no_question_stands_in_what_is_not_sealed(running: Running) -> None:
    taken = taking(running.places).into(running.copies)
    assert all(QUESTION.encode() not in path.read_bytes() for path in taken.folder.rglob("*") if path.is_file())


def test_what_is_recorded_meanwhile_does_not_make_it_a_copy_that_is_refused(running: Running) -> None:
    done = threading.Event()

    def asks() -> None:
        while not done.is_set():
            running.log.ask()
            running.log.opened.log.publish()

    asking = threading.Thread(target=asks)
    asking.start()
    try:
        for _ in range(5):
            checked_backup(taking(running.places).into(running.copies).folder)
    finally:
        done.set()
        asking.join()


def test_a_key_that_is_made_meanwhile_is_in_it(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def copy_and_rotate(source: Path, target: Path) -> str:
        sha256 = copying.copy_database(source, target)
        if not made:
            made.append(create_key(running.places.keys, "payload-2026-11-2.key"))
        return sha256

    monkeypatch.setattr(module, "copy_database", copy_and_rotate)
    taken = taking(running.places).into(running.copies)
    assert "keys/payload-2026-11-2.key" in taken.account.files


def test_a_memory_that_gives_way_to_a_newer_one_meanwhile_is_in_it(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[Path] = []

    def copy_file(source: Path, target: Path) -> str:
        if source.name.startswith("signed-") and not gone:
            running.log.ask()
            running.log.opened.log.publish()
            gone.append(source)
        return copying.copy_file(source, target)

    monkeypatch.setattr(module, "copy_file", copy_file)
    taken = taking(running.places).into(running.copies)
    assert not gone[0].exists()
    assert any(name.startswith("keys/signed-") for name in taken.account.files)


def test_keys_that_never_stay_the_same_are_said(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def copy_and_rotate(source: Path, target: Path) -> str:
        made.append(create_key(running.places.keys, f"payload-2026-11-{len(made) + 2}.key"))
        return copying.copy_database(source, target)

    monkeypatch.setattr(module, "copy_database", copy_and_rotate)
    with pytest.raises(BackupError, match="the keys of the log changed while each of 5 copies was made: try again"):
        taking(running.places).into(running.copies)
    assert whole_and_half(running.copies) == []


def test_a_copy_whose_log_lost_its_end_is_not_made(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = running.copies.parent / "earlier.sqlite"
    copying.copy_database(running.places.state / "audit.sqlite", earlier)
    running.log.ask()
    running.log.opened.log.publish()
    monkeypatch.setattr(module, "copy_database", lambda _, target: copying.copy_file(earlier, target))
    with pytest.raises(BackupError, match="was signed up to"):
        taking(running.places).into(running.copies)
    assert whole_and_half(running.copies) == []


def test_a_full_disk_leaves_nothing_and_says_so(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        usage = shutil.disk_usage(running.places.state)
        patched.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
        with pytest.raises(BackupError, match=r"expected \d+ MiB free in .*copies, got 1: make room"):
            taking(running.places).into(running.copies)

    def full(_source: Path, _target: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "copy_file", full)
    with pytest.raises(BackupError, match=r"in .*copies \(No space left on device\): nothing is left of it"):
        taking(running.places).into(running.copies)
    assert whole_and_half(running.copies) == []


def test_a_database_that_cannot_be_read_is_said_without_what_it_holds(running: Running) -> None:
    (running.places.state / "people.sqlite").write_bytes(b"no database, but a person's name" * 64)
    with pytest.raises(BackupError, match=r"people.sqlite cannot be copied to .* \(SQLITE_NOTADB\)") as refused:
        taking(running.places).into(running.copies)
    assert "person" not in str(refused.value)


def test_what_a_copy_that_was_cut_off_left_goes_with_the_next(running: Running) -> None:
    half = running.copies / ".half-0011"
    half.mkdir(parents=True)
    (half / "keys").write_text("")
    taking(running.places).into(running.copies)
    assert not half.exists()


def test_an_installation_is_not_copied_into_itself(running: Running) -> None:
    with pytest.raises(BackupError, match="expected a folder outside of the installation, got"):
        taking(running.places).into(running.places.state / "copies")


def test_where_there_is_nothing_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="got neither; set GREENLIT_STATE and GREENLIT_KEYS as"):
        taking(places_in(tmp_path)).into(tmp_path / "copies")
    assert not (tmp_path / "copies").exists()


def test_links_are_named_and_not_followed(running: Running, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_text("not ours")
    (running.places.state / "linked.txt").symlink_to(tmp_path / "elsewhere.txt")
    taken = taking(running.places).into(running.copies)
    assert taken.links == (running.places.state / "linked.txt",)
    assert "state/linked.txt" not in taken.account.files


def test_the_newest_are_kept_and_a_half_one_is_none_of_them(running: Running) -> None:
    taken = [taking(running.places, at=f"2026-11-2{day}T12:00:00Z").into(running.copies).folder for day in (3, 1, 2)]
    (running.copies / "not-a-copy").mkdir()
    assert whole_backups(running.copies) == [taken[1], taken[2], taken[0]]
    assert remove_older(running.copies, 2) == [taken[1]]
    assert whole_backups(running.copies) == [taken[2], taken[0]]
    assert (running.copies / "not-a-copy").is_dir()


def test_the_copy_of_the_log_is_of_one_moment(running: Running) -> None:
    taken = taking(running.places).into(running.copies)
    size = running.log.store.size()
    running.log.ask()
    with closing(sqlite3.connect(taken.folder / "state" / "audit.sqlite")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM leaves").fetchone() == (size,)


def test_what_is_recorded_between_the_steps_of_a_copy_is_not_in_it_and_does_not_begin_it_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, steps, sync = running.log.store.size(), [0], copying._sync
    monkeypatch.setattr(copying, "_SYNC_BYTES", 16 << 10)

    def sync_and_ask(file: BinaryIO) -> None:
        sync(file)
        steps[0] += 1
        if steps[0] <= 3:
            running.log.ask()

    monkeypatch.setattr(copying, "_sync", sync_and_ask)
    copy = running.copies / "log.sqlite"
    copying.copy_database(running.places.state / "audit.sqlite", copy)
    assert steps[0] > 4
    assert running.log.store.size() > before
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM leaves").fetchone() == (before,)


def test_a_file_is_made_durable_in_steps(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(copying, "_SYNC_BYTES", 2 << 20)
    monkeypatch.setattr(copying, "_sync", lambda file: synced.append(file.tell() >> 20))
    large = running.places.state / "large"
    large.write_bytes(bytes(5 << 20))
    copying.copy_file(large, running.copies / "large")
    assert synced == [2, 4, 5]


def test_two_copies_at_once_do_not_disturb_each_other(running: Running) -> None:
    running.copies.mkdir()
    with FileLock(running.copies / ".lock"), pytest.raises(BackupError, match="another copy is being made in"):
        taking(running.places).into(running.copies)
