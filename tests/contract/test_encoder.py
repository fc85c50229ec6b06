"""What an encoder promises; the real one and the fake one pass these tests alike."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from indexes.batching import BatchingEncoder
from indexes.encoder import Encoder, SentenceTransformersEncoder
from tests.support.fakes import HashingEncoder

TEXTS = ["Keep masters for ten years.", "Über 東京 😀", "", "a" * 3000, "word " * 2000, "Ask the legal team first."]


@pytest.fixture(params=["fake", "real", "batching"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    if request.param == "fake":
        return HashingEncoder()
    real: SentenceTransformersEncoder = request.getfixturevalue("tiny_encoder")
    return BatchingEncoder(real) if request.param == "batching" else real


def test_each_text_becomes_one_unit_vector(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dimensions)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_become_no_vectors(encoder: Encoder) -> None:
    vectors = encoder.encode([])
    assert vectors.shape == (0, encoder.dimensions)
    assert vectors.dtype == np.float32


def test_the_same_text_becomes_the_same_vector(encoder: Encoder) -> None:
    np.testing.assert_array_equal(encoder.encode(TEXTS[:1]), encoder.encode(TEXTS[:1]))


def test_vectors_stand_in_the_order_of_their_texts(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert float(encoder.encode([text])[0] @ vector) > 0.999


def test_stretches_of_texts_become_unit_vectors_and_the_texts_the_same_as_without(encoder: Encoder) -> None:
    spans = [[(0, 4), (5, 12)], [], [], [(0, 3000)], [(4995, 9999)], [(0, 25)]]
    vectors, of_spans, _ = encoder.encode_with_spans(TEXTS, spans)
    np.testing.assert_array_equal(vectors, encoder.encode(TEXTS))
    assert [found.shape for found in of_spans] == [(len(given), encoder.dimensions) for given in spans]
    together = np.concatenate(of_spans)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_no_texts_have_no_stretches(encoder: Encoder) -> None:
    vectors, of_spans, _ = encoder.encode_with_spans([], [])
    assert (vectors.shape, list(of_spans)) == ((0, encoder.dimensions), [])


def test_near_texts_have_nearer_vectors(encoder: Encoder) -> None:
    question, near, far = encoder.encode(
        ["How long do we keep masters?", "We keep masters for ten years.", "Lunch is served at noon."]
    )
    assert question @ near > question @ far


def test_it_names_its_weights_and_its_arithmetic(encoder: Encoder) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", encoder.digest)
    assert encoder.dtype in {"bfloat16-amx", "bfloat16", "float32"}
    assert encoder.name
    assert encoder.max_tokens > 0


def test_tokens_are_counted_without_truncation(encoder: Encoder) -> None:
    assert encoder.tokenize("") == []
    assert len(encoder.tokenize("word")) == 1
    assert len(encoder.tokenize("word " * 2000)) == 2000


def test_word_pieces_stand_in_their_texts_and_have_unit_vectors(encoder: Encoder) -> None:
    texts = [TEXTS[0], "", "!?", "Ask the legal team first."]
    vectors, pieces = encoder.encode_with_pieces(texts)
    np.testing.assert_array_equal(vectors, encoder.encode(texts))
    for text, one in zip(texts, pieces, strict=True):
        assert one.spans.shape == (len(one.vectors), 2)
        assert one.vectors.shape[1] == encoder.dimensions
        assert "".join(text[start:end] for start, end in one.spans.tolist()) == "".join(filter(str.isalnum, text))
        np.testing.assert_allclose(np.linalg.norm(one.vectors.astype(np.float32), axis=1), 1, atol=2e-3)


def test_its_vocabulary_is_words_in_order(encoder: Encoder) -> None:
    words = encoder.vocabulary()
    assert words == sorted(set(words))
    assert all(word.isalpha() and len(word) > 2 for word in words)


def test_threads_get_the_vectors_of_their_own_texts(encoder: Encoder) -> None:
    texts = [f"passage number {number}" for number in range(16)]
    expected = encoder.encode(texts)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda text: encoder.encode([text])[0], texts))
    assert (np.einsum("ij,ij->i", np.stack(found), expected) > 0.999).all()
