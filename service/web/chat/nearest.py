"""The approved documents nearest to a question that was refused, by their titles, headings and words.

Order of work: the words of the question that carry a subject; the best passages that hold them, within the asker's
scope; of each one's document, how much of the question its title, its heading and its words hold together, the rare
words counting most. What holds little of it is not near, and then nothing is named. Rarity is counted within the scope
too, so what is named depends on the question and on what that person may read, and on nothing else. A refusal weighs
meaning as well and finds that it does not suffice; this only names where the same words stand.
"""

from dataclasses import dataclass

import numpy as np

from indexes.documents import Passage
from indexes.words import content_terms, terms
from service.answering.answers import Reason, Refusal
from service.answering.library.reading import Within

MOST = 3
_LOOKED_AT = 30  # passages
_LEAST_HELD = 0.42  # of the question's words, weighed by rarity; looked at by hand, for thirty questions
_NEARLY = 0.8  # of what the nearest holds: the others hold as much
_TITLE = 0.5  # what a word of the title or heading counts more
_NOWHERE = 0.5  # what a word counts that none of the passages holds: it keeps the others from being all there is


@dataclass(frozen=True, slots=True)
class Near:
    """A document that may help, and the heading or page where it comes nearest."""

    document: str
    title: str
    place: str


def nearest(question: str, refusal: Refusal | None, within: Within) -> tuple[Near, ...]:
    """Return at most three documents near to a refused question, the nearest first; none where nothing was asked."""
    if refusal is None or refusal.reason is Reason.REQUEST_NOT_SUPPORTED:
        return ()
    wanted = content_terms(question)
    lexical, scope = within.build.lexical, within.scope.lexical
    rows, _ = lexical.search(wanted, scope, _LOOKED_AT) if wanted and scope.count else (np.array([], np.int64), None)
    if not len(rows):
        return ()
    passages = within.build.passages.passages([int(row) for row in rows])
    weights = _weights(wanted, passages, dict(zip(wanted, lexical.rarity(wanted, scope).tolist(), strict=True)))
    best: dict[str, tuple[float, Passage]] = {}
    for passage in passages:
        held = _held(passage, weights)
        if held > best.get(passage.document, (_LEAST_HELD, None))[0]:
            best[passage.document] = held, passage
    found = sorted(best.values(), key=lambda pair: -pair[0])[:MOST]
    return tuple(
        Near(passage.document, passage.title, place_of(passage))
        for held, passage in found
        if held >= _NEARLY * found[0][0]
    )


def place_of(passage: Passage) -> str:
    """Return a passage's page or heading in words; the document's own title, with which many begin, is left out."""
    headings = passage.locator.headings if passage.locator.kind == "heading" else ()
    if headings and passage.title.startswith(headings[0]):
        return " › ".join(headings[1:])
    return passage.locator.label()


def _weights(wanted: list[str], passages: list[Passage], rarity: dict[str, float]) -> dict[str, float]:
    somewhere = set().union(*map(_words_of, passages))
    return {term: rarity[term] * (1 if term in somewhere else _NOWHERE) for term in wanted}


def _held(passage: Passage, weights: dict[str, float]) -> float:
    """Return the share of the question that a passage holds; words that its title or heading names count more."""
    named, words = _named_in(passage), _words_of(passage)
    held = sum(weight * (1 + _TITLE * (term in named)) for term, weight in weights.items() if term in words)
    return held / (sum(weights.values()) or 1.0)


def _named_in(passage: Passage) -> set[str]:
    return set(terms(" ".join((passage.title, *passage.locator.headings))))


def _words_of(passage: Passage) -> set[str]:
    return _named_in(passage).union(terms(passage.text))
