"""The command doctor: what it prints of what was found, and with which code it ends."""

import json

import pytest
import structlog

import service.operating.doctor
from service.operating.checks import Check, Level
from service.operating.running import announced
from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TOKEN, open_studio, serving, with_rules


def test_a_wrong_setting_ends_with_2_and_names_itself(run: Run) -> None:
    result = run("doctor", GREENLIT_PORT="none")
    assert result.exit_code == 2
    assert "greenlit: GREENLIT_PORT: " in result.stderr


@pytest.mark.parametrize(("level", "code", "strictly"), [("ok", 0, 0), ("warning", 0, 1), ("wrong", 1, 1)])
def test_the_doctor_tells_what_it_found_and_ends_with_1_only_for_what_is_wrong(
    run: Run, monkeypatch: pytest.MonkeyPatch, level: Level, code: int, strictly: int
) -> None:
    checks = [Check("library", "ok", "fine"), Check("build", level, "none [yet]")]
    monkeypatch.setattr(service.operating.doctor, "examine", lambda _settings, **_: checks)
    plain, as_json = run("doctor"), run("doctor", "--json")
    assert (plain.exit_code, as_json.exit_code, run("doctor", "--strict").exit_code) == (code, code, strictly)
    assert "ok      library: fine" in plain.stdout
    assert f"{level:7} build: none [yet]" in plain.stdout
    told = {"name": "build", "level": level, "ok": level != "wrong", "detail": "none [yet]"}
    assert json.loads(as_json.stdout)["checks"][1] == told


def test_a_running_service_is_asked(library: TinyLibrary, run: Run) -> None:
    library.add("security/doors.md", "# Doors\n\nDoors are locked at seven.\n")
    library.approve("security/doors.md", by="ben@x.example")
    with (
        open_studio(with_rules(library)) as studio,
        serving(studio.app) as url,
        announced(studio.state, url=url),
        structlog.testing.capture_logs(),
    ):
        fine = json.loads(run("doctor", "--json", GREENLIT_TOKEN=TOKEN).stdout)["checks"]
        (library.folder / "sources.toml").write_text("not TOML")
        wrong = json.loads(run("doctor", "--json", GREENLIT_TOKEN=TOKEN).stdout)["checks"]
    log, broken = ({check["name"]: check for check in checks}["audit log"] for checks in (fine, wrong))
    assert (log["ok"], log["detail"]) == (True, "in use by a running service, which finds nothing wrong")
    assert not broken["ok"]
    assert "sources.toml" in broken["detail"]


def test_a_service_that_has_not_said_where_it_listens_is_told(library: TinyLibrary, run: Run) -> None:
    with open_studio(with_rules(library)):
        checks = json.loads(run("doctor", "--json", GREENLIT_TOKEN=TOKEN).stdout)["checks"]
    log = {check["name"]: check for check in checks}["audit log"]
    assert (log["ok"], "has not said where it listens" in log["detail"]) == (False, True)
