"""Fixtures that the tests of looking back share."""

from collections.abc import Iterator

import pytest

from tests.support.fakes import TinyLibrary
from tests.support.replay_parts import Archive, open_archive, with_documents


@pytest.fixture
def archive(library: TinyLibrary) -> Iterator[Archive]:
    """Lend the log of a library with three rules, one of them for the board; nobody asked anything yet."""
    with open_archive(with_documents(library)) as opened:
        yield opened
