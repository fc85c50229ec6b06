"""Vectors of parts of a text, from the vectors that its tokens have in the text's own pass: stretches, word pieces.

A stretch's vector is the mean of its tokens'. A *word piece* is a token that holds a letter or a digit; where a word is
rare it is cut into several. Knows tokens and where they stand; loads and runs no model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Span = tuple[int, int]
_WORD_BEGINS = "▁Ġ"  # how SentencePiece and byte-level BPE mark that a token begins a word; WordPiece marks the others
_LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Pieces:
    """The word pieces of one text, in reading order; none where the encoder has no vectors of tokens.

    Attributes:
        spans: `[start, end)` of each in the text, in characters, shape (pieces, 2).
        vectors: unit vectors as they read within the text, shape (pieces, dimensions); half precision, as a long text
            has hundreds.
    """

    spans: NDArray[np.int32]
    vectors: NDArray[np.float16]


def no_pieces(dimensions: int) -> Pieces:
    """Return what a text has that has no word pieces."""
    return Pieces(np.zeros((0, 2), np.int32), np.zeros((0, dimensions), np.float16))


def pieces_of(text: str, tokens: Vectors, offsets: NDArray[np.int64]) -> Pieces:
    """Return the word pieces of a text.

    Args:
        text: the text.
        tokens: the vectors of its tokens, shape (tokens, dimensions).
        offsets: where each stands in the text, shape (tokens, 2); the model's own marks stand nowhere.
    """
    standing = np.flatnonzero((offsets[:, 1] > offsets[:, 0]) & (offsets[:, 0] >= 0))
    spans = offsets[standing].tolist()
    spoken = standing[[any(map(str.isalnum, text[start:end])) for start, end in spans]] if spans else standing
    return Pieces(offsets[spoken].astype(np.int32), unit(tokens[spoken]).astype(np.float16))


def whole_words(vocabulary: Iterable[str]) -> list[str]:
    """Return those tokens of a vocabulary that are words of three letters or more, in alphabetical order."""
    bare = {token.lstrip(_WORD_BEGINS) for token in vocabulary}
    return sorted(word for word in bare if len(word) >= _LEAST_LETTERS and word.isalpha())


def means(tokens: Vectors, offsets: NDArray[np.int64], spans: Sequence[Span], whole: Vectors) -> Vectors:
    """Return the unit mean of the tokens of each span; the whole text's vector for one that was cut off."""
    if not spans:
        return tokens[:0]
    starts, ends = offsets[:, 0], offsets[:, 1]
    inside = np.array([(starts >= start) & (ends <= end) & (ends > starts) for start, end in spans], dtype=np.float32)
    found = unit(inside @ tokens)
    found[~inside.any(axis=1)] = whole  # cut off
    return found


def unit(vectors: Vectors) -> Vectors:
    """Return vectors of length 1 in the same directions; a zero stays zero."""
    scaled: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return scaled
