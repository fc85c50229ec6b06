"""Folders and files for their owner only."""

from pathlib import Path

from indexes.private_files import make_private_file, make_private_folder


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_every_folder_that_is_made_is_private(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    assert (_mode(tmp_path / "a"), _mode(tmp_path / "a" / "b")) == (0o700, 0o700)


def test_a_folder_that_was_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    (tmp_path / "shared").chmod(0o755)
    make_private_folder(tmp_path / "shared")
    assert _mode(tmp_path / "shared") == 0o755


def test_a_file_is_closed_to_others_and_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "audit.sqlite"
    make_private_file(path)
    assert _mode(path) == 0o600
    path.write_bytes(b"kept")
    path.chmod(0o644)
    make_private_file(path)
    assert (_mode(path), path.read_bytes()) == (0o600, b"kept")
