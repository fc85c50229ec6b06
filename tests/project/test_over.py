"""Tests of laws run over other engines: what the option takes, and what is left out, tried on a small suite."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.fakes import TinyLibrary
from tests.support.over import FILES, Engines, Places, over, resting_on
from tests.support.over_option import engines_named
from tests.support.service_parts import POLICY, settings_for, with_rules

_CONFTEST = """
from tests.support.over_option import use_over

def pytest_configure(config):
    use_over(config, runs_tests=False)
"""
_SUITE = """
import pytest

def test_everywhere():
    pass

@pytest.mark.not_over("database", why="it opens a file")
def test_of_a_file():
    pass

@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.not_over("milvus", "objects", why="twice"))])
def test_with_parameters(n):
    pass

@pytest.mark.few_over(2)
@pytest.mark.parametrize("n", range(5))
def test_with_many_parameters(n):
    pass
"""
_ALIKE = "3 left out: to an engine they are the same case as others of that test"


def _run(folder: Path, root: Path, *options: str, suite: str = _SUITE, where: str = "tests/laws") -> tuple[int, str]:
    (folder / where).mkdir(parents=True)
    (folder / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
    (folder / where / "test_suite.py").write_text(suite, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    own = ["-p", "tests.support.over_option", "-p", "no:cacheprovider", "--rootdir=.", "--strict-markers"]
    command = [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", *own, *options]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("options", "counted", "said"),
    [
        ((), "9 passed", []),
        (("--over", "database"), "5 passed, 4 deselected", [_ALIKE, "1 left out: it opens a file"]),
        (("--over=scale",), "4 passed, 5 deselected", ["1 left out: it opens a file", "1 left out: twice", _ALIKE]),
    ],
)
def test_what_is_marked_is_left_out_over_that_engine_and_told(
    tmp_path: Path, root: Path, options: tuple[str, ...], counted: str, said: list[str]
) -> None:
    status, told = _run(tmp_path, root, *options)
    assert status == 0, told
    assert counted in told
    assert sorted(line for line in told.splitlines() if "left out" in line) == sorted(said)


def test_a_mark_without_a_reason_and_a_test_of_no_law_are_refused(tmp_path: Path, root: Path) -> None:
    without = 'import pytest\n\n@pytest.mark.not_over("database")\ndef test_one():\n    pass\n'
    status, told = _run(tmp_path / "one", root, "--over", "database", suite=without)
    assert (status, "expected not_over(ENGINE, ..., why=SENTENCE)" in told) == (4, True), told
    status, told = _run(tmp_path / "other", root, "--over", "objects", where="tests/unit")
    assert (status, "--over runs the tests in tests/laws only" in told) == (4, True), told


def test_engines_are_named_one_by_one_or_all_together() -> None:
    assert engines_named("") == frozenset()
    assert engines_named("milvus, database") == {"milvus", "database"}
    assert engines_named("scale") == engines_named("scale,objects") == {"database", "objects", "milvus"}
    with pytest.raises(pytest.UsageError, match="--over: expected some of database, objects, milvus, or scale, got s3"):
        engines_named("objects,s3")


def test_untold_a_library_lies_in_files(library: TinyLibrary) -> None:
    assert over() is FILES
    places = with_rules(library).places
    named: tuple[Any, ...] = (places.database, places.builds, places.milvus, places.settings(), places.environment())
    assert named == ("", "", "", {}, {})
    assert places.lines() == library.register_path.read_bytes()
    assert settings_for(library).builds_address() == ""


def test_over_an_object_store_builds_are_sent_and_what_is_live_is_fetched(tmp_path: Path) -> None:
    with resting_on(Engines(objects=True)):
        library = TinyLibrary(tmp_path / "studio")
    report = with_rules(library).ingest()
    settings = settings_for(library)
    assert settings.builds_address() == library.places.builds != ""
    assert settings.builds == library.places.fetched != library.builds
    files = library.places.published_files(library.builds)
    assert any(POLICY.encode() in path.read_bytes() for path in files)
    assert report.build_id in (library.root / "share" / "current").read_text()
    assert Places is type(library.places)
