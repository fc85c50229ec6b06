"""Shards: the month of a leaf in UTC, and which shard holds a number."""

import pytest

from service.audit.shards import Shard, key_name, month_of, origin_at, shard_of, shards_of
from tests.support.audit_parts import DECEMBER, DECEMBER_US, NOVEMBER, LogFolder


@pytest.mark.parametrize(
    ("ts_us", "month"),
    [
        (0, "1970-01"),
        (DECEMBER_US - 1, "2026-11"),
        (DECEMBER_US, "2026-12"),
        (1_798_761_599_999_999, "2026-12"),
        (1_798_761_600_000_000, "2027-01"),
    ],
)
def test_the_origin_is_the_month_in_utc(ts_us: int, month: str) -> None:
    assert origin_at("greenlit", ts_us) == f"greenlit/audit/{month}"
    assert month_of(origin_at("greenlit", ts_us)) == Shard(origin_at("greenlit", ts_us), 0).month == month


def test_all_months_are_signed_under_one_name() -> None:
    assert origin_at("greenlit.local", 0).startswith(f"{key_name('greenlit.local')}/")


def test_the_shards_of_a_log_are_found_with_their_first_numbers(log: LogFolder) -> None:
    assert shards_of(log.store) == []
    log.ask()
    log.now_us = DECEMBER_US
    log.ask()
    assert shards_of(log.store) == [Shard(NOVEMBER, 0), Shard(DECEMBER, 7)]
    assert log.types()[7] == "shard.opened"


def test_a_number_is_in_the_shard_that_began_last_before_it() -> None:
    shards = [Shard(NOVEMBER, 3), Shard(DECEMBER, 7)]
    assert [shard_of(shards, seq) for seq in (2, 3, 6, 7, 900)] == [None, *[shards[0]] * 2, *[shards[1]] * 2]
    assert shard_of([], 0) is None
