"""Files of 32 secret bytes: whole or not there, for their owner only, and really gone when destroyed."""

import errno
import os
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.audit.errors import AuditKeyError
from service.audit.keys import key_files
from service.audit.keys.key_files import (
    create_key,
    create_missing_key,
    destroy_key,
    key_exists,
    key_names,
    load_or_create_key,
    read_key,
)

NAME = "signing.key"
READERS = pytest.mark.parametrize("read", [read_key, load_or_create_key])
Read = Callable[[Path, str], bytes]


def _shown(error: BaseException) -> str:
    """Return all that the most talkative report would say: each frame below this test with its local values."""
    assert error.__traceback__ is not None
    below = error.__traceback__.tb_next
    return "".join(traceback.TracebackException(type(error), error, below, capture_locals=True).format())


def _refuse(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    keys = tmp_path / "var" / "keys"
    key = create_key(keys, NAME)
    assert len(key) == 32
    assert read_key(keys, NAME) == key
    assert (keys / NAME).stat().st_mode & 0o777 == 0o600
    assert [folder.stat().st_mode & 0o777 for folder in (keys, keys.parent)] == [0o700, 0o700]
    assert [path.name for path in keys.iterdir()] == [NAME], "nothing half-made is left"


def test_two_keys_are_not_the_same(tmp_path: Path) -> None:
    assert create_key(tmp_path, "a.key") != create_key(tmp_path, "b.key")


def test_a_key_that_exists_is_never_made_again(tmp_path: Path) -> None:
    key = create_key(tmp_path, NAME)
    with pytest.raises(AuditKeyError, match=r"signing\.key, but it exists: it is left as it is"):
        create_key(tmp_path, NAME)
    assert not create_missing_key(tmp_path, NAME)
    assert load_or_create_key(tmp_path, NAME) == read_key(tmp_path, NAME) == key
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_missing_key_is_made_by_whoever_may_make_one(tmp_path: Path) -> None:
    assert create_missing_key(tmp_path / "keys", NAME)
    assert load_or_create_key(tmp_path / "keys", NAME) == read_key(tmp_path / "keys", NAME)


def test_a_missing_key_is_not_made_by_reading(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(AuditKeyError, match=r"signing\.key is missing: .* 32 bytes .*; put it back"):
            read_key(folder, NAME)
    assert list(tmp_path.iterdir()) == []


def test_when_two_look_before_either_has_made_the_key_the_first_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = load_or_create_key(tmp_path, NAME)
    monkeypatch.setattr(key_files, "key_exists", lambda *_: False)
    assert not create_missing_key(tmp_path, NAME)
    assert load_or_create_key(tmp_path, NAME) == key


def test_many_threads_at_once_make_one_key(tmp_path: Path) -> None:
    threads, ready = 8, threading.Barrier(8)

    def make(_: int) -> tuple[bool, bytes]:
        ready.wait()
        return create_missing_key(tmp_path, NAME), read_key(tmp_path, NAME)

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(make, range(threads)))
    assert [made for made, _ in results].count(True) == 1
    assert {key for _, key in results} == {read_key(tmp_path, NAME)}
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_disk_that_refuses_leaves_no_half_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _refuse)
    with pytest.raises(AuditKeyError, match=r"signing\.key cannot be made \(No space left on device\): .* has room"):
        create_key(tmp_path, NAME)
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_there_is_used_on_a_disk_that_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = create_key(tmp_path, NAME)
    monkeypatch.setattr(os, "fsync", _refuse)
    assert load_or_create_key(tmp_path, NAME) == key


@READERS
@pytest.mark.parametrize("size", [0, 5, 31, 33, 64])
def test_a_key_of_the_wrong_size_is_refused_and_not_replaced(tmp_path: Path, read: Read, size: int) -> None:
    (tmp_path / NAME).write_bytes(b"k" * size)
    (tmp_path / NAME).chmod(0o600)
    with pytest.raises(AuditKeyError, match=rf"signing\.key to be 32 bytes, got {size}: restore it from a backup"):
        read(tmp_path, NAME)
    assert (tmp_path / NAME).read_bytes() == b"k" * size


def test_a_key_that_is_cut_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_key(tmp_path, NAME)
    whole = (tmp_path / NAME).stat()
    os.truncate(tmp_path / NAME, 16)
    monkeypatch.setattr(os, "fstat", lambda _: whole)  # what a look before the cut saw
    with pytest.raises(AuditKeyError, match="to be 32 bytes, got 16"):
        read_key(tmp_path, NAME)


@READERS
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o601])
def test_a_key_that_everybody_may_open_is_refused(tmp_path: Path, read: Read, mode: int) -> None:
    create_key(tmp_path, NAME)
    (tmp_path / NAME).chmod(mode)
    with pytest.raises(AuditKeyError, match=rf"everybody on this machine may open .*{NAME} \(mode {mode:04o}\)"):
        read(tmp_path, NAME)


def test_a_key_may_be_opened_by_the_group_that_somebody_chose(tmp_path: Path) -> None:
    key = create_key(tmp_path, NAME)
    (tmp_path / NAME).chmod(0o640)
    assert read_key(tmp_path, NAME) == key


