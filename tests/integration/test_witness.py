"""A witness beside a real service: real processes, a real port, and an operator who changes what was written.

How the process begins and ends is tried where it matters; what it finds besides is looked for in this one.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from service.audit.formats.notes import Checkpoint, cosigned_at, read_checkpoint, read_verifier_key
from tests.support.certificates import TRUSTS_NOBODY
from tests.support.copied_logs import make_itself, memory_file
from tests.support.fakes import TinyLibrary
from tests.support.forked import Forked
from tests.support.service_parts import (
    BEARER,
    TOKEN,
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    Studio,
    open_studio,
    serving,
    with_rules,
)
from tests.support.witness_parts import LogOnDisk, command, kept_files, new_witness, serving_log

COMMAND = "import typer; from service.commands.witness import witness; typer.run(witness)"
TIMEOUT_S = 300.0
LOUD = "THIS LOG CANNOT BE TRUSTED AS IT IS NOW"
MONTH = "2026-11"


@dataclass
class Account:
    """Another account on the same machine: its own folder, a token, and the log's key once it was handed over."""

    folder: Path
    keys: list[str] = field(default_factory=list)

    def options(self, url: str, *arguments: str) -> list[str]:
        keys = [word for key in self.keys for word in ("--key", key)]
        return ["--folder", str(self.folder), "--url", url, *keys, *arguments]

    def start(self, url: str, *arguments: str, program: str = COMMAND) -> Forked:
        options = self.options(url, *arguments)
        environment = {"PATH": os.environ["PATH"], "GREENLIT_TOKEN": TOKEN}
        return Forked(program, *options, environment=environment, folder=self.folder.parent)

    def looks(self, url: str, *, code: int = 0, program: str = COMMAND) -> str:
        """Look once; what it said."""
        with self.start(url, "--once", program=program) as running:
            said, problems = running.communicate(timeout=TIMEOUT_S)
        assert running.returncode == code, f"expected {code}, got {running.returncode}: {said}{problems}"
        return said + problems

    def looks_here(self, url: str, *, code: int = 0) -> str:
        """Look once, in this process; what it said."""
        result = command(*self.options(url, "--once"))
        assert result.exit_code == code, f"expected {code}, got {result.exit_code}: {result.output}"
        return result.output

    def newest(self) -> Checkpoint:
        """Return what is kept, as an auditor reads it."""
        kept = (self.folder / f"{MONTH}.note").read_text()
        assert cosigned_at(kept, read_verifier_key((self.folder / "witness.pub").read_text().strip()))
        return read_checkpoint(kept)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path / "witness")


@contextmanager
def service(library: TinyLibrary) -> Iterator[tuple[Studio, str]]:
    with open_studio(library) as studio, serving(studio.app) as url:
        yield studio, url


def asked(studio: Studio, *questions: str) -> None:
    for question in questions:
        studio.ask(question)
    studio.opened.log.publish()


def handed_over(url: str) -> str:
    return httpx.get(f"{url}/v1/audit/key", headers=BEARER, trust_env=False, verify=TRUSTS_NOBODY).text.strip()


def test_a_witness_sees_a_service_grow_and_catches_it_when_it_was_rolled_back(
    library: TinyLibrary, account: Account, tmp_path: Path
) -> None:
    with_rules(library)
    state = library.root / "state"
    with service(library) as (studio, url):
        account.keys = [handed_over(url)]
        asked(studio, VENDOR_QUESTION)
        assert f" cosigned {MONTH} at " in account.looks(url)
        first = account.newest()
    shutil.copytree(state, tmp_path / "copy")
    account.keys = []
    with service(library) as (studio, url):
        asked(studio, TRAVEL_QUESTION, VENDOR_QUESTION)
        assert f"(before: {first.size})" in account.looks(url)
        assert account.newest().size > first.size
        assert account.looks(url) == ""

    kept = kept_files(account.folder)
    shutil.rmtree(state)
    shutil.copytree(tmp_path / "copy", state)
    make_itself(state / "keys")
    with service(library) as (studio, url):
        said = account.looks(url, code=1)
        assert LOUD in said
        assert "the log was rolled back" in said
        asked(studio, *[TRAVEL_QUESTION] * 5)
        assert "two histories" in account.looks(url, code=1), "nor when it has grown beyond what was seen"
    now = kept_files(account.folder)
    evidence = [name for name in now if ".refused-" in name]
    assert len(evidence) == 2
    assert {name: now[name] for name in kept} == kept


