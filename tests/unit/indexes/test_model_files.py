"""A local model is found by its folder or in the cache, and named by a digest of all that shapes it."""

from pathlib import Path

import pytest

from indexes.errors import EncoderError
from indexes.model_files import file_digest, folder_digest, local_folder


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert local_folder(str(tmp_path), setting="GREENLIT_ENCODER") == tmp_path


def test_the_newest_snapshot_of_a_name_in_the_cache_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    snapshot = tmp_path / ".cache/huggingface/hub/models--maker--model/snapshots/abc"
    snapshot.mkdir(parents=True)
    assert local_folder("maker/model", setting="GREENLIT_ENCODER") == snapshot


def test_an_unknown_model_names_the_setting_and_what_would_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(EncoderError, match=r"GREENLIT_RERANKER: expected a folder, or a model .* got 'no/such'"):
        local_folder("no/such", setting="GREENLIT_RERANKER")
    with pytest.raises(EncoderError, match="GREENLIT_ENCODER: expected 'builtin', a folder"):
        local_folder("no/such", setting="GREENLIT_ENCODER", builtin="builtin")


def test_the_digest_changes_with_whatever_shapes_a_vector(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "config.json").write_text("{}")
    before = folder_digest(tmp_path)
    (tmp_path / "README.md").write_text("words")
    assert folder_digest(tmp_path) == before
    (tmp_path / "config.json").write_text('{"layers": 7}')
    assert folder_digest(tmp_path) != before


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(EncoderError, match=r"expected model.safetensors .pickled weights are refused."):
        folder_digest(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"model.safetensors cannot be read"):
        file_digest(tmp_path / "model.safetensors")
