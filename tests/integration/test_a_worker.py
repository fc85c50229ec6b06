"""The worker as a real process, with the real encoder: one story after the other on one of them.

Killed in the middle of a build, started again, given an approval, ended: what it leaves is what was published.
"""

import contextlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from indexes.previews import PREVIEWS_FOLDER, read_worker_state
from tests.support import forked
from tests.support.forked import Forked
from tests.support.installation import BY, START_TIMEOUT_S, TRAVEL_TEXT, Installation, copy_of

_WATCH = ("ingest", "--watch", "--json")


@contextlib.contextmanager
def _worker(installation: Installation, arguments: tuple[str, ...] = _WATCH) -> Iterator[Forked]:
    process = Forked(forked.GREENLIT, *arguments, environment=installation.environment, folder=installation.folder)
    try:
        yield process
    finally:
        process.kill()
        if not process.stdout.closed:
            process.communicate()


def _until(come: Callable[[], object], process: Forked) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not come():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_lives_through_a_kill_and_takes_up_an_approval(ingested: Installation, tmp_path: Path) -> None:
    installation = copy_of(ingested, tmp_path)
    builds = installation.folder / "builds"
    current = (builds / "current").read_text()

    def staged() -> bool:
        return any(builds.glob(".staging-*"))

    def previews() -> int:
        return len(list((builds / PREVIEWS_FOLDER).glob("*.json")))

    installation.write("travel.md", TRAVEL_TEXT)
    installation.does("approve", "rules/travel.md", *BY)
    with _worker(installation, ("ingest",)) as ended:
        _until(staged, ended)
        ended.send_signal(signal.SIGTERM)
        ended.communicate(START_TIMEOUT_S)
    assert ended.returncode == 128 + signal.SIGTERM, "nobody is to take it for a build that was published"
    assert not staged()

    with _worker(installation) as killed:
        _until(staged, killed)
        killed.kill()
        killed.wait(START_TIMEOUT_S)
    assert staged(), "it was killed in the middle of a build"
    assert (builds / "current").read_text() == current

    with _worker(installation) as worker:
        first = json.loads(worker.stdout.readline())
        assert (builds / "current").read_text().strip() == first["build_id"] != current.strip()
        assert not staged()
        refused = installation.does("ingest", "--watch", code=1)
        assert f"another worker is running on {builds} (process {worker.pid} on " in refused

        installation.write("parking.md", "# Parking\n\nStaff park in the garage in Dock Street.\n")
        _until(previews, worker)
        assert installation.does("approve", "rules/parking.md", *BY)
        second = json.loads(worker.stdout.readline())
        assert {line["document"]: line["outcome"] for line in second["documents"]} == {
            "rules/ai-policy.md": "unchanged",
            "rules/parking.md": "ingested",
            "rules/travel.md": "unchanged",
        }
        assert previews() == 0
        state = read_worker_state(builds)
        assert state is not None
        assert (state.build_id, state.problem) == (second["build_id"], None)

        worker.send_signal(signal.SIGTERM)
        out, err = worker.communicate(START_TIMEOUT_S)
    assert (worker.returncode, out) == (0, "")
    logged = [json.loads(line) for line in err.splitlines()]
    assert [line["event"] for line in logged] == ["started", "ingested", "ingested", "stopped"]
    assert (logged[2]["build"], logged[2]["documents"]) == (second["build_id"], 3)
    assert logged[3]["why"] == "SIGTERM"
    left = {path.name for path in builds.iterdir() if path.name.startswith(".")} | {"worker.json"}
    assert left - {".ingest.lock", ".worker.lock"} == {"worker.json"}
    assert not (builds / "worker.json").exists()
