"""An export as one zip: the same files as in a folder, and none at all if it was cut short."""

import hashlib
import io
import json
import zipfile

import pytest

from service.audit.errors import ExportError
from service.web.console.zipped import zipped

_NAMES = ["checkpoints.jsonl", "leaves.jsonl", "records.csv"]
_MANIFEST = {"file": "manifest.json", "line": json.dumps({"format": "x", "files": _NAMES})}
_LINES = [
    {"file": "records.csv", "line": '"seq"'},
    *({"file": name, "line": f"{name} {number}"} for number in range(3000) for name in ("leaves.jsonl", "records.csv")),
]


def test_lines_that_come_in_turn_become_files_with_their_hashes() -> None:
    parts = list(zipped([*_LINES, _MANIFEST]))
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert list(files) == ["leaves.jsonl", "checkpoints.jsonl", "records.csv", "manifest.json"]
    assert files["leaves.jsonl"].splitlines()[2999] == b"leaves.jsonl 2999"
    assert files["records.csv"].splitlines()[:2] == [b'"seq"', b"records.csv 0"]
    assert files["checkpoints.jsonl"] == b""
    hashes = json.loads(files["manifest.json"])["files"]
    assert hashes == {name: hashlib.sha256(files[name]).hexdigest() for name in _NAMES}


def test_what_is_cut_short_is_no_zip() -> None:
    taken = io.BytesIO()
    with pytest.raises(ExportError):
        taken.writelines(zipped(_LINES))
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(taken)
