"""The commands builds and builds remove: what they print, and that nothing goes before it is on record."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer
from filelock import FileLock
from typer.testing import CliRunner, Result

from indexes.builds import current_build_id
from ingest.commands.builds import builds_app
from tests.support.fakes import TinyLibrary


@dataclass
class Log:
    """Stands for the log: what it was asked and told; `full` is when nothing can be recorded."""

    calls: list[str] = field(default_factory=list)
    full: bool = False

    def asked(self, build_id: str) -> Mapping[str, int]:
        self.calls.append(f"asked {build_id}")
        return {"2026-10": 134, "2026-11": 1}

    def record(self, build_id: str) -> Mapping[str, int]:
        if self.full:
            raise typer.Exit(1)
        self.calls.append(f"recorded {build_id}")
        return {"2026-10": 134, "2026-11": 1}


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def made(library: TinyLibrary) -> list[str]:
    """Two builds; the second is live."""
    found = []
    for number in range(2):
        library.add("legal/a.md", f"# Masters\n\nKeep masters for {number} years.\n")
        library.clock.pass_days(1)
        found.append(library.ingest().build_id)
        os.utime(library.builds / found[-1] / "manifest.json", (number, number))
    return found


def _run(library: TinyLibrary, log: Log, *arguments: str) -> Result:
    places = {"LIBRARY": library.folder, "BUILDS": library.builds, "STATE": library.holds.parent}
    settings = {f"GREENLIT_{name}": str(path) for name, path in places.items()}
    return CliRunner().invoke(builds_app(asked=log.asked, record=log.record), arguments, env=settings)


def test_builds_are_listed_the_newest_first_with_why_they_stay(library: TinyLibrary, log: Log, made: list[str]) -> None:
    first, second, rest = _run(library, log).stdout.splitlines()
    assert first.startswith(f"{made[1]}  1 document  ") and first.endswith("  live")  # noqa: PT018
    assert second.startswith(f"{made[0]}  1 document  ") and second.endswith("  one of the newest two")  # noqa: PT018
    assert rest.startswith("2 builds; besides: pack 0.0 MB, cache ")
    listed = json.loads(_run(library, log, "--json").stdout)
    assert [(one["build_id"], one["is_live"], one["held_until"]) for one in listed["builds"]] == [
        (made[1], True, None),
        (made[0], False, None),
    ]
    assert set(listed) == {"builds", "pack_bytes", "cache_bytes", "previews_bytes", "unfinished_bytes"}
    assert log.calls == []


@pytest.mark.usefixtures("made")
def test_a_folder_that_another_library_builds_into_is_told(library: TinyLibrary, log: Log, tmp_path: Path) -> None:
    other = TinyLibrary(tmp_path / "other")
    other.add("legal/a.md", "# Films\n\nKeep films for ever.\n")
    places = {"LIBRARY": other.folder, "BUILDS": library.builds, "STATE": other.holds.parent}
    settings = {f"GREENLIT_{name}": str(path) for name, path in places.items()}
    told = CliRunner().invoke(builds_app(asked=log.asked, record=log.record), [], env=settings)
    assert told.exit_code == 0
    assert [line.rpartition("  ")[2] for line in told.stdout.splitlines()[:2]] == [
        "live, made for another library",
        "one of the newest two, made for another library",
    ]
    words = " ".join(told.stderr.split())
    assert "2 builds were made for another library" in words
    assert "set GREENLIT_BUILDS to a folder of this installation's own" in words
    assert _run(library, log).stderr == ""


def test_what_a_removal_costs_is_said_before_anything_is_done(library: TinyLibrary, log: Log, made: list[str]) -> None:
    result = _run(library, log, "remove", made[0])
    assert result.exit_code == 0
    assert f"{made[0]} would be removed with --yes" in result.stdout
    assert "134 questions of 2026-10 can then not be made again" in result.stdout
    assert "1 question of 2026-11 can then not be made again" in result.stdout
    assert log.calls == [f"asked {made[0]}"]
    assert (library.builds / made[0]).exists()


def test_a_removal_is_on_record_before_the_build_goes(library: TinyLibrary, log: Log, made: list[str]) -> None:
    log.full = True
    assert _run(library, log, "remove", made[0], "--yes").exit_code == 1
    assert (library.builds / made[0]).exists()
    log.full = False
    result = _run(library, log, "remove", made[0], "--yes", "--json")
    assert json.loads(result.stdout) == {
        "build": made[0],
        "removed": True,
        "questions": {"2026-10": 134, "2026-11": 1},
        "problems": [],
    }
    assert log.calls == [f"recorded {made[0]}"]
    assert not (library.builds / made[0]).exists()


def test_the_live_build_stays_and_nothing_is_recorded(library: TinyLibrary, log: Log, made: list[str]) -> None:
    result = _run(library, log, "remove", made[1], "--yes")
    assert result.exit_code == 1
    assert "expected a build that is not live" in " ".join(result.stderr.split())
    assert (log.calls, current_build_id(library.builds)) == ([], made[1])
    assert (library.builds / made[1]).exists()


def test_while_an_ingestion_runs_nothing_is_removed(library: TinyLibrary, log: Log, made: list[str]) -> None:
    with FileLock(library.builds / ".ingest.lock"):
        result = _run(library, log, "remove", made[0], "--yes")
    assert result.exit_code == 1
    assert "another ingestion is running" in " ".join(result.stderr.split())
    assert log.calls == []
    assert (library.builds / made[0]).exists()
