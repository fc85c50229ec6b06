"""A log with all its parts: what it makes, what it finds when it opens, and what it does when that is not right."""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from service.audit.errors import AuditBusyError, AuditKeyError, AuditUnavailableError
from service.audit.formats import notes
from service.audit.keys import keyring
from service.audit.opening import open_log
from tests.support.audit_faults import faults_in
from tests.support.audit_parts import DECEMBER_US, FIRST_LEAVES, NOON_US, NOVEMBER, LogFolder, refuse, wait_until
from tests.support.copied_logs import memory_file

LogAt = Callable[..., LogFolder]
Spoil = Callable[[Path], None]


def _records_nothing(log: LogFolder, reason: str) -> None:
    """See that a log says why it takes nothing, and takes nothing."""
    wait_until(lambda: reason in (log.parts.log.healthy() or ""))
    for attempt in (log.ask, log.parts.log.make_ready, log.parts.log.publish):
        with pytest.raises(AuditUnavailableError, match=re.escape(reason)):
            attempt()


def _works_again(log: LogFolder) -> None:
    log.healed()
    log.ask_in_vain()
    log.close()
    assert faults_in(log, all_finished=False) == []


def test_only_one_process_writes(tmp_path: Path) -> None:
    def open_it() -> None:
        open_log(tmp_path / "var", keys=tmp_path / "keys", name="greenlit", clock=lambda: NOON_US)

    opened = open_log(tmp_path / "var", keys=tmp_path / "keys", name="greenlit", clock=lambda: NOON_US)
    with closing(opened):
        with pytest.raises(AuditBusyError, match=r"holds .*var/audit\.lock: stop it first"):
            open_it()
        opened.log.make_ready()
        assert (opened.name, opened.clock(), opened.store.size()) == ("greenlit", NOON_US, 5)
    with pytest.raises(AuditUnavailableError, match="the audit log is closed"):
        opened.log.make_ready()
    assert opened.log.healthy() == "the audit log is closed"
    opened.close()


def test_what_it_makes_is_for_its_owner_only(log: LogFolder) -> None:
    log.ask_in_vain()
    log.parts.log.publish()
    folders = {path: path.stat().st_mode & 0o777 for path in (log.state, log.keys)}
    assert set(folders.values()) == {0o700}
    files = {path.name: path.stat().st_mode & 0o777 for folder in folders for path in folder.iterdir()}
    assert set(files.values()) == {0o600}
    assert files.keys() >= {"audit.sqlite", "signing.key", "signed-1.json", "payload-2026-11-1.key"}


def test_a_log_that_was_only_opened_has_no_leaf(log: LogFolder) -> None:
    log.close()
    log.open()
    assert log.types() == []
    log.ask_in_vain()
    log.close()
    assert faults_in(log) == []


def test_a_checkpoint_follows_without_further_traffic(log: LogFolder) -> None:
    log.ask()

    def covered() -> bool:
        newest = log.reader().newest_checkpoint(NOVEMBER)
        return newest is not None and newest.size == 6

    wait_until(covered)


def test_closing_covers_everything(log: LogFolder) -> None:
    log.ask_in_vain()
    log.close()
    newest = log.reader().newest_checkpoint(NOVEMBER)
    assert newest is not None
    assert newest.size == log.reader().size() == 7
    assert notes.verified(newest.note, [log.parts.signer.key()]).size == 7
    assert faults_in(log) == []


def test_a_second_process_reads_beside_it(log: LogFolder) -> None:
    _, receipt = log.ask()
    leaf = log.reader().leaf(receipt.seq)
    assert leaf is not None
    assert leaf.leaf_hash == receipt.leaf_hash


def _expose(path: Path) -> None:
    path.chmod(0o604)


def _cut(path: Path) -> None:
    os.truncate(path, 31)


def _zero(path: Path) -> None:
    path.write_bytes(bytes(32))


MEMORY = "signed-….json"
SPOILED: list[tuple[str, Spoil, str]] = [
    ("signing.key", _expose, "everybody on this machine may open the key"),
    ("signing.key", _cut, "signing.key to be 32 bytes, got 31"),
    ("signing.key", _zero, "signing.key holds only zeros"),
    (MEMORY, _cut, ".json cannot be read"),
]
REMOVED: list[tuple[str, Spoil, str]] = [
    ("signing.key", Path.unlink, "signing.key is missing"),
    (MEMORY, Path.unlink, "memory of what it last signed is missing"),
]


def _path(log: LogFolder, name: str) -> Path:
    return memory_file(log.keys) if name == MEMORY else log.keys / name


def _spoiled(path: Path, spoil: Spoil) -> Path:
    """Spoil a copy of a file in its place, and return where the file itself is."""
    aside = path.rename(path.with_name("aside"))
    shutil.copy2(aside, path)
    spoil(path)
    return aside


@pytest.mark.parametrize(("name", "spoil", "reason"), [*SPOILED, *REMOVED])
def test_without_what_it_signs_with_a_log_opens_and_records_nothing(
    log: LogFolder, name: str, spoil: Spoil, reason: str
) -> None:
    log.ask_in_vain()
    log.close()
    path = _path(log, name)
    aside = _spoiled(path, spoil)
    log.open()
    _records_nothing(log, reason)
    assert log.types() == [*FIRST_LEAVES, "query.received", "query.finished"]
    assert reason in log.notices[-1]
    aside.replace(path)
    _works_again(log)


