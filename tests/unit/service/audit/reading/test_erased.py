"""Which records' texts are gone, as the log itself says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audit.errors import AuditUnavailableError
from service.audit.reading.erased import ErasedRecords
from service.audit.storage.sqlite_store import SqliteLeafStore
from tests.support.real_logs import RealLog


@pytest.fixture
def made(tmp_path: Path) -> Iterator[RealLog]:
    made = RealLog(tmp_path)
    yield made
    made.close()


def test_nothing_is_gone_before_an_erasure(made: RealLog) -> None:
    erased = ErasedRecords(store=made.parts.store)
    seq = made.ask()
    erased.look()
    assert seq not in erased


def test_a_look_finds_what_was_erased_since(made: RealLog) -> None:
    erased = ErasedRecords(store=made.parts.store)
    first, second = made.ask(), made.ask()
    made.erase(first, first + 1)
    assert first not in erased, "it has not looked yet"
    erased.look()
    assert [seq in erased for seq in (first - 1, first, first + 1, second)] == [False, True, True, False]
    made.erase(second, second)
    erased.look()
    assert [seq in erased for seq in (first, second, second + 1)] == [True, True, False]


def test_an_erasure_reaches_only_records_before_its_own(made: RealLog) -> None:
    seq = made.ask()
    erasure = made.erase(seq, 10_000)
    later = made.ask()
    erased = ErasedRecords(store=made.parts.store)
    erased.look()
    assert [one in erased for one in (seq, erasure - 1, erasure, later)] == [True, True, False, False]
    nothing = made.erase(20_000, 30_000)
    erased.look()
    assert nothing not in erased


def test_each_record_of_an_erasure_is_read_once(made: RealLog) -> None:
    erased = ErasedRecords(store=made.parts.store)
    seq = made.ask()
    erasure = made.erase(seq, seq)
    erased.look()
    with made.behind() as file:
        file.execute("UPDATE leaves SET leaf = x'ff' WHERE seq = ?", (erasure,))
    erased.look()
    assert seq in erased
    with pytest.raises(AuditUnavailableError, match=f"record {erasure} is not as it was written"):
        ErasedRecords(store=made.parts.store).look()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12))))
def test_ranges_that_meet_or_touch_become_one(ranges: list[tuple[int, int]]) -> None:
    erased = ErasedRecords(store=SqliteLeafStore(folder=Path("nowhere")))  # nothing is read of it
    gone: set[int] = set()
    for first, width in ranges:
        erased._add(first, first + width - 1)
        gone.update(range(first, first + width))
    assert {seq for seq in range(-1, 60) if seq in erased} == gone
    assert all(last + 1 < first for last, first in zip(erased._lasts, erased._firsts[1:], strict=False))
