"""The command says what it needs, and prints what was measured for people and for programs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eval.cli import app


def _run(*words: str) -> Result:
    return CliRunner().invoke(app, ["reading", *words], env={"GREENLIT_EVAL_DATA": None})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with one document of the peers, and one real one."""
    peers, real = tmp_path / "reading" / "html", tmp_path / "newsroom_security" / "raw"
    for folder in (peers, real):
        folder.mkdir(parents=True)
        (folder / "a.html").write_text("<h1>Keys</h1><p>A <s>red</s> key.</p>", encoding="utf-8")
    (peers / "a.html.gt.md").write_text("# Keys\n\nA red key.", encoding="utf-8")
    return tmp_path


def test_without_the_data_it_says_what_is_missing() -> None:
    told = _run()
    assert told.exit_code == 2
    assert "expected GREENLIT_EVAL_DATA = their folder" in told.output


def test_a_part_that_there_is_not_is_named(tmp_path: Path) -> None:
    told = _run("--data", str(tmp_path), "--only", "peers,pears")
    assert told.exit_code == 2
    assert "expected --only = parts of peers, cases, real, got 'peers,pears'" in told.output


def test_missing_documents_of_a_part_are_an_error(tmp_path: Path) -> None:
    assert _run("--data", str(tmp_path), "--only", "cases").exit_code == 2


def test_figures_are_printed_for_people(data: Path) -> None:
    told = _run("--data", str(data), "--only", "peers,real")
    assert told.exit_code == 0, told.output
    assert "HTML    Greenlit  1          0.750  0.750" in told.output
    assert "worst in HTML: a.html 0.75" in told.output
    assert "newsroom_security  HTML    1          1      3      0.00%" in told.output


def test_and_for_programs(data: Path) -> None:
    told = _run("--data", str(data), "--only", "peers", "--json")
    found = json.loads(told.stdout)
    assert found["peers"][0] | {"seconds": 0} == {
        "format": "html",
        "reader": "Greenlit",
        "documents": 1,
        "found": 0.75,
        "in_order": 0.75,
        "found_pooled": 0.75,
        "in_order_pooled": 0.75,
        "seconds": 0,
        "pages": 1,
        "unread": [],
        "worst": {"a.html": 0.75},
    }
    assert found["cases"]["counts"] == {"right": 0, "wrong": 0, "not checkable": 0}
    assert found["real"] == []
