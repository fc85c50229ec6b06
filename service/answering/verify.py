"""The check between a draft and an answer: no sentence without a citation, no citation without its quote in place.

Every quote is looked up again in the stored text of its document, in the scope as it is at this moment, so a document
that was revoked while the question was worked on is no longer cited. A sentence that fails is not released.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexes.builds import Build
from indexes.documents import Passage
from indexes.standing import Grant
from service.answering.boundary import Scope
from service.answering.drafts import SKIPPED, DraftSentence, Quote, skips_words

VERBATIM = "verbatim"  # the check that a quote passed, as the record names it
SUPPORTED = "supported"  # the check of a sentence that a model wrote: its quotes bear it, each verbatim


@dataclass(frozen=True, slots=True)
class VerifiedQuote:
    """A quote that stands where it says, in a passage the asker may see, with the approval that lets them."""

    quote: Quote
    passage: Passage
    grant: Grant


@dataclass(frozen=True, slots=True)
class VerifiedSentence:
    """A sentence that may be released, with at least one verified quote; `check` says how its words were checked."""

    text: str
    quotes: tuple[VerifiedQuote, ...]
    more: int = 0
    check: str = VERBATIM


def verify(draft: Sequence[DraftSentence], *, build: Build, scope: Scope) -> list[VerifiedSentence]:
    """Return the sentences of a draft that may be released, in order.

    A sentence passes if it has at least one quote, every quote is found verbatim at its span, and the sentence says
    what its quotes say: no more, and no less, because a part can mean the opposite ("Never upload ..."). Several quotes
    are of one document, in its order, and what stands between two and is left out is marked.
    """
    released = []
    for sentence in draft:
        quotes = [_verified(quote, build, scope) for quote in sentence.quotes]
        passed = tuple(quote for quote in quotes if quote is not None)
        if passed and len(passed) == len(quotes) and sentence.text.split() == _said(passed, build):
            released.append(VerifiedSentence(sentence.text, passed, sentence.more))
    return released


def verify_written(sentence: DraftSentence, *, build: Build, scope: Scope) -> VerifiedSentence | None:
    """Return a sentence that a model wrote if each quote beside it, at least one, is found verbatim; else `None`.

    That the quotes bear its words was checked before (`writing.checking`); that they stand there, and may be read at
    this moment, is checked here.
    """
    quotes = [_verified(quote, build, scope) for quote in sentence.quotes]
    passed = tuple(quote for quote in quotes if quote is not None)
    if not passed or len(passed) < len(quotes):
        return None
    return VerifiedSentence(sentence.text, passed, check=SUPPORTED)


def _verified(quote: Quote, build: Build, scope: Scope) -> VerifiedQuote | None:
    passage = build.passages.passage(quote.passage_id)
    if passage is None:
        return None
    granted = scope.grants.get(passage.document)
    if granted is None or granted.sha256 != passage.sha256:
        return None
    if not passage.start <= quote.start < quote.end <= passage.end:
        return None
    stored = build.passages.text(passage.document) or ""
    if stored[quote.start : quote.end] != quote.text:
        return None
    return VerifiedQuote(quote, passage, granted)


def _said(quotes: Sequence[VerifiedQuote], build: Build) -> list[str]:
    """Return the words that some quotes say together; none if they are not of one document, one after the other."""
    said = quotes[0].quote.text.split()
    for before, after in pairwise(quotes):
        if before.passage.document != after.passage.document or before.quote.end > after.quote.start:
            return []
        stored = build.passages.text(after.passage.document) or ""
        if skips_words(stored[before.quote.end : after.quote.start]):
            said.append(SKIPPED)
        said += after.quote.text.split()
    return said
