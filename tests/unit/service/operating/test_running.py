"""Where the running service can be reached: believed only while it holds the log of this installation."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.storage import writer_lock
from service.audit.storage.writer_lock import LOCK_FILE, WriterLock
from service.operating.running import NotRunningError, announced, running_url

URL = "http://127.0.0.1:8000"
UNSAID = "holds the audit log and has not said where it listens, so nothing was sent anywhere"


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[WriterLock]:
    """The log's lock, held as the service holds it."""
    held = WriterLock(path=tmp_path / LOCK_FILE)
    held.take()
    yield held
    held.release()


def test_it_is_known_for_as_long_as_the_service_says_so(tmp_path: Path, lock: WriterLock) -> None:
    with pytest.raises(NotRunningError, match=UNSAID):
        running_url(tmp_path)
    with announced(tmp_path, url=URL):
        assert running_url(tmp_path) == URL
        assert json.loads((tmp_path / "service.json").read_text())["pid"] == os.getpid()
    with pytest.raises(NotRunningError, match=rf"another process \({os.getpid()}\) {UNSAID}"):
        running_url(tmp_path)
    lock.release()
    with pytest.raises(NotRunningError, match="no service of this installation is running: start one"):
        running_url(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]


@pytest.mark.usefixtures("lock")
def test_what_a_killed_service_left_half_done_is_swept_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / ".unpacked-x1y2").mkdir()
    (tmp_path / ".unpacked-x1y2" / "manifest.json").write_text("{}")
    (tmp_path / f".service.json.{'0' * 16}").write_text("{")
    with announced(tmp_path, url=URL):
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([LOCK_FILE, "service.json"])


def test_what_a_killed_service_left_is_not_believed(tmp_path: Path, lock: WriterLock) -> None:
    with announced(tmp_path, url=URL):
        left = (tmp_path / "service.json").read_bytes()
    (tmp_path / "service.json").write_bytes(left)
    lock.release()
    with pytest.raises(NotRunningError, match="no service of this installation is running"):
        running_url(tmp_path)


def test_nor_when_another_process_holds_the_log_by_now(
    tmp_path: Path, lock: WriterLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number may be the same, as after the restart of a container."""
    with announced(tmp_path, url=URL):
        left = (tmp_path / "service.json").read_bytes()
    lock.release()
    (tmp_path / "service.json").write_bytes(left)
    monkeypatch.setattr(writer_lock, "_PROCESS", "another")
    lock.take()
    with pytest.raises(NotRunningError, match=UNSAID):
        running_url(tmp_path)


def test_a_service_that_took_up_its_log_again_is_still_known(tmp_path: Path, lock: WriterLock) -> None:
    with announced(tmp_path, url=URL):
        lock.release()
        lock.take()
        assert running_url(tmp_path) == URL


def test_asking_does_not_keep_a_service_from_starting(tmp_path: Path, lock: WriterLock) -> None:
    lock.release()
    with pytest.raises(NotRunningError):
        running_url(tmp_path)
    lock.take()


def test_it_is_taken_back_when_the_service_breaks(tmp_path: Path, lock: WriterLock) -> None:
    with pytest.raises(RuntimeError, match="broken"), announced(tmp_path, url=URL):
        raise RuntimeError("broken")
    with pytest.raises(NotRunningError):
        running_url(tmp_path)
    assert lock


def test_an_announcement_that_was_removed_meanwhile_is_no_error(tmp_path: Path, lock: WriterLock) -> None:
    with announced(tmp_path, url=URL):
        (tmp_path / "service.json").unlink()
    assert lock


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"x"', "null", '{"pid": 1}', '{"url": "x"}', "\ud7ff"])
def test_what_cannot_be_understood_is_no_announcement(tmp_path: Path, lock: WriterLock, content: str) -> None:
    (tmp_path / "service.json").write_text(content)
    with pytest.raises(NotRunningError, match=UNSAID):
        running_url(tmp_path)
    assert lock
