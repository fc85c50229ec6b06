"""Make the lexical index of a build; the postings of unchanged documents are carried over from the live build.

Cutting passages into terms is most of the work, and it was done before for all that did not change. What is carried
over is what making it anew would give, byte for byte; nothing of a document that is not in the new build stays.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from indexes.builds import Build
from indexes.documents import Passage
from indexes.lexical import LexicalIndex
from indexes.passages import SplitDocument
from indexes.postings import make_postings, merge_postings
from indexes.words import TERMS_VERSION, terms
from ingest.split import context


def index_words(documents: Sequence[SplitDocument], *, live: Build | None, carried: Collection[str]) -> LexicalIndex:
    """Return the lexical index of documents, in their order.

    Args:
        documents: all of the new build.
        live: the live build, if there is one.
        carried: the ids of the documents whose passages are those of the live build.
    """
    if live is None or live.manifest.terms != TERMS_VERSION or not carried:
        return LexicalIndex(make_postings(_terms(passage for split in documents for passage in split.passages)))
    live_ends = np.cumsum(live.passages.document_sizes())
    live_end = {document: int(end) for (document, _), end in zip(live.documents, live_ends, strict=True)}
    kept_to = np.full(live.passages.rows, -1, dtype=np.int64)
    fresh: list[Passage] = []
    fresh_to: list[int] = []
    row = 0
    for split in documents:
        rows = range(row, row := row + len(split.passages))
        if split.document.document in carried:
            end = live_end[split.document.document]
            kept_to[end - len(rows) : end] = rows
        else:
            fresh += split.passages
            fresh_to += rows
    made = make_postings(_terms(fresh))
    return LexicalIndex(merge_postings(live.lexical.postings, kept_to, made, np.array(fresh_to, dtype=np.int64)))


def _terms(passages: Iterable[Passage]) -> Iterable[list[str]]:
    return (terms(f"{context(passage)}\n{passage.text}") for passage in passages)