@READERS
def test_a_key_is_not_read_through_a_link(tmp_path: Path, read: Read) -> None:
    create_key(tmp_path, "real.key")
    (tmp_path / NAME).symlink_to(tmp_path / "real.key")
    (tmp_path / "dangling.key").symlink_to(tmp_path / "nowhere")
    for name in (NAME, "dangling.key"):
        with pytest.raises(AuditKeyError, match=rf"{name} to be a file of its own, got a link"):
            read(tmp_path, name)
    assert not (tmp_path / "nowhere").exists()


@READERS
def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path, read: Read) -> None:
    (tmp_path / "folder.key").mkdir()
    with pytest.raises(AuditKeyError, match=r"folder\.key cannot be read \(Is a directory\)"):
        read(tmp_path, "folder.key")
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    with pytest.raises(AuditKeyError, match=r"pipe\.key to be a file of its own, got a link or something else"):
        read(tmp_path, "pipe.key")


def test_a_folder_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AuditKeyError, match=r"keys/signing\.key cannot be made"):
        load_or_create_key(tmp_path / "keys", NAME)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(AuditKeyError, match=r"file/signing\.key cannot be read \(Not a directory\)"):
        read_key(tmp_path / "file", NAME)


def test_a_key_exists_whatever_state_it_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "nowhere")
    assert key_exists(tmp_path, NAME)
    assert not key_exists(tmp_path, "other.key")
    (tmp_path / "file").write_bytes(b"")
    assert not key_exists(tmp_path / "file", NAME)
    monkeypatch.setattr(Path, "lstat", _refuse)
    with pytest.raises(AuditKeyError, match=r"signing\.key cannot be looked for"):
        key_exists(tmp_path, NAME)


def test_keys_are_listed_by_prefix_and_sorted(tmp_path: Path) -> None:
    for name in ("payload-2026-11-2.key", "payload-2026-11-1.key", "payload-2026-10-1.key", NAME):
        create_key(tmp_path, name)
    (tmp_path / "payload-2026-11-3.key.old").write_bytes(b"")
    (tmp_path / ".payload-2026-11-4.key").write_bytes(b"")
    assert key_names(tmp_path, "payload-2026-11-") == ["payload-2026-11-1.key", "payload-2026-11-2.key"]
    assert key_names(tmp_path, "")[-1] == NAME
    assert len(key_names(tmp_path, "")) == 4
    assert key_names(tmp_path / "nowhere", "") == []


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"")
    with pytest.raises(AuditKeyError, match=r"keys cannot be searched for keys \(Not a directory\)"):
        key_names(tmp_path / "keys", "")


def test_a_destroyed_key_is_gone_and_its_bytes_are_zeros(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    create_key(keys, NAME)
    os.link(keys / NAME, tmp_path / "second-name")
    assert destroy_key(keys, NAME)
    assert list(keys.iterdir()) == []
    assert (tmp_path / "second-name").read_bytes() == bytes(32)
    assert not destroy_key(keys, NAME)
    assert not destroy_key(tmp_path / "nowhere", NAME)


def test_zeros_are_durable_before_the_name_goes_and_its_going_is_durable_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_key(tmp_path, NAME)
    steps: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: steps.append((tmp_path / NAME).read_bytes().hex()))
    monkeypatch.setattr(key_files, "sync_folder", lambda folder: steps.append(f"sync, left: {list(folder.iterdir())}"))
    destroy_key(tmp_path, NAME)
    assert steps == ["00" * 32, "sync, left: []"]


def test_a_key_is_removed_even_where_it_cannot_be_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_key(tmp_path, NAME)
    monkeypatch.setattr(os, "write", _refuse)
    assert destroy_key(tmp_path, NAME)
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_cannot_be_removed_is_named_and_never_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_key(tmp_path, NAME)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", _refuse)
        with pytest.raises(AuditKeyError, match=r"signing\.key cannot be destroyed"):
            destroy_key(tmp_path, NAME)
    with pytest.raises(AuditKeyError, match=r"signing\.key holds only zeros: it was being destroyed"):
        read_key(tmp_path, NAME)
    assert destroy_key(tmp_path, NAME)


def test_what_a_link_points_to_is_not_overwritten(tmp_path: Path) -> None:
    key = create_key(tmp_path, "real.key")
    (tmp_path / NAME).symlink_to(tmp_path / "real.key")
    with pytest.raises(AuditKeyError, match=r"signing\.key to be a file of its own"):
        destroy_key(tmp_path, NAME)
    assert (tmp_path / NAME).is_symlink()
    assert read_key(tmp_path, "real.key") == key


def test_no_refusal_holds_the_bytes_of_a_key(tmp_path: Path) -> None:
    key = create_key(tmp_path, NAME)
    (tmp_path / NAME).chmod(0o644)
    with pytest.raises(AuditKeyError) as exposed:
        read_key(tmp_path, NAME)
    (tmp_path / NAME).chmod(0o600)
    (tmp_path / NAME).write_bytes(key + b"\n")
    with pytest.raises(AuditKeyError) as longer:
        read_key(tmp_path, NAME)
    for error in (exposed.value, longer.value):
        shown = _shown(error)
        assert "signing.key" in shown
        assert repr(key)[2:-1] not in shown
        assert key.hex() not in shown
