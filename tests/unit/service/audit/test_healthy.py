"""Whether the log can be written, asked at any time: from the start on, before a question has come, and for free."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.audit.errors import AuditDamagedError, AuditUnavailableError
from service.audit.storage import sqlite_store
from tests.support.audit_parts import DECEMBER_US, NOON_US, LogFolder, wait_until

LogAt = Callable[..., LogFolder]
Spoil = Callable[[Path], object]
KEYS = ["payload-2026-11-1", "identity-2026-11", "actor-2026-11"]
SECOND_US = 1_000_000


def _fresh(log: LogFolder) -> LogFolder:
    """Open it anew, as a service that has just started and was asked nothing yet."""
    log.close()
    log.open()
    return log


def _healthy(log: LogFolder) -> str:
    return log.parts.log.healthy() or ""


def _expose(path: Path) -> None:
    path.chmod(0o644)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:31])


def _replace(path: Path) -> None:
    path.write_bytes(b"k" * 32)


UNUSABLE: list[tuple[Spoil, str]] = [
    (Path.unlink, "is missing: put it back (greenlit restore COPIES)"),
    (_expose, "everybody on this machine may open the key"),
    (_cut, "to be 32 bytes, got 31"),
]


def test_a_log_without_any_leaf_is_well(log: LogFolder) -> None:
    assert _healthy(log) == ""
    assert _healthy(_fresh(log)) == ""
    assert log.types() == []


def test_asking_changes_nothing(log: LogFolder) -> None:
    log.ask_in_vain()
    _fresh(log)
    size, names = log.store.size(), sorted(path.name for path in log.keys.iterdir())
    for _ in range(3):
        assert _healthy(log) == ""
    assert (log.store.size(), sorted(path.name for path in log.keys.iterdir())) == (size, names)


@pytest.mark.parametrize("key_id", KEYS)
@pytest.mark.parametrize(("spoil", "reason"), UNUSABLE)
@pytest.mark.parametrize("fresh", [True, False])
def test_a_key_that_seals_is_missed_before_a_question_comes(
    log: LogFolder, key_id: str, spoil: Spoil, reason: str, *, fresh: bool
) -> None:
    log.ask_in_vain()
    if fresh:
        _fresh(log)
    path, aside = log.keys / f"{key_id}.key", log.root / "aside"
    shutil.copy2(path, aside)
    spoil(path)
    assert key_id in _healthy(log)
    assert reason in _healthy(log)
    with pytest.raises(AuditUnavailableError):
        log.ask()
    path.unlink(missing_ok=True)
    shutil.copy2(aside, path)
    assert _healthy(log) == ""
    log.ask()


@pytest.mark.parametrize("key_id", KEYS)
def test_a_key_that_was_replaced_while_it_was_in_use_seals_no_more(log: LogFolder, key_id: str) -> None:
    """The keyring still has the right one; but nobody could open with the file what it seals now."""
    log.ask_in_vain()
    path = log.keys / f"{key_id}.key"
    right = path.read_bytes()
    _replace(path)
    for attempt in (log.ask, log.parts.log.make_ready):
        with pytest.raises(AuditUnavailableError, match=rf"{key_id}\.key was replaced while it was in use: put back"):
            attempt()
    assert "was replaced while it was in use" in _healthy(log)
    path.write_bytes(right)
    assert _healthy(log) == ""
    log.ask()


def test_of_several_payload_keys_the_newest_is_missed(log: LogFolder) -> None:
    log.ask()
    log.parts.keyring.make_next("payload", "2026-11")
    _fresh(log).parts.log.make_ready()
    (log.keys / "payload-2026-11-1.key").unlink()
    assert _healthy(_fresh(log)) == ""
    (log.keys / "payload-2026-11-2.key").unlink()
    assert "the key payload-2026-11-2 is missing" in _healthy(log)


def test_a_folder_of_keys_that_is_gone_is_told(log: LogFolder) -> None:
    log.ask_in_vain()
    _fresh(log)
    log.keys.rename(log.root / "away")
    assert "signing.key is missing" in _healthy(log)
    (log.root / "away").rename(log.keys)
    assert _healthy(log) == ""


@pytest.mark.parametrize(("spoil", "reason"), [(Path.unlink, "signing.key is missing"), *UNUSABLE[1:]])
def test_the_signing_key_is_missed_at_once_and_not_with_the_next_checkpoint(
    log: LogFolder, spoil: Spoil, reason: str
) -> None:
    log.ask_in_vain()
    log.parts.log.publish()
    spoil(log.keys / "signing.key")
    assert reason in _healthy(log)


def test_keys_of_a_month_that_is_over_are_not_missed(log: LogFolder) -> None:
    log.ask_in_vain()
    _fresh(log)
    for key_id in KEYS:
        (log.keys / f"{key_id}.key").unlink()
    assert _healthy(log) != ""
    log.now_us = DECEMBER_US
    assert _healthy(log) == ""
    log.ask()


def test_a_clock_behind_the_newest_record_is_told_right_after_a_start(log: LogFolder) -> None:
    log.ask_in_vain()
    _fresh(log).now_us = NOON_US - SECOND_US
    assert _healthy(log) == "", "so little is waited out"
    log.now_us = NOON_US - 5 * SECOND_US
    assert _healthy(log).startswith(
        "the clock went back: the newest record is of 2026-11-19 12:00:00 UTC, 5.0 s ahead of the clock"
    )
    with pytest.raises(AuditUnavailableError, match="the clock went back"):
        log.ask()
    log.now_us = NOON_US
    assert _healthy(log) == ""


def test_a_clock_that_is_back_in_a_month_that_was_closed_is_told(log: LogFolder) -> None:
    log.ask_in_vain()
    log.now_us = DECEMBER_US
    log.ask_in_vain()
    _fresh(log).now_us = NOON_US
    assert "the clock went back" in _healthy(log)


def test_a_store_that_cannot_be_read_is_told_and_no_error(log: LogFolder) -> None:
    log.ask_in_vain()
    _fresh(log)
    path = log.state / "audit.sqlite"
    path.rename(log.root / "aside")
    assert "cannot be read: it cannot be opened; if it was removed, stop the service and put it back" in _healthy(log)
    (log.root / "aside").rename(path)
    assert _healthy(log) == ""


def test_what_another_process_recorded_after_a_failure_counts(log: LogFolder) -> None:
    log.ask_in_vain()
    log.break_off()
    other = LogFolder(log.root, now_us=DECEMBER_US)
    other.open()
    other.ask_in_vain()
    other.close()
    log.store.heal()
    wait_until(lambda: "the clock went back" in _healthy(log))


# Damage


def _spoil_store(log: LogFolder) -> None:
    """Zero a page in the middle of the texts."""
    path = log.state / "audit.sqlite"
    before = path.read_bytes()
    found = [match.start() for match in re.finditer(b"payload-2026-11-1", before)]
    at = found[len(found) // 2] // 4096 * 4096
    path.write_bytes(before[:at] + bytes(4096) + before[at + 4096 :])


def test_damage_that_is_found_stops_the_log(log: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store, "WHOLE_UP_TO_BYTES", 20 * 4096)
    for _ in range(60):
        log.ask_in_vain()
    log.close()
    assert (log.state / "audit.sqlite").stat().st_size > 20 * 4096
    _spoil_store(log)
    log.open()
    assert _healthy(log) == "", "so large a store is not looked through at the start"
    log.ask_in_vain()
    with pytest.raises(AuditDamagedError, match=r"is damaged \(.*move the file away, for auditors"):
        log.parts.log.look_for_damage()
    assert "is damaged (" in _healthy(log)
    for attempt in (log.ask, log.parts.log.make_ready):
        with pytest.raises(AuditUnavailableError, match="is damaged"):
            attempt()


def test_a_whole_store_is_looked_through_and_goes_on(log: LogFolder) -> None:
    log.ask_in_vain()
    log.parts.log.look_for_damage()
    assert _healthy(log) == ""
    log.ask_in_vain()


def test_a_look_that_finds_nothing_any_more_lets_the_log_go_on(log: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    log.ask_in_vain()
    with monkeypatch.context() as patch:
        patch.setattr(log.store, "damage", lambda: "the store is damaged")
        with pytest.raises(AuditDamagedError, match="the store is damaged"):
            log.parts.log.look_for_damage()
    assert _healthy(log) == "the store is damaged"
    log.parts.log.look_for_damage()
    assert _healthy(log) == ""


def test_a_small_store_that_is_damaged_is_not_opened(log: LogFolder) -> None:
    log.ask_in_vain()
    log.close()
    _spoil_store(log)
    with pytest.raises(AuditDamagedError, match=r"audit\.sqlite is damaged \(.*move the file away, for auditors"):
        log.open()
