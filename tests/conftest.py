"""What every test run begins with: hooks, and the fixtures where tests are run.

Fixtures that many tests share are in `tests/support/fixtures.py`, with which half the project and the model libraries
are imported. A process that only hands tests to others (`-n`) does without.
"""

import contextlib
import gc
import os

import pytest

from tests.support.fewer_messages import use_fewer_messages
from tests.support.forked import FOR_TESTS, fork_server
from tests.support.import_tests import is_importing
from tests.support.in_memory import use_memory
from tests.support.no_skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401  (hooks)
from tests.support.order import waiting_first
from tests.support.over_option import pytest_addoption, use_over  # noqa: F401  (the first is a hook)


def pytest_configure(config: pytest.Config) -> None:
    """Choose where temporary files go and what programs are forked from, and load the fixtures."""
    gc.disable()  # there is next to nothing to collect until the tests are
    use_memory()
    in_processes = bool(config.getoption("numprocesses", None))
    if not (hasattr(config, "workerinput") or is_importing(config)):
        # What runs tests beside each other is forked off too: each would import everything once more.
        where = config.invocation_params.dir
        lasting = contextlib.ExitStack()
        said = [str(argument) for argument in config.invocation_params.args]
        tests = {"folder": str(where), "arguments": said, "paths": [str(where / path) for path in config.args]}
        lasting.enter_context(fork_server(tests=tests if in_processes else None))
        config.add_cleanup(lasting.close)
        if in_processes:
            config.option.tx = [FOR_TESTS for _ in config.option.tx]
    if hasattr(config, "workerinput"):
        use_fewer_messages(config)
    if not in_processes:
        config.pluginmanager.import_plugin("tests.support.fixtures")
    use_over(config, runs_tests=not in_processes)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` means: two more than cores, for many a test waits for another program."""
    return min((os.cpu_count() or 1) + 2, 4)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what waits for other programs, after everything was shuffled."""
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = waiting_first(items, [item.nodeid for item in items], processes)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays until the end: modules and thousands of tests."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    gc.enable()
