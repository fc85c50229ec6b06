"""The manifest says what a build is; a changed one no longer fits its own folder's name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from indexes.errors import BuildDamagedError
from indexes.manifest import MANIFEST_FILE, DenseInfo, DocumentInfo, EncoderInfo, Manifest, SplitterInfo, read_manifest

MANIFEST = Manifest(
    created_at="2026-11-20T13:00:00+01:00",
    encoder=EncoderInfo("hashing", "e" * 64, "float32", 64),
    splitter=SplitterInfo("SentenceSplitter", 1, 220, 30),
    terms=1,
    dense=DenseInfo("auto", "ivf", lists=2048, probes=64, recall_at_10=0.9985, sampled_queries=200),
    documents=(
        DocumentInfo("legal/a.md", "a" * 64, "Über “AI”", 3, "heading", "markdown 1.1"),
        DocumentInfo("legal/b.pdf", "b" * 64, "B", 4, "page", "pdf 1.1"),
    ),
    files={"passages.sqlite": "c" * 64, "lexical/rows.npy": "d" * 64},
)


def _folder(tmp_path: Path, content: bytes | None = None) -> Path:
    folder = tmp_path / MANIFEST.build_id()
    folder.mkdir(exist_ok=True)
    (folder / MANIFEST_FILE).write_bytes(MANIFEST.to_bytes() if content is None else content)
    return folder


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    assert read_manifest(_folder(tmp_path)) == MANIFEST


def test_it_counts_its_passages() -> None:
    assert MANIFEST.passages == 7


def test_a_builds_id_is_its_time_in_utc_and_its_hash() -> None:
    assert MANIFEST.build_id() == f"20261120T120000Z-{MANIFEST.content_hash()[:32]}"
    assert json.loads(MANIFEST.to_bytes())["id"] == MANIFEST.build_id()


@pytest.mark.parametrize(
    "other",
    [
        replace(MANIFEST, created_at="2026-11-20T13:00:01+01:00"),
        replace(MANIFEST, encoder=replace(MANIFEST.encoder, digest="f" * 64)),
        replace(MANIFEST, splitter=replace(MANIFEST.splitter, overlap_tokens=31)),
        replace(MANIFEST, terms=2),
        replace(MANIFEST, dense=replace(MANIFEST.dense, probes=128)),
        replace(MANIFEST, documents=MANIFEST.documents[:1]),
        replace(MANIFEST, files={}),
    ],
)
def test_whatever_differs_makes_another_id(other: Manifest) -> None:
    assert other.build_id() != MANIFEST.build_id()


def test_a_manifest_in_which_any_one_byte_was_changed_is_refused(tmp_path: Path) -> None:
    content = MANIFEST.to_bytes()
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1
        with pytest.raises(BuildDamagedError, match=r"manifest\.json"):
            read_manifest(_folder(tmp_path, bytes(changed)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a manifest"),
        (b"[]", "is not a manifest"),
        (b"{}", "is not a manifest: 'format'"),
        (b'{"format": 1}', "expected format 5, got 1: another version of Greenlit made this build; run greenlit"),
        (MANIFEST.to_bytes()[:-10], "is not a manifest"),
        (MANIFEST.to_bytes().replace(b'"format": 5', b'"format": 5, "more": 1'), "was changed"),
        (MANIFEST.to_bytes().replace(b"hashing", b"hashers"), "was changed: the build's id should be"),
        (MANIFEST.to_bytes().replace(b'"created_at": "', b'"created_at": "x'), "is not a manifest"),
        (MANIFEST.to_bytes().replace(b'"id": "2026', b'"id": "2027'), "was changed"),
    ],
)
def test_what_is_no_manifest_of_this_build_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BuildDamagedError, match=message):
        read_manifest(_folder(tmp_path, content))


def test_a_build_that_was_renamed_is_refused(tmp_path: Path) -> None:
    renamed = _folder(tmp_path).rename(tmp_path / "20261120T120000Z-mine")
    with pytest.raises(BuildDamagedError, match="its folder is 20261120T120000Z-mine"):
        read_manifest(renamed)


def test_a_missing_manifest_is_damage(tmp_path: Path) -> None:
    with pytest.raises(BuildDamagedError, match=r"manifest\.json cannot be read: No such file"):
        read_manifest(tmp_path)
