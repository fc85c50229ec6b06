"""Fixtures of the tests that run real processes."""

import pytest

from tests.support.installation import Installation, install


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A library with one approved document, ingested; to be copied, because making it takes seconds."""
    return install(tmp_path_factory.mktemp("ingested"))
