"""Processes that run tests beside each other take up what was found before they were forked off, as if they had."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import forked

QUIET = [f"-pno:{name}" for name in ("hypothesispytest", "anyio", "randomly")]
TESTS = """
import pytest

print("imported")

@pytest.fixture(scope="module", params=["a", "b"])
def letter(request, begun):
    return request.param

@pytest.mark.parametrize("number", [1, 2])
def test_it(letter, number, tmp_path, request):
    print("ran", letter, number, request.config.option.verbose, request.getfixturevalue("begun"))
"""
CONFTEST = """
import pytest

def pytest_itemcollected(item):
    print("collected")

def pytest_runtest_setup(item):
    print("set up by", item.config.invocation_params.args[-1])

@pytest.fixture(scope="session")
def begun():
    print("begun")
    return "once"
"""
PROGRAM = """
import json, pytest, sys
from tests.support.import_tests import import_tests

found, run = map(json.loads, sys.argv[1:])
import_tests(found, ["below"])
print("found", flush=True)
sys.exit(pytest.main(run))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "pytest.ini").write_text("\n".join(("[pytest]", *_settings())))
    (below / "conftest.py").write_text(CONFTEST)
    (below / "test_it.py").write_text(TESTS)
    return tmp_path


def _settings() -> Iterator[str]:
    """Give the project's own, which are to be understood before as well; but for where its tests are."""
    ours = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    yield f"addopts = {ours.pop('addopts')} {' '.join(QUIET)}"
    yield from (f"{name} = {value}" for name, value in ours.items() if not isinstance(value, list))


def _said(folder: Path, found: list[str], run: list[str], *, status: int = 0) -> list[str]:
    """Return what was said after the tests had been found."""
    words = [str(["-s", "-q", *more]).replace("'", '"') for more in (found, run)]
    ran = forked.run(PROGRAM, *words, environment={"PATH": os.defpath}, folder=folder, timeout=300)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.stdout.partition("found\n")[2].splitlines()


def test_what_was_found_runs_with_the_fixtures_hooks_and_settings_of_whoever_runs_it(folder: Path) -> None:
    said = _said(folder, ["below"], ["below"])
    assert not {"imported", "collected"} & set(said), "it was found before"
    assert [line.removeprefix(".") for line in said if "ran" in line] == [
        f"ran {letter} {number} -1 once" for letter in "ab" for number in (1, 2)
    ]
    assert sum("set up by below" in line for line in said) == 4
    assert sum("begun" in line for line in said) == 1
    assert said[-1].startswith("4 passed")


def test_what_was_found_of_other_arguments_is_not_taken(folder: Path) -> None:
    said = _said(folder, ["below"], ["below/test_it.py::test_it[a-1]"])
    assert said[-1].startswith("1 passed")


def test_what_is_wrong_with_a_test_is_told_by_whoever_runs_it(folder: Path) -> None:
    (folder / "below" / "test_more.py").write_text("import nothing_of_that_name")
    deeper = folder / "below" / "deeper"
    deeper.mkdir()
    (deeper / "conftest.py").write_text("import nothing_either")
    (deeper / "test_deeper.py").write_text("def test_it(): ...")
    said = "\n".join(_said(folder, ["below"], ["below"], status=2))
    assert "ERROR below/test_more.py" in said
    assert "No module named 'nothing_either'" in said


def test_an_argument_that_cannot_be_used_before_is_for_whoever_runs_the_tests(folder: Path) -> None:
    said = _said(folder, ["below", "--last-failed"], ["below", "--last-failed"])
    assert "4 passed" in said[-1]
