"""Puts units of one document into a sentence of a draft: its quotes in reading order, and the text that says them.

A sentence is one unit, or a unit with what it stands under or leans on, or a list, a procedure or a table with its
lead-in, up to a length. A quote lies within one passage; those of a sentence may lie in neighbouring ones, which are of
the same version and so may be seen by whoever sees the first. `verify` holds all of it against the stored text again.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from indexes.builds import Build
from indexes.documents import Passage
from indexes.units import MOST_CHARS, Span, UnitKind
from service.answering.choosing.gather import Candidate, text_at
from service.answering.drafts import SKIPPED, DraftSentence, Quote, skips_words

MOST_ITEMS = 12  # of a list that is quoted as such, and
MOST_LIST_CHARS = 900  # of it, its lead-in included: what somebody reads at a glance
_PASSAGES_BESIDE = 4  # on either side, in which a lead-in is looked for
_QUOTABLE = [int(kind) for kind in UnitKind if kind.quotable]
_SERIES_KINDS = (int(UnitKind.ITEM), int(UnitKind.STEP), int(UnitKind.ROW))


def quote_of(one: Candidate) -> Quote:
    """Return a candidate as a quote."""
    return Quote(one.hit.passage.passage_id, *one.span, one.text)


def sentence_of(one: Candidate, build: Build, *, before: Span | None = None, listed: bool = False) -> DraftSentence:
    """Return a unit as a sentence.

    Args:
        one: the unit.
        build: the build it is in.
        before: what is quoted with it: its label, or the sentence that it leans on.
        listed: whether the two are shown on lines of their own.
    """
    own = quote_of(one)
    quotes = [own] if before is None else [*_quotes([before], one.hit.row, build), own]
    return DraftSentence(_said(quotes, one.document, build, listed=listed), tuple(quotes))


def series_of(one: Candidate, build: Build) -> DraftSentence | None:
    """Return the list, procedure or table that a unit belongs to, from its first item on; `None` if none can be quoted.

    At most `MOST_ITEMS` and `MOST_LIST_CHARS`, items whole; the sentence says how many more there are.
    """
    found = _items(one, build)
    if not found:
        return None
    spans, row = [span for span, _ in found], found[0][1]  # the best unit may stand many passages below the first item
    label = _label(spans[0], one, row, build)
    chars, taken = (label[1] - label[0] if label else 0), 0
    for start, end in spans[:MOST_ITEMS]:
        chars += end - start
        if chars > MOST_LIST_CHARS:
            break
        taken += 1
    own = _quotes(spans[:taken], row, build)
    if not own:
        return None
    items = build.passages.series(one.document)[one.series].items
    quotes = [*(_quotes([label], row, build) if label else ()), *own]
    more = max(items - len(own), 1) if len(own) < len(spans) else 0
    return DraftSentence(_said(quotes, one.document, build, listed=True), tuple(quotes), more)


def _items(one: Candidate, build: Build) -> list[tuple[Span, int]]:
    """Return where the items of a candidate's series stand in its document, and each one's row, in reading order.

    An item begins with a unit of the series's kind; what follows of it in the same passage belongs to it.
    """
    index, documents = build.sentences, build.document_of_row
    document = documents[one.hit.row]
    rows = np.arange(np.searchsorted(documents, document), np.searchsorted(documents, document, side="right"))
    numbers, begins = index.of_rows(rows)
    passages = np.repeat(rows, np.diff(begins, append=len(numbers)))
    of_series = (index.series[numbers] == one.series) & np.isin(index.kinds[numbers], _QUOTABLE)
    items: dict[int, tuple[Span, int]] = {}
    for number, row in zip(numbers[of_series].tolist(), passages[of_series].tolist(), strict=True):
        start, end = index.spans[number].tolist()
        last = max(items, default=-1)
        if int(index.kinds[number]) in _SERIES_KINDS:
            items.setdefault(start, ((start, end), row))
        elif items and items[last][1] == row and end - last <= MOST_CHARS and end > items[last][0][1]:
            items[last] = ((last, end), row)
    return [item for _, item in sorted(items.items())]


def _label(first: Span, one: Candidate, row: int, build: Build) -> Span | None:
    """Return the lead-in of a series, but a question; it has to stand before the first item."""
    label = build.passages.series(one.document)[one.series].label
    if label is None or label[1] > first[0] or _asks(label, row, build):
        return None
    return label


def _asks(span: Span, row: int, build: Build) -> bool:
    (quote,) = _quotes([span], row, build) or (None,)
    return quote is None or quote.text.rstrip().endswith("?")


def _quotes(spans: Sequence[Span], row: int, build: Build) -> list[Quote]:
    """Return the quotes of some spans of the document of a row, in the passages that hold them, nearest first.

    A span that no passage beside holds is left out.
    """
    quotes = []
    at = row
    for span in spans:
        found = _passage_with(span, at, build)
        if found is not None:
            at, passage = found
            quotes.append(Quote(passage.passage_id, *span, text_at(passage, span)))
    return quotes


def _passage_with(span: Span, row: int, build: Build) -> tuple[int, Passage] | None:
    documents = build.document_of_row
    near = sorted(
        range(max(row - _PASSAGES_BESIDE, 0), min(row + _PASSAGES_BESIDE + 1, len(documents))),
        key=lambda other: abs(other - row),
    )
    rows = [other for other in near if documents[other] == documents[row]]
    for other, passage in zip(rows, build.passages.passages(rows), strict=True):
        if text_at(passage, span):
            return other, passage
    return None


def _said(quotes: Sequence[Quote], document: str, build: Build, *, listed: bool) -> str:
    """Return what quotes say together: on lines of their own in a list, else in a row; what is skipped is marked."""
    parts = [" ".join(quote.text.split()) for quote in quotes]
    if len(quotes) == 1:
        return parts[0]
    stored, said = build.passages.text(document) or "", parts[0]
    for (before, after), part in zip(pairwise(quotes), parts[1:], strict=True):
        mark = f"{SKIPPED} " if skips_words(stored[before.end : after.start]) else ""
        said += ("\n" if listed else " ") + mark + part
    return said
