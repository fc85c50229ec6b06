"""Hooks for pytest: with GREENLIT_NO_SKIPS=1 a skipped test is a failed one, for what was not run has not passed.

Set by `.ci/run`. A test that is marked as known to fail (`xfail`) is no skip.
"""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look at the report of a test."""
    return _not_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Look at the report of a module that is collected."""
    return _not_skipped((yield))


def _not_skipped(report: _Report) -> _Report:
    if os.environ.get("GREENLIT_NO_SKIPS") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where every test has to run: {report.longrepr}"
    return report
