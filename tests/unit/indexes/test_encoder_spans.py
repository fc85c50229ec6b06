"""Vectors of stretches of a text: the unit mean of their tokens in the text's own pass, held against the library."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from indexes import encoder as encoder_module
from indexes.encoder import SentenceTransformersEncoder, Span, Vectors
from indexes.stretches import means
from tests.support.models import TINY_DIMENSIONS, embedded_model

TEXT = "Vendors: rules\nWho approves a new vendor? The security team does, within 10 days. Überall 東京 too."
SENTENCES = ("Who approves a new vendor?", "The security team does, within 10 days.", "Überall 東京 too.")
SPANS = [(TEXT.index(sentence), TEXT.index(sentence) + len(sentence)) for sentence in SENTENCES]
LONG = "Keep masters for ten years. " * 60 + "Ask the legal team first."


@pytest.fixture(scope="module")
def model() -> Path:
    return embedded_model()


@pytest.fixture(scope="module")
def exact(model: Path) -> SentenceTransformersEncoder:
    """The embedded model in single precision, where an equation holds to the sixth digit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoder_module, "arithmetic", lambda: "float32")
        return SentenceTransformersEncoder(name="exact", folder=model, copies=1)


def _with(model: Path, folder: Path, file: str, **changed: object) -> SentenceTransformersEncoder:
    """Return the encoder of a copy of the model, one of whose settings are others."""
    shutil.copytree(model, folder)
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    return SentenceTransformersEncoder(name="other", folder=folder, copies=1)


def _by_the_library(model: Path, text: str, spans: list[Span]) -> NDArray[np.float32]:
    theirs = SentenceTransformer(str(model), device="cpu")
    tokens = theirs.encode(text, output_value="token_embeddings", show_progress_bar=False)
    assert isinstance(tokens, torch.Tensor)
    offsets = theirs.tokenizer(text, return_offsets_mapping=True, truncation=True)["offset_mapping"]
    means = [
        np.mean(
            [vector.numpy() for vector, (a, b) in zip(tokens, offsets, strict=True) if start <= a < b <= end], axis=0
        )
        for start, end in spans
    ]
    return np.stack([mean / np.linalg.norm(mean) for mean in means])


