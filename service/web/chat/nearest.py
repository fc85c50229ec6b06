"""The approved documents nearest to a question that was refused, by their titles, headings and words.

Order of work: the words of the question that carry a subject; the best passages that hold them, within the asker's
scope; of each one's document, how much of the question its title, its heading and its words hold together, the rare
words counting most. What holds less than half is not near, and then nothing is named. Rarity is counted within the
scope too, so what is named depends on the question and on what that person may read, and on nothing else.
"""

from dataclasses import dataclass

import numpy as np

from indexes.documents import Passage
from indexes.words import content_terms, terms
from service.answering.answers import Reason, Refusal
from service.answering.reading import Within

MOST = 3
_LOOKED_AT = 30  # passages
_LEAST_HELD = 0.4  # of the question's words, weighed by rarity
_TITLE = 0.5  # what a word of the title or heading counts more


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
    rarity = dict(zip(wanted, lexical.rarity(wanted, scope), strict=True))
    passages = within.build.passages.passages([int(row) for row in rows])
    best: dict[str, tuple[float, Passage]] = {}
    for passage in passages:
        held = _held(passage, rarity)
        if held > best.get(passage.document, (_LEAST_HELD, None))[0]:
            best[passage.document] = held, passage
    found = sorted(best.values(), key=lambda pair: -pair[0])[:MOST]
    return tuple(Near(passage.document, passage.title, passage.locator.label()) for _, passage in found)


def _held(passage: Passage, rarity: dict[str, float]) -> float:
    """Return the share of the question that a passage holds; words that its title or heading names count more."""
    named = set(terms(" ".join((passage.title, *passage.locator.headings))))
    words = named.union(terms(passage.text))
    total = sum(rarity.values()) or 1.0
    held = sum(weight for term, weight in rarity.items() if term in words)
    return (held + _TITLE * sum(weight for term, weight in rarity.items() if term in named)) / total
