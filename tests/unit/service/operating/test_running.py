"""Where the running service can be reached."""

import json
import os
from pathlib import Path

import pytest

from service.operating.running import announced, running_url

URL = "http://127.0.0.1:8000"


def test_it_is_announced_for_as_long_as_it_runs(tmp_path: Path) -> None:
    assert running_url(tmp_path) is None
    with announced(tmp_path, url=URL):
        assert running_url(tmp_path) == URL
        assert json.loads((tmp_path / "service.json").read_text())["pid"] == os.getpid()
    assert running_url(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_it_is_taken_back_when_the_service_breaks(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="broken"), announced(tmp_path, url=URL):
        raise RuntimeError("broken")
    assert running_url(tmp_path) is None


def test_an_announcement_that_was_removed_meanwhile_is_no_error(tmp_path: Path) -> None:
    with announced(tmp_path, url=URL):
        (tmp_path / "service.json").unlink()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '"x"', "null", '{"pid": 1}'])
def test_what_cannot_be_understood_is_no_announcement(tmp_path: Path, content: str) -> None:
    (tmp_path / "service.json").write_text(content)
    assert running_url(tmp_path) is None
