"""The units of a build's passages: what the sentence index is given.

Passages of a document that is as it is in the live build have theirs copied from there, so only what is new is cut into
terms; of others the live build may lend the vectors (`lent`).
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from indexes.coarse import InBytes
from indexes.documents import Passage
from indexes.passages import SplitDocument
from indexes.sentences import PassageSentences, codes
from indexes.units import NO_SPAN, Span, Unit
from indexes.words import TERMS_VERSION, terms
from ingest.encoded_texts import units_by_passage
from ingest.lent import Lent
from ingest.split import context


def index_sentences(
    documents: Sequence[SplitDocument],
    *,
    vectors: Callable[[Passage, Sequence[Span]], InBytes],
    lent: Lent | None,
) -> Iterator[PassageSentences]:
    """Return what the sentence index holds of each passage, in the documents' order.

    Args:
        documents: split, in the build's order.
        vectors: returns the vectors of a passage's units, shape (sentences, dimensions); asked for what is not lent.
        lent: what the live build lends, or `None`.
    """
    same_terms = lent is not None and lent.live.manifest.terms == TERMS_VERSION
    row = 0
    for split in documents:
        rows = lent.rows[row : row + len(split.passages)] if lent else [-1] * len(split.passages)
        row += len(split.passages)
        if lent and same_terms and split.document.document in lent.documents:
            yield from (lent.live.sentences.of_row(one) for one in rows)
            continue
        text = split.document.text
        for passage, units, one in zip(split.passages, units_by_passage(split), rows, strict=True):
            spans = [unit.span for unit in units]
            made = lent.live.sentences.of_row(one).vectors if lent and one >= 0 else vectors(passage, spans)
            yield _of_passage(passage, units, text, made)


def _of_passage(
    passage: Passage,
    units: Sequence[Unit],
    text: str,
    vectors: InBytes,
) -> PassageSentences:
    spans, labels = [unit.span for unit in units], [unit.label or NO_SPAN for unit in units]
    words = [codes(terms(text[start:end])) for start, end in spans]
    of_labels = [codes(terms(text[start:end]) if start >= 0 else ()) for start, end in labels]
    return PassageSentences(
        spans=np.array(spans, np.int32),
        kinds=np.array([unit.kind for unit in units], np.uint8),
        labels=np.array(labels, np.int32),
        series=np.array([unit.series for unit in units], np.int32),
        vectors=vectors,
        sizes=np.array([len(one) for one in words], np.int64),
        terms=np.concatenate(words),
        label_sizes=np.array([len(one) for one in of_labels], np.int64),
        label_terms=np.concatenate(of_labels),
        context=codes(terms(context(passage))),
    )
