"""The live build: found when it appears, followed when it changes, kept when its successor is no good."""

import gc
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexes.builds import Build
from indexes.errors import BuildDamagedError, BuildMismatchError, NoBuildError
from service.answering.live_build import LiveBuild
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.service_parts import TRAVEL, with_rules


class Follower:
    """A live build over a library, with what it told and put on record; while `broken` is set, recording fails."""

    def __init__(self, library: TinyLibrary) -> None:
        self.told: list[str] = []
        self.recorded: list[str] = []
        self.broken: Exception | None = None
        self.library = library
        self.live = LiveBuild(
            builds=library.builds, encoder=library.encoder, notice=self.told.append, on_open=self._record
        )

    def _record(self, build: Build) -> None:
        self.recorded.append(build.build_id)
        if self.broken:
            raise self.broken

    def current(self) -> Path:
        return self.library.builds / "current"


@pytest.fixture
def follower(library: TinyLibrary) -> Follower:
    return Follower(library)


def test_without_a_build_there_is_none_until_there_is_one(follower: Follower) -> None:
    for _ in range(2):
        with pytest.raises(NoBuildError, match=r"no current build in .*: run greenlit ingest"):
            follower.live.get()
    with_rules(follower.library)
    assert follower.live.get().manifest.passages == 2
    assert follower.live.problem() is None
    assert len(follower.told) == 1  # that there was none, once


def test_the_same_build_is_handed_out_until_a_newer_one_is_published(follower: Follower) -> None:
    with_rules(follower.library)
    first = follower.live.get()
    assert follower.live.get() is first
    follower.library.add("legal/new.md", "# New\n\nA new rule on parking spaces.\n")
    follower.library.ingest()
    second = follower.live.get()
    assert second.build_id != first.build_id
    assert first.passages.text(TRAVEL) is not None  # who still reads it can go on
    assert follower.told == []  # nothing is wrong


def test_the_build_before_is_closed_when_its_last_reader_has_let_it_go(follower: Follower) -> None:
    with_rules(follower.library)
    first = follower.live.get()
    close = first.passages._close
    follower.library.add("legal/new.md", "# New\n\nA new rule on parking spaces.\n")
    follower.library.ingest()
    follower.live.get()
    assert close.alive
    del first
    gc.collect()
    assert not close.alive


def test_a_newer_build_that_is_damaged_leaves_the_old_one_answering(follower: Follower) -> None:
    with_rules(follower.library)
    first = follower.live.get()
    follower.library.add("legal/new.md", "# New\n\nA new rule on parking spaces.\n")
    follower.library.ingest()
    newest = follower.library.builds / follower.current().read_text().strip()
    (newest / "dense.faiss").write_bytes(b"damaged")
    assert follower.live.get() is first
    assert "is damaged: dense.faiss" in (follower.live.problem() or "")
    told = list(follower.told)
    follower.live.get()
    assert follower.told == told  # once


def test_a_build_that_is_damaged_and_the_only_one_is_not_used_until_it_is_mended(follower: Follower) -> None:
    with_rules(follower.library)
    path = follower.library.builds / follower.current().read_text().strip() / "dense.faiss"
    whole = path.read_bytes()
    path.write_bytes(b"damaged")
    with pytest.raises(BuildDamagedError, match=r"is damaged: dense.faiss should have SHA-256"):
        follower.live.get()
    path.write_bytes(whole)
    assert follower.live.get().manifest.passages == 2


def test_a_build_of_another_encoder_is_not_used(library: TinyLibrary) -> None:
    with_rules(library)
    other = LiveBuild(
        builds=library.builds,
        encoder=HashingEncoder(name="other"),
        notice=lambda _words: None,
        on_open=lambda _build: pytest.fail("it was not opened"),
    )
    with pytest.raises(BuildMismatchError, match=r"made with the encoder hashing .* but other"):
        other.get()


def test_a_pointer_to_nowhere_leaves_the_old_one_answering(follower: Follower) -> None:
    with_rules(follower.library)
    first = follower.live.get()
    follower.current().write_text("20990101T000000Z-nothing\n")
    assert follower.live.get() is first
    assert "is missing from" in (follower.live.problem() or "")
    follower.current().write_text(f"{first.build_id}\n")
    assert follower.live.get() is first
    assert follower.live.problem() is None


