"""What the last ingestion left out: read as it was left, and nothing where it cannot be read."""

from pathlib import Path

import pytest

from indexes.last_ingest import LAST_INGEST_FILE, StaysOut, last_ingest_json, left_by_last_ingest

LEFT = StaysOut("legal/a.pdf", "a" * 64, "refused", "expected text, got none")


def test_what_was_left_is_read(tmp_path: Path) -> None:
    (tmp_path / LAST_INGEST_FILE).write_text(last_ingest_json([LEFT]))
    assert left_by_last_ingest(tmp_path) == {"legal/a.pdf": LEFT}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"release": "another", "stays_out": []}', '"text"'])
def test_what_cannot_be_read_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / LAST_INGEST_FILE).write_text(content)
    assert left_by_last_ingest(tmp_path) == {}


def test_before_the_first_ingestion_there_is_nothing(tmp_path: Path) -> None:
    assert left_by_last_ingest(tmp_path) == {}


def test_another_release_says_nothing(tmp_path: Path) -> None:
    told = last_ingest_json([LEFT])
    release = told.split('"')[3]
    (tmp_path / LAST_INGEST_FILE).write_text(told.replace(f'"{release}"', '"another"'))
    assert left_by_last_ingest(tmp_path) == {}
