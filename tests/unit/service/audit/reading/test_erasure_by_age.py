"""Texts that are older than a time go when two people say so, and not before."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.audit.errors import AuditEntryError, AuditUnavailableError, FilterError
from tests.support.audit_parts import wait_until
from tests.support.small_log import SmallLog, at_us, open_small_log

BEFORE_US = at_us("2026-11-20T10:00:00Z")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    """Have a question on record that is older than the time above, and one that is not."""
    with open_small_log(tmp_path / "var") as log:
        log.ask()
        log.set_time("2026-11-20T10:00:00Z")
        log.ask()
        yield log


def _open(log: SmallLog, before_us: int = BEFORE_US, ground: str = "court_order") -> int:
    opening = log.erasure_by_age.open("olga", before_us=before_us, ground=ground, purpose="a judgment")
    number: int = opening["id"]
    return number


def _with_texts(log: SmallLog, end: int = 9) -> list[int]:
    return log.store.payload_seqs(0, end)


def test_nothing_goes_before_a_second_person_confirms(log: SmallLog) -> None:
    opening = _open(log)
    assert _with_texts(log) == [5, 6, 7, 8]
    done = log.erasure_by_age.confirm("otto", opening)
    assert (done["erased"], done["ranges"], done["receipt"]["seq"]) == (2, [[5, 6]], opening + 1)
    assert _with_texts(log) == [7, 8]


def test_both_steps_say_what_and_keep_who_sealed(log: SmallLog) -> None:
    opening = _open(log)
    leaf = log.newest()
    assert {name: leaf[name] for name in ("type", "before_us", "ground", "actor")} == {
        "type": "erasure.opened",
        "before_us": BEFORE_US,
        "ground": "court_order",
        "actor": log.watcher("olga", "2026-11"),
    }
    log.erasure_by_age.confirm("otto", opening)
    leaf = log.newest()
    assert {name: leaf[name] for name in ("type", "opening", "ground", "ranges", "actor")} == {
        "type": "payload.erased",
        "opening": opening,
        "ground": "court_order",
        "ranges": [[5, 6]],
        "actor": log.watcher("otto", "2026-11"),
    }
    texts = [log.auditor.payload("bo", seq, purpose="check")["texts"] for seq in (opening, opening + 1)]
    assert texts == [
        {"who": "olga", "purpose": "a judgment"},
        {"who": json.dumps(["olga", "otto"]), "purpose": "a judgment"},
    ]


def test_it_may_erase_the_texts_of_its_own_opening(log: SmallLog) -> None:
    opening = _open(log, BEFORE_US + 1)
    assert log.erasure_by_age.confirm("otto", opening)["ranges"] == [[5, 9]]


def test_what_cannot_be_recorded_is_neither_opened_nor_erased(log: SmallLog) -> None:
    opening = _open(log)
    log.store.refused = {"erasure.opened", "payload.erased"}
    with pytest.raises(AuditUnavailableError, match="the disk is full"):
        _open(log)
    with pytest.raises(AuditUnavailableError):  # full still, or its store is just being opened once more
        log.erasure_by_age.confirm("otto", opening)
    assert _with_texts(log) == [5, 6, 7, 8]
    log.store.refused = set()
    wait_until(lambda: log.opened.log.healthy() is None)
    assert log.erasure_by_age.confirm("otto", opening)["erased"] == 2


@pytest.mark.parametrize("before_us", [2**53, -(2**53)])
def test_a_time_that_no_record_can_hold_is_refused(log: SmallLog, before_us: int) -> None:
    with pytest.raises(FilterError, match='expected "before" = a time within some centuries of 1970, got one beyond'):
        _open(log, before_us)
    assert log.store.size() == 9


def test_a_ground_is_a_code(log: SmallLog) -> None:
    with pytest.raises(AuditEntryError, match="expected a ground of 1 to 32 lower-case letters"):
        _open(log, ground="because Otto says so")
    assert log.store.size() == 9
