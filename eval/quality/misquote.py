"""Probes the check of citations: sentences that misquote, made from an answer's own quotes, which must all be withheld.

An answer that quotes word for word would pass a check that lets everything through. So the judge hands the check what
no answer may hold, and counts what of it is released.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from eval.quality.libraries import Place
from service.answering.drafts import DraftSentence, Quote
from service.answering.steps import Worked
from service.answering.verify import verify


def misquotes_released(worked: Worked, place: Place) -> float:
    """Return the share of misquotes that the check releases, in [0, 1]; 0 where there is no answer to misquote."""
    drafts = list(_misquotes([citation.verified.quote for citation in worked.citations], worked))
    if not drafts:
        return 0.0
    released = [draft for draft in drafts if verify([draft], build=place.build, scope=place.scope)]
    return len(released) / len(drafts)


def _misquotes(quotes: Sequence[Quote], worked: Worked) -> Iterator[DraftSentence]:
    for quote in quotes:
        yield _saying(quote.text, replace(quote, start=quote.start + 1, end=quote.end + 1))  # stands elsewhere
        altered = f"not {quote.text}"
        yield _saying(altered, replace(quote, text=altered, end=quote.start + len(altered)))  # is not what stands there
        yield _saying(f"{quote.text} And more.", quote)  # says more than its quote
        yield DraftSentence(quote.text, ())  # rests on nothing
        for hit in worked.found.hits:
            passage = hit.passage
            if not passage.start <= quote.start < quote.end <= passage.end:
                yield _saying(quote.text, replace(quote, passage_id=passage.passage_id))  # is of another passage
                break


def _saying(text: str, quote: Quote) -> DraftSentence:
    return DraftSentence(text, (quote,))
