"""What the live build lends to the next: the vectors of every passage that would be encoded to the same.

A vector is a matter of the encoder, its arithmetic, the text that is encoded and where its sentences stand in it. So a
passage of a document that is as it was has its own row of the live build; one of a document that changed has any row
whose text and sentences are the same, of that document or of one that went. Nothing is written here.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.encoder import Vectors
from indexes.passages import SplitDocument
from ingest.encode import EncoderText, VectorCache
from ingest.encoded_texts import encoder_texts
from ingest.split import Splitter


@dataclass(frozen=True, slots=True)
class Lent:
    """A live build of the same encoder and arithmetic, and what a new build takes of it.

    `documents` are ids of those that are as they are there; `rows` says of each passage of the new build, in order,
    which row of the live one has its vectors, -1 for none.
    """

    live: Build
    documents: Collection[str]
    rows: NDArray[np.int64]


def lend(
    live: Build,
    documents: Sequence[SplitDocument],
    texts: Sequence[EncoderText],
    *,
    carried: Collection[str],
    splitter: Splitter,
) -> Lent:
    """Look up what a new build takes of the live one.

    Args:
        live: of the same encoder and arithmetic.
        documents: of the new build, in order.
        texts: what would be encoded for each of their passages.
        carried: ids of documents that are as they are in the live build.
        splitter: of the new build; passages that another one made are looked up in no text.
    """
    firsts = _first_rows(live)
    known = _rows_by_key(live, firsts.keys() - set(carried), firsts, splitter)
    rows = np.full(len(texts), -1, np.int64)
    at = 0
    for split in documents:
        end = at + len(split.passages)
        if split.document.document in carried:
            first = firsts.get(split.document.document, 0)  # a document without a passage has no row
            rows[at:end] = np.arange(first, first + end - at)
        elif known:
            rows[at:end] = [known.get(text.key(), -1) for text in texts[at:end]]
        at = end
    return Lent(live, carried, rows)


def passage_vectors(
    texts: Sequence[EncoderText], *, lent: Lent | None, cache: VectorCache, progress: Callable[[int], None]
) -> Vectors:
    """Return the vector of each passage, shape (passages, dimensions): lent, or kept, or made now."""
    rows = lent.rows if lent else np.full(len(texts), -1, np.int64)
    is_lent = rows >= 0
    progress(int(is_lent.sum()))
    made = cache.encode([text for text, lent_too in zip(texts, is_lent, strict=True) if not lent_too], progress)
    if lent is None:
        return made
    vectors = np.empty((len(texts), made.shape[1]), np.float32)
    vectors[is_lent], vectors[~is_lent] = lent.live.dense.vectors(rows[is_lent]), made
    return vectors


def _rows_by_key(
    live: Build, documents: Collection[str], firsts: dict[str, int], splitter: Splitter
) -> dict[bytes, int]:
    """Return the row of each text that the passages of some documents of the live build were encoded from."""
    rows: dict[bytes, int] = {}
    if live.manifest.splitter != splitter.info:
        return rows
    for document in documents:
        if split := live.passages.split_document(document):
            for row, text in enumerate(encoder_texts([split], splitter), firsts[document]):
                rows[text.key()] = row
    return rows


def _first_rows(build: Build) -> dict[str, int]:
    """Return the row of each document's first passage."""
    firsts = np.flatnonzero(np.diff(build.document_of_row, prepend=-1))
    return {build.documents[build.document_of_row[row]][0]: int(row) for row in firsts}
