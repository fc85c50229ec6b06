"""The reader's commands in this process, over a tiny library."""

import pytest

from tests.support.command_line import Run, runner
from tests.support.fakes import TinyLibrary


@pytest.fixture
def run(library: TinyLibrary, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command over the library, with the fakes that stand for the encoder and the clock."""
    return runner(library, monkeypatch)
