"""The commands about answers of a model say what they need; a set is asked with a model where the settings say so."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eval.cli import app
from eval.written.asking import MODEL, approve
from eval.written.metronome import Metronome
from tests.support.fakes import HashingEncoder
from tests.support.judge_parts import POLICY, REVIEW, a_library


def run(*words: str, **environment: str | None) -> Result:
    return CliRunner().invoke(app, list(words), env={"GREENLIT_EVAL_DATA": None, **environment})


def test_nothing_is_planted_without_the_public_texts() -> None:
    told = run("redteam")
    assert told.exit_code == 2
    assert "this needs the public texts to plant: expected GREENLIT_EVAL_DATA" in told.output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--ways", "quoted,sung"), "expected ways of quoted, quoted+judge, written, written+judge, got 'sung'"),
        (("--askers", "1,many"), "expected --askers like 1,20, got '1,many'"),
        (("--askers", "0"), "expected --askers like 1,20, got '0'"),
    ],
)
def test_what_cannot_be_measured_is_named(words: tuple[str, ...], expected: str) -> None:
    told = run("written", *words)
    assert told.exit_code == 2
    assert expected in told.output


def test_a_set_is_asked_with_the_model_that_the_settings_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = a_library(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("indexes.encoder.load_encoder", lambda _: HashingEncoder())
    asked = {"id": "a", "question": "Which team reviews every new vendor?", "answerable": True, "kind": "who"}
    (tmp_path / "mine.jsonl").write_text(json.dumps(asked | {"document": POLICY, "quotes": [REVIEW]}) + "\n")
    with Metronome(tokens_per_s=2000) as metronome:
        approve(library.folder, url=metronome.url)
        places = {"GREENLIT_LIBRARY": str(library.folder), "GREENLIT_BUILDS": str(library.builds)}
        asks = {"GREENLIT_ANSWERER": "llm", "GREENLIT_MODEL": MODEL}
        told = run("run", "--set", "mine.jsonl", "--out", "out", **places, **asks)
    assert told.exit_code == 0, told.output
    found = json.loads((tmp_path / "out" / "run.json").read_text())
    (question,) = found["sets"][0]["questions"]
    assert question["wrote"] is True
    assert question["sentences"] == [beat.sentence for beat in metronome.beats][: len(question["sentences"])]
    assert found["settings"]["model"] == MODEL
    assert found["overall"]["all"]["written"]["value"] == 1.0
