"""The units of the best passages: what of them may be quoted by itself, and what only names what can.

Each is given once, from the best passage that holds it. Nothing is weighed here (`sentence_features`,
`ranking`), nothing chosen (`extract`).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from indexes.builds import Build
from indexes.documents import Passage
from indexes.units import MOST_CHARS, Span, UnitKind
from indexes.words import content_terms
from service.answering.finding.retrieve import Hit, Retrieved
from service.answering.understanding.asked import Asked

PASSAGES = 5  # whose units are considered
NAMED = 0.6  # and more: a heading or a lead-in is nearly the question
_LABELS = 1 << 12  # labels and headings whose terms are kept; a few MB when full
_NUMBERING = "0123456789.§()-"


@dataclass(frozen=True)
class Candidate:
    """A unit of a passage.

    `number` is its own in the build, `place` its place among the units of its passage, `span` where it stands in the
    stored text. `label` is where the question, lead-in or term stands that it stands under, `None` for none; `series`
    the number of its list, procedure or table in the document, -1 for none. `is_quotable` tells whether it may be
    quoted by itself: it says something, and is no label, no question, and no table that ran together.
    """

    hit: Hit
    number: int
    place: int
    span: Span
    text: str
    kind: UnitKind
    label: Span | None
    series: int
    words: int
    is_quotable: bool

    @property
    def document(self) -> str:
        """The document it is of."""
        return self.hit.passage.document

    @cached_property
    def label_text(self) -> str:
        """What its label says, if that stands in the same passage; empty if not."""
        return text_at(self.hit.passage, self.label)


def asks(text: str) -> bool:
    """Tell whether a label or a heading is a question."""
    return text.rstrip().endswith("?")


def text_at(passage: Passage, span: Span | None) -> str:
    """Return what stands at a span of a document, if a passage holds it; empty if it does not."""
    if span is None or not passage.start <= span[0] < span[1] <= passage.end:
        return ""
    return passage.text[span[0] - passage.start : span[1] - passage.start]


def gather(retrieved: Retrieved, build: Build) -> list[Candidate]:
    """Return the distinct units of the best passages, by rank and in reading order; those that say the same once.

    Args:
        retrieved: what was found.
        build: the build it was found in.
    """
    if retrieved.matches is None:
        return []
    index = build.sentences
    found: dict[tuple[object, ...], Candidate] = {}
    for hit in considered(retrieved):
        numbers = retrieved.matches.numbers[retrieved.matches.sentences_of(hit.row)]
        spans, labels = index.spans[numbers].tolist(), index.labels[numbers].tolist()
        kinds, series = index.kinds[numbers].tolist(), index.series[numbers].tolist()
        for place, number in enumerate(numbers.tolist()):
            (start, end), (label_start, label_end) = spans[place], labels[place]
            terms, kind = index.terms_of(number), UnitKind(kinds[place])
            one = Candidate(
                hit=hit,
                number=number,
                place=place,
                span=(start, end),
                text=text_at(hit.passage, (start, end)),
                kind=kind,
                label=(label_start, label_end) if label_start >= 0 else None,
                series=series[place],
                words=len(terms),
                is_quotable=kind.quotable and 0 < end - start <= MOST_CHARS and len(terms) > 0,
            )
            found.setdefault((kind.quotable, one.label_text, terms.tobytes()), one)
    return list(found.values())


def considered(retrieved: Retrieved) -> list[Hit]:
    """Return the passages that are quoted from: the best, first those whose heading is nearly the question; by rank."""
    named = {
        hit.rank
        for hit in retrieved.hits
        for heading in hit.passage.locator.headings[-1:]
        if named_by(heading, retrieved.question) >= NAMED
    }
    best = sorted(retrieved.hits, key=lambda hit: (hit.rank not in named, hit.rank))[:PASSAGES]
    return sorted(best, key=lambda hit: hit.rank)


def named_by(text: str, question: Asked) -> float:
    """Return how nearly a label or a heading is a question, in [0, 1].

    It is the harmonic mean of what each holds of the other; what the label holds of the question counts by rarity. A
    number that only counts headings says nothing.
    """
    terms = label_terms(text.strip().lstrip(_NUMBERING))
    if not terms:
        return 0.0
    held = [term in terms for term in question.terms]
    if not any(held):
        return 0.0
    of_question = float(question.coverage(np.array([held], dtype=np.bool_))[0])
    of_label = sum(held) / len(terms)
    return 2 * of_question * of_label / (of_question + of_label) if of_label else 0.0


@lru_cache(maxsize=_LABELS)
def label_terms(text: str) -> frozenset[str]:
    """Return the content terms of a label, a heading or a title."""
    return frozenset(content_terms(text))
