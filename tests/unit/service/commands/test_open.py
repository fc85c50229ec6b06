"""The command open: a new sign-in link of the service that runs, and of nothing else."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import greenlit
from service.audit.storage.writer_lock import LOCK_FILE, WriterLock
from service.operating.running import announced
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import ADDRESS, TOKEN, Studio, open_studio, with_rules

URL = "http://127.0.0.1:8123"


def _open(state: Path) -> Result:
    return CliRunner().invoke(greenlit.app, ["open"], env={"GREENLIT_STATE": str(state), "GREENLIT_TOKEN": TOKEN})


def test_the_link_signs_a_browser_in_once(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio, announced(studio.state, url=ADDRESS):
        told = _open(studio.state)
        assert (told.exit_code, told.stderr) == (0, "")
        link = told.stdout.strip()
        assert re.fullmatch(rf"{ADDRESS}/open\?code=[\w-]{{43}}", link)
        assert TOKEN not in link
        browser = studio.stranger()
        assert browser.get(link).status_code == 200
        assert browser.get("/").status_code == 200
        assert studio.stranger().get(link).status_code == 401


def test_with_no_service_running_there_is_no_link(tmp_path: Path) -> None:
    told = _open(tmp_path)
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no service of this installation is running: start one with greenlit serve" in told.stderr


def test_nor_for_a_service_that_was_killed(tmp_path: Path) -> None:
    lock = WriterLock(path=tmp_path / LOCK_FILE)
    lock.take()
    with announced(tmp_path, url=URL):
        left = (tmp_path / "service.json").read_bytes()
    lock.release()
    (tmp_path / "service.json").write_bytes(left)
    told = _open(tmp_path)
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no service of this installation is running" in told.stderr


@pytest.mark.parametrize("setting", ["GREENLIT_PORT", "GREENLIT_RETENTION_MONTHS"])
def test_a_wrong_setting_ends_with_2(tmp_path: Path, setting: str) -> None:
    told = CliRunner().invoke(greenlit.app, ["open"], env={"GREENLIT_STATE": str(tmp_path), setting: "none"})
    assert told.exit_code == 2
    assert setting in told.stderr


def test_sessions_that_cannot_be_written_are_said(studio: Studio) -> None:
    (studio.state / "sessions.sqlite").mkdir()
    with announced(studio.state, url=ADDRESS):
        told = _open(studio.state)
    assert told.exit_code == 1
    assert "sessions cannot be read or written" in told.stderr
