"""The check between a draft and an answer: no sentence without a citation, no citation without its quote in place.

Every quote is looked up again in the stored text of its document, in the scope as it is at this moment, so a document
that was revoked while the question was worked on is no longer cited. A sentence that fails is not released.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from indexes.builds import Build
from indexes.documents import Passage
from indexes.standing import Grant
from service.answering.boundary import Scope
from service.answering.drafts import DraftSentence, Quote

VERBATIM = "verbatim"  # the check that a quote passed, as the record names it


@dataclass(frozen=True, slots=True)
class VerifiedQuote:
    """A quote that stands where it says, in a passage the asker may see, with the approval that lets them."""

    quote: Quote
    passage: Passage
    grant: Grant


@dataclass(frozen=True, slots=True)
class VerifiedSentence:
    """A sentence that may be released, with at least one verified quote."""

    text: str
    quotes: tuple[VerifiedQuote, ...]


def verify(draft: Sequence[DraftSentence], *, build: Build, scope: Scope) -> list[VerifiedSentence]:
    """Return the sentences of a draft that may be released, in order.

    A sentence passes if it has at least one quote, every quote is found verbatim at its span, and the sentence says
    what one of its quotes says: no more, and no less, because a part can mean the opposite ("Never upload ...").
    """
    released = []
    for sentence in draft:
        quotes = [_verified(quote, build, scope) for quote in sentence.quotes]
        passed = tuple(quote for quote in quotes if quote is not None)
        if passed and len(passed) == len(quotes) and _says_the_same(sentence):
            released.append(VerifiedSentence(sentence.text, passed))
    return released


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


def _says_the_same(sentence: DraftSentence) -> bool:
    """Today every sentence is a quote; white space may differ, nothing else."""
    said = sentence.text.split()
    return bool(said) and any(said == quote.text.split() for quote in sentence.quotes)