@pytest.mark.parametrize("content", ["", "../elsewhere", "a b", "/etc"])
def test_a_pointer_that_names_no_build_is_not_followed(follower: Follower, content: str) -> None:
    with_rules(follower.library)
    follower.current().write_text(content)
    with pytest.raises(BuildDamagedError, match="expected the id of a build"):
        follower.live.get()


def test_builds_that_go_away_leave_the_open_one_answering(follower: Follower) -> None:
    with_rules(follower.library)
    first = follower.live.get()
    shutil.rmtree(follower.library.builds)
    assert follower.live.get() is first
    assert "no current build" in (follower.live.problem() or "")


# Nothing is answered from a build that is not on record


def _publish_another(library: TinyLibrary) -> None:
    library.clock.pass_days(1)
    library.add("legal/new.md", "# New\n\nA new rule on parking spaces.\n")
    library.ingest()


def test_each_build_is_put_on_record_once_when_it_is_opened(follower: Follower) -> None:
    with_rules(follower.library)
    first = follower.live.get()
    follower.live.get()
    follower.live.problem()
    assert follower.recorded == [first.build_id]
    _publish_another(follower.library)
    second = follower.live.get()
    assert follower.recorded == [first.build_id, second.build_id]
    follower.current().write_text(f"{first.build_id}\n")  # undone by hand
    follower.live.get()
    assert follower.recorded == [first.build_id, second.build_id, first.build_id]


def test_a_build_that_does_not_open_is_not_put_on_record(follower: Follower) -> None:
    with_rules(follower.library)
    first = follower.live.get()
    follower.current().write_text("20990101T000000Z-nothing\n")
    follower.live.get()
    assert follower.recorded == [first.build_id]


@pytest.mark.parametrize("error", [OSError("the disk is full"), BuildDamagedError("broken"), RuntimeError("broken")])
def test_while_the_record_cannot_be_written_nobody_gets_a_build_not_even_the_old_one(
    follower: Follower, error: Exception
) -> None:
    with_rules(follower.library)
    first = follower.live.get()
    _publish_another(follower.library)
    follower.broken = error
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            follower.live.get()
        assert caught.value is error
    assert follower.told == [], "nothing is wrong with the build"
    assert follower.live.problem() is None
    follower.broken = None
    second = follower.live.get()
    assert second.build_id != first.build_id
    assert follower.recorded == [first.build_id, *[second.build_id] * 3]


def test_the_first_build_waits_for_its_record_too(follower: Follower) -> None:
    with_rules(follower.library)
    follower.broken = OSError("the disk is full")
    assert follower.live.problem() is None, "looking at it hands nothing out"
    assert follower.recorded == []
    with pytest.raises(OSError, match="the disk is full"):
        follower.live.get()
    follower.broken = None
    assert follower.live.get().manifest.passages == 2


def test_a_build_is_not_opened_anew_for_each_try(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules(follower.library)
    follower.broken = OSError("the disk is full")
    with pytest.raises(OSError, match="the disk is full"):
        follower.live.get()
    monkeypatch.setattr("service.answering.live_build.open_build", lambda *_, **__: pytest.fail("opened again"))
    follower.broken = None
    assert follower.live.get().manifest.passages == 2


def test_threads_wait_until_the_build_is_on_record(library: TinyLibrary) -> None:
    with_rules(library)
    order: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def record(_build: Build) -> None:
        started.set()
        assert go_on.wait(timeout=30)
        order.append("recorded")

    live = LiveBuild(builds=library.builds, encoder=library.encoder, notice=order.append, on_open=record)

    def ask(_number: int) -> Build:
        build = live.get()
        order.append("build")
        return build

    with ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(ask, number) for number in range(8)]
        assert started.wait(timeout=30)
        assert order == []
        go_on.set()
        assert len({id(each.result()) for each in asking}) == 1
    assert order == ["recorded", *["build"] * 8]
