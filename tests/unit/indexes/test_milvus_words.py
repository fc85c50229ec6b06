"""Words as sparse vectors: their inner product is BM25, but for how long passages are on average."""

import numpy as np
import pytest

from indexes.lexical import LexicalIndex
from indexes.milvus_words import TYPICAL_LENGTH, passage_words, question_words

WORDS = [f"w{number}" for number in range(40)]


def _index(lengths: list[int]) -> LexicalIndex:
    chance = np.random.default_rng(7)
    return LexicalIndex.from_terms([[WORDS[at] for at in chance.integers(0, 40, length)] for length in lengths])


def _products(index: LexicalIndex, terms: list[str], allowed: np.ndarray) -> np.ndarray:
    question = question_words(terms, index, index.scope(allowed))
    return np.array(
        [sum(w * passage.get(term, 0.0) for term, w in question.items()) for passage in passage_words(index)]
    )


def test_it_is_bm25_where_passages_are_as_long_as_is_typical() -> None:
    index = _index([TYPICAL_LENGTH - 60, TYPICAL_LENGTH + 60] * 8)
    allowed = np.ones(16, bool)
    terms = ["w3", "w9", "w3", "never"]
    exact = index.scores(terms, index.scope(allowed))
    np.testing.assert_allclose(_products(index, terms, allowed), exact, rtol=1e-5)


def test_the_rarity_of_a_word_is_that_among_what_may_be_seen() -> None:
    index = LexicalIndex.from_terms([["tax", "fee"], ["tax"], ["tax"], ["fee"]])
    seen = question_words(["tax", "fee"], index, index.scope(np.array([True, False, False, True])))
    alone = LexicalIndex.from_terms([["tax", "fee"], ["fee"]])
    np.testing.assert_allclose(
        list(seen.values()), alone.rarity(["tax", "fee"], alone.scope(np.ones(2, bool))), rtol=1e-6
    )


def test_a_question_without_a_word_that_is_known_has_no_vector() -> None:
    index = LexicalIndex.from_terms([["tax"]])
    assert question_words(["never"], index, index.scope(np.ones(1, bool))) == {}


@pytest.mark.parametrize("hidden", [["secret"], ["secret", "secret", "fee"], ["merger"], []])
def test_a_word_of_hidden_passages_alone_is_as_one_that_nobody_knows(hidden: list[str]) -> None:
    """Milvus is asked the same, or not at all, whatever it is that others have: it takes as long."""
    index = LexicalIndex.from_terms([["tax", "fee"], hidden, ["fee"]])
    scope = index.scope(np.array([True, False, True]))
    assert question_words(["secret", "merger"], index, scope) == {}
    alone = LexicalIndex.from_terms([["tax", "fee"], ["fee"]])
    whole = alone.scope(np.ones(2, bool))
    asked = ["secret", "tax", "merger", "fee"]
    assert [*question_words(asked, index, scope).values()] == [*question_words(asked, alone, whole).values()]


def test_there_is_one_vector_for_each_passage_an_empty_one_too() -> None:
    index = LexicalIndex.from_terms([["tax", "tax"], [], ["fee"]])
    vectors = list(passage_words(index))
    assert [len(vector) for vector in vectors] == [1, 0, 1]
    assert all(weight > 0 for vector in vectors for weight in vector.values())
