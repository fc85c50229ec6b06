"""The command doctor: what it prints of what was found, and with which code it ends."""

import json

import pytest

import service.operating.doctor
from service.operating.doctor import Check
from tests.support.command_line import Run


def test_a_wrong_setting_ends_with_2_and_names_itself(run: Run) -> None:
    result = run("doctor", GREENLIT_PORT="none")
    assert result.exit_code == 2
    assert "greenlit: GREENLIT_PORT: " in result.stderr


@pytest.mark.parametrize("ok", [True, False])
def test_the_doctor_tells_what_it_found(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    *,
    ok: bool,
) -> None:
    checks = [Check("library", ok=True, detail="fine"), Check("build", ok=ok, detail="none [yet]")]
    monkeypatch.setattr(service.operating.doctor, "examine", lambda _settings: checks)
    plain, as_json = run("doctor"), run("doctor", "--json")
    assert plain.exit_code == as_json.exit_code == (0 if ok else 1)
    assert "ok    library: fine" in plain.stdout
    assert f"{'ok   ' if ok else 'wrong'} build: none [yet]" in plain.stdout
    assert json.loads(as_json.stdout)["checks"][1] == {"name": "build", "ok": ok, "detail": "none [yet]"}