@pytest.mark.parametrize(("name", "spoil", "reason"), [*SPOILED, REMOVED[0]])
def test_what_it_signs_with_is_missed_while_it_runs_too(log: LogFolder, name: str, spoil: Spoil, reason: str) -> None:
    log.ask_in_vain()
    log.parts.log.publish()
    path = _path(log, name)
    aside = _spoiled(path, spoil)
    log.ask()  # this is still kept: its checkpoint, half a second later or when asked for, is what fails
    with pytest.raises(AuditUnavailableError, match=re.escape(reason)):
        log.parts.log.publish()
    _records_nothing(log, reason)
    aside.replace(path)
    _works_again(log)


def test_a_folder_of_keys_that_cannot_be_written_stops_the_log(log: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    log.ask_in_vain()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(AuditUnavailableError, match="No space left on device"):
            log.parts.log.publish()
        _records_nothing(log, ".json cannot be written (No space left on device)")
    _works_again(log)


def test_a_month_whose_keys_cannot_be_made_is_not_begun(log: LogFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_key(_: Path, name: str) -> bool:
        raise AuditKeyError(f"{name} cannot be made")

    log.ask_in_vain()
    log.now_us = DECEMBER_US
    with monkeypatch.context() as patch:
        patch.setattr(keyring, "create_missing_key", refuse_key)
        for attempt in (log.ask, log.parts.log.make_ready):
            with pytest.raises(AuditUnavailableError, match=r"payload-2026-12-1\.key cannot be made"):
                attempt()
    assert log.types()[-1] == "shard.closed"
    _works_again(log)


def test_a_store_that_was_rolled_back_opens_and_records_nothing(log: LogFolder) -> None:
    log.ask_in_vain()
    log.close()
    aside = log.put_aside()
    log.open()
    log.ask_in_vain()
    log.close()
    newer = shutil.copytree(log.state, log.root / "newer")
    log.put_back(aside)
    log.open()
    _records_nothing(log, "the newest leaves are missing; put the store back as it was")
    assert log.reader().size() == 7
    log.put_back(newer)
    _works_again(log)


def test_a_store_that_is_gone_is_not_begun_anew(log: LogFolder) -> None:
    log.ask_in_vain()
    log.close()
    shutil.rmtree(log.state)
    log.open()
    _records_nothing(log, "signed up to number 6, but the store ends before 0")
    assert log.reader().size() == 0


def test_a_store_that_is_rolled_back_under_a_running_log_is_refused(log: LogFolder) -> None:
    log.ask_in_vain()
    log.parts.log.publish()
    aside = log.put_aside()
    log.ask_in_vain()
    log.break_off()
    newer = shutil.copytree(log.state, log.root / "newer")
    log.put_back(aside)
    log.store.heal()
    _records_nothing(log, "but the store ends before 7: the newest leaves are missing")
    log.put_back(newer)
    _works_again(log)


def test_after_a_failed_commit_the_tree_is_derived_anew_and_compared(log: LogFolder) -> None:
    log.ask_in_vain()
    log.break_off()
    with closing(sqlite3.connect(log.state / "audit.sqlite", isolation_level=None)) as other:
        other.execute("DROP TRIGGER leaves_never_changes")
        other.execute("UPDATE leaves SET leaf_hash = ? WHERE seq = 5", ("0" * 64,))
    log.store.heal()
    _records_nothing(log, f"the first 7 leaves of {NOVEMBER} are not those that were ")


def test_an_entry_that_was_kept_although_its_commit_failed_is_in_the_tree_and_has_no_receipt(log: LogFolder) -> None:
    log.ask_in_vain()
    log.store.after = refuse
    with pytest.raises(AuditUnavailableError, match="the disk refuses"):
        log.ask()
    log.store.heal()
    log.healed()
    assert log.store.size() == 8
    _works_again(log)
    log.open()
    log.parts.log.make_ready()
    log.close()
    assert faults_in(log) == [], "and the question that nobody works on is closed at the next start"


def test_a_leaf_that_somebody_made_unreadable_is_named(log: LogFolder) -> None:
    log.ask_in_vain()
    log.close()
    with closing(sqlite3.connect(log.state / "audit.sqlite", isolation_level=None)) as other:
        other.execute("DROP TRIGGER leaves_never_changes")
        other.execute("UPDATE leaves SET leaf = x'7b' WHERE seq = 0")
    log.open()
    _records_nothing(log, "record 0 is not as it was written: run greenlit audit verify, and put the store back")


def test_it_tells_when_it_stops_and_when_it_goes_on(log: LogFolder) -> None:
    log.ask_in_vain()
    log.break_off()
    log.store.heal()
    log.healed()
    wait_until(lambda: len(log.notices) == 2)
    assert log.notices == [
        "the audit log cannot be written, no answers are given: the disk refuses",
        "the audit log can be written again",
    ]
