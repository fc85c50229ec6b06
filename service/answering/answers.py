"""The records that leave the service: answers with citations, refusals with reasons, and search results.

A refusal is a result, not an error. Its message depends on its reason alone, so it cannot tell whether documents exist
that the asker may not read. Nothing here decides anything; `pipeline` does.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote as url_quote

from indexes.documents import Passage
from indexes.readings import ReadingNote
from indexes.standing import Grant
from service.answering.finding.retrieve import Hit
from service.answering.unread import note_at
from service.answering.verify import VerifiedQuote, VerifiedSentence
from service.audit.storage.store import Receipt
from service.clients.lines import Line, Quoted, lines_of, mark_before

_VERSION_HEX = 16  # of a document's SHA-256 in a link: enough to tell its versions apart
NotesOf = Callable[[str], Sequence[ReadingNote]]


class Reason(StrEnum):
    """Why a question was refused."""

    NO_EVIDENCE = "no_evidence"
    UNSUPPORTED_DRAFT = "unsupported_draft"
    REQUEST_NOT_SUPPORTED = "request_not_supported"


MESSAGES = {
    Reason.NO_EVIDENCE: "The approved documents that you may read do not hold enough evidence to answer this.",
    Reason.UNSUPPORTED_DRAFT: "An answer was drafted, but no sentence of it could be verified against its source.",
    Reason.REQUEST_NOT_SUPPORTED: "This is not a question that can be looked up. Ask for something in words.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer."""

    reason: Reason

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {"reason": self.reason.value, "message": MESSAGES[self.reason]}


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered quote, with where it stands and who approved it.

    `note` says that its document is not the one in force, or that its place or its document was not read whole; `None`
    if nothing is known to be missing.
    """

    n: int
    verified: VerifiedQuote
    note: str | None = None

    @property
    def url(self) -> str:
        """The page of the source, opened at the quote."""
        return _url(self.verified.passage, self.verified.quote.start, self.verified.quote.end)

    @property
    def quoted(self) -> Quoted:
        """The quote, with the mark of a list that stands in front of it in its document."""
        quote, passage = self.verified.quote, self.verified.passage
        return Quoted(self.n, quote.text, mark_before(passage.text[: quote.start - passage.start]))

    def as_json(self) -> dict[str, Any]:
        """Return the public form; `span` is `[start, end)` in the document's stored text."""
        quote, passage, granted = self.verified.quote, self.verified.passage, self.verified.grant
        return {
            "n": self.n,
            "document": passage.document,
            "title": passage.title,
            "sha256": passage.sha256,
            "passage_id": passage.passage_id,
            "locator": passage.locator.as_json(),
            "quote": quote.text,
            "span": [quote.start, quote.end],
            "url": self.url,
            **_approval(granted),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Sentence:
    """A released sentence and the numbers of its citations, at least one.

    Its text is what its quotes say, each line of it a line of the source. Of a list, a procedure or a table that is
    quoted in part, `more` counts the items that were left out.
    """

    text: str = field(repr=False)
    citations: tuple[int, ...]
    more: int = 0

    @property
    def shown(self) -> str:
        """The text, and how much was left out."""
        return f"{self.text} (and {self.more} more)" if self.more else self.text

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {"text": self.text, "citations": list(self.citations), "more": self.more}


@dataclass(frozen=True, slots=True)
class Further:
    """A passage that was found besides those that are cited, for whoever wants to read on: no part of the answer."""

    passage: Passage
    grant: Grant

    @property
    def url(self) -> str:
        """The page of the source, opened at the passage; no quote is marked, because there is none."""
        return f"{_page(self.passage)}&from={self.passage.start}#place"

    def as_json(self) -> dict[str, Any]:
        """Return the public form, without the text."""
        passage = self.passage
        return {
            "document": passage.document,
            "title": passage.title,
            "sha256": passage.sha256,
            "passage_id": passage.passage_id,
            "locator": passage.locator.as_json(),
            "span": [passage.start, passage.end],
            "url": self.url,
            **_approval(self.grant),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a question: sentences and citations, or a refusal; either way with its receipt.

    `searched_for` is a follow-up as it was rewritten to stand alone; `None` if it was taken as typed. `not_mentioned`
    are words of the question that matter and that nothing cited holds, as typed; `passages` are further ones that were
    found, at most three.
    """

    request_id: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    refusal: Refusal | None
    receipt: Receipt
    searched_for: str | None = field(default=None, repr=False)
    not_mentioned: tuple[str, ...] = field(default=(), repr=False)
    passages: tuple[Further, ...] = ()

    @property
    def text(self) -> str | None:
        """The answer as one text; `None` for a refusal."""
        return None if self.refusal else one_text(self.sentences)

    def lines(self, sentence: Sentence) -> tuple[Line, ...]:
        """Return the lines of one of the sentences, each with the numbers of the quotes that end on it."""
        return lines_of(sentence.text, [self.citations[n - 1].quoted for n in sentence.citations])

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of what is cited, each once; with the document's title where several are cited."""
        cited = [citation.verified.passage for citation in self.citations]
        several = len({passage.document for passage in cited}) > 1
        noted = [(one, citation.note) for one, citation in zip(cited, self.citations, strict=True) if citation.note]
        return tuple(dict.fromkeys(f"{one.title}: {note}" if several else note for one, note in noted))

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "request_id": self.request_id,
            "outcome": "refused" if self.refusal else "answered",
            "answer": self.text,
            "searched_for": self.searched_for,
            "sentences": [sentence.as_json() for sentence in self.sentences],
            "citations": [citation.as_json() for citation in self.citations],
            "not_mentioned": list(self.not_mentioned),
            "notes": list(self.notes),
            "passages": [further.as_json() for further in self.passages],
            "refusal": self.refusal.as_json() if self.refusal else None,
            "receipt": receipt_json(self.receipt),
        }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked passages without an answer; `grants` holds the live approval of each one's document, by its id.

    `notes` are those of the documents' reading, by their ids; `not_in_force` says of some which one is in force.
    """

    request_id: str
    hits: tuple[Hit, ...]
    grants: Mapping[str, Grant]
    receipt: Receipt
    notes: Mapping[str, Sequence[ReadingNote]] = field(default_factory=dict)
    not_in_force: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "request_id": self.request_id,
            "passages": [self._hit_json(hit) for hit in self.hits],
            "receipt": receipt_json(self.receipt),
        }

    def _hit_json(self, hit: Hit) -> dict[str, Any]:
        passage = hit.passage
        return {
            "rank": hit.rank,
            "passage_id": passage.passage_id,
            "document": passage.document,
            "title": passage.title,
            "sha256": passage.sha256,
            "text": passage.text,
            "span": [passage.start, passage.end],
            "locator": passage.locator.as_json(),
            "score": round(hit.score, 6),
            "url": _url(passage, passage.start, passage.end),
            **_approval(self.grants[passage.document]),
            "note": joined(
                self.not_in_force.get(passage.document),
                note_at(self.notes.get(passage.document, ()), passage.locator),
            ),
        }


def numbered(sentences: list[VerifiedSentence], notes_of: NotesOf) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Number the citations of verified sentences from 1, in the order of the answer.

    Args:
        sentences: those that are released.
        notes_of: returns what was not read of a document; is asked once for each.
    """
    read = functools.cache(notes_of)
    citations: list[Citation] = []
    numbered_sentences = []
    for sentence in sentences:
        numbers = range(len(citations) + 1, len(citations) + 1 + len(sentence.quotes))
        citations.extend(
            Citation(n, quote, note_at(read(quote.passage.document), quote.passage.locator))
            for n, quote in zip(numbers, sentence.quotes, strict=True)
        )
        numbered_sentences.append(Sentence(sentence.text, tuple(numbers), sentence.more))
    return tuple(numbered_sentences), tuple(citations)


def joined(*notes: str | None) -> str | None:
    """Return notes as one; `None` if there is none."""
    return "; ".join(note for note in notes if note) or None


def one_text(sentences: Sequence[Sentence]) -> str:
    """Return an answer's sentences as one text, as it is recorded.

    A sentence of several lines stands apart from the others by an empty line, so that it can be told where it ends.
    """
    parts: list[str] = []
    for at, sentence in enumerate(sentences):
        if at:
            parts.append("\n\n" if "\n" in sentences[at - 1].text + sentence.text else " ")
        parts.append(sentence.shown)
    return "".join(parts)


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """Return the public form of a receipt."""
    return {"origin": receipt.origin, "seq": receipt.seq, "leaf_hash": receipt.leaf_hash}


def _url(passage: Passage, start: int, end: int) -> str:
    """Return the page of a source, opened at a stretch of it; the address holds positions only, never text."""
    return f"{_page(passage)}&from={start}&to={end}#quote"


def _page(passage: Passage) -> str:
    return f"/documents/{url_quote(passage.document)}?version={passage.sha256[:_VERSION_HEX]}"


def _approval(granted: Grant) -> dict[str, str]:
    return {
        "approved_by": ", ".join(granted.approved_by),
        "approved_on": granted.approved_on.isoformat(),
        "expires": granted.expires.isoformat(),
    }
