"""The units of a build's passages: what of each passage is encoded, and what the sentence index is given.

Passages of a document that was carried over from the live build have theirs copied from there, so only what is new is
cut into terms.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.documents import Passage
from indexes.passages import SplitDocument
from indexes.sentences import PassageSentences, codes
from indexes.units import NO_SPAN, Span, Unit, UnitKind
from indexes.words import TERMS_VERSION, terms
from ingest.encode import EncoderText
from ingest.split import Splitter, context


def encoder_texts(documents: Sequence[SplitDocument], splitter: Splitter) -> list[EncoderText]:
    """Return what is encoded for each passage, with its units' places, in the documents' order."""
    return [
        encoder_text(splitter.encoder_text(passage), passage, [unit.span for unit in units])
        for split in documents
        for passage, units in zip(split.passages, units_by_passage(split), strict=True)
    ]


def encoder_text(text: str, passage: Passage, spans: Sequence[Span]) -> EncoderText:
    """Move spans of a document's text to where they stand in what is encoded, which ends with the passage's text."""
    shift = len(text) - len(passage.text) - passage.start
    return EncoderText(text, tuple((start + shift, end + shift) for start, end in spans))


def units_by_passage(split: SplitDocument) -> list[list[Unit]]:
    """Return the units that lie wholly in each passage; for a passage that holds none, the passage itself."""
    starts = [unit.start for unit in split.units]
    found = []
    for passage in split.passages:
        reach = split.units[bisect_left(starts, passage.start) : bisect_left(starts, passage.end)]
        found.append([unit for unit in reach if unit.end <= passage.end] or [_whole(passage)])
    return found


def _whole(passage: Passage) -> Unit:
    """Return a passage as a unit; a part of something longer is never quoted."""
    return Unit(passage.start, passage.end, UnitKind.LABEL)


def index_sentences(
    documents: Sequence[SplitDocument],
    *,
    vectors: Callable[[Passage, Sequence[Span]], NDArray[np.float16]],
    live: Build | None,
    carried: Collection[str],
) -> Iterator[PassageSentences]:
    """Return what the sentence index holds of each passage, in the documents' order.

    Args:
        documents: split, in the build's order.
        vectors: returns the vectors of a passage's units, shape (sentences, dimensions).
        live: the live build, or `None`.
        carried: ids of documents that are as they are in the live build.
    """
    rows = first_rows(live) if live and live.manifest.terms == TERMS_VERSION else {}
    for split in documents:
        document = split.document.document
        first = rows.get(document)
        if live and first is not None and document in carried:
            yield from (live.sentences.of_row(first + at) for at in range(len(split.passages)))
            continue
        text = split.document.text
        for passage, units in zip(split.passages, units_by_passage(split), strict=True):
            yield _of_passage(passage, units, text, vectors)


def _of_passage(
    passage: Passage,
    units: Sequence[Unit],
    text: str,
    vectors: Callable[[Passage, Sequence[Span]], NDArray[np.float16]],
) -> PassageSentences:
    spans, labels = [unit.span for unit in units], [unit.label or NO_SPAN for unit in units]
    words = [codes(terms(text[start:end])) for start, end in spans]
    of_labels = [codes(terms(text[start:end]) if start >= 0 else ()) for start, end in labels]
    return PassageSentences(
        spans=np.array(spans, np.int32),
        kinds=np.array([unit.kind for unit in units], np.uint8),
        labels=np.array(labels, np.int32),
        series=np.array([unit.series for unit in units], np.int32),
        vectors=vectors(passage, spans),
        sizes=np.array([len(one) for one in words], np.int64),
        terms=np.concatenate(words),
        label_sizes=np.array([len(one) for one in of_labels], np.int64),
        label_terms=np.concatenate(of_labels),
        context=codes(terms(context(passage))),
    )


def first_rows(build: Build) -> dict[str, int]:
    """Return the row of each document's first passage."""
    firsts = np.flatnonzero(np.diff(build.document_of_row, prepend=-1))
    return {build.documents[build.document_of_row[row]][0]: int(row) for row in firsts}
