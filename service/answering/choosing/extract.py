"""The extractive answerer: one to four sentences, word for word, from the best passages, what answers best first.

1  gather the units of the best passages (`gather`), and weigh each by what ties it to the question
   (`sentence_features`, `ranking`)
2  take the best that may be quoted; none, if something that may not be quoted weighs far more
3  take further ones: what is as good, and what is nearly as good and adds to it, another kind of answer that was asked
   for, or other words of the question
4  quote each (`quoting`): with its lead-in where it says little alone, with the sentence it leans on, or as the list or
   procedure that was asked for

It writes nothing of its own, and encodes nothing: vectors of units are in the build.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexes.builds import Build
from indexes.units import MOST_CHARS, Span, UnitKind
from service.answering.choosing.gather import NAMED, Candidate, asks, gather, text_at
from service.answering.choosing.leaning import leans
from service.answering.choosing.offers import offered
from service.answering.choosing.quoting import quote_of, sentence_of, series_of
from service.answering.choosing.sentence_features import held_by, sentence_features
from service.answering.drafts import DraftSentence, Quote
from service.answering.finding.features import SENTENCE_FEATURES
from service.answering.finding.ranking import Ranking
from service.answering.finding.retrieve import Retrieved
from service.answering.understanding.asked import Held
from service.answering.understanding.wanted import Want, wants_series

MOST_SENTENCES = 4
_NEARLY = 1.6  # a further sentence that adds to the best one may weigh this much less
_AS_GOOD = 1.2  # one that weighs this much less at most may be the answer as well, whether it adds or not
_ADDS = 0.1  # of the question's words by rarity: what a further sentence has to hold beyond those taken
_ALIKE = 0.7  # of the words of two sentences: they say the same
_UNDER = 0.5  # of the question's words have to stand in title, headings or lead-in of a list that is asked for
_OF_ITSELF = 0.15  # of the question's words: more, and an item is asked for, not its list
_SEVERAL = 3  # of what would be quoted: that many items of one list are quoted as the list
_SAYS_LITTLE = 6  # words; shorter sentences are quoted with what they stand under


@dataclass(frozen=True, slots=True)
class Weighed:
    """The units of the best passages, at least one that may be quoted.

    `sums` are their weighed features, shape (units,); `held` which of the question's terms stand in each, shape (units,
    terms); `above` which in its label, title or headings, in the same shape; `named` how nearly what each stands
    under is the question; `order` the places of those that may be quoted, by falling weight.
    """

    units: Sequence[Candidate]
    sums: NDArray[np.float64]
    held: Held
    above: Held
    named: NDArray[np.float64]
    order: Sequence[int]


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

    def units(self, retrieved: Retrieved, build: Build) -> list[Quote]:
        """Return all units of the best passages that may be quoted."""
        return [quote_of(one) for one in gather(retrieved, build) if one.is_quotable]

    def weigh(self, retrieved: Retrieved, build: Build) -> Weighed | None:
        """Return the units of the best passages, weighed; `None` if none of them may be quoted."""
        units = gather(retrieved, build)
        if retrieved.matches is None or not any(one.is_quotable for one in units):
            return None
        features = sentence_features(retrieved, units, build)
        held, above = held_by(retrieved, units, build)
        sums = self._ranking.weigh_sentences(features)
        return Weighed(
            units=units,
            sums=sums,
            held=held,
            above=above,
            named=features[:, SENTENCE_FEATURES.index("named")],
            order=[at for at in np.argsort(-sums, kind="stable").tolist() if units[at].is_quotable],
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
    return bool(max(spent, default=-np.inf) > weighed.sums[weighed.units.index(best)] + _NEARLY)


def _drafted(weighed: Weighed, retrieved: Retrieved, build: Build) -> list[DraftSentence]:
    whole = _series_asked_for(weighed, retrieved)
    taken = [weighed.order[0] if whole is None else whole]
    drafted = [_quoted(weighed, taken[0], build, whole=whole is not None)]
    for at in weighed.order:
        if len(drafted) == MOST_SENTENCES or weighed.sums[at] < weighed.sums[weighed.order[0]] - _NEARLY:
            break
        said = {(quote.start, quote.end) for one in drafted for quote in one.quotes}
        if weighed.units[at].span in said or _is_said(weighed, at, taken, build):
            continue
        if _is_of_another(weighed, at, taken[0], retrieved) or (whole is not None and _is_in(weighed, at, whole)):
            continue
        is_as_good = weighed.sums[at] >= weighed.sums[weighed.order[0]] - _AS_GOOD
        if is_as_good or _adds(weighed, at, taken, retrieved):
            taken.append(at)
            drafted.append(_quoted(weighed, at, build, whole=False, said=said))
    return drafted


def _series_asked_for(weighed: Weighed, retrieved: Retrieved) -> int | None:
    """Return the unit by which a list, procedure or table is quoted whole; `None` if none is asked for.

    One is if what its items stand under is nearly the question; if that holds much of the question, and the item that
    weighs most hardly more; or if most of what would be quoted are items of it that hold the same of the question.
    """
    best = weighed.order[0]
    order = [at for at in weighed.order if weighed.sums[at] >= weighed.sums[best] - _NEARLY]
    if wants_series(retrieved.wants):
        named = [at for at in weighed.order if weighed.units[at].series >= 0 and weighed.named[at] >= NAMED]
        asked_for = named or [at for at in order if _is_asked_for_under(weighed, at, retrieved)]
        if asked_for:
            return asked_for[0]
    elif _is_asked_for_under(weighed, best, retrieved):
        return best
    beside = [at for at in order[:MOST_SENTENCES] if _is_beside(weighed, at, best)]
    return best if len(beside) >= _SEVERAL else None


def _is_asked_for_under(weighed: Weighed, at: int, retrieved: Retrieved) -> bool:
    """Tell whether what a unit stands under holds much of the question, and the unit itself hardly more of it.

    An item of a list that is asked for as a list may hold more ("Which documents ...": "a copy of a document").
    """
    one, question = weighed.units[at], retrieved.question
    under = question.coverage(weighed.above[at][None])[0]
    both = question.coverage((weighed.above[at] | weighed.held[at])[None])[0]
    is_of_list = Want.LIST in retrieved.wants and one.kind is not UnitKind.ROW
    return bool(one.series >= 0 and under >= _UNDER and (is_of_list or both - under < _OF_ITSELF))


def _is_beside(weighed: Weighed, at: int, best: int) -> bool:
    """Tell whether a unit is of the best one's series, and holds as much of the question: neither is asked for."""
    return _is_in(weighed, at, best) and bool((weighed.held[at] == weighed.held[best]).all())


