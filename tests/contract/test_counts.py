"""What counts callers promises, in memory and in tables that replicas share: never more than so often in any minute."""

import random
import threading
from collections.abc import Callable, Iterator

import pytest

from service.access.counts import Counted, Counts, MemoryCounts
from service.access.counts_tables import TableCounts
from service.access.private_tables import in_database
from tests.support.minutes import Minute

SECRET = bytes(range(32))
MIRA, TOM = (Counted("questions", who, 5) for who in ("mira", "tom"))


@pytest.fixture(params=["database", "memory"])
def counts(request: pytest.FixtureRequest, minute: Minute) -> Iterator[Counts]:
    if request.param == "memory":
        yield MemoryCounts()
        return
    url, folder = request.getfixturevalue("access_url"), request.getfixturevalue("tmp_path")
    made = TableCounts(in_database(url, state=folder), secret=lambda: SECRET, clock_s=minute)
    yield made
    made._database.close()


def passed(counts: Counts, one: Counted, tries: int) -> int:
    return sum(counts.take([one]) is None for _ in range(tries))


def test_somebody_may_so_often_and_nobody_else_notices(counts: Counts) -> None:
    assert passed(counts, MIRA, 9) == 5
    assert passed(counts, TOM, 3) == 3
    assert passed(counts, Counted("requests", "mira", 7), 9) == 7


def test_the_window_slides(counts: Counts, minute: Minute) -> None:
    minute.now += 59
    assert passed(counts, MIRA, 9) == 5
    minute.now += 2
    assert passed(counts, MIRA, 9) == 1, "of the five before, more than four still weigh"
    minute.now += 30
    assert passed(counts, MIRA, 9) == 2
    minute.now += 120
    assert passed(counts, MIRA, 9) == 5


def test_what_is_told_is_when_there_is_room_again(counts: Counts, minute: Minute) -> None:
    assert passed(counts, MIRA, 5) == 5
    for _ in range(8):
        full = counts.take([MIRA])
        assert full is not None
        assert full.of == MIRA
        minute.now += full.room_after_s - 0.1
        assert counts.take([MIRA]) is not None, "not before"
        minute.now += 0.2
        assert counts.take([MIRA]) is None


def test_what_is_counted_together_is_counted_up_to_the_first_that_is_full(counts: Counts) -> None:
    once, more = Counted("questions", "mira", 1), Counted("questions of a key", "k", 3)
    assert counts.take([once, more]) is None
    full = counts.take([more, once, TOM])
    assert full is not None
    assert full.of == once
    assert passed(counts, more, 3) == 1, "it was counted before"
    assert passed(counts, TOM, 9) == 5, "it was not"


def test_at_any_moments_both_let_through_the_same(counts: Counts, minute: Minute) -> None:
    """The rule is written twice, in the library and in SQL; here it is written a third time."""
    chance, began = random.Random(7), minute.now  # noqa: S311 - moments, not secrets
    through: dict[int, int] = {}
    for _ in range(150):
        minute.now += round(chance.expovariate(1 / 7), 2) + 0.003
        this = int(minute.now // 60)
        left_s = (this + 1) * 60 - minute.now
        room = int(through.get(this - 1, 0) * left_s / 60 + through.get(this, 0)) + 1 <= MIRA.most
        assert (counts.take([MIRA]) is None) == room, minute.now - began
        through[this] = through.get(this, 0) + room


def test_of_many_at_once_so_many_get_through(counts: Counts) -> None:
    at_once, came = threading.Barrier(12), []
    most = Counted("questions", "mira", 7)

    def take() -> None:
        at_once.wait()
        came.append(counts.take([most, Counted("questions of a key", "k", 70)]))

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came.count(None) == 7


@pytest.mark.parametrize("who", ["", "a\0b", "\udc80", "ü" * 500, "2001:db8::/64"], ids=ascii)
def test_whoever_they_are_they_are_counted(counts: Counts, who: str) -> None:
    assert passed(counts, Counted("questions", who, 1), 2) == 1


def test_what_no_minute_needs_any_more_is_forgotten_and_nothing_else(
    counts: Counts, minute: Minute, held: Callable[[Counts], int]
) -> None:
    passed(counts, MIRA, 5)
    minute.now += 60
    passed(counts, TOM, 5)
    counts.forget_ended()
    assert held(counts) == 2
    assert passed(counts, MIRA, 9) == 0
    minute.now += 60
    counts.forget_ended()
    assert held(counts) == 1
    minute.now += 120
    counts.forget_ended()
    assert held(counts) == 0


@pytest.fixture
def held() -> Callable[[Counts], int]:
    """Tells how many are held."""

    def of(counts: Counts) -> int:
        if isinstance(counts, MemoryCounts):
            return len(counts._storage.storage)
        assert isinstance(counts, TableCounts)
        with counts._database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM counts").fetchone()[0])

    return of
