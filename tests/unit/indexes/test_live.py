"""Which build is live: named by one line, or said to be damaged."""

from pathlib import Path

import pytest

from indexes.errors import BuildDamagedError, NoBuildError
from indexes.live import current_build_id


def test_no_build_yet_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoBuildError, match=r"no current build in .*: run greenlit ingest"):
        current_build_id(tmp_path)
    with pytest.raises(NoBuildError, match="run greenlit ingest"):
        current_build_id(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"../../etc", b"/etc", b"a b", b"one\ntwo", b"x" * 81, b"..", b".staging-x", b"a/b", b"a\0b"],
)
def test_a_current_that_names_no_build_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "current").write_bytes(content)
    with pytest.raises(BuildDamagedError, match="current: expected the id of a build; run greenlit ingest"):
        current_build_id(tmp_path)


def test_a_current_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    (tmp_path / "current").write_bytes(b"\xff\xfe")
    with pytest.raises(BuildDamagedError, match="current cannot be read"):
        current_build_id(tmp_path)
    (tmp_path / "current").unlink()
    (tmp_path / "current").mkdir()
    with pytest.raises(BuildDamagedError, match="current cannot be read"):
        current_build_id(tmp_path)
