"""Measures copies of an installation with a large log: how long they take, and who waits for them.

In order: (1) a library and a log are made, or found where an earlier run left them; (2) doctor, and the start of the
service, beside one with an empty log; (3) a copy with nothing beside it, and one more; (4) a copy while a real service
is asked, and (5) while the log is only recorded to, each beside the same time without a copy; (6) the copy checked, and
put back into an empty place. Commands are processes of their own. Prints figures and asserts nothing.
"""

import contextlib
import http.client
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from eval.log.audit_load import LOG_NAME, record_question
from eval.log.large_log import make_large_log
from eval.log.paced import asked_meanwhile
from eval.quality.libraries import ingest_all
from eval.speed.http_load import HOST
from eval.speed.served import Served, peak_mb_of, serving
from indexes.encoder import DEFAULT_ENCODER, load_encoder
from indexes.errors import BuildError
from indexes.live import current_build_id
from indexes.manifest import read_manifest
from service.audit.log import system_clock_us
from service.audit.opening import open_log
from service.audit.storage.sqlite_store import STORE_FILE

_QUESTIONS = (
    "Who approves a new AI vendor?",
    "How long are query log entries kept?",
    "What loudness must a full mix have on delivery?",
    "How many days do I have to submit expenses?",
)
_ASKERS = 40
_ASK_EVERY_S = 4.0  # each of them: 10 questions a second, which leaves a core free
_RECORD_EVERY_S = 0.4  # 100 a second
_ALONE_S = 20.0  # without a copy
_PATIENCE_S = 60.0  # for one answer
_WATCH_EVERY_S = 0.02
_REST_S = 3.0
_AT_REST_S = 0.1  # of work in that time


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command took, what it printed, and the largest that a file was meanwhile.

    Memory is 0 where nobody can tell.
    """

    seconds: float
    peak_mb: float
    printed: str
    largest_mb: float


@dataclass(frozen=True, slots=True)
class _Installation:
    """Where everything lies, within one folder."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def environment(self, state: Path | None = None) -> dict[str, str]:
        """Return the settings of its processes; `state`: another one."""
        places = {"LIBRARY": self.folder / "library", "BUILDS": self.folder / "builds", "STATE": state or self.state}
        ours = {f"GREENLIT_{name}": str(path) for name, path in places.items()} | {"GREENLIT_LOG_NAME": LOG_NAME}
        return {name: value for name, value in os.environ.items() if not name.startswith("GREENLIT_")} | ours


def backup_bench(console: Console, leaves: int, work: Path) -> None:
    """Run everything and print it.

    Args:
        console: where to print.
        leaves: how many the log has, such as 1,000,000.
        work: a folder that keeps library and log for the next run; four times the size of the log is free in it.
    """
    here = _Installation(work)
    _make_library(here)
    made = make_large_log(here.state, leaves)
    with tempfile.TemporaryDirectory(dir=work) as aside:
        size_mb = (here.state / STORE_FILE).stat().st_size / 1e6
        console.print(f"[bold]A log of {made:,} leaves, {size_mb:,.0f} MB[/bold]")
        _print_opening(console, here, Path(aside) / "small")
        copies = Path(aside) / "copies"
        for which in ("a copy, nothing beside it", "another"):
            _print_ran(console, which, _backup(here, copies))
        _print_asked(console, here, copies)
        _print_recorded(console, here, copies)
        _print_putting_back(console, here, copies, Path(aside) / "put back")


def _make_library(here: _Installation) -> None:
    library, builds = here.folder / "library", here.folder / "builds"
    try:
        read_manifest(builds / current_build_id(builds))
    except BuildError:  # there is none, or another version made it
        shutil.copytree(Path(__file__).parents[2] / "approved_docs", library, dirs_exist_ok=True)
        ingest_all(library, builds, load_encoder(DEFAULT_ENCODER))


def _print_opening(console: Console, here: _Installation, small: Path) -> None:
    for which, state in (("empty", small), ("large", here.state)):
        environment = here.environment(state)
        doctor = ran(["doctor", "--json"], environment, may_fail=True)
        told = {check["name"]: check["detail"] for check in json.loads(doctor.printed)["checks"]}
        with serving(environment, _QUESTIONS[0]) as served:
            console.print(
                f"  {which} log: doctor {doctor.seconds:.1f} s ({told['audit log']}), from nothing to the first answer "
                f"{served.ready_s:.1f} s, {served.peak_mb() or 0:.0f} MB"
            )


def _print_asked(console: Console, here: _Installation, copies: Path) -> None:
    with serving(here.environment(), _QUESTIONS[0]) as served:
        looked_s = _until_it_rests(served.pid)
        console.print(f"  the service rests {looked_s:.0f} s after its first answer: it has looked through the log")
        _print_beside(console, "questions to a service", _asking(served), _ASK_EVERY_S, lambda: _backup(here, copies))


