"""The extractive answerer: one to four sentences, word for word, from the best passages, what answers best first.

1  gather the units of the best passages (`gather`), and weigh each by what ties it to the question
   (`sentence_features`, `ranking`)
2  take the best that may be quoted; none, if something that may not be quoted weighs far more
3  take further ones that are nearly as good and add to it: another kind of answer that was asked for, or other words of
   the question
4  quote each (`quoting`): with its lead-in where it says little alone, with the sentence it leans on, or as the list or
   procedure that was asked for

It writes nothing of its own, and encodes nothing: vectors of units are in the build.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.units import MOST_CHARS, UnitKind
from indexes.words import words
from service.answering.asked import Held
from service.answering.drafts import DraftSentence, Quote
from service.answering.features import SENTENCE_FEATURES
from service.answering.gather import Candidate, gather
from service.answering.offers import offered
from service.answering.quoting import quote_of, sentence_of, series_of
from service.answering.ranking import Ranking
from service.answering.retrieve import Retrieved
from service.answering.sentence_features import held_by, sentence_features
from service.answering.wanted import Want, wants_series

MOST_SENTENCES = 4
_NEARLY = 1.6  # a further sentence may weigh this much less than the best one
_ADDS = 0.1  # of the question's words by rarity: what a further sentence has to hold beyond those taken
_ALIKE = 0.7  # of the words of two sentences: they say the same
_NAMED = 0.6  # a heading or lead-in is nearly the question
_OF_ITSELF = 0.15  # of the question's words: more, and an item is asked for, not its list
_SAYS_LITTLE = 6  # words; shorter sentences are quoted with what they stand under
_LEANING = frozenset({"it", "they", "this", "these", "that", "those", "such", "he", "she", "its", "their"})


@dataclass(frozen=True, slots=True)
class Weighed:
    """The units of the best passages, at least one that may be quoted.

    `sums` are their weighed features, shape (units,); `held` which of the question's terms stand in each or in its
    label, shape (units, terms); `context` which in title or headings, in the same shape; `named` how nearly what each
    stands under is the question.
    """

    units: Sequence[Candidate]
    sums: NDArray[np.float64]
    held: Held
    context: Held
    named: NDArray[np.float64]

    @property
    def order(self) -> list[int]:
        """The places of those that may be quoted, by falling weight."""
        return [int(at) for at in np.argsort(-self.sums, kind="stable") if self.units[at].is_quotable]


class ExtractiveAnswerer:
    """Quotes; see the module."""

    kind: Literal["extractive"] = "extractive"
    name = "units-1"

    def __init__(self, *, ranking: Ranking) -> None:
        """Weigh units by a ranking."""
        self._ranking = ranking

    def draft(self, text: str, *, retrieved: Retrieved, build: Build) -> Sequence[DraftSentence]:
        """Return up to four sentences, what answers best first; none if that cannot be quoted."""
        del text  # retrieval already holds all that is needed of it
        weighed = self.weigh(retrieved, build)
        if weighed is None or _cannot_be_quoted(weighed):
            return []
        return _drafted(weighed, retrieved, build)

    def best(self, retrieved: Retrieved, build: Build) -> Quote | None:
        """Return the unit that weighs most of those that may be quoted; `None` if there is none."""
        weighed = self.weigh(retrieved, build)
        return quote_of(weighed.units[weighed.order[0]]) if weighed else None

    def units(self, retrieved: Retrieved, build: Build) -> list[Quote]:
        """Return all units of the best passages that may be quoted."""
        return [quote_of(one) for one in gather(retrieved, build) if one.is_quotable]

    def weigh(self, retrieved: Retrieved, build: Build) -> Weighed | None:
        """Return the units of the best passages, weighed; `None` if none of them may be quoted."""
        units = gather(retrieved, build)
        if retrieved.matches is None or not any(one.is_quotable for one in units):
            return None
        features = sentence_features(retrieved, units, build)
        return Weighed(
            units=units,
            sums=self._ranking.weigh_sentences(features),
            held=held_by(retrieved, units, build),
            context=np.stack([retrieved.matches.context_of(one.hit.row) for one in units]),
            named=features[:, SENTENCE_FEATURES.index("named")],
        )


def _cannot_be_quoted(weighed: Weighed) -> bool:
    """Tell whether what weighs far more than anything quotable is a text too long to quote, or a question left open.

    The evidence was that text's; a neighbour of it would answer with something else.
    """
    best = weighed.units[weighed.order[0]]
    labels = {(one.document, one.label) for one in weighed.units}
    spent = [
        weight
        for one, weight in zip(weighed.units, weighed.sums, strict=True)
        if len(one.text) > MOST_CHARS or (one.kind is UnitKind.QUESTION and (one.document, one.span) not in labels)
    ]
    return max(spent, default=-np.inf) > weighed.sums[weighed.units.index(best)] + _NEARLY


def _drafted(weighed: Weighed, retrieved: Retrieved, build: Build) -> list[DraftSentence]:
    whole = _series_asked_for(weighed, retrieved)
    taken = [weighed.order[0] if whole is None else whole]
    drafted = [_quoted(weighed, taken[0], build, whole=whole is not None)]
    for at in weighed.order:
        if len(drafted) == MOST_SENTENCES or weighed.sums[at] < weighed.sums[weighed.order[0]] - _NEARLY:
            break
        said = {(quote.start, quote.end) for one in drafted for quote in one.quotes}
        if weighed.units[at].span not in said and _adds(weighed, at, taken, retrieved, build):
            taken.append(at)
            drafted.append(_quoted(weighed, at, build, whole=False))
    return drafted


def _series_asked_for(weighed: Weighed, retrieved: Retrieved) -> int | None:
    """Return the best unit of the list, procedure or table that is asked for as such; `None` if none is.

    It is if the question wants one, and what its items stand under holds of the question what the item itself does.
    """
    if not wants_series(retrieved.wants):
        return None
    question, least = retrieved.question, weighed.sums[weighed.order[0]] - _NEARLY
    for at in weighed.order:
        one = weighed.units[at]
        if weighed.sums[at] < least:
            return None
        if one.series < 0:
            if at == weighed.order[0] and weighed.named[at] < _NAMED:
                least = weighed.sums[at]  # a sentence answers: only a list that is named by the question goes before it
            continue
        under, both = weighed.context[at], weighed.context[at] | weighed.held[at]
        of_itself = float(question.coverage(both[None])[0] - question.coverage(under[None])[0])
        if weighed.named[at] >= _NAMED or of_itself < _OF_ITSELF:
            return at
    return None


def _adds(weighed: Weighed, at: int, taken: Sequence[int], retrieved: Retrieved, build: Build) -> bool:
    """Tell whether a unit adds to those taken: a kind of answer that was asked for, or words of the question."""
    one = weighed.units[at]
    if any(_says_the_same(one, weighed.units[other], build) for other in taken):
        return False
    missing = retrieved.wants - _offered([weighed.units[other] for other in taken], retrieved.wants)
    if missing & _offered([one], retrieved.wants):
        return True
    question, before = retrieved.question, np.logical_or.reduce(weighed.held[list(taken)], axis=0)
    gained = question.coverage((before | weighed.held[at])[None])[0] - question.coverage(before[None])[0]
    return bool(gained >= _ADDS)


def _offered(units: Sequence[Candidate], wants: frozenset[Want]) -> frozenset[Want]:
    found = (offered(one.text, wants, kind=one.kind, labelled=one.label is not None) for one in units)
    return frozenset().union(*found)


def _says_the_same(one: Candidate, other: Candidate, build: Build) -> bool:
    """Tell whether two units share most of their words; items under different labels say different things."""
    if one.label_text != other.label_text and one.kind is not UnitKind.SENTENCE:
        return False
    ours, theirs = (set(build.sentences.terms_of(unit.number).tolist()) for unit in (one, other))
    return len(ours & theirs) >= _ALIKE * len(ours | theirs)


def _quoted(weighed: Weighed, at: int, build: Build, *, whole: bool) -> DraftSentence:
    one = weighed.units[at]
    series = series_of(one, build) if whole else None
    if series is not None:
        return series
    if one.label is not None and not one.label_text.rstrip().endswith("?") and _says_little(one):
        return sentence_of(one, build, before=one.label, listed=True)
    if words(one.text)[:1] and words(one.text)[0] in _LEANING:
        before = next((b for b in weighed.units if b.hit.row == one.hit.row and b.place == one.place - 1), None)
        if before is not None and before.kind in (UnitKind.SENTENCE, UnitKind.CLAUSE) and before.is_quotable:
            return sentence_of(one, build, before=before.span)
    return sentence_of(one, build)


def _says_little(one: Candidate) -> bool:
    """Tell whether a unit needs what it stands under: a short sentence, an item, a fact; a row bears its names."""
    return one.kind in (UnitKind.ITEM, UnitKind.STEP, UnitKind.FACT) or one.words <= _SAYS_LITTLE
