"""An export's folder: whole or not there, for its owner only, and nothing in the lines leads outside it."""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.audit.errors import AuditUnavailableError, ExportError
from service.audit.reading.export_files import write_export

NAMES = ["checkpoint-2026-11.txt", "checkpoints.jsonl", "leaves.jsonl", "payloads.jsonl", "records.csv"]
CONTENT = [
    {"file": "records.csv", "line": '"seq"'},
    {"file": "leaves.jsonl", "line": '{"v":1,"text":"§"}'},
    {"file": "leaves.jsonl", "line": '{"v":1}'},
    {"file": "records.csv", "line": '"two\nlines"'},
    {"file": "checkpoints.jsonl", "line": "{}"},
    {"file": "checkpoint-2026-11.txt", "line": "greenlit/audit/2026-11"},
    {"file": "checkpoint-2026-11.txt", "line": ""},
]


def _manifest(names: list[str]) -> dict[str, str]:
    return {"file": "manifest.json", "line": json.dumps({"format": "greenlit-export-1", "files": names})}


LINES = [*CONTENT, _manifest(NAMES)]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_line_lands_in_its_file(tmp_path: Path) -> None:
    folder = write_export(LINES, tmp_path / "export")
    assert folder == tmp_path / "export"
    assert (folder / "leaves.jsonl").read_bytes() == '{"v":1,"text":"§"}\n{"v":1}\n'.encode()
    assert (folder / "records.csv").read_bytes() == b'"seq"\n"two\nlines"\n'
    assert (folder / "checkpoint-2026-11.txt").read_bytes() == b"greenlit/audit/2026-11\n\n"


def test_a_file_without_lines_is_there_and_empty(tmp_path: Path) -> None:
    folder = write_export(LINES, tmp_path / "export")
    assert (folder / "payloads.jsonl").read_bytes() == b""
    assert sorted(path.name for path in folder.iterdir()) == sorted([*NAMES, "manifest.json"])


def test_the_manifest_gets_the_hash_of_each_file(tmp_path: Path) -> None:
    folder = write_export(LINES, tmp_path / "export")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["format"] == "greenlit-export-1"
    assert manifest["files"] == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES}


def test_folder_and_files_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        folder = write_export(LINES, tmp_path / "export")
    finally:
        os.umask(before)
    assert _mode(folder) == 0o700
    assert {_mode(path) for path in folder.iterdir()} == {0o600}


