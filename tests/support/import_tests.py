"""Imports tests as pytest does, and makes none of them: what a process has imported, those forked off it need not.

`import_tests` does it; as a plugin, this module keeps pytest from making tests of what it finds in a module. Modules
that cannot be imported are left to whoever runs them: they meet the error, and say so. What each process has to have
for itself, such as what its id decides, is made when it is first used and not by an import.
"""

import contextlib
import os
from collections.abc import Sequence

import pytest

_WITHOUT = ("xdist", "randomly", "cacheprovider", "unraisableexception", "threadexception", "faulthandler")


def import_tests(paths: Sequence[str]) -> None:
    """Import the modules of tests, and what is imported for them, under these paths or node ids."""
    options = ["--collect-only", "--capture=no", "-p", __name__, *(f"-pno:{name}" for name in _WITHOUT)]
    with open(os.devnull, "w", encoding="utf-8") as nothing, contextlib.redirect_stdout(nothing):  # noqa: PTH123
        pytest.main([*options, *paths])
    with contextlib.suppress(ImportError):  # it is hypothesis's own business, and only quicker
        from hypothesis.internal.conjecture.providers import _get_local_constants  # noqa: PLC0415

        _get_local_constants()  # reads all modules for constants to try, which each process would do by itself


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem() -> list[pytest.Item]:
    """Find no test."""
    return []


def is_importing(config: pytest.Config) -> bool:
    """Tell whether tests are only imported here."""
    return config.pluginmanager.hasplugin(__name__)
