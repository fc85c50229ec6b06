"""What the worker tells: at once what it begins, once a second how far it is, and that it is there."""

import threading
from pathlib import Path

import pytest

import ingest.telling
from indexes.previews import WORKER_FILE, read_worker_state
from ingest.telling import Telling, beating
from tests.support.fakes import Clock


class _Steady:
    at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


def test_how_far_it_is_is_written_once_a_second(tmp_path: Path, clock: Clock) -> None:
    steady = _Steady()
    telling = Telling(tmp_path, now=clock, clock_s=steady, notice=lambda _: None)
    telling.begin("building")
    telling.step("Reading", 100)
    written = []
    for _ in range(40):
        steady.at_s += 0.125
        telling.advance()
        state = read_worker_state(tmp_path)
        assert state is not None
        written.append(state.done)
    assert sorted(set(written)) == [0, 8, 16, 24, 32, 40]
    assert (telling.state.done, telling.state.total) == (40, 100)
    assert (tmp_path / WORKER_FILE).stat().st_mode & 0o077 == 0


def test_it_is_there_until_it_ends_in_order(tmp_path: Path, clock: Clock) -> None:
    seen = threading.Event()

    def now_later() -> object:
        clock.pass_days(1)
        seen.set()
        return clock()

    telling = Telling(tmp_path, now=now_later, clock_s=_Steady(), notice=lambda _: None)  # type: ignore[arg-type]
    telling.begin("reading", total=3)
    before = read_worker_state(tmp_path)
    assert before is not None
    with beating(telling, every_s=0.01):
        seen.clear()
        assert seen.wait(60)
    assert before.seen_at < telling.state.seen_at
    assert telling.state.since == before.since
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_stops_nothing(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(ingest.telling, "replace_file", refuse)
    told = list[str]()
    telling = Telling(tmp_path, now=clock, clock_s=_Steady(), notice=told.append)
    telling.problem("the disk is full")
    telling.problem("the disk is full")
    assert told == ["the disk is full"]