def test_a_stretch_is_the_unit_mean_of_its_tokens(model: Path, exact: SentenceTransformersEncoder) -> None:
    _, (found,), _ = exact.encode_with_spans([TEXT], [SPANS])
    np.testing.assert_allclose(found, _by_the_library(model, TEXT, SPANS), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_texts_have_the_vectors_that_they_have_without_stretches(real_encoder: SentenceTransformersEncoder) -> None:
    texts = [TEXT, LONG, "", "Short.", *(f"Rule {number} on vendors." for number in range(70))]
    spans: list[list[Span]] = [SPANS, [(0, 27)], [], [(0, 6)], *([(0, 4)] for _ in range(70))]
    vectors, _, _ = real_encoder.encode_with_spans(texts, spans)
    np.testing.assert_array_equal(vectors, real_encoder.encode(texts))


def test_each_text_gets_its_own_stretches_whatever_is_encoded_beside_it(
    real_encoder: SentenceTransformersEncoder,
) -> None:
    texts = [f"{'Very long. ' * (number % 7)}Rule {number}. Lunch." for number in range(40)]
    spans = [[(text.index("Rule"), text.index(" Lunch")), (0, 4)][: number % 3] for number, text in enumerate(texts)]
    vectors, of_spans, _ = real_encoder.encode_with_spans(texts, spans)
    assert vectors.shape == (40, 384)
    assert [found.shape for found in of_spans] == [(len(given), 384) for given in spans]
    for text, given, found in list(zip(texts, spans, of_spans, strict=True))[::5]:
        _, (alone,), _ = real_encoder.encode_with_spans([text], [given])
        np.testing.assert_allclose(found, alone, atol=2e-6)


def test_what_was_cut_off_has_the_vector_of_the_whole_text(exact: SentenceTransformersEncoder) -> None:
    end = (LONG.index("Ask"), len(LONG))
    (whole,), (found,), _ = exact.encode_with_spans([LONG], [[(0, 27), end, end]])
    np.testing.assert_array_equal(found[1], whole)
    np.testing.assert_array_equal(found[2], whole)
    assert float(found[0] @ whole) < 0.999


def test_a_stretch_of_blanks_has_the_vector_of_the_whole_text(exact: SentenceTransformersEncoder) -> None:
    (whole,), (found,), _ = exact.encode_with_spans(["Keep   masters."], [[(4, 7)]])
    np.testing.assert_array_equal(found[0], whole)


def test_nothing_to_encode_gives_nothing(exact: SentenceTransformersEncoder) -> None:
    vectors, of_spans, pieces = exact.encode_with_spans([], [])
    assert (vectors.shape, of_spans, pieces) == ((0, 384), [], [])
    _, (none,), _ = exact.encode_with_spans([TEXT], [[]])
    assert none.shape == (0, 384)


def test_a_model_that_does_not_average_encodes_stretches_by_themselves(tiny_model: Path, tmp_path: Path) -> None:
    first = _with(
        tiny_model, tmp_path / "m", "1_Pooling/config.json", pooling_mode_cls_token=True, pooling_mode_mean_tokens=False
    )
    vectors, of_spans, pieces = first.encode_with_spans([TEXT, "Lunch.", "Keep masters."], [SPANS, [], [(0, 4)]])
    np.testing.assert_array_equal(vectors, first.encode([TEXT, "Lunch.", "Keep masters."]))
    np.testing.assert_allclose(of_spans[0], first.encode(list(SENTENCES)), atol=2e-6)
    assert of_spans[1].shape == (0, TINY_DIMENSIONS)
    np.testing.assert_allclose(of_spans[2], first.encode(["Keep"]), atol=2e-6)
    assert [(one.spans.shape, one.vectors.shape) for one in pieces] == [((0, 2), (0, TINY_DIMENSIONS))] * 3
    assert first.encode_with_spans([], [])[1] == []


def test_a_prompt_before_every_text_moves_no_stretch(tiny_model: Path, tmp_path: Path) -> None:
    prompt = "Represent this: "
    file = "config_sentence_transformers.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoder_module, "arithmetic", lambda: "float32")
        prompted = _with(tiny_model, tmp_path / "m", file, prompts={"all": prompt}, default_prompt_name="all")
    moved = [(start + len(prompt), end + len(prompt)) for start, end in SPANS]
    _, (found,), _ = prompted.encode_with_spans([TEXT], [SPANS])
    np.testing.assert_allclose(found, _by_the_library(tiny_model, prompt + TEXT, moved), atol=1e-5)


def _tokens(*spans: Span) -> tuple[Vectors, NDArray[np.int64]]:
    """Return tokens at some places, each with a vector of its own direction."""
    return np.eye(len(spans), 8, dtype=np.float32), np.array(spans, np.int64)


def test_a_token_counts_where_it_lies_wholly_within_and_marks_of_the_model_count_nowhere() -> None:
    whole = np.ones(8, np.float32)
    tokens, offsets = _tokens((0, 0), (0, 4), (5, 9), (9, 10), (0, 0))
    found = means(tokens, offsets, [(0, 4), (0, 10), (4, 9), (5, 8), (3, 10), (20, 30)], whole)
    expected = [[1], [1, 2, 3], [2], None, [2, 3], None]
    for vector, at in zip(found, expected, strict=True):
        wanted = whole if at is None else tokens[at].sum(axis=0) / np.sqrt(len(at))
        np.testing.assert_allclose(vector, wanted, atol=1e-6)


def test_no_stretches_have_nomeans() -> None:
    assert means(*_tokens((0, 4)), [], np.ones(8, np.float32)).shape == (0, 8)
