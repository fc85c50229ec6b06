"""Fixtures of the tests that run real processes."""

import os

import pytest
from filelock import FileLock

from tests.support.installation import Installation, install


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A library with one approved document, ingested; to be copied, because making it takes seconds.

    One for all processes that run tests beside each other: whoever comes first makes it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # each process has a folder of its own in it
    made = Installation(shared / "ingested", 0)  # nothing is served there
    with FileLock(shared / "ingested.lock"):
        if not (made.folder / "made").exists():
            install(made.folder)
            (made.folder / "made").touch()
    return made