def test_a_witness_does_not_follow_a_new_key_until_it_is_handed_over(library: TinyLibrary, account: Account) -> None:
    with_rules(library)
    with service(library) as (studio, url):
        account.keys = [handed_over(url)]
        asked(studio, VENDOR_QUESTION)
        account.looks(url)
        rotated = httpx.post(
            f"{url}/v1/audit/rotate",
            json={"purpose": "signing"},
            headers=BEARER,
            trust_env=False,
            verify=TRUSTS_NOBODY,
            timeout=TIMEOUT_S,
        )
        assert rotated.status_code == 200, rotated.text
        assert "ask its operator in person" in account.looks(url, code=1)
        account.keys.append(rotated.json()["vkey"])
        assert " cosigned " in account.looks(url)
        account.keys = []
        asked(studio, TRAVEL_QUESTION)
        assert " cosigned " in account.looks(url)


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_store_that_was_put_back_is_caught_whether_or_not_the_signer_forgets(
    tmp_path: Path, account: Account, *, forgotten: bool
) -> None:
    with closing(LogOnDisk(tmp_path / "log")) as log, serving_log(log) as url:
        account.keys = [log.key().text()]
        log.grow(2)
        log.copy_to(tmp_path / "copy")
        log.grow(2)
        account.looks_here(url)
        kept = account.newest()
        if forgotten:
            memory_file(tmp_path / "copy" / "keys").unlink()
        log.put_back(tmp_path / "copy")
        assert "the log was rolled back" in account.looks_here(url, code=1)
        assert account.newest() == kept


def test_two_histories_under_the_same_key_are_caught(tmp_path: Path, account: Account) -> None:
    with closing(LogOnDisk(tmp_path / "log")) as log:
        log.grow(2)
        log.copy_to(tmp_path / "other")
        with closing(LogOnDisk(tmp_path / "other")) as other, serving_log(log) as url, serving_log(other) as elsewhere:
            account.keys = [log.key().text()]
            assert log.key() == other.key()
            account.looks_here(url)
            account.looks_here(elsewhere)
            log.grow(2, build="one")
            other.grow(3, build="another")
            account.looks_here(url)
            kept = account.newest()
            said = account.looks_here(elsewhere, code=1)
            assert "two histories" in said
            assert LOUD in said
            assert account.newest() == kept
            log.grow()
            assert "(before:" in account.looks_here(url), "the history that was seen goes on"


def test_it_stops_watching_when_it_was_told_to_go_on_watching(tmp_path: Path, account: Account) -> None:
    with closing(LogOnDisk(tmp_path / "log")) as log, serving_log(log) as url:
        account.keys = [log.key().text()]
        log.grow(2)
        log.copy_to(tmp_path / "copy")
        log.grow(2)
        with account.start(url, "--every", "1") as running:
            while " cosigned " not in running.stdout.readline():
                assert running.poll() is None
            log.put_back(tmp_path / "copy")
            _, problems = running.communicate(timeout=TIMEOUT_S)
    assert running.returncode == 1
    assert "the log was rolled back" in problems


KILLED = f"""
import os, signal, sys
from pathlib import Path
from service.audit.checking.witness_folder import WitnessFolder

def end(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def after(real):
    return lambda *arguments: (real(*arguments), end())

which = sys.argv.pop()
if which == "before":
    Path.replace = end
else:
    WitnessFolder.keep_note = after(WitnessFolder.keep_note)
{COMMAND}
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_the_worst_moment_it_has_what_it_had_or_the_newest(
    tmp_path: Path, account: Account, moment: str
) -> None:
    """Before the new checkpoint takes its place, or after, but before anybody was told."""
    with closing(LogOnDisk(tmp_path / "log")) as log, serving_log(log) as url:
        account.keys = [log.key().text()]
        log.grow(2)
        account.looks(url)
        before = account.newest()
        log.copy_to(tmp_path / "copy")
        log.grow(2)
        with account.start(url, "--once", moment, program=KILLED) as running:
            said, _ = running.communicate(timeout=TIMEOUT_S)
        assert (running.returncode, said) == (-signal.SIGKILL, "")
        newest = read_checkpoint(log.note())
        assert account.newest() == (before if moment == "before" else newest)
        if moment == "after":
            log.put_back(tmp_path / "copy")
            assert "the log was rolled back" in account.looks(url, code=1)
        else:
            account.looks(url)
            assert account.newest() == newest


def test_several_witnesses_with_one_folder_lose_nothing_and_blame_nobody(tmp_path: Path, account: Account) -> None:
    with closing(LogOnDisk(tmp_path / "log")) as log, serving_log(log) as url:
        account.keys = [log.key().text()]
        log.grow()
        new_witness(account.folder, log)
        for _ in range(2):
            running = [account.start(url, "--once") for _ in range(3)]
            while any(one.poll() is None for one in running):
                log.grow()
            for one in running:
                _, problems = one.communicate()
                assert (one.returncode, problems) == (0, "")
        account.looks(url)
        assert account.newest() == read_checkpoint(log.note())
    assert not list(account.folder.glob("*.refused-*"))
    assert not [name for name in kept_files(account.folder) if name.startswith(".")], "nothing half-written is left"