def test_an_empty_folder_is_taken_over_and_closed(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir(mode=0o755)
    folder = write_export(LINES, tmp_path / "export")
    assert _mode(folder) == 0o700
    assert (folder / "manifest.json").exists()


def test_missing_folders_on_the_way_are_made(tmp_path: Path) -> None:
    folder = write_export(LINES, tmp_path / "for" / "auditors" / "export")
    assert _mode(folder.parent) == 0o700


def test_a_link_to_an_empty_folder_leads_there(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    assert write_export(LINES, tmp_path / "link") == tmp_path / "there"
    assert (tmp_path / "link").is_symlink()


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "mine").write_text("mine")
    with pytest.raises(ExportError, match=r"expected .*export to be a new or an empty folder.* nothing was written"):
        write_export(LINES, tmp_path / "export")
    assert [path.name for path in tmp_path.rglob("*")] == ["export", "mine"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "export").write_text("mine")
    with pytest.raises(ExportError, match=r"expected .*export to be a new or an empty folder"):
        write_export(LINES, tmp_path / "export")
    assert (tmp_path / "export").read_text() == "mine"


def test_a_folder_that_was_filled_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    def lines() -> Iterator[dict[str, str]]:
        yield from LINES
        (tmp_path / "export").mkdir()
        (tmp_path / "export" / "mine").write_text("mine")

    with pytest.raises(ExportError, match="nothing was written"):
        write_export(lines(), tmp_path / "export")
    assert [path.name for path in tmp_path.rglob("*")] == ["export", "mine"]


@pytest.mark.parametrize("cut", range(len(LINES)))
def test_lines_that_end_early_leave_nothing(tmp_path: Path, cut: int) -> None:
    with pytest.raises(
        ExportError, match=r"the export is not whole .it ended before its manifest.*nothing was written"
    ):
        write_export(LINES[:cut], tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error", [AuditUnavailableError("the disk refuses"), ConnectionError("reset"), KeyboardInterrupt()]
)
def test_an_error_of_the_lines_comes_as_it_is_and_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def lines() -> Iterator[dict[str, str]]:
        yield from CONTENT
        raise error

    with pytest.raises(type(error)) as caught:
        write_export(lines(), tmp_path / "export")
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_nothing_has_the_name_of_the_export_before_it_is_whole(tmp_path: Path) -> None:
    seen = []

    def lines() -> Iterator[dict[str, str]]:
        for line in LINES:
            yield line
            seen.append((tmp_path / "export").exists() or any(tmp_path.rglob("manifest.json")))

    write_export(lines(), tmp_path / "export")
    assert not any(seen)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([*LINES, CONTENT[1]], "expected the manifest to be the last line"),
        ([*LINES, LINES[-1]], "expected the manifest to be the last line"),
        ([*CONTENT, _manifest(NAMES[1:])], "its manifest does not name checkpoint-2026-11.txt"),
        ([*CONTENT, {"file": "manifest.json", "line": "[]"}], "does not name its files"),
        ([*CONTENT, {"file": "manifest.json", "line": "{"}], "does not name its files"),
        ([*CONTENT, {"file": "manifest.json", "line": "{}"}], "does not name its files"),
        ([*CONTENT, {"file": "manifest.json", "line": '{"files": [1]}'}], "does not name its files"),
        ([*CONTENT, {"file": "manifest.json", "line": '{"files": {"leaves.jsonl": ""}}'}], "does not name its files"),
        ([{"problem": "the disk is full"}], 'expected lines of a "file" and a "line"'),
        ([{"file": "leaves.jsonl", "line": 1}], 'expected lines of a "file" and a "line"'),
        ([["leaves.jsonl", "{}"]], 'expected lines of a "file" and a "line"'),
        ([{"file": "leaves.jsonl", "line": "half \ud83d a smile"}], "expected lines of valid Unicode"),
    ],
)
def test_lines_that_are_no_export_are_refused_and_leave_nothing(tmp_path: Path, lines: list[Any], message: str) -> None:
    with pytest.raises(ExportError, match=re.escape(message)):
        write_export(lines, tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../leaves.jsonl",
        "/etc/cron.d/x",
        "leaves.jsonl/x",
        "leaves.jsonl\n",
        "checkpoint-../x.txt",
        "checkpoint-2026-13.txt",
        "checkpoint-2026-11.txt.exe",
        "checkpoint-２０２６-11.txt",
        "Manifest.json",
    ],
)
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match="expected the files of an export, got"):
        write_export([{"file": name, "line": "x"}, _manifest([name])], tmp_path / "in" / "export")
    with pytest.raises(ExportError, match="expected the files of an export, got"):
        write_export([_manifest([name])], tmp_path / "in" / "export")
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match=r"cannot be written .No space left on device., so nothing was written"):
        write_export(LINES, tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(ExportError, match=r"cannot be written .Permission denied., so nothing was written"):
        write_export(LINES, tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_lines_are_taken_one_at_a_time(tmp_path: Path) -> None:
    def lines() -> Iterator[dict[str, str]]:
        for number in range(50_000):
            if number % 10_000 == 9_999:
                (aside,) = tmp_path.iterdir()
                assert (aside / "leaves.jsonl").stat().st_size > number * 90, "written, not gathered"
            yield {"file": "leaves.jsonl", "line": "x" * 99}
        yield _manifest(["leaves.jsonl"])

    folder = write_export(lines(), tmp_path / "export")
    assert (folder / "leaves.jsonl").stat().st_size == 5_000_000
