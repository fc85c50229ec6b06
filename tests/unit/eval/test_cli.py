"""The judge's commands say what they need."""

from pathlib import Path

from typer.testing import CliRunner

from eval.cli import app


def test_calibrating_without_the_public_sets_says_what_is_missing() -> None:
    told = CliRunner().invoke(app, ["calibrate"], env={"GREENLIT_EVAL_DATA": None})
    assert told.exit_code == 2
    assert "expected GREENLIT_EVAL_DATA = their folder" in told.output
    assert "got nothing" in told.output


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["calibrate", "--data", str(tmp_path / "none")])
    assert told.exit_code == 2
    assert f"got {tmp_path / 'none'}" in told.output
