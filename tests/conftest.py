"""What every test run begins with: hooks, and the fixtures where tests are run.

Fixtures that many tests share are in `tests/support/fixtures.py`, with which half the project and the model libraries
are imported. A process that only hands tests to others (`-n`) does without.
"""

import contextlib
import gc
import os
import shlex
import sys

import pytest

from tests.support.forked import fork_server
from tests.support.in_memory import use_memory
from tests.support.no_skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401  (hooks)

# What runs tests beside each other is forked off too: each would import everything once more.
WARM = f"popen//python={shlex.quote(sys.executable)} -m tests.support.forked"

gc.disable()  # there is next to nothing to collect until the tests are


def pytest_configure(config: pytest.Config) -> None:
    """Choose where temporary files go and what programs are forked from, and load the fixtures."""
    use_memory()
    is_worker = hasattr(config, "workerinput")
    if not is_worker:
        lasting = contextlib.ExitStack()
        in_processes = bool(config.getoption("numprocesses", None))
        lasting.enter_context(fork_server(at_once=in_processes))
        config.add_cleanup(lasting.close)
        if in_processes:
            config.option.tx = [WARM for _ in config.option.tx]
    if is_worker or not config.getoption("numprocesses", None):
        config.pluginmanager.import_plugin("tests.support.fixtures")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` means: one more than cores, for many a test waits for another program."""
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays until the end: modules and thousands of tests."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()
