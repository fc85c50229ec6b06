"""The word pieces of a build's passages: in how many dimensions they are kept, and what the index of pieces is given.

What the live build lends (`lent`) is copied from there, so its bytes stay the same. The projection is carried over as
well, as long as the encoder is the same.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.documents import Passage
from indexes.encoder import Encoder, Vectors
from indexes.passages import SplitDocument
from indexes.pieces import PassagePieces
from indexes.units import Span
from ingest.encode import KeptPieces
from ingest.encoded_texts import units_by_passage
from ingest.lent import Lent

# The right sentence came first among those of five passages for 59.3 of 100 questions without token match, 62.1 with
# all 384 dimensions of the default encoder, 61.7 with 64 of them, 57.9 with 32 (tuned halves of northlight, handbook
# and squad2, cross-validated, 372 questions). Without the pieces of stop words, which are two fifths: 59.7.
DIMENSIONS = 64
_WORDS, _WORDS_A_TEXT = 4096, 64  # a quarter of the words: 59.7


def projection_for(encoder: Encoder) -> Vectors:
    """Return the projection of an encoder's word pieces, shape (its dimensions, at most 64); the same every time.

    These are the directions in which the vectors of pieces differ most (principal components, not centred): of words
    that the encoder itself knows, in texts of words of chance. So it is a matter of the encoder alone, whatever the
    library holds and whatever was ingested before. They are turned by chance, which leaves every cosine as it is: so
    all numbers of a vector are about as large, as half bytes want them (`indexes.coarse`).
    """
    if encoder.dimensions <= DIMENSIONS:
        return np.eye(encoder.dimensions, dtype=np.float32)
    words = encoder.vocabulary()
    chance = np.random.default_rng(0).permutation(len(words))[:_WORDS]
    drawn = [words[at] for at in chance]
    _, pieces = encoder.encode_with_pieces(
        [" ".join(drawn[at : at + _WORDS_A_TEXT]) for at in range(0, len(drawn), _WORDS_A_TEXT)]
    )
    vectors = np.concatenate([one.vectors.astype(np.float64) for one in pieces] or [np.zeros((0, encoder.dimensions))])
    _, directions = np.linalg.eigh(vectors.T @ vectors)  # by rising size
    turned, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((DIMENSIONS, DIMENSIONS)))
    projection: Vectors = np.ascontiguousarray(directions[:, : -DIMENSIONS - 1 : -1] @ turned, np.float32)
    return projection


def index_pieces(
    documents: Sequence[SplitDocument],
    *,
    kept: Callable[[Passage, Sequence[Span]], KeptPieces],
    lent: Lent | None,
) -> Iterator[PassagePieces]:
    """Return what the index of word pieces holds of each passage, in the documents' order.

    Args:
        documents: split, in the build's order.
        kept: returns the word pieces of a passage whose sentences have these spans; asked for what is not lent.
        lent: what the live build lends, or `None`.
    """
    row = 0
    for split in documents:
        rows = lent.rows[row : row + len(split.passages)] if lent else np.full(len(split.passages), -1)
        row += len(split.passages)
        if lent and (rows >= 0).all():
            yield from (_of_row(lent.live, int(one)) for one in rows)
            continue
        for passage, units, one in zip(split.passages, units_by_passage(split), rows, strict=True):
            if lent and one >= 0:
                yield _of_row(lent.live, int(one))
                continue
            spans = [unit.span for unit in units]
            found = kept(passage, spans)
            yield PassagePieces(found.vectors, _places(found.spans + np.int32(passage.end), spans))


def _of_row(live: Build, row: int) -> PassagePieces:
    sentences = live.sentences.first
    return live.pieces.of_row(row, slice(int(sentences[row]), int(sentences[row + 1])))


def _places(pieces: NDArray[np.int32], spans: Sequence[Span]) -> NDArray[np.int64]:
    """Return which of a passage's word pieces, in reading order, lie wholly in each span, as `[start, end)`."""
    given = np.array(spans, np.int64).reshape(-1, 2)
    starts = np.searchsorted(pieces[:, 0], given[:, 0], side="left")
    ends = np.searchsorted(pieces[:, 1], given[:, 1], side="right")
    return np.stack([starts, np.maximum(starts, ends)], axis=1)
