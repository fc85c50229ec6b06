"""Going through the log by the page, and finding a time in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.reading import walk
from service.audit.reading.walk import backwards, first_at, forwards, no_record
from service.audit.storage.store import LeafReader, StoredLeaf
from tests.support.small_log import SmallLog, at_us, open_small_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with open_small_log(tmp_path / "var") as log:
        yield log


class Counting:
    """A store that counts what is read of it."""

    def __init__(self, store: LeafReader) -> None:
        self._store = store
        self.pages: list[int] = []
        self.leaves_read = 0

    def size(self) -> int:
        return self._store.size()

    def leaf(self, seq: int) -> StoredLeaf | None:
        self.leaves_read += 1
        return self._store.leaf(seq)

    def leaves(self, after: int, limit: int) -> list[StoredLeaf]:
        self.pages.append(limit)
        return self._store.leaves(after, limit)


@pytest.mark.parametrize(("start", "end"), [(0, 9), (0, 3), (2, 9), (4, 5), (5, 5), (7, 2), (0, 8), (3, 100)])
def test_both_ways_give_every_leaf_once(log: SmallLog, monkeypatch: pytest.MonkeyPatch, start: int, end: int) -> None:
    monkeypatch.setattr(walk, "PAGE", 3)
    for _ in range(2):
        log.ask()
    assert log.store.size() == 9
    expected = list(range(start, min(end, 9)))
    assert [leaf.seq for leaf in forwards(log.store, start, end)] == expected
    if end <= 9:
        assert [leaf.seq for leaf in backwards(log.store, start, end)] == expected[::-1]


def test_no_more_than_a_page_is_held(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PAGE", 4)
    log.ask()
    log.ask()
    store = Counting(log.store)
    assert len(list(forwards(store, 0, 9))) == 9  # type: ignore[arg-type]
    assert len(list(backwards(store, 0, 9))) == 9  # type: ignore[arg-type]
    assert store.pages == [4, 4, 1, 4, 4, 1]


def test_a_time_is_found_by_halving(log: SmallLog) -> None:
    for minute in (1, 2, 2, 2, 5):
        log.set_time(f"2026-11-20T09:0{minute}:00Z")
        log.ask()
    times = [leaf.ts_us for leaf in log.store.leaves(-1, 100)]
    assert len(times) == 15
    for ts_us in sorted({0, *times, *(time + 1 for time in times), at_us("2027-01-01T00:00:00Z")}):
        store = Counting(log.store)
        expected = next((seq for seq, time in enumerate(times) if time >= ts_us), len(times))
        assert first_at(store, ts_us) == expected  # type: ignore[arg-type]
        assert store.leaves_read <= 4


def test_a_number_that_no_record_has_is_answered_with_how_many_there_are(log: SmallLog) -> None:
    assert str(no_record(log.store, 99)) == "there is no record 99: the log holds 5 records, from number 0 on"
