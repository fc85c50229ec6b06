"""The command serve: what keeps it from starting, and how it says so."""

import socket
from pathlib import Path

import pytest

import service.answering_made
import service.parts
from service.answering.evidence import read_calibration
from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.ports import free_port


@pytest.mark.parametrize("port", ["0", "99999"])
def test_a_port_that_is_none_is_bad_usage(run: Run, port: str) -> None:
    result = run("serve", "--port", port)
    assert result.exit_code == 2
    assert "Invalid value" in result.stderr


def test_a_wrong_setting_ends_with_2_and_names_itself(run: Run) -> None:
    result = run("serve", GREENLIT_PORT="none")
    assert result.exit_code == 2
    assert "greenlit: GREENLIT_PORT: " in result.stderr


def test_a_host_that_is_not_this_machine_is_refused_in_one_line(run: Run) -> None:
    result = run("serve", "--host", "10.0.0.1\x1b[2J\n[red]")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "greenlit: local mode serves this machine only: expected a loopback address like 127.0.0.1, "
        "got '10.0.0.1\\u{001b}[2J\\u{000a}[red]'; for others set GREENLIT_AUTH=oidc\n"
    )


def test_without_a_calibration_it_says_so_and_ends_with_1(
    library: TinyLibrary, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library.ingest()
    monkeypatch.setattr(service.answering_made, "read_calibration", lambda: read_calibration(tmp_path / "none.json"))
    told = run("serve", GREENLIT_PORT=str(free_port()))
    assert told.exit_code == 1
    assert "none.json cannot be read as a calibration" in told.stderr


def test_several_processes_need_the_log_in_a_database(library: TinyLibrary, run: Run) -> None:
    result = run("serve", "--workers", "3")
    assert (result.exit_code, result.stdout) == (2, "")
    expected = "expected GREENLIT_DATABASE_URL with --workers 3, got none: one process writes a log in a file"
    assert result.stderr == f"greenlit: {expected}\n"
    assert not (library.root / "state").exists()


def test_several_processes_on_a_port_in_use_say_so_before_any_is_started(library: TinyLibrary, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", "--workers", "2", "--port", port, GREENLIT_DATABASE_URL="postgresql:///nowhere")
    assert result.exit_code == 1
    assert "cannot be listened on (Address already in use): choose another with --port" in result.stderr
    assert not (library.root / "state").exists()


def test_a_port_in_use_is_said_before_anything_is_loaded(library: TinyLibrary, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "cannot be listened on (Address already in use): choose another with --port" in result.stderr
    assert not (library.root / "state").exists()