def _is_in(weighed: Weighed, at: int, best: int) -> bool:
    """Tell whether a unit is of the series that the best one is of."""
    one, other = weighed.units[at], weighed.units[best]
    return one.series >= 0 and (one.document, one.series) == (other.document, other.series)


def _is_said(weighed: Weighed, at: int, taken: Sequence[int], build: Build) -> bool:
    return any(_says_the_same(weighed.units[at], weighed.units[other], build) for other in taken)


def _is_of_another(weighed: Weighed, at: int, best: int, retrieved: Retrieved) -> bool:
    """Tell whether a unit lacks a name or number of the question that the best one holds: June's rule, not May's."""
    held = weighed.held | weighed.above
    return bool((held[best] & ~held[at] & retrieved.question.named).any())


def _adds(weighed: Weighed, at: int, taken: Sequence[int], retrieved: Retrieved) -> bool:
    """Tell whether a unit adds to those taken: a kind of answer that was asked for, or words of the question."""
    one = weighed.units[at]
    missing = retrieved.wants - _offered([weighed.units[other] for other in taken], retrieved.wants)
    if missing & _offered([one], retrieved.wants):
        return True
    question, held = retrieved.question, weighed.held | weighed.above
    before = np.logical_or.reduce(held[list(taken)], axis=0)
    gained = question.coverage((before | held[at])[None])[0] - question.coverage(before[None])[0]
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


def _quoted(
    weighed: Weighed, at: int, build: Build, *, whole: bool, said: Collection[Span] = frozenset()
) -> DraftSentence:
    one = weighed.units[at]
    series = series_of(one, build) if whole else None
    if series is not None:
        return series
    if one.label is not None and one.label not in said and not asks(one.label_text) and _says_little(one):
        return sentence_of(one, build, before=one.label, listed=not one.label_text.endswith("."))
    if asks(one.label_text):
        return sentence_of(_with_short_ones(one, weighed.units), build)
    before = next((b for b in weighed.units if b.hit.row == one.hit.row and b.place == one.place - 1), None)
    says_what = before and before.is_quotable and before.kind in (UnitKind.SENTENCE, UnitKind.CLAUSE)
    if before and says_what and before.span not in said and leans(one.text):
        return sentence_of(one, build, before=before.span)
    return sentence_of(one, build)


def _with_short_ones(one: Candidate, units: Sequence[Candidate]) -> Candidate:
    """Return a sentence of an answer under its question, with "Yes." before it, and with what follows a "No."."""
    block = {other.place: other for other in units if (other.hit.row, other.label) == (one.hit.row, one.label)}
    first, last = one, one
    while first.place - 1 in block and block[first.place - 1].words <= _SAYS_LITTLE:
        first = block[first.place - 1]
    while last.words <= _SAYS_LITTLE and last.place + 1 in block and block[last.place + 1].is_quotable:
        last = block[last.place + 1]
    span = (first.span[0], last.span[1])
    return replace(one, span=span, text=text_at(one.hit.passage, span)) if span != one.span else one


def _says_little(one: Candidate) -> bool:
    """Tell whether a unit needs what it stands under: a short sentence, an item, a fact; a row bears its names."""
    if one.kind is UnitKind.SENTENCE:
        return one.series < 0 and (one.words <= _SAYS_LITTLE or one.label_text.endswith("."))  # "200 GB." goes before
    return one.kind in (UnitKind.ITEM, UnitKind.STEP, UnitKind.FACT)
