"""Breaks the program on purpose, one mutation at a time, and sees whether the tests that guard a promise notice it.

    make mutations                               every mutation of the lists beside this file
    python -m tests.mutations.run --only ID      one of them, or several
    python -m tests.mutations.run --check        only see that every mutation still applies
    ... --only ID --over scale                   the tests of laws over other engines (`make laws`) than the list says

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
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.mutations.copies import HUNG, ROOT, TIME_LIMIT_S, Run, copy_tree, put, start
from tests.mutations.listed import Mutation, problems, read_mutations

_LOOK_S = 0.05  # how often it is looked whether tests have ended
_SLOW_IMPORTS = (
    "torch sentence_transformers llama_index.core.node_parser sklearn.metrics faiss nltk docx fastapi uvicorn "
    "starlette.testclient pytest hypothesis anyio.pytest_plugin schemathesis.pytest.plugin"
).split()
_WORDS = {0: "SURVIVED", 1: "caught", HUNG: "hung"}  # by pytest's exit status; with any other, nobody knows
_BROKE = 3  # inside pytest: what a failed test left behind may break its end


def try_all(mutations: Sequence[Mutation], copies: Sequence[Path]) -> Iterator[tuple[Mutation, str, float, str]]:
    """Try each on a copy that is free; give what became of it: a word, the seconds, the test that noticed."""
    waiting, free = list(mutations), list(copies)
    running: dict[Path, tuple[Mutation, Run]] = {}
    try:
        while waiting or running:
            while waiting and free:
                mutation, copy = waiting.pop(0), free.pop()
                put(copy, mutation.module, mutation.applied(ROOT))
                run = start(mutation.tests, copy, first=mutation.first, over=mutation.over)
                running[copy] = (mutation, run)
            time.sleep(_LOOK_S)
            for copy, (mutation, run) in list(running.items()):
                if ended := run.ended():
                    put(copy, mutation.module, mutation.whole(ROOT))
                    del running[copy]
                    free.append(copy)
                    failed = run.first_failure()
                    status = 1 if failed and ended[0] == _BROKE else ended[0]
                    yield mutation, _WORDS.get(status, "NOT TRIED"), ended[1], failed
    finally:
        for _, run in running.values():
            run.end()


def _without_a_mutation(tests: Sequence[str], copy: Path, *, over: str) -> str:
    """Return what pytest said of tests that fail without any mutation; empty if none does."""
    run = start(tests, copy, over=over, limit_s=TIME_LIMIT_S * len(tests))
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
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many at once, each on its own copy")
    parser.add_argument("--check", action="store_true", help="only see that every mutation still applies")
    parser.add_argument("--over", default="", metavar="ENGINES", help="run all tests over these; tests of laws alone")
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
        chosen = [one for one in known if not given.only or one.id in given.only]
        return _try_and_tell([replace(one, over=given.over or one.over) for one in chosen], copies)


def _try_and_tell(mutations: Sequence[Mutation], copies: Sequence[Path]) -> int:
    words: list[str] = []
    noticing: dict[str, set[str]] = {}  # by what they ran over
    for mutation, word, took_s, noticed in try_all(mutations, copies):
        words.append(word)
        noticing.setdefault(mutation.over, set()).update({noticed.partition("[")[0]} - {""})
        _tell(f"{word:9} {took_s:5.1f} s  {mutation.id:40} {mutation.breaks:45} {noticed}")
    caught, hung = words.count("caught"), words.count("hung")
    lost = len(words) - caught - hung
    _tell(f"{len(words)} mutations: {caught} caught, {hung} hung, {lost} not noticed")
    for over, tests in noticing.items():
        if tests and (said := _without_a_mutation(sorted(tests), copies[0], over=over)):
            _tell(f"{said}\nThese fail without any mutation, so they notice nothing: mend them, and run this again.")
            return 1
    return 1 if lost else 0


def _tell(words: str) -> None:
    print(words, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
