"""The one command line holds every command, and loads nothing heavy to show them."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
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


def test_the_version_is_told_with_python_s() -> None:
    told = CliRunner().invoke(greenlit.app, ["--version"])
    assert told.exit_code == 0
    assert told.stdout.startswith("greenlit 0.")
    assert ", Python 3." in told.stdout


@pytest.mark.parametrize("command", ["serve", "run", "ingest", "slack"])
def test_a_name_that_is_no_setting_stops_what_serves_or_publishes_by_its_settings(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Any = typer.main.get_command(greenlit.app)
    monkeypatch.setattr("typer.testing._get_command", lambda _: whole)
    began: list[str] = []
    monkeypatch.setattr(whole.commands[command], "callback", lambda **_: began.append(command))  # it would run on
    told = CliRunner().invoke(greenlit.app, [command], env={"GREENLIT_LIBARY": "elsewhere"})
    assert began == []
    assert told.exit_code == 2
    slip = "GREENLIT_LIBARY is set and is no setting of Greenlit: did you mean GREENLIT_LIBRARY?"
    assert told.stderr == f"greenlit: {slip}\n"


def test_other_commands_say_so_and_go_on() -> None:
    told = CliRunner().invoke(greenlit.app, ["read", "--help"], env={"GREENLIT_LIBARY": "elsewhere"})
    assert (told.exit_code, "warning: GREENLIT_LIBARY is set" in told.stderr) == (0, True)
