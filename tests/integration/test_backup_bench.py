"""The benchmark of copies, over a small log and a real service: it prints all figures, and only the log stays."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from eval.log import backup_bench as bench
from eval.log import large_log
from eval.speed import served
from service.audit.storage.sqlite_store import SqliteLeafStore
from tests.support import forked
from tests.support.forked import Forked
from tests.support.installation import START_TIMEOUT_S, VENDOR_QUESTION, Installation, copy_of

LEAVES = 300


@pytest.fixture
def installation(ingested: Installation, tmp_path: Path) -> Installation:
    return copy_of(ingested, tmp_path)


@pytest.fixture
def quick(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are forked, and hardly anything is asked."""

    def environment_of(given: Mapping[str, str]) -> dict[str, str]:
        ours = {name: value for name, value in given.items() if name.startswith("GREENLIT_")}
        return {**installation.environment, **ours}

    def ran(
        arguments: list[str], environment: Mapping[str, str], *, watched: Path | None = None, may_fail: bool = False
    ) -> bench.Ran:
        done = forked.run(
            forked.GREENLIT,
            *arguments,
            environment=environment_of(environment),
            folder=installation.folder,
            timeout=START_TIMEOUT_S,
        )
        assert done.returncode in ({0, 1} if may_fail else {0}), done.stderr
        return bench.Ran(1.0, 50.0, done.stdout, 2.0 if watched else 0.0)

    def start(port: int, _workers: int, environment: Mapping[str, str]) -> Forked:
        return Forked(
            forked.GREENLIT,
            "serve",
            "--port",
            str(port),
            environment=environment_of(environment),
            folder=installation.folder,
            heard=False,
        )

    monkeypatch.setattr(bench, "ran", ran)
    monkeypatch.setattr(served, "_start", start)
    monkeypatch.setattr(large_log, "_BATCH", 100)
    small = {"_ASKERS": 2, "_ASK_EVERY_S": 0.1, "_RECORD_EVERY_S": 0.05, "_ALONE_S": 0.5, "_REST_S": 0.05}
    for name, value in {**small, "_QUESTIONS": (VENDOR_QUESTION,)}.items():
        monkeypatch.setattr(bench, name, value)


@pytest.mark.usefixtures("quick")
def test_copies_are_measured_beside_questions_and_put_back(installation: Installation) -> None:
    printed = io.StringIO()
    bench.backup_bench(Console(file=printed, width=300), LEAVES, installation.folder)
    told = printed.getvalue()
    assert re.match(r"A log of 30\d leaves, \d MB\n", told)
    assert re.search(r"large log: doctor 1.0 s \(30\d records\), from nothing to the first answer \d+\.\d s", told)
    assert len(re.findall(r"1\.0 s, \d MB, \d MB/s, checked; peak memory 50 MB; write-ahead log up to 2 MB", told)) == 4
    asked = re.findall(r"(\d+) asked: median [\d.]+ ms, 99th percentile [\d.]+ ms, longest \d+ ms", told)
    assert len(asked) == 4
    assert all(int(number) for number in asked)
    assert re.search(r"the copy checked: .*\n  put back: ", told)
    assert SqliteLeafStore(folder=installation.state).size() > LEAVES
    assert sorted(path.name for path in installation.folder.iterdir()) == ["builds", "library", "state"]
