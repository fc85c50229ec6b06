"""The one command line holds every command, and loads nothing heavy to show them."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

import greenlit

COMMANDS = ("approve", "revoke", "reject", "register", "ingest", "ask", "search", "serve", "doctor", "run", "eval")


def test_help_lists_every_command() -> None:
    told = CliRunner().invoke(greenlit.app, ["--help"])
    assert told.exit_code == 0
    assert all(command in told.output for command in COMMANDS)


def test_help_loads_no_model_library() -> None:
    code = "import sys, greenlit; print(sorted({'torch', 'faiss', 'llama_index', 'fastapi', 'mcp'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_run_ingests_before_it_serves_and_has_a_worker_while_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    @contextlib.contextmanager
    def worker() -> Iterator[None]:
        called.append("worker")
        yield
        called.append("worker ended")

    monkeypatch.setattr("greenlit.ingest_here", lambda: called.append("ingest"))
    monkeypatch.setattr("greenlit.worker_here", worker)
    monkeypatch.setattr("greenlit.serve", lambda: called.append("serve"))
    greenlit.run()
    assert called == ["ingest", "worker", "serve", "worker ended"]
