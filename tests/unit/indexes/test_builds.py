"""A build is opened only if every byte is as its manifest says, and by the encoder that it was made with."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from indexes.builds import Build, current_build_id, hash_files, open_build
from indexes.dense import DenseIndex
from indexes.errors import BuildDamagedError, BuildMismatchError
from indexes.lexical import LexicalIndex
from indexes.manifest import MANIFEST_FILE, DenseInfo, DocumentInfo, EncoderInfo, Manifest, SplitterInfo
from indexes.passages import write_passages
from indexes.pieces import PassagePieces, write_pieces
from indexes.sentences import write_sentences
from tests.support.fakes import HashingEncoder, TinyLibrary


@pytest.fixture
def folder(library: TinyLibrary) -> Path:
    """A published build of two documents."""
    library.add("legal/a.md", "# Masters\n\nKeep masters for ten years.\n\n## Deletion\n\nThen delete them.\n")
    library.add("legal/b.txt", "Lunch is served at noon.")
    return library.builds / library.ingest().build_id


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_build_opens_with_all_its_parts(folder: Path) -> None:
    build = open_build(folder, encoder=HashingEncoder())
    assert (build.build_id, build.folder) == (folder.name, folder)
    assert [document for document, _ in build.documents] == ["legal/a.md", "legal/b.txt"]
    assert build.document_of_row.tolist() == [0, 0, 1]
    assert build.passages.rows == len(build.dense) == len(build.lexical) == build.manifest.passages == 3


def test_opening_changes_nothing(folder: Path) -> None:
    before = hash_files(folder)
    open_build(folder).passages.close()
    assert hash_files(folder) == before


def test_a_build_with_one_byte_changed_in_any_file_is_damaged_and_the_file_is_named(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix() for path in files}
    assert names >= {"manifest.json", "passages.sqlite", "dense.faiss", "lexical/vocabulary.npy", "lexical/rows.npy"}
    assert sum(name.startswith("originals/") for name in names) == 2
    for path in files:
        _flip(path)
        with pytest.raises(BuildDamagedError, match=path.relative_to(folder).as_posix().replace(".", r"\.")):
            open_build(folder)
        _flip(path)
    open_build(folder).passages.close()


def test_a_build_that_lacks_any_file_is_damaged_and_the_file_is_named(folder: Path) -> None:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(BuildDamagedError, match=path.relative_to(folder).as_posix().replace(".", r"\.")):
            open_build(folder)
        path.write_bytes(content)


@pytest.mark.parametrize("name", ["notes.txt", "originals/extra", "lexical/.hidden", "passages.sqlite-wal"])
def test_a_file_too_many_is_damage(folder: Path, name: str) -> None:
    (folder / name).write_text("x")
    with pytest.raises(BuildDamagedError, match=f"{name} should have SHA-256 None, got [0-9a-f]{{64}}"):
        open_build(folder)


def test_a_build_under_another_name_is_damaged(folder: Path) -> None:
    other = folder.with_name("20261120T120000Z-" + "0" * 32)
    shutil.copytree(folder, other)
    with pytest.raises(BuildDamagedError, match="was changed: the build's id should be"):
        open_build(other)


def test_a_build_that_is_gone_is_said_to_be(folder: Path) -> None:
    shutil.rmtree(folder)
    with pytest.raises(BuildDamagedError, match=f"the build {folder.name} is missing from .*: run greenlit ingest"):
        open_build(folder)


def test_a_build_made_with_another_encoder_is_refused_and_both_are_named(folder: Path) -> None:
    other = HashingEncoder(name="other", dimensions=32)
    with pytest.raises(
        BuildMismatchError, match=r"encoder hashing \(64 dimensions.*but other \(32 dimensions.*is load"
    ):
        open_build(folder, encoder=other)


def test_an_encoder_of_the_same_name_with_other_weights_is_another(folder: Path) -> None:
    other = HashingEncoder()
    other.digest = "0" * 64
    with pytest.raises(BuildMismatchError, match=r"digest 000000000000\) is loaded: run greenlit ingest"):
        open_build(folder, encoder=other)


WRONG = ["dense", "lexical", "manifest", "dimensions", "sentence dimensions", "pieces", "piece dimensions"]


@pytest.mark.parametrize("wrong", WRONG)
def test_parts_that_do_not_fit_together_are_damage_even_if_every_hash_is_right(tmp_path: Path, wrong: str) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    write_passages(aside / "passages.sqlite", [])
    rows, dimensions = (1 if wrong == "dense" else 0), (4 if wrong == "dimensions" else 8)
    DenseIndex.from_vectors(np.ones((rows, dimensions), dtype=np.float32)).write(aside / "dense.faiss")
    LexicalIndex.from_terms([["x"]] if wrong == "lexical" else []).write(aside / "lexical")
    write_sentences(aside / "sentences", [], sentences=0, dimensions=4 if wrong == "sentence dimensions" else 8)
    pieces = [PassagePieces(np.zeros((0, 2), np.int8), np.zeros((0, 2), np.int64))] if wrong == "pieces" else []
    projection = np.zeros((4 if wrong == "piece dimensions" else 8, 2), np.float32)
    write_pieces(aside / "pieces", pieces, projection=projection)
    document = DocumentInfo("legal/a.md", "a" * 64, "A", 1, "document", "markdown 1")
    manifest = Manifest(
        created_at="2026-11-20T12:00:00+00:00",
        encoder=EncoderInfo("hashing", "e" * 64, "float32", 8),
        splitter=SplitterInfo("SentenceSplitter", 1, 220, 30),
        terms=1,
        dense=DenseInfo("auto", "flat", lists=0, probes=0, recall_at_10=1.0, sampled_queries=0),
        documents=(document,) if wrong == "manifest" else (),
        files=hash_files(aside),
    )
    (aside / MANIFEST_FILE).write_bytes(manifest.to_bytes())
    with pytest.raises(BuildDamagedError, match=r"the parts of the build .* do not fit together"):
        open_build(aside.rename(tmp_path / manifest.build_id()))


# Originals


def test_an_original_is_returned_as_it_was_approved(folder: Path) -> None:
    build = open_build(folder)
    assert build.original(build.documents[1][1]) == b"Lunch is served at noon."


def test_law_1_an_original_that_changed_after_the_build_was_opened_is_not_shown(folder: Path) -> None:
    build: Build = open_build(folder)
    sha256 = build.documents[1][1]
    _flip(folder / "originals" / sha256)
    with pytest.raises(BuildDamagedError, match="is not what was approved"):
        build.original(sha256)
    (folder / "originals" / sha256).unlink()
    with pytest.raises(BuildDamagedError, match="cannot be read: No such file or directory"):
        build.original(sha256)


# Which build is live


def test_the_live_build_is_named(library: TinyLibrary, folder: Path) -> None:
    assert current_build_id(library.builds) == folder.name


def test_a_current_that_names_a_build_which_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("20261120T120000Z-0\n")
    with pytest.raises(BuildDamagedError, match="the build 20261120T120000Z-0 is missing"):
        open_build(tmp_path / current_build_id(tmp_path))


def test_hashes_are_by_relative_path_and_leave_the_manifest_out(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / MANIFEST_FILE).write_bytes(b"")
    (tmp_path / MANIFEST_FILE).write_bytes(b"x")
    assert hash_files(tmp_path) == {
        "sub/manifest.json": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    }


def test_large_files_have_the_same_hashes_as_small_ones_would(tmp_path: Path) -> None:
    contents = {f"{size}.bin": bytes([size % 251]) * size for size in (0, 1 << 20, (1 << 20) + 1, 3 << 20)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    hashes = hash_files(tmp_path)
    assert list(hashes) == sorted(contents)
    assert hashes == {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def test_a_hash_that_is_given_is_taken_for_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert hash_files(tmp_path, given={"a": "f" * 64, "b": "e" * 64}) == {"a": "f" * 64}
