"""Shows an answer of the past again, within the boundary of this moment.

1  every document cited has to be approved now, in the version that was cited, and for whoever looks
2  every passage cited has to be in the live build, with the text that is on record
3  the sentences are found again: each says what its quotes say (`verify`); those that a language model wrote, and
   whose quotes were held against them then, stand on record one by one

Where one of these fails there is no such answer any more, only the text that somebody was given. What nothing cited
mentions, and which further passages there are, is looked up again; what of these may not be read now is just not there.
Asks nothing anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from indexes.builds import Build
from indexes.documents import Passage
from service.access.principals import Principal
from service.answering.answers import Answer, Citation, Reason, Refusal, Sentence, one_text
from service.answering.boundary import Boundary, Scope
from service.answering.choosing.leaning import leans
from service.answering.drafts import SKIPPED, Quote
from service.answering.further import further
from service.answering.live_build import LiveBuild
from service.answering.missing import not_mentioned
from service.answering.past.past_models import by_model
from service.answering.understanding.parts import parts_beyond
from service.answering.unread import note_at
from service.answering.verify import VerifiedQuote
from service.audit.reading.past_turns import Turn

_WORD = re.compile(r"\S+")
_MORE = re.compile(r"\(and ([1-9]\d{0,6}) more\)(?!\S)")  # as `Sentence.shown` says it


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAnswers:
    """See the module. Any thread may call."""

    live_build: LiveBuild
    boundary: Boundary

    def again(self, principal: Principal, turn: Turn) -> Answer | None:
        """Return an answer or a refusal as it was given, or `None` where it cannot be shown so now.

        Raises:
            BuildError, LibraryUnavailableError: nobody can say what may be read.
        """
        outcome, text = turn.finished.get("outcome"), turn.searched_for or turn.question
        model, instead = by_model(turn.finished.get("answerer"))
        if outcome == "refused":
            refusal = Refusal(Reason(turn.finished["reason"]))
            return Answer(
                request_id=turn.request_id,
                sentences=(),
                citations=(),
                refusal=refusal,
                receipt=turn.receipt,
                searched_for=turn.searched_for,
                not_looked_up=parts_beyond(text),
                model=model,
            )
        if outcome != "answered" or turn.answer is None:
            return None
        build = self.live_build.get()
        scope = self.boundary.scope(build, principal.groups)
        hits = {hit["passage_id"]: hit for hit in turn.finished["hits"]}
        found = [_citation(cited, hits[cited["passage_id"]], build, scope) for cited in turn.finished["citations"]]
        citations = tuple(citation for citation in found if citation)
        sentences = _written(turn) if model and model.wrote else _sentences(turn.answer, citations)
        if len(citations) < len(found) or not sentences:
            return None
        return Answer(
            request_id=turn.request_id,
            sentences=sentences,
            citations=citations,
            refusal=None,
            receipt=turn.receipt,
            searched_for=turn.searched_for,
            not_mentioned=not_mentioned(text, citations),
            not_looked_up=parts_beyond(text),
            passages=further(_found(turn.finished["hits"], build), citations, scope.grants),
            model=model,
            instead=instead,
        )


def _found(hits: list[dict[str, Any]], build: Build) -> Iterator[Passage]:
    """Yield the passages that were found, the best first, as far as they are as they were."""
    for hit in sorted(hits, key=lambda hit: int(hit["rank"])):
        passage = build.passages.passage(hit["passage_id"])
        if passage and passage.text_hash() == hit["passage_hash"]:
            yield passage


def _citation(cited: dict[str, Any], hit: dict[str, Any], build: Build, scope: Scope) -> Citation | None:
    granted = scope.grants.get(hit["document"])
    if granted is None or granted.sha256 != hit["sha256"]:  # 1
        return None
    passage, (start, end) = build.passages.passage(cited["passage_id"]), cited["span"]
    if passage is None or passage.text_hash() != hit["passage_hash"]:  # 2
        return None
    text = passage.text[start - passage.start : end - passage.start]
    quoted = VerifiedQuote(Quote(passage.passage_id, start, end, text), passage, granted)
    return Citation(cited["n"], quoted, note_at(build.passages.notes(passage.document), passage.locator))


def _written(turn: Turn) -> tuple[Sentence, ...]:
    """3: return the sentences of a language model, if the answer is those that passed, and cites what they cite."""
    sentences = tuple(Sentence(one.text, one.citations, check=one.check) for one in turn.sentences)
    numbers = [n for sentence in sentences for n in sentence.citations]
    whole = one_text(sentences) == turn.answer and numbers == [cited["n"] for cited in turn.finished["citations"]]
    return sentences if whole else ()


@dataclass(slots=True)
class _Part:
    """A sentence while its quotes are found: the stretch of the answer that it is."""

    start: int
    end: int
    numbers: list[int]
    last: VerifiedQuote
    more: int = 0


def _sentences(answer: str, citations: tuple[Citation, ...]) -> tuple[Sentence, ...]:
    """3: cut an answer where its quotes say; a quote that stands nowhere belongs to the sentence that follows it.

    Quotes of one sentence stand on lines that follow each other, or have a mark for left out words between them, or the
    latter leans on the other, which stands right before it in its passage. Returns nothing if the answer says anything
    else than its quotes.
    """
    words, at = list(_WORD.finditer(answer)), 0
    parts: list[_Part] = []
    waiting: list[int] = []
    for citation in citations:
        waiting.append(citation.n)
        quoted = citation.verified.quote.text.split()
        is_joined = bool(parts) and not _says(words, at, quoted) and _says(words, at, [SKIPPED])
        begin, end = at + is_joined, at + is_joined + len(quoted)
        if not quoted or not _says(words, begin, quoted):
            continue
        start, stop = words[begin].start(), words[end - 1].end()
        if parts and (is_joined or _goes_on(parts[-1], citation.verified, answer[parts[-1].end : start])):
            parts[-1].numbers += waiting
            parts[-1].end, parts[-1].last = stop, citation.verified
        else:
            parts.append(_Part(start, stop, waiting, citation.verified))
        at, waiting = end, []
        if at < len(words) and (left_out := _MORE.match(answer, words[at].start())):
            parts[-1].more = int(left_out[1])
            at += len(left_out[0].split())
    if parts:
        parts[-1].numbers += waiting
    sentences = tuple(Sentence(answer[part.start : part.end], tuple(part.numbers), part.more) for part in parts)
    return sentences if at == len(words) else ()


def _says(words: list[re.Match[str]], begin: int, said: list[str]) -> bool:
    return [word.group() for word in words[begin : begin + len(said)]] == said


def _goes_on(part: _Part, following: VerifiedQuote, between: str) -> bool:
    """Tell whether a quote belongs to the sentence before, of which it stands on the next line or on which it leans.

    Args:
        part: the sentence before.
        following: the quote.
        between: what stands between both in the answer; see `one_text`.
    """
    if between.strip(" ") == "\n":
        return True
    last, quote, passage = part.last.quote, following.quote, following.passage
    if between != " " or last.passage_id != quote.passage_id or not leans(quote.text):
        return False
    skipped = passage.text[last.end - passage.start : quote.start - passage.start]
    return last.end <= quote.start and not skipped.strip()
