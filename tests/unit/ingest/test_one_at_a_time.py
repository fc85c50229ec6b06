"""One at a time: the second is told who is first, waits, and gets its turn."""

import os
import stat
import threading
from pathlib import Path

import pytest

from ingest.errors import BusyError
from ingest.one_at_a_time import Wait, one_at_a_time


def test_the_second_is_told_who_is_first(tmp_path: Path) -> None:
    who = rf"another worker is running on .* \(process {os.getpid()} on .*, since 20.* UTC\)"
    with (
        one_at_a_time(tmp_path, "worker"),
        pytest.raises(BusyError, match=who),
        one_at_a_time(tmp_path, "worker"),
    ):
        pytest.fail("two at once")
    with one_at_a_time(tmp_path, "worker"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".worker.lock"]


def test_the_second_waits_with_a_line_and_gets_its_turn(tmp_path: Path) -> None:
    told, done, waits = list[str](), list[str](), threading.Event()

    def tell(words: str) -> None:
        told.append(words)
        waits.set()

    def second() -> None:
        with one_at_a_time(tmp_path, "ingest", wait=Wait(60, tell)):
            done.append("second")

    with one_at_a_time(tmp_path, "ingest"):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(60)
        done.append("first")
    thread.join()
    assert done == ["first", "second"]
    (words,) = told
    assert words.endswith(": waiting for it, up to 60 s")


def test_an_ingestion_and_a_worker_do_not_keep_each_other_out(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path, "worker"), one_at_a_time(tmp_path, "ingest"):
        pass


def test_what_is_made_around_the_builds_is_for_their_owner_alone(tmp_path: Path) -> None:
    """A mirror of builds lies in the state, which an ingestion may be the first to make."""
    builds = tmp_path / "var" / "builds" / "0123"
    with one_at_a_time(builds, "ingest"):
        modes = [stat.S_IMODE(folder.stat().st_mode) for folder in (builds, builds.parent, tmp_path / "var")]
    assert modes == [0o700] * 3
