"""Where everything has to run, a skipped test fails: tried on a small suite that borrows the hooks of ours."""

import os
import subprocess
import sys
from pathlib import Path

_SUITE = """
import pytest

def test_runs():
    pass

@pytest.mark.skip(reason="marked")
def test_marked():
    pass

def test_skips_itself():
    pytest.skip("by itself")

@pytest.mark.xfail(strict=True)
def test_known_to_fail():
    assert False
"""
_SKIPPED_MODULE = 'import pytest\n\npytest.skip("as a whole", allow_module_level=True)\n'


def _run(folder: Path, root: Path, *, no_skips: bool) -> tuple[int, str]:
    (folder / "test_suite.py").write_text(_SUITE, encoding="utf-8")
    (folder / "test_module.py").write_text(_SKIPPED_MODULE, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(root), "GREENLIT_NO_SKIPS": "1" if no_skips else "0"}
    environment.pop("PYTEST_ADDOPTS", None)  # meant for our suite
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they have no part in this, and take seconds to load
    options = [
        "-p",
        "tests.support.no_skips",
        "-p",
        "no:cacheprovider",
        "--rootdir=.",
        "--continue-on-collection-errors",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "--continue-on-collection-errors", *options]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout


def test_skips_are_told_but_harmless_on_a_persons_machine(tmp_path: Path, root: Path) -> None:
    status, said = _run(tmp_path, root, no_skips=False)

    assert status == 0, said
    assert "1 passed, 3 skipped, 1 xfailed" in said


def test_skips_fail_where_every_test_has_to_run(tmp_path: Path, root: Path) -> None:
    status, said = _run(tmp_path, root, no_skips=True)

    assert status != 0
    assert "skipped" not in said.splitlines()[-1]
    assert "1 failed, 1 passed, 1 xfailed, 2 errors" in said
