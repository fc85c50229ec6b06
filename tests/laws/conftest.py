"""Fixtures of the laws."""

from pathlib import Path

import pytest

from tests.support.fakes import TinyLibrary
from tests.support.traces import Traces, watch


@pytest.fixture
def traces(
    library: TinyLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Traces:
    return watch(library, tmp_path / "temporary", monkeypatch, capfd)
