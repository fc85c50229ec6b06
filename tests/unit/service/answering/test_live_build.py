"""The live build: found when it appears, followed when it changes, kept when its successor is no good."""

import gc
import shutil
from pathlib import Path

import pytest

from indexes.errors import BuildDamagedError, BuildMismatchError, NoBuildError
from service.answering.live_build import LiveBuild
from tests.fakes import HashingEncoder, TinyLibrary
from tests.service_parts import TRAVEL, with_rules


class Follower:
    """A live build over a library, with what it told."""

    def __init__(self, library: TinyLibrary) -> None:
        self.told: list[str] = []
        self.library = library
        self.live = LiveBuild(builds=library.builds, encoder=library.encoder, notice=self.told.append)

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
    other = LiveBuild(builds=library.builds, encoder=HashingEncoder(name="other"), notice=lambda _words: None)
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
