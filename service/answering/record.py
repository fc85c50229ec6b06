"""Puts a question and its result on record: builds the two leaves from what the pipeline knows.

`Recorder.received` before retrieval, `Recorder.finished` before anything leaves. Each returns only when it is durable.
Texts go beside the leaves, never into them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from indexes.builds import Build
from indexes.encoder import Encoder
from service.answering.answers import Citation
from service.answering.boundary import Scope
from service.answering.drafts import Answerer
from service.answering.evidence import Evidence
from service.answering.finding.ranking import Ranking
from service.answering.finding.retrieve import CANDIDATES, KIND, Hit
from service.answering.questions import Question
from service.answering.verify import VERBATIM
from service.audit.leaves import (
    AnswererRef,
    Asker,
    BuildRef,
    CitationRef,
    EncoderRef,
    HitRef,
    Outcome,
    QueryFinished,
    QueryReceived,
    ReleaseRef,
    RetrievalRef,
    VerdictRef,
)
from service.audit.log import AuditLog
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
    """What the pipeline knows when it ends; what it never reached is `None` or empty."""

    outcome: Outcome
    reason: str | None = None
    scope: Scope | None = None
    hits: Sequence[Hit] = ()
    evidence: Evidence | None = None
    answerer: Answerer | None = None
    citations: Sequence[Citation] = ()
    answer: str | None = None
    searched_for: str | None = None


class Recorder:
    """Writes the two leaves of every question."""

    def __init__(
        self,
        *,
        log: AuditLog,
        release: ReleaseRef,
        encoder: Encoder,
        ranking: Ranking,
        clock_s: Callable[[], float],
        retrieval: str = KIND,
    ) -> None:
        """Take the open log, and what every leaf says of this installation.

        Args:
            log: where leaves go.
            release: the program's version and settings.
            encoder: the one that encodes questions.
            ranking: what ranks passages.
            clock_s: a steady clock, for how long a question took.
            retrieval: how passages are found.
        """
        self._log = log
        self._release = release
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
        entry = QueryReceived(
            request_id=question.request_id,
            channel=question.channel,
            auth=question.principal.auth,
            build=BuildRef(id=build.build_id, manifest_hash=build.manifest_hash),
            release=self._release,
            conversation_id=question.conversation_id,
            key_id=question.principal.key_id,
            ignored_instructions=question.ignored_instructions,
        )
        asker = Asker(question.principal.principal_id, question.principal.groups)
        receipt = self._log.received(entry, asker=asker, prompt=question.text)
        return Opened(question, receipt.seq, started_s)

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
            answerer=AnswererRef(kind=result.answerer.kind, name=result.answerer.name)
            if result.answerer
            else _NO_ANSWERER,
            citations=tuple(_citation(citation) for citation in result.citations),
        )
        kept = KeptScope(scope.filter_hash, scope.pairs) if scope else None
        return self._log.finished(entry, answer=result.answer, searched_for=result.searched_for, scope=kept)


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


def _citation(citation: Citation) -> CitationRef:
    quote = citation.verified.quote
    return CitationRef(n=citation.n, passage_id=quote.passage_id, start=quote.start, end=quote.end, check=VERBATIM)
