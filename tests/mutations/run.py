"""Breaks the program on purpose, one mutation at a time, and sees whether the tests that guard a promise notice it.

    make mutations                               every mutation of the lists beside this file
    python -m tests.mutations.run --only ID      one of them, or several
    python -m tests.mutations.run --check        only see that every mutation still applies

In order: (1) every mutation is seen to apply, (2) the files under version control are copied aside, (3) each mutation
is put into the copy, its tests are run until the first one fails, and the copy is mended again, (4) the tests that
noticed one are run without any: a test that fails anyway notices nothing.

A mutation is *caught* if a test failed, *hung* if the tests had to be ended (which counts as caught), and *SURVIVED* if
all passed: then nobody keeps that promise. Exit status 1 if one survived or could not be tried. The large libraries are
imported once, before the forks in which tests run; nothing of this project is. Seconds are those of the processor.
"""

import argparse
import gc
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutations.listed import Mutation, problems, read_mutations

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT_S = 300.0
_LOOK_S = 0.05  # how often it is looked whether tests have ended
_SLOW_IMPORTS = (
    "torch sentence_transformers llama_index.core.node_parser sklearn.metrics faiss nltk docx fastapi uvicorn "
    "starlette.testclient pytest hypothesis anyio.pytest_plugin schemathesis.pytest.plugin"
).split()
_QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # a plugin came with what was imported before
_PYTEST = ("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly", *_QUIET)
_WORDS = {0: "SURVIVED", 1: "caught", -signal.SIGKILL: "hung"}  # by pytest's exit status; with any other, no test ran


@dataclass(frozen=True, slots=True)
class Run:
    """Tests that run on a copy, in a process group of their own."""

    pid: int
    ends_s: float
    output: Path

    def ended(self) -> tuple[int, float] | None:
        """Return how the tests ended, and the seconds of processor that they took; `None` if they still run."""
        late = time.monotonic() > self.ends_s
        if late:
            self.end()
        pid, status, used = os.wait4(self.pid, 0 if late else os.WNOHANG)
        if not pid:
            return None
        self.end()  # whatever a broken program left running
        return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime

    def end(self) -> None:
        """End the tests and all that they started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def said(self) -> str:
        """Return what pytest printed."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def first_failure(self) -> str:
        """Return the name of the test that noticed."""
        failed = (line for line in self.said().splitlines() if line.startswith(("FAILED ", "ERROR ")))
        return next((line.partition(" ")[2].partition(" - ")[0] for line in failed), "")


def copy_tree(folder: Path) -> Path:
    """Copy the files under version control into a folder, and return it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S607
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@dataclass(frozen=True, slots=True)
class _First:
    """A plugin of pytest that brings tests to the front."""

    name: str

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Put the tests with this in their name before the others."""
        items.sort(key=lambda item: self.name not in item.nodeid)


def start(tests: Sequence[str], copy: Path, *, first: str = "", limit_s: float = TIME_LIMIT_S) -> Run:
    """Run tests on a copy, in a fork that has the large libraries already."""
    output = copy.with_suffix(".txt")
    output.touch()
    pid = os.fork()
    if not pid:
        _run_tests(tests, copy, output, _First(first))
    with suppress(OSError):  # the child may have done it already, or have ended
        os.setpgid(pid, pid)
    return Run(pid, time.monotonic() + limit_s, output)


def _run_tests(tests: Sequence[str], copy: Path, output: Path, plugin: _First) -> None:
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
        status = int(importlib.import_module("pytest").main([*_PYTEST, *tests], [plugin]))
        sys.stdout.flush()
    finally:
        os._exit(status)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)  # two mutations in one second may look like one file


def try_all(mutations: Sequence[Mutation], copies: Sequence[Path]) -> Iterator[tuple[Mutation, str, float, str]]:
    """Try each on a copy that is free; give what became of it: a word, the seconds, the test that noticed."""
    waiting, free = list(mutations), list(copies)
    running: dict[Path, tuple[Mutation, Run]] = {}
    try:
        while waiting or running:
            while waiting and free:
                mutation, copy = waiting.pop(0), free.pop()
                whole = (ROOT / mutation.module).read_text(encoding="utf-8")
                _write(copy / mutation.module, whole.replace(mutation.old, mutation.new))
                running[copy] = (mutation, start(mutation.tests, copy, first=mutation.first))
            time.sleep(_LOOK_S)
            for copy, (mutation, run) in list(running.items()):
                if ended := run.ended():
                    _write(copy / mutation.module, (ROOT / mutation.module).read_text(encoding="utf-8"))
                    del running[copy]
                    free.append(copy)
                    yield mutation, _WORDS.get(ended[0], "NOT TRIED"), ended[1], run.first_failure()
    finally:
        for _, run in running.values():
            run.end()


def _without_a_mutation(tests: Sequence[str], copy: Path) -> str:
    """Return what pytest said of tests that fail without any mutation; empty if none does."""
    run = start(tests, copy, limit_s=TIME_LIMIT_S * len(tests))
    try:
        while not (ended := run.ended()):
            time.sleep(_LOOK_S)
    finally:
        run.end()
    return run.said()[-3000:] if ended[0] else ""


def main() -> int:
    """Run the command line; return 0 if every mutation was noticed."""
    parser = argparse.ArgumentParser(description="Breaks the program on purpose and sees whether the tests notice.")
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="try these mutations and no others")
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="mutations tried at once, each on its own copy"
    )
    parser.add_argument("--check", action="store_true", help="only see that every mutation still applies")
    given = parser.parse_args()
    known = read_mutations()
    wrong = problems(known, ROOT)
    wrong += [f"{name}: there is no such mutation" for name in given.only if name not in {one.id for one in known}]
    if wrong or given.check:
        _tell("\n".join(wrong) or f"{len(known)} mutations apply")
        return 1 if wrong else 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what runs is ended first
    for name in _SLOW_IMPORTS:
        importlib.import_module(name)
    gc.freeze()  # pytest collects garbage as it ends: not through all of these libraries
    with tempfile.TemporaryDirectory(prefix="mutations-") as aside:
        copies = [copy_tree(Path(aside) / f"copy{number}") for number in range(given.jobs)]
        return _try_and_tell([one for one in known if not given.only or one.id in given.only], copies)


def _try_and_tell(mutations: Sequence[Mutation], copies: Sequence[Path]) -> int:
    words, noticing = [], set()
    for mutation, word, took_s, noticed in try_all(mutations, copies):
        words.append(word)
        noticing |= {noticed.partition("[")[0]} - {""}
        _tell(f"{word:9} {took_s:5.1f} s  {mutation.id:40} {mutation.breaks:45} {noticed}")
    caught, hung = words.count("caught"), words.count("hung")
    lost = len(words) - caught - hung
    _tell(f"{len(words)} mutations: {caught} caught, {hung} hung, {lost} not noticed")
    if noticing and (said := _without_a_mutation(sorted(noticing), copies[0])):
        _tell(f"{said}\nThese fail without any mutation, so they notice nothing: mend them, and run this again.")
        return 1
    return 1 if lost else 0


def _tell(words: str) -> None:
    print(words, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
