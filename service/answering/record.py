"""Puts a question and its result on record: builds the leaves from what the pipeline knows.

`Recorder.received` before retrieval, `Recorder.sentence` before a sentence leaves that a model wrote,
`Recorder.finished` before anything else leaves. Each returns only when it is durable.
Texts go beside the leaves, never into them.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from indexes.builds import Build
from indexes.encoder import Encoder
from service.answering.answers import Citation, Sentence
from service.answering.boundary import Scope
from service.answering.consulted import Consulted, Passed
from service.answering.drafts import Answerer
from service.answering.evidence import Evidence
from service.answering.finding.ranking import Ranking
from service.answering.finding.retrieve import CANDIDATES, KIND, Hit
from service.answering.follow import Follower
from service.answering.questions import Question
from service.answering.verify import VERBATIM
from service.audit.leaves import (
    AnswererRef,
    Asker,
    BuildRef,
    CitationRef,
    EncoderRef,
    EntailmentRef,
    HitRef,
    Outcome,
    QueryFinished,
    QueryReceived,
    QuerySentence,
    RetrievalRef,
    VerdictRef,
)
from service.audit.storage.store import KeptScope, Receipt

_MILLION = 1_000_000
_NO_ANSWERER = AnswererRef(kind="none", name="search")


@dataclass(frozen=True, slots=True)
class Opened:
    """A question on record: where its `received` leaf is, and when it began (seconds of a steady clock)."""

    question: Question
    seq: int
    started_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """What the pipeline knows when it ends; what it never reached is `None` or empty.

    `answerer` quoted; `scores` say of each sentence how well its quotes bear it, where a model wrote them.
    """

    outcome: Outcome
    reason: str | None = None
    scope: Scope | None = None
    hits: Sequence[Hit] = ()
    evidence: Evidence | None = None
    answerer: Answerer | None = None
    citations: Sequence[Citation] = ()
    answer: str | None = None
    searched_for: str | None = None
    sentences: Sequence[Sentence] = ()
    scores: Sequence[float] = ()
    consulted: Consulted | None = None


class Recorder:
    """Writes the leaves of every question."""

    def __init__(
        self,
        *,
        follower: Follower,
        encoder: Encoder,
        ranking: Ranking,
        clock_s: Callable[[], float],
        retrieval: str = KIND,
    ) -> None:
        """Take the open log, and what every leaf says of this installation.

        Args:
            follower: puts on record what answers rest on, in the log of the leaves, and holds builds that are asked.
            encoder: the one that encodes questions.
            ranking: what ranks passages.
            clock_s: a steady clock, for how long a question took.
            retrieval: how passages are found.
        """
        self._follower = follower
        self._log = follower.log
        self._encoder = EncoderRef(name=encoder.name, digest=encoder.digest, dtype=encoder.dtype)
        self._retrieval = retrieval
        self._weights_u = ranking.weights_u()
        self._clock_s = clock_s

    def received(self, question: Question, build: Build) -> Opened:
        """Record that a question came.

        Raises:
            AuditUnavailableError: it could not be recorded; nothing may be retrieved.
        """
        started_s = self._clock_s()
        self._follower.asked_of(build)  # while it is live: others may be published before the answer
        entry = QueryReceived(
            request_id=question.request_id,
            channel=question.channel,
            auth=question.principal.auth,
            build=BuildRef(id=build.build_id, manifest_hash=build.manifest_hash),
            release=self._follower.release,
            conversation_id=question.conversation_id,
            key_id=question.principal.key_id,
            ignored_instructions=question.ignored_instructions,
        )
        asker = Asker(question.principal.principal_id, question.principal.groups)
        receipt = self._log.received(entry, asker=asker, prompt=question.text)
        return Opened(question, receipt.seq, started_s)

    def sentence(self, opened: Opened, passed: Passed) -> None:
        """Record a sentence that a language model wrote and that passed.

        Raises:
            AuditUnavailableError: it could not be recorded; it may not be told.
        """
        entry = QuerySentence(
            request_id=opened.question.request_id,
            received_seq=opened.seq,
            n=passed.n,
            check=passed.sentence.check,
            score_u=_millionths(passed.score),
            citations=tuple(_citation(citation, passed.sentence.check, passed.score) for citation in passed.citations),
            entailment=EntailmentRef(held.digest, _millionths(held.share)) if (held := passed.entailed) else None,
        )
        self._log.sentence(entry, text=passed.sentence.text)

    def finished(self, opened: Opened, result: Result) -> Receipt:
        """Record what became of a question.

        Raises:
            AuditUnavailableError: it could not be recorded; no answer may leave.
        """
        scope, evidence = result.scope, result.evidence
        used = {citation.verified.passage.passage_id for citation in result.citations}
        entry = QueryFinished(
            request_id=opened.question.request_id,
            received_seq=opened.seq,
            verdict=VerdictRef(
                outcome=result.outcome,
                reason=result.reason,
                evidence_u=_millionths(evidence.score) if evidence else None,
                threshold_u=_millionths(evidence.threshold) if evidence else None,
            ),
            elapsed_us=round((self._clock_s() - opened.started_s) * _MILLION),
            encoder=self._encoder if scope else None,
            retrieval=RetrievalRef(self._retrieval, CANDIDATES, self._weights_u, scope.filter_hash) if scope else None,
            register_seq=scope.register_position if scope else None,
            hits=tuple(_hit(hit, used) for hit in result.hits),
            answerer=_answerer(result),
            citations=tuple(_citations(result)),
        )
        kept = KeptScope(scope.filter_hash, scope.pairs) if scope else None
        raw = json.dumps(result.consulted.as_json(), ensure_ascii=False) if result.consulted else None
        return self._log.finished(entry, answer=result.answer, raw=raw, searched_for=result.searched_for, scope=kept)


def _millionths(value: float) -> int:
    return round(value * _MILLION)


def _hit(hit: Hit, used: set[str]) -> HitRef:
    passage = hit.passage
    return HitRef(
        rank=hit.rank,
        passage_id=passage.passage_id,
        document=passage.document,
        sha256=passage.sha256,
        passage_hash=passage.text_hash(),
        score_u=_millionths(hit.score),
        used=passage.passage_id in used,
    )


def _answerer(result: Result) -> AnswererRef:
    """Return who drafted; a model where nothing was quoted. What one did besides stands in the parameters."""
    quoted, consulted = result.answerer, result.consulted
    if consulted is None:
        return AnswererRef(kind=quoted.kind, name=quoted.name) if quoted else _NO_ANSWERER
    known: dict[str, Any] = {"endpoint_id": consulted.endpoint or None, "template_hash": consulted.template_hash}
    if quoted:
        drafted = AnswererRef(kind=quoted.kind, name=quoted.name)
    else:
        drafted = AnswererRef(kind="llm", name=consulted.name) if consulted.answers else _NO_ANSWERER
    return replace(drafted, params=consulted.params, **known)


def _citations(result: Result) -> Iterator[CitationRef]:
    scores: Sequence[float | None] = result.scores or [None] * len(result.sentences)
    checked = {
        n: (one.check, score) for one, score in zip(result.sentences, scores, strict=True) for n in one.citations
    }
    for citation in result.citations:
        yield _citation(citation, *checked.get(citation.n, (VERBATIM, None)))


def _citation(citation: Citation, check: str, score: float | None) -> CitationRef:
    quote = citation.verified.quote
    return CitationRef(
        n=citation.n,
        passage_id=quote.passage_id,
        start=quote.start,
        end=quote.end,
        check=check,
        score_u=None if score is None else _millionths(score),
    )
