"""Copies of the tree, and tests that run on one, in a fork of this process and a process group of their own."""

import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT_S = 300.0
HUNG = 124  # in place of an exit status: the tests were ended here
_QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # a plugin came with what was imported before the fork
_PYTEST = ("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly", *_QUIET)


def copy_tree(folder: Path) -> Path:
    """Copy the files under version control into a folder, and return it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S607
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def put(copy: Path, module: str, text: str) -> None:
    """Write another text into a module of a copy."""
    path = copy / module
    path.write_text(text, encoding="utf-8")
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)  # two texts of one second may look like one


@dataclass(frozen=True, slots=True)
class Run:
    """Tests that run on a copy."""

    pid: int
    ends_s: float
    output: Path

    def ended(self) -> tuple[int, float] | None:
        """Return pytest's exit status, or `HUNG`, and the seconds of processor used; `None` if the tests still run."""
        late = time.monotonic() > self.ends_s
        if late:
            self.end()
        pid, status, used = os.wait4(self.pid, 0 if late else os.WNOHANG)
        if not pid:
            return None
        self.end()  # whatever a broken program left running
        return HUNG if late else os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime

    def end(self) -> None:
        """End the tests and all that they started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def said(self) -> str:
        """Return what pytest printed."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def first_failure(self) -> str:
        """Return the name of the test that failed, empty if none did."""
        summary = self.said().rpartition("short test summary info")[2]
        failed = (line for line in summary.splitlines() if line.startswith(("FAILED ", "ERROR ")))
        return next((line.partition(" ")[2].partition(" - ")[0] for line in failed), "")


@dataclass(frozen=True, slots=True)
class _First:
    """A plugin of pytest that brings tests to the front."""

    name: str

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Put the tests with this in their name before the others."""
        items.sort(key=lambda item: self.name not in item.nodeid)


def start(tests: Sequence[str], copy: Path, *, first: str = "", over: str = "", limit_s: float = TIME_LIMIT_S) -> Run:
    """Run tests on a copy until one fails.

    Args:
        tests: files, folders or names of tests, as pytest takes them.
        copy: the copy.
        first: what stands in the names of the tests to begin with.
        over: which engines the tests of laws run over; empty for files.
        limit_s: when they are ended, in seconds from now.
    """
    output = copy.with_suffix(".txt")
    output.touch()
    pid = os.fork()
    if not pid:
        _run_tests([*([f"--over={over}"] if over else ()), *tests], copy, output, _First(first))
    with suppress(OSError):  # the child may have done it already, or have ended
        os.setpgid(pid, pid)
    return Run(pid, time.monotonic() + limit_s, output)


def _run_tests(arguments: Sequence[str], copy: Path, output: Path, plugin: _First) -> None:
    status = 3  # pytest's own number for what broke inside it
    try:
        os.setpgid(0, 0)
        descriptor = os.open(output, os.O_WRONLY | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = str(copy)
        sys.dont_write_bytecode = False  # of the copy: the next mutation finds all but its own module compiled
        sys.path[:] = [str(copy), *(path for path in sys.path if path not in {str(ROOT), ""})]
        for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
            del sys.modules[name]  # those of the copy are meant
        status = int(importlib.import_module("pytest").main([*_PYTEST, *arguments], [plugin]))
        sys.stdout.flush()
    finally:
        os._exit(status)
