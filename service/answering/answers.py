"""The records that leave the service: answers with citations, and refusals with reasons.

A refusal is a result, not an error. Its message depends on its reason alone, so it cannot tell whether documents exist
that the asker may not read. Nothing here decides anything; `pipeline` does. Search results are in `search_results`.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote as url_quote

from indexes.documents import Passage
from indexes.readings import ReadingNote
from indexes.standing import Grant
from service.answering.unread import note_at
from service.answering.verify import VERBATIM, VerifiedQuote, VerifiedSentence
from service.audit.storage.store import Receipt
from service.clients.lines import Line, Quoted, lines_of, mark_before

_VERSION_HEX = 16  # of a document's SHA-256 in a link: enough to tell its versions apart
NotesOf = Callable[[str], Sequence[ReadingNote]]


class Reason(StrEnum):
    """Why a question was refused."""

    NO_EVIDENCE = "no_evidence"
    UNSUPPORTED_DRAFT = "unsupported_draft"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    NOTHING_APPROVED = "nothing_approved"


MESSAGES = {
    Reason.NO_EVIDENCE: "The approved documents that you may read do not hold enough evidence to answer this.",
    Reason.UNSUPPORTED_DRAFT: "An answer was drafted, but no sentence of it could be verified against its source.",
    Reason.REQUEST_NOT_SUPPORTED: "This is not a question that can be looked up. Ask for something in words.",
    Reason.NOTHING_APPROVED: "Nothing has been approved and taken in here yet, so no question can be answered.",
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
        return url_of(self.verified.passage, self.verified.quote.start, self.verified.quote.end)

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
            **approval_json(granted),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Sentence:
    """A released sentence and the numbers of its citations, at least one.

    Its text is what its quotes say, each line of it a line of the source. Of a list, a procedure or a table that is
    quoted in part, `more` counts the items that were left out. With the check `SUPPORTED` its words are a model's, held
    against the quotes beside it.
    """

    text: str = field(repr=False)
    citations: tuple[int, ...]
    more: int = 0
    check: str = VERBATIM

    @property
    def shown(self) -> str:
        """The text, and how much was left out."""
        return f"{self.text} (and {self.more} more)" if self.more else self.text

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {"text": self.text, "citations": list(self.citations), "more": self.more, "check": self.check}


@dataclass(frozen=True, slots=True)
class ByModel:
    """The part that a language model had in an answer.

    Attributes:
        name: the model's, as `models.toml` has it.
        wrote: whether the sentences are its words, each checked; they are quotes otherwise.
        judged: whether it said which passages answer, or that none does.
        left_out: how many sentences it wrote that did not hold up.
        rewrote: whether the question was searched for as it rewrote it; by rules or as typed otherwise.
    """

    name: str
    wrote: bool
    judged: bool
    left_out: int = 0
    rewrote: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "name": self.name,
            "wrote": self.wrote,
            "judged": self.judged,
            "rewrote": self.rewrote,
            "left_out": self.left_out,
        }


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
            **approval_json(self.grant),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a question: sentences and citations, or a refusal; either way with its receipt.

    `searched_for` is a follow-up as it was rewritten to stand alone; `None` if it was taken as typed. `not_mentioned`
    are words of the question that matter and that nothing cited holds, as typed; `not_looked_up` are its parts beyond
    those that are looked up, whatever became of these; `passages` are further ones that were found, at most three.
    `model` says what a language model did for it, `None` where none had a part in it; `instead` why these are quotes
    though one was to write, in words.
    """

    request_id: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    refusal: Refusal | None
    receipt: Receipt
    searched_for: str | None = field(default=None, repr=False)
    not_mentioned: tuple[str, ...] = field(default=(), repr=False)
    not_looked_up: tuple[str, ...] = field(default=(), repr=False)
    passages: tuple[Further, ...] = ()
    model: ByModel | None = None
    instead: str | None = None

    @property
    def text(self) -> str | None:
        """The answer as one text; `None` for a refusal."""
        return None if self.refusal else one_text(self.sentences)

    def lines(self, sentence: Sentence) -> tuple[Line, ...]:
        """Return the lines of one of the sentences, each with the numbers of the quotes that end on it."""
        return lines_of(sentence.text, [self.citations[n - 1].quoted for n in sentence.citations])

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of what is cited, each once; with the document's title where several are cited.

        Before it stands why these are quotes, where a language model was to write and did not.
        """
        cited = [citation.verified.passage for citation in self.citations]
        several = len({passage.document for passage in cited}) > 1
        noted = [(one, citation.note) for one, citation in zip(cited, self.citations, strict=True) if citation.note]
        of_cited = (f"{one.title}: {note}" if several else note for one, note in noted)
        return tuple(dict.fromkeys([*([self.instead] if self.instead else []), *of_cited]))

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
            "not_looked_up": list(self.not_looked_up),
            "notes": list(self.notes),
            "passages": [further.as_json() for further in self.passages],
            "model": self.model.as_json() if self.model else None,
            "refusal": self.refusal.as_json() if self.refusal else None,
            "receipt": receipt_json(self.receipt),
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
        numbered_sentences.append(Sentence(sentence.text, tuple(numbers), sentence.more, sentence.check))
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


def url_of(passage: Passage, start: int, end: int) -> str:
    """Return the page of a source, opened at a stretch of it; the address holds positions only, never text."""
    return f"{_page(passage)}&from={start}&to={end}#quote"


def _page(passage: Passage) -> str:
    return f"/documents/{url_quote(passage.document)}?version={passage.sha256[:_VERSION_HEX]}"


def approval_json(granted: Grant) -> dict[str, str]:
    """Return the public form of who approved a document, when and until when."""
    return {
        "approved_by": ", ".join(granted.approved_by),
        "approved_on": granted.approved_on.isoformat(),
        "expires": granted.expires.isoformat(),
    }
