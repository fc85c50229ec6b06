"""A run is written and read back as it was; what is no run is named."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.quality.question_sets import Gold
from eval.quality.runs import RUN_FILE, RunError, read_run, revision, write_run
from tests.support.judge_parts import a_run, a_set_run, answered, gold, question, refused


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    paged = replace(question("p", gold(page=2), Gold("x.pdf", 0, 9, "", 3, whole_page=True)), answers=("it", "that"))
    run = a_run(a_set_run(answered(paged), refused(), name="one"), a_set_run(name="two"))
    path = write_run(run, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / RUN_FILE
    assert read_run(path) == run == read_run(path.parent)


def test_what_is_derived_is_there_for_whoever_reads_the_file(tmp_path: Path) -> None:
    value = json.loads(write_run(a_run(a_set_run(answered(rank=3))), tmp_path).read_text())
    (one,) = value["sets"][0]["questions"]
    assert one["derived"]["rank"] == 3
    assert one["derived"]["outcome"] == "answered"
    assert one["derived"]["half"] in ("tuned", "held_out")
    assert one["derived"]["values"]["mrr@10"] == 0.3333
    assert value["sets"][0]["figures"]["all"]["hit@5"]["value"] == 1


def test_a_gold_that_no_passage_covers_is_counted() -> None:
    unanswered = question("u", kind="wrong_entity", answerable=False)
    asked = (replace(answered(), relevant=0), answered(), replace(answered(unanswered), relevant=0))
    assert a_set_run(*asked).unreachable == 1


def _other_format(value: dict[str, Any]) -> None:
    value["format"] = "greenlit-eval-run-9"


def _no_sets(value: dict[str, Any]) -> None:
    del value["sets"]


def _strange_question(value: dict[str, Any]) -> None:
    value["sets"][0]["questions"][0]["more"] = 1


def _no_half(value: dict[str, Any]) -> None:
    del value["overall"]["tuned"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_other_format, "expected a run in the form greenlit-eval-run-2, got 'greenlit-eval-run-9': run it anew"),
        (_no_sets, "expected a run of `greenlit eval run`, got something else .*sets"),
        (_strange_question, "expected a run of `greenlit eval run`, got something else .*more"),
        (_no_half, "expected a run of `greenlit eval run`, got something else .*tuned"),
    ],
)
def test_a_file_that_is_no_run_is_named(tmp_path: Path, spoil: Any, told: str) -> None:
    path = write_run(a_run(), tmp_path)
    value = json.loads(path.read_text())
    spoil(value)
    path.write_text(json.dumps(value))
    with pytest.raises(RunError, match=rf"run\.json: {told}"):
        read_run(path)


@pytest.mark.parametrize("content", ["", "[]", "no json"])
def test_a_file_of_something_else_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / RUN_FILE).write_text(content)
    with pytest.raises(RunError, match=r"run\.json: expected a run of `greenlit eval run`, got something else"):
        read_run(tmp_path)


def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"run\.json cannot be read as a run: No such file"):
        read_run(tmp_path)


def test_the_commit_is_told_with_whether_files_differ_from_it(tmp_path: Path) -> None:
    assert revision(tmp_path) is None
    for command in ("init -q", "config user.email a@x.example", "config user.name a", "commit -q --allow-empty -m x"):
        subprocess.run(["git", "-C", str(tmp_path), *command.split()], check=True)  # noqa: S607
    clean = revision(tmp_path)
    assert clean is not None
    assert len(clean) == 40
    (tmp_path / "file").write_text("new")
    subprocess.run(["git", "-C", str(tmp_path), "add", "file"], check=True)  # noqa: S607
    assert revision(tmp_path) == f"{clean}+changes"
    (tmp_path / "installed").mkdir()
    assert revision(tmp_path / "installed") is None, "somebody else's repository says nothing of this code"
