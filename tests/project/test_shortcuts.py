"""What makes the tests quick changes nothing about them: libraries written out from memory, files in memory."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.support import in_memory
from tests.support.fakes import TinyLibrary
from tests.support.made_once import grown


def _grow(library: TinyLibrary) -> str:
    library.add("legal/a.md", "# A\n\nKeep masters for ten years.\n")
    library.ingest()
    library.clock.pass_days(1)
    (library.root / "kept").mkdir(mode=0o700)
    return library.encoder.encoded[-1]


def _files(library: TinyLibrary) -> dict[str, tuple[int, bytes | None]]:
    paths = [path for path in library.root.rglob("*") if path.is_file() or path.is_dir()]
    return {
        path.relative_to(library.root).as_posix(): (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
        for path in paths
    }


def test_what_is_written_out_is_what_was_made_and_each_has_its_own(tmp_path: Path) -> None:
    made, written = TinyLibrary(tmp_path / "made"), TinyLibrary(tmp_path / "written")
    assert grown(made, _grow) == grown(written, _grow)
    assert _files(made) == _files(written)
    assert (made.clock(), made.encoder.encoded, made.parser.parsed) == (
        written.clock(),
        written.encoder.encoded,
        written.parser.parsed,
    )
    written.revoke("legal/a.md")
    assert _files(made) != _files(written)
    assert _files(made)["library/register.jsonl"] != _files(written)["library/register.jsonl"]


def test_a_library_that_is_another_grows_by_itself(tmp_path: Path) -> None:
    plain, other = TinyLibrary(tmp_path / "plain"), TinyLibrary(tmp_path / "other")
    other.add("legal/b.md", "# B\n\nFlights are booked in economy class.\n")
    grown(plain, _grow)
    grown(other, _grow)
    assert other.parser.parsed[-2:] == ["legal/a.md", "legal/b.md"]
    assert plain.parser.parsed == ["legal/a.md"]


def test_temporary_files_lie_in_memory_only_where_there_is_room_and_nobody_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    monkeypatch.setattr(in_memory, "_MEMORY", tmp_path)
    monkeypatch.setattr(in_memory, "_ROOM_BYTES", 1)
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    in_memory.use_memory()
    assert os.environ["TMPDIR"] == "/elsewhere"
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(in_memory, "_ROOM_BYTES", 1 << 80)
    in_memory.use_memory()
    assert "TMPDIR" not in os.environ
    monkeypatch.setattr(in_memory, "_MEMORY", tmp_path / "none")
    in_memory.use_memory()
    assert "TMPDIR" not in os.environ
    monkeypatch.setattr(in_memory, "_MEMORY", tmp_path)
    monkeypatch.setattr(in_memory, "_ROOM_BYTES", 1)
    in_memory.use_memory()
    assert tempfile.gettempdir() == str(tmp_path)
