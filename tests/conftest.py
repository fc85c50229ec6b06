"""What every test run begins with: hooks, and the fixtures where tests are run.

Fixtures that many tests share are in `tests/support/fixtures.py`, with which half the project and the model libraries
are imported. A process that only hands tests to others (`-n`) does without.
"""

import gc

import pytest

from tests.support.in_memory import use_memory
from tests.support.no_skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401  (hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Choose where temporary files go, and load the fixtures."""
    use_memory()
    hands_out = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    if not hands_out:
        config.pluginmanager.import_plugin("tests.support.fixtures")


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays until the end: modules and thousands of tests."""
    gc.collect()
    gc.freeze()
