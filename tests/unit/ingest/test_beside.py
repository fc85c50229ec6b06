"""A worker beside the service: ends with it, however that ends, and is missed when it ends by itself."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import ingest.beside
from indexes.previews import WORKER_FILE
from ingest.beside import beside
from ingest.one_at_a_time import one_at_a_time

ROOT = Path(__file__).parents[3]
PYTHON = (sys.executable, "-S", "-c")
UNTIL_INPUT_ENDS = "import os; os.read(0, 1)"
HEEDLESS = "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; time.sleep(600)"
# A service: it starts a worker, says its process id, and is killed.
SERVICE = """
import os, sys, time
from pathlib import Path
from ingest.beside import beside
worker = "import os; print(os.getpid(), flush=True); os.read(0, 1); os.write(1, b'ended')"
with beside(Path(sys.argv[1]), notice=print, command=(sys.executable, "-S", "-c", worker)):
    time.sleep(600)
"""


def test_it_ends_with_the_service(tmp_path: Path) -> None:
    told = list[str]()
    with beside(tmp_path, notice=told.append, command=(*PYTHON, UNTIL_INPUT_ENDS)):
        pass
    assert told == []


def test_it_is_killed_if_it_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.beside, "_END_S", 0.2)
    began_s = time.monotonic()
    with beside(tmp_path, notice=print, command=(*PYTHON, HEEDLESS)):
        pass
    assert time.monotonic() - began_s < 60


def test_it_does_not_outlive_a_service_that_was_killed(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SERVICE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as service:
        assert service.stdout is not None
        int(service.stdout.readline())
        service.send_signal(signal.SIGKILL)
        assert service.stdout.read() == b"ended", "it saw its input end"


def test_that_it_ended_by_itself_is_told(tmp_path: Path) -> None:
    told, heard = list[str](), threading.Event()

    def notice(words: str) -> None:
        told.append(words)
        heard.set()

    with beside(tmp_path, notice=notice, command=(*PYTHON, "raise SystemExit(3)")):
        assert heard.wait(60)
    (words,) = told
    assert words.startswith("the worker, which makes builds, ended (exit status 3): ")


def test_what_a_killed_worker_told_goes_but_not_what_one_tells_that_runs(tmp_path: Path) -> None:
    said = tmp_path / WORKER_FILE
    said.write_text("{}")
    with one_at_a_time(tmp_path, "worker"), beside(tmp_path, notice=print, command=(*PYTHON, UNTIL_INPUT_ENDS)):
        assert said.exists()
    with beside(tmp_path, notice=print, command=(*PYTHON, UNTIL_INPUT_ENDS)):
        assert not said.exists()