def _until_it_rests(pid: int) -> float:
    """Wait until a process hardly works any more, and return for how many seconds it did; 0 where nobody can tell."""
    began, before = time.perf_counter(), -1.0
    while (now := _worked_s(pid)) is not None and (before < 0 or now - before > _AT_REST_S):
        before = now
        time.sleep(_REST_S)
    return max(0.0, time.perf_counter() - began - _REST_S)


def _worked_s(pid: int) -> float | None:
    """Return the seconds of work that a process has done, of its own and of the system for it."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return None
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _print_recorded(console: Console, here: _Installation, copies: Path) -> None:
    opened = open_log(here.state, keys=here.state / "keys", name=LOG_NAME, clock=system_clock_us)
    with contextlib.closing(opened):

        def record() -> bool:
            record_question(opened.log, lambda *_: None)
            return True

        record()
        _print_beside(console, "questions only recorded", record, _RECORD_EVERY_S, lambda: _backup(here, copies))


def _print_beside(
    console: Console, what: str, ask: Callable[[], bool], every_s: float, copy: Callable[[], Ran]
) -> None:
    with asked_meanwhile(ask, askers=_ASKERS, every_s=every_s) as alone:
        time.sleep(_ALONE_S)
    console.print(f"  {what}, no copy: {alone.in_words()}")
    with asked_meanwhile(ask, askers=_ASKERS, every_s=every_s) as beside:
        done = copy()
    console.print(f"  {what}, a copy beside: {beside.in_words()}")
    _print_ran(console, "that copy", done)


def _print_putting_back(console: Console, here: _Installation, copies: Path, place: Path) -> None:
    environment = here.environment(place)
    size_mb = sum(path.stat().st_size for path in copies.rglob("*") if path.is_file()) / 1e6
    for which, more in (("the copy checked", ["--check"]), ("put back", [])):
        done = ran(["restore", str(copies), *more], environment)
        console.print(
            f"  {which}: {done.seconds:.1f} s, {size_mb / done.seconds:.0f} MB/s, peak memory {done.peak_mb:.0f} MB"
        )


def _backup(here: _Installation, copies: Path) -> Ran:
    """Take a copy; no older one stays, for the sake of the disk."""
    wal = here.state / f"{STORE_FILE}-wal"
    return ran(["backup", str(copies), "--keep", "1", "--json"], here.environment(), watched=wal)


def _print_ran(console: Console, which: str, done: Ran) -> None:
    told = json.loads(done.printed)
    size_mb = told["bytes"] / 1e6
    console.print(
        f"  {which}: {done.seconds:.1f} s, {size_mb:,.0f} MB, {size_mb / done.seconds:.0f} MB/s, checked; "
        f"peak memory {done.peak_mb:.0f} MB; write-ahead log up to {done.largest_mb:.0f} MB"
    )


def _asking(served: Served) -> Callable[[], bool]:
    turn = itertools.cycle(_QUESTIONS)
    headers = {"Authorization": f"Bearer {served.token}", "Content-Type": "application/json"}

    def ask() -> bool:
        with contextlib.closing(http.client.HTTPConnection(HOST, served.port, timeout=_PATIENCE_S)) as connection:
            try:
                connection.request("POST", "/v1/ask", json.dumps({"question": next(turn)}), headers)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                return False
            return response.status == http.client.OK

    return ask


def ran(
    arguments: list[str], environment: Mapping[str, str], *, watched: Path | None = None, may_fail: bool = False
) -> Ran:
    """Run a command of Greenlit to its end.

    Args:
        arguments: of its command line.
        environment: all of it.
        watched: a file whose largest size meanwhile is told.
        may_fail: whether it may end with 1.

    Raises:
        SystemExit: it failed.
    """
    began, largest, peak_mb = time.perf_counter(), 0, 0.0
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as problems:
        process = subprocess.Popen(
            [sys.executable, "-m", "greenlit", *arguments], env=environment, stdout=printed, stderr=problems
        )
        while process.poll() is None:
            largest, peak_mb = max(largest, _size(watched)), peak_mb_of(process.pid) or peak_mb
            time.sleep(_WATCH_EVERY_S)
        seconds = time.perf_counter() - began
        printed.seek(0)
        problems.seek(0)
        if process.returncode not in ({0, 1} if may_fail else {0}):
            raise SystemExit(f"greenlit: {' '.join(arguments)} ended with {process.returncode}: {problems.read()}")
        return Ran(seconds, peak_mb, printed.read(), largest / 1e6)


def _size(path: Path | None) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size if path else 0
    return 0
