"""The units for systemd run commands that there are, under a plain account, and give the worker no secret."""

import configparser
import shlex
from pathlib import Path

import pytest
import typer.main

import greenlit

UNITS = ("greenlit.service", "greenlit-worker.service", "greenlit-backup.service")


class _Unit(configparser.ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr  # names keep their case


def _unit(root: Path, name: str) -> configparser.ConfigParser:
    unit = _Unit(interpolation=None)
    unit.read_string((root / "docs" / "operating" / name).read_text(encoding="utf-8"))
    return unit


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_runs_a_command_under_a_plain_account_that_can_write_little(root: Path, name: str) -> None:
    service = _unit(root, name)["Service"]
    _, command, *arguments = shlex.split(service["ExecStart"])
    known = typer.main.get_group(greenlit.app).commands

    assert command in known, command
    given = {parameter.opts[0] for parameter in known[command].params}
    assert {argument for argument in arguments if argument.startswith("--")} <= given
    assert service["User"] == "greenlit"
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")
    assert service["CapabilityBoundingSet"] == ""
    assert "GREENLIT_STATE=/var/lib/greenlit/state" in service["Environment"]


def test_the_worker_has_no_network_no_secret_and_no_key(root: Path) -> None:
    worker = _unit(root, "greenlit-worker.service")["Service"]

    assert worker["PrivateNetwork"] == "yes"
    assert "EnvironmentFile" not in worker
    assert "/var/lib/greenlit/state/keys" in worker["InaccessiblePaths"]


def test_a_wrong_setting_does_not_start_it_again_and_again(root: Path) -> None:
    for name in ("greenlit.service", "greenlit-worker.service"):
        assert _unit(root, name)["Service"]["RestartPreventExitStatus"] == "2"


def test_a_copy_is_made_each_night_and_also_where_the_machine_was_off(root: Path) -> None:
    timer = _unit(root, "greenlit-backup.timer")["Timer"]
    assert timer["Persistent"] == "yes"
    assert timer["OnCalendar"].startswith("*-*-* ")
