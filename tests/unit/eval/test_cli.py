"""The judge's commands say what they need, write what they found, and end with the right code."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import eval.quality.gate
from eval.cli import app
from eval.quality.gate import thresholds_of, write_thresholds
from eval.quality.runs import Run, read_run, write_run
from service.answering.evidence import read_calibration
from service.answering.steps import Steps
from tests.support.fakes import HashingEncoder, TinyLibrary
from tests.support.judge_parts import POLICY, REVIEW, a_library, a_run, a_set_run, answered


def _run(*words: str, **environment: str | None) -> Result:
    return CliRunner().invoke(app, list(words), env={"GREENLIT_EVAL_DATA": None, **environment})


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyLibrary:
    """A live library with a build, as the settings name it; nothing is encoded by a real model."""
    library = a_library(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GREENLIT_LIBRARY", str(library.folder))
    monkeypatch.setenv("GREENLIT_BUILDS", str(library.builds))
    monkeypatch.setattr("indexes.encoder.load_encoder", lambda _: HashingEncoder())
    return library


def _a_set(path: Path) -> Path:
    line = {"id": "a", "question": "Which team reviews a vendor?", "answerable": True, "kind": "who"}
    path.write_text(json.dumps(line | {"document": POLICY, "quotes": [REVIEW]}) + "\n")
    return path


def test_calibrating_without_the_public_sets_says_what_is_missing() -> None:
    told = _run("calibrate")
    assert told.exit_code == 2
    assert "expected GREENLIT_EVAL_DATA = their folder" in told.output
    assert "got nothing" in told.output


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = _run("calibrate", "--data", str(tmp_path / "none"))
    assert told.exit_code == 2
    assert f"got {tmp_path / 'none'}" in told.output


@pytest.mark.usefixtures("library")
def test_a_set_of_ones_own_is_run_and_written_as_run_and_page(tmp_path: Path) -> None:
    told = _run("run", "--set", str(_a_set(tmp_path / "mine.jsonl")), "--out", str(tmp_path / "out"))
    assert told.exit_code == 0, told.output
    assert re.search(r"^mine +hit@1 +1 +1\.000 \[1\.000, 1\.000\]", told.output, re.MULTILINE)
    assert read_run(tmp_path / "out").sets[0].name == "mine"
    assert "Which team reviews a vendor?" in (tmp_path / "out" / "run.json").read_text()
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.usefixtures("library")
def test_a_run_is_measured_with_the_calibration_that_is_set(tmp_path: Path) -> None:
    strict = tmp_path / "evidence.json"
    strict.write_text(json.dumps({"intercept": 0.0, "coefficients": {"dense_top": 0.0}, "threshold": 0.9}))
    words = ("run", "--set", str(_a_set(tmp_path / "mine.jsonl")), "--out", str(tmp_path / "out"))
    assert _run(*words, GREENLIT_EVIDENCE=str(strict)).exit_code == 0
    run = read_run(tmp_path / "out")
    assert run.settings["threshold"] == 0.9
    assert run.sets[0].figures["all"]["refused_answerable"].value == 1.0


@pytest.mark.usefixtures("library")
def test_what_is_set_and_cannot_be_read_is_told(tmp_path: Path) -> None:
    words = ("run", "--set", str(_a_set(tmp_path / "mine.jsonl")))
    for name in ("EVIDENCE", "RERANKER"):
        told = _run(*words, **{f"GREENLIT_{name}": str(tmp_path / "nowhere")})
        assert told.exit_code == 2
        assert str(tmp_path / "nowhere") in told.output.replace("\n", "")


@pytest.mark.usefixtures("library")
def test_calibrating_needs_no_calibration_of_ones_own(tmp_path: Path) -> None:
    words = ("calibrate", "--set", str(_a_set(tmp_path / "mine.jsonl")))
    told = _run(*words, GREENLIT_EVIDENCE=str(tmp_path / "not-yet.json"))
    assert told.exit_code == 2
    assert "mine: expected at least 20 questions that the documents answer" in told.output


@pytest.mark.usefixtures("library")
def test_the_gate_judges_what_is_shipped_and_a_run_what_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Steps] = []

    def run_sets(names: Sequence[str], *, steps: Steps, **_: object) -> Run:
        assert names == ["northlight", "structures"]
        asked.append(steps)
        return a_run()

    own = tmp_path / "evidence.json"
    own.write_text(json.dumps({"intercept": 0.0, "coefficients": {}, "threshold": 0.9}))
    monkeypatch.setattr("eval.quality.measure.run_sets", run_sets)
    for words in (("gate", "--thresholds", str(tmp_path / "new.toml"), "--write"), ("run",)):
        assert _run(*words, GREENLIT_EVIDENCE=str(own)).exit_code == 0
    assert [steps.calibration.threshold for steps in asked] == [read_calibration().threshold, 0.9]


@pytest.mark.usefixtures("library")
def test_results_go_into_a_folder_of_their_own_unless_told(tmp_path: Path) -> None:
    assert _run("run", "--set", str(_a_set(tmp_path / "mine.jsonl"))).exit_code == 0
    (written,) = (tmp_path / "eval" / "runs").glob("*/run.json")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}Z", written.parent.name)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "--set", "none.jsonl"], "none.jsonl cannot be read as a question set"),
        (["run", "--sets", "squad3"], "expected sets of northlight"),
        (["run", "--sets", "squad2"], "the set 'squad2' needs the public sets: expected GREENLIT_EVAL_DATA"),
        (["gate", "--run", "none.json"], "none.json cannot be read as a run"),
        (["gate", "--thresholds", "none.toml"], "none.toml cannot be read"),
        (["compare", "a.json", "b.json"], "a.json cannot be read as a run"),
    ],
)
def test_what_was_used_wrongly_is_said_and_ends_with_2(words: list[str], told: str) -> None:
    result = _run(*words)
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("library")
def test_a_library_without_a_build_is_told(tmp_path: Path) -> None:
    told = _run("run", "--set", str(_a_set(tmp_path / "a.jsonl")), GREENLIT_BUILDS=str(tmp_path / "nothing"))
    assert told.exit_code == 2
    assert "run greenlit ingest" in told.output


def test_the_gate_passes_fails_and_refuses_to_judge(tmp_path: Path) -> None:
    run, path = a_run(), tmp_path / "thresholds.toml"
    write_run(run, tmp_path)
    baseline = thresholds_of(run, {})
    write_thresholds(path, baseline, run)
    words = ("gate", "--run", str(tmp_path), "--thresholds", str(path))
    passed = _run(*words)
    assert passed.exit_code == 0, passed.output
    assert re.search(r"^studio +hit@1 +0\.333 .* ok$", passed.output, re.MULTILINE)
    higher = {name: replace(one, baseline=0.99, tolerance=0.1) for name, one in baseline["studio"].figures.items()}
    write_thresholds(path, {"studio": replace(baseline["studio"], figures=higher)}, run)
    failed = _run(*words)
    assert failed.exit_code == 1
    assert re.search(r"\d+ of \d+ figures fell below the baseline by more than their tolerance", failed.output)
    write_run(a_run(a_set_run(answered())), tmp_path)
    assert _run(*words).exit_code == 2


def test_the_gate_reads_the_shipped_baseline_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eval.quality.gate, "THRESHOLDS", tmp_path / "shipped.toml")
    write_run(a_run(), tmp_path)
    told = _run("gate", "--run", str(tmp_path))
    assert told.exit_code == 2
    assert "shipped.toml cannot be read" in told.output


def test_a_baseline_is_written_for_review_and_not_judged(tmp_path: Path) -> None:
    write_run(a_run(), tmp_path)
    words = ("gate", "--run", str(tmp_path), "--thresholds", str(tmp_path / "new.toml"))
    told = _run(*words, "--write")
    assert told.exit_code == 0
    assert "read what changed before it is committed" in told.output
    assert _run(*words).exit_code == 0


def test_two_runs_are_compared(tmp_path: Path) -> None:
    for name, rank in (("a", 4), ("b", 1)):
        write_run(a_run(a_set_run(answered(rank=rank))), tmp_path / name)
    told = _run("compare", str(tmp_path / "a"), str(tmp_path / "b" / "run.json"))
    assert told.exit_code == 0
    assert "+ hit@1  a: What is a?" in told.output


@pytest.mark.usefixtures("library")
def test_a_draft_is_printed_or_written_but_never_over_somebodys_work(tmp_path: Path) -> None:
    printed = _run("draft-set")
    assert json.loads(printed.stdout.splitlines()[0])["quotes"] == [REVIEW]
    path = tmp_path / "mine.jsonl"
    assert _run("draft-set", "--out", str(path)).exit_code == 0
    assert path.read_text() == printed.stdout
    path.write_text("edited")
    again = _run("draft-set", "--out", str(path))
    assert again.exit_code == 2
    assert "expected a file that is not there yet" in again.output
    assert path.read_text() == "edited"
