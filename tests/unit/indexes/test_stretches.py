"""Word pieces of a text: which tokens they are, where they stand, and that their vectors have length 1."""

import numpy as np
import pytest

from indexes.encoder import SentenceTransformersEncoder
from indexes.stretches import Vectors, no_pieces, pieces_of, unit


def _tokens(count: int) -> Vectors:
    return np.random.default_rng(count).standard_normal((count, 8)).astype(np.float32)


def test_a_token_is_a_word_piece_where_it_holds_a_letter_or_a_digit() -> None:
    text = "Ask, über 7 (§)!"
    offsets = np.array([(0, 0), (0, 3), (3, 4), (5, 9), (10, 11), (12, 13), (13, 14), (14, 15), (15, 16), (0, 0)])
    tokens = _tokens(len(offsets))
    found = pieces_of(text, tokens, offsets)
    assert [text[start:end] for start, end in found.spans.tolist()] == ["Ask", "über", "7"]
    assert (str(found.spans.dtype), str(found.vectors.dtype)) == ("int32", "float16")
    np.testing.assert_allclose(found.vectors, unit(tokens[[1, 3, 4]]), atol=1e-3)


@pytest.mark.parametrize("offsets", [[], [(0, 0), (0, 0)], [(-9, -4), (0, 1)]])
def test_marks_of_the_model_and_its_prompt_are_no_word_pieces(offsets: list[tuple[int, int]]) -> None:
    found = pieces_of(", a", _tokens(len(offsets)), np.array(offsets, np.int64).reshape(-1, 2))
    assert (found.spans.shape, found.vectors.shape) == ((0, 2), (0, 8))


def test_nothing_has_no_word_pieces() -> None:
    none = no_pieces(3)
    assert (none.spans.shape, none.vectors.shape) == ((0, 2), (0, 3))


def test_a_question_has_its_pieces_of_the_pass_that_makes_its_vector(real_encoder: SentenceTransformersEncoder) -> None:
    texts = ["Who approves a new vendor?", "", "Deprovisioning of W-8BEN", "word " * 400]
    vectors, pieces = real_encoder.encode_with_pieces(texts)
    np.testing.assert_array_equal(vectors, real_encoder.encode(texts))
    cut = [[text[a:b] for a, b in one.spans.tolist()] for text, one in zip(texts, pieces, strict=True)]
    assert cut[0] == ["Who", "approve", "s", "a", "new", "vendor"]
    assert cut[1] == []
    assert "".join(cut[2]) == "DeprovisioningofW8BEN"
    assert len(cut[3]) == real_encoder.max_tokens - 2, "what the model does not read has none"
    for one in pieces:
        np.testing.assert_allclose(np.linalg.norm(one.vectors.astype(np.float32), axis=1), 1, atol=2e-3)


def test_a_text_has_the_same_pieces_whatever_is_encoded_beside_it(real_encoder: SentenceTransformersEncoder) -> None:
    texts = [f"{'Very long. ' * (number % 7)}Rule {number}. Lunch." for number in range(40)]
    together = real_encoder.encode_with_spans(texts, [()] * len(texts))[2]
    for text, found in list(zip(texts, together, strict=True))[::5]:
        (alone,) = real_encoder.encode_with_pieces([text])[1]
        np.testing.assert_array_equal(found.spans, alone.spans)
        np.testing.assert_allclose(found.vectors, alone.vectors, atol=1e-3)


def test_a_zero_stays_zero() -> None:
    assert unit(np.zeros((1, 4), np.float32)).tolist() == [[0, 0, 0, 0]]
