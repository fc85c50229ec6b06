"""The log's birth and a month's end, with a crash or a failure between any two steps that reach the disk.

Each time another step fails, until there is none left: once as a power cut, after which another process goes on with
what is on the disk, and once as trouble that passes, after which the same process goes on.
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service.audit.checkpoints import signer
from service.audit.checkpoints.memory import Memory, Signed
from service.audit.errors import AuditError, AuditKeyError, AuditUnavailableError
from service.audit.keys import keyring
from service.audit.keys.key_files import create_missing_key
from service.audit.opening import Pace
from tests.support.audit_faults import faults_in
from tests.support.audit_parts import DECEMBER_US, Hold, LogFolder, wait_until


@dataclass
class Trouble:
    """Fails at one step, counted from 0; a power cut at every later one too. Keeps the names of the steps."""

    log: LogFolder
    at: int
    lasting: bool
    steps: list[str] = field(default_factory=list)
    over: bool = False

    @property
    def struck(self) -> bool:
        return len(self.steps) > self.at

    def before(self, name: str) -> None:
        if not self.over:
            self.steps.append(name)
            if len(self.steps) - 1 == self.at or (self.lasting and self.struck):
                self.log.store.frozen = self.lasting
                raise (AuditKeyError if "key" in name else AuditUnavailableError)(f"trouble at {name}")

    def after(self, name: str) -> None:
        if not self.lasting:  # after a power cut it is the same whether a step ended or the next one never began
            self.before(f"the end of {name}")


def _cause(trouble: Trouble, patch: pytest.MonkeyPatch) -> None:
    write, keep = signer._write, Memory.keep

    def make_key(folder: Path, name: str) -> bool:
        trouble.before("a key")
        return create_missing_key(folder, name)

    def write_file(path: Path, text: str) -> None:
        trouble.before("key file")
        write(path, text)

    def remember(memory: Memory, signed: Signed) -> None:
        trouble.before("key file")
        keep(memory, signed)

    patch.setattr(keyring, "create_missing_key", make_key)
    patch.setattr(Memory, "keep", remember)
    patch.setattr(signer, "_write", write_file)
    trouble.log.before, trouble.log.after = trouble.before, trouble.after


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key files need not survive a cut of real power here: it took a third of the time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="module", params=["a birth", "a new month"])
def begun(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LogFolder:
    """What there is before the trouble: nothing, or a month with a question that nobody finished."""
    log = LogFolder(tmp_path_factory.mktemp("begun") / "log")
    log.root.mkdir()
    if request.param == "a new month":
        log.open()
        log.ask_in_vain()
        log.ask()
        log.close()
        log.now_us = DECEMBER_US
    return log


def _go_through(log: LogFolder) -> None:
    log.open()
    log.ask_in_vain()
    log.parts.log.publish()


@contextmanager
def _gone_through(trouble: Trouble) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        _cause(trouble, patch)
        try:
            _go_through(trouble.log)
        except AuditError as error:
            assert trouble.struck, error  # noqa: PT017 - our trouble, and no other
        yield


def test_what_a_power_cut_interrupts_is_taken_up_by_the_next_process(begun: LogFolder, tmp_path: Path) -> None:
    for at in itertools.count():
        log = begun.after_a_power_cut(tmp_path / f"{at}")
        trouble = Trouble(log, at, lasting=True)
        with _gone_through(trouble):
            left = log.after_a_power_cut(tmp_path / f"{at} left")
            log.store.frozen = False
            log.close()
        _go_through(left)
        left.close()
        assert faults_in(left) == [], trouble.steps
        if not trouble.struck:
            break
    assert at > 12, trouble.steps


def test_what_passing_trouble_interrupts_is_taken_up_by_the_same_process(begun: LogFolder, tmp_path: Path) -> None:
    for at in itertools.count():
        log = begun.after_a_power_cut(tmp_path / f"{at}")
        log.pace = Pace(retry_wait_s=0.001)
        trouble = Trouble(log, at, lasting=False)
        with _gone_through(trouble):
            trouble.over = True
            log.healed()
            log.ask_in_vain()
            log.close()
        assert faults_in(log, all_finished=False) == [], trouble.steps
        if not trouble.struck:
            break
    assert at > 18, trouble.steps


def test_what_another_process_recorded_meanwhile_is_taken_up(tmp_path: Path) -> None:
    """A store that failed is closed, so that somebody else may hold it for a while."""
    log = LogFolder(tmp_path)
    log.open()
    log.ask_in_vain()
    log.break_off()
    other = LogFolder(tmp_path, now_us=DECEMBER_US)
    other.open()
    other.ask_in_vain()
    other.close()
    log.store.heal()
    wait_until(lambda: "the clock went back" in (log.parts.log.healthy() or ""))
    with pytest.raises(AuditUnavailableError, match="the clock went back"):
        log.ask_in_vain()
    log.now_us = DECEMBER_US
    assert log.parts.log.healthy() is None
    log.ask_in_vain()
    log.close()
    assert faults_in(log) == []


def test_a_month_whose_end_came_too_late_for_whoever_waited_is_ended_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, hold = LogFolder(tmp_path), Hold()
    log.open()
    log.ask_in_vain()
    log.parts.log.publish()
    log.store.before, log.now_us = hold, DECEMBER_US
    with monkeypatch.context() as patch:
        patch.setattr(log.parts.log._writer, "_patience_s", 0.05)
        with pytest.raises(AuditUnavailableError, match=r"has not answered for 0\.05 s"):
            log.ask()
    log.store.heal()
    hold.go_on.set()
    log.healed()
    log.ask_in_vain()
    log.close()
    assert faults_in(log) == []
    assert log.types().count("shard.closed") == 1
