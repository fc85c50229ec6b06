"""Steps 2 to 5 of a question: retrieve, weigh the evidence, draft, verify. Nothing is recorded here, nothing leaves.

Where a language model has a part (`mandate`), it is consulted before anything is quoted (`consulting`): what it takes
away is not quoted, and what it wrote and passed is the answer. `pipeline` puts the two records around them; `replay`
takes them again on an old build; the judge measures them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from indexes.builds import Build
from indexes.encoder import Encoder
from service.answering.answers import Citation, Further, NotesOf, Reason, Sentence, numbered, one_text
from service.answering.basis import Basis, basis_of
from service.answering.boundary import Scope
from service.answering.consulted import NOBODY, Consulted, Instead, Listener, Ruling, in_words
from service.answering.consulting import consult
from service.answering.drafts import Answerer, DraftSentence
from service.answering.editions.in_force import in_force, in_order
from service.answering.evidence import Calibration, Evidence
from service.answering.finding.merged import each, merged
from service.answering.finding.ranking import Ranking
from service.answering.finding.rerank import RERANKED, Reranker, rerank
from service.answering.finding.retrieve import KIND, Retrieved, retrieve
from service.answering.further import further
from service.answering.missing import lacks_the_subject, not_mentioned
from service.answering.progress import Step, TellStep, silent
from service.answering.understanding.asker import without_persons
from service.answering.understanding.parts import MOST_PARTS, parts_of
from service.answering.verify import VerifiedSentence, verify, verify_written
from service.answering.writing.mandate import Mandate

HITS = 10  # passages that are weighed, drafted from, and recorded


class Broke(StrEnum):
    """Why a question has no result, as a code for the record."""

    MODEL_UNAVAILABLE = "model_unavailable"
    STOPPED = "stopped"  # by whoever asked


@dataclass(frozen=True, slots=True)
class Worked:
    """What became of a question: sentences with citations, or the reason why there are none.

    `quoted` tells whether quotes were drafted. `consulted` is what a language model did, `instead` says in words why
    these are quotes though it was to write; `scores`, of sentences that it wrote, how well their quotes bear each.
    `broke` tells that there is no result, whatever else is here.
    """

    found: Retrieved
    evidence: Evidence | None = None
    reason: Reason | None = None
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    not_mentioned: tuple[str, ...] = ()
    passages: tuple[Further, ...] = ()
    quoted: bool = False
    consulted: Consulted | None = None
    instead: str | None = None
    broke: Broke | None = None
    scores: tuple[float, ...] = ()

    @property
    def drafted(self) -> bool:
        """Whether there was a draft of quotes, whatever became of it."""
        return self.quoted and self.reason in (None, Reason.UNSUPPORTED_DRAFT)

    @property
    def text(self) -> str | None:
        """The answer as one text; `None` if there is none."""
        return one_text(self.sentences) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps over parts that are ready. Any thread may call."""

    encoder: Encoder
    ranking: Ranking
    calibration: Calibration
    answerer: Answerer
    reranker: Reranker | None = None
    mandate: Mandate | None = None

    @property
    def retrieval(self) -> str:
        """How passages are found, as the record names it."""
        return KIND if self.reranker is None else f"{KIND}+{self.reranker.kind}"

    def find(self, text: str, *, build: Build, scope: Scope, k: int = HITS) -> Retrieved:
        """2: return the `k` best passages of a scope for a question's text; of several parts, in one ranking.

        Those of a document that is not in force come after those of the one that is.
        """
        parts = parts_of(without_persons(text))[:MOST_PARTS]
        found = [self._find(part, build=build, scope=scope, k=k) for part in parts]
        if len(found) == 1:
            return found[0]
        of_all = merged(found, k)
        return in_order(of_all, in_force(text, of_all.hits, build=build, scope=scope))

    def _find(self, text: str, *, build: Build, scope: Scope, k: int) -> Retrieved:
        looked_at = k if self.reranker is None else max(k, RERANKED)
        found = retrieve(text, build=build, scope=scope, encoder=self.encoder, ranking=self.ranking, k=looked_at)
        if self.reranker is not None:
            found = rerank(text, found, self.reranker)
        found = replace(found, hits=found.hits[:k])
        return in_order(found, in_force(text, found.hits, build=build, scope=scope))

    def weigh(self, found: Retrieved, build: Build) -> Worked:
        """3: return the evidence, and the reason for a refusal if it does not suffice; that of the best part."""
        return self._weighed(found, self._evidence(found, build), build)

    def _evidence(self, found: Retrieved, build: Build) -> list[Evidence]:
        """Return the evidence of each part."""
        return [self.calibration.weigh(part, build) for part in each(found)]

    def _weighed(self, found: Retrieved, evidence: Sequence[Evidence], build: Build) -> Worked:
        if not found.has_subject:
            return Worked(found, reason=Reason.REQUEST_NOT_SUPPORTED)
        if not build.documents:  # the same for everybody, so it tells nobody of a document that they may not read
            return Worked(found, reason=Reason.NOTHING_APPROVED)
        best = max(evidence, key=lambda one: one.score)
        return Worked(found, best, None if best.suffices else Reason.NO_EVIDENCE)

    def answer(
        self, text: str, found: Retrieved, *, build: Build, now: Callable[[], Scope], listener: Listener = NOBODY
    ) -> Worked:
        """3 to 5: return what may be said of the passages found.

        A part of a question that has no evidence, or of which what is cited lacks the subject, is not answered and
        named as such; where no part is answered, that is a refusal.

        Args:
            text: the question's text.
            found: what step 2 returned for it.
            build: the build it was found in.
            now: draws the scope as it is after the draft; a revocation may have come meanwhile.
            listener: is told of each step as it begins, and of what a language model wrote as it passes.
        """
        basis = self._basis(text, found, build, now)
        if isinstance(basis, Worked):
            return basis
        listener.tell(Step.DRAFTING)
        if self.mandate is None or not self.mandate.answers:
            return self._quoted(basis, listener.tell)
        consulted = consult(self.mandate, basis, listener)
        return replace(self._after(consulted, basis, self.mandate, listener.tell), consulted=consulted)

    def answer_as_ruled(
        self, text: str, found: Retrieved, *, build: Build, now: Callable[[], Scope], ruling: Ruling
    ) -> Worked:
        """Return what `answer` would quote with what a language model ruled before, which is not asked again."""
        basis = self._basis(text, found, build, now)
        return basis if isinstance(basis, Worked) else self._ruled(basis, ruling, silent)

    def _basis(self, text: str, found: Retrieved, build: Build, now: Callable[[], Scope]) -> Basis | Worked:
        """3: return what may be answered from, or the refusal where the evidence does not suffice."""
        evidence = self._evidence(found, build)
        weighed = self._weighed(found, evidence, build)
        if weighed.reason:
            return weighed
        return basis_of(text, found, evidence, build=build, now=now)

    def _after(self, consulted: Consulted, basis: Basis, mandate: Mandate, tell: TellStep) -> Worked:
        """Return what becomes of a question about which a language model was consulted."""
        nothing = Worked(basis.found, basis.evidence)
        if consulted.passed:
            return self._written(consulted, basis)
        if consulted.stopped:
            return replace(nothing, broke=Broke.STOPPED)
        if not mandate.quotes_instead and consulted.failed:
            return replace(nothing, broke=Broke.MODEL_UNAVAILABLE)
        if not mandate.quotes_instead and consulted.instead is Instead.UNSUPPORTED:
            return replace(nothing, reason=Reason.UNSUPPORTED_DRAFT)
        quoted = self._ruled(basis, consulted.ruling, tell)
        if quoted.reason or consulted.instead is None:
            return quoted
        return replace(quoted, instead=in_words(consulted.instead, writes=mandate.writes))

    def _written(self, consulted: Consulted, basis: Basis) -> Worked:
        """Return the answer of a language model: what passed, as far as it may still be read when all is there."""
        build, scope = basis.build, basis.now()
        still = [(one, verify_written(one.draft, build=build, scope=scope)) for one in consulted.passed]
        held = [(one, verified) for one, verified in still if verified]
        worked = Worked(basis.found, basis.evidence, broke=Broke.STOPPED if consulted.stopped else None)
        if not held:
            return replace(worked, reason=Reason.UNSUPPORTED_DRAFT)
        sentences, citations = numbered([verified for _, verified in held], build.passages.notes)
        citations = basis.noted(citations, scope)
        return replace(
            worked,
            sentences=sentences,
            citations=citations,
            not_mentioned=not_mentioned(basis.text, citations),
            passages=further(basis.passages, citations, scope.grants),
            scores=tuple(one.score for one, _ in held),
        )

    def _ruled(self, basis: Basis, ruling: Ruling, tell: TellStep) -> Worked:
        """Return what is quoted of what a judgement left; what it was not given needs evidence of its own."""
        left = basis.without(ruling.taken_away)
        if ruling.says_none:
            left = left.only([p for p in left.first if self.calibration.weigh(left.first[p], left.build).suffices])
        return self._quoted(left, tell) if left.first else Worked(basis.found, basis.evidence, Reason.NO_EVIDENCE)

    def _quoted(self, basis: Basis, tell: TellStep) -> Worked:
        """4 and 5, where nobody writes."""
        asked, first, build = basis.asked, basis.first, basis.build
        drafts = self._drafts(first, build)
        tell(Step.CHECKING)
        scope, notes = basis.now(), build.passages.notes
        verified = {part: verify(draft, build=build, scope=scope) for part, draft in drafts.items()}
        answered = _answered(verified, notes)
        left_out = [part for part in asked if len(first[part].hits) < len(asked[part].hits)]
        if older := {part: asked[part] for part in left_out if part not in answered}:
            drafts = self._drafts(older, build)  # what is in force does not say it, an older version may
            verified |= {part: verify(draft, build=build, scope=scope) for part, draft in drafts.items()}
            answered = _answered(verified, notes)
        if not answered:
            reason = Reason.NO_EVIDENCE if any(verified.values()) else Reason.UNSUPPORTED_DRAFT
            return Worked(basis.found, basis.evidence, reason, quoted=True)
        sentences, citations = numbered(_distinct(answered.values()), notes)
        citations = basis.noted(citations, scope)
        unanswered = [part for part in basis.parts if part not in answered]
        passages = further(basis.passages, citations, scope.grants)
        missing = not_mentioned(basis.text, citations, unanswered)
        return Worked(basis.found, basis.evidence, None, sentences, citations, missing, passages, quoted=True)

    def _drafts(self, asked: Mapping[str, Retrieved], build: Build) -> dict[str, Sequence[DraftSentence]]:
        """Return a draft of each part, by its text."""
        return {part: self.answerer.draft(part, retrieved=found, build=build) for part, found in asked.items()}


def _answered(
    verified: Mapping[str, Sequence[VerifiedSentence]], notes_of: NotesOf
) -> dict[str, Sequence[VerifiedSentence]]:
    """Return the parts of which something is said, and on their subject."""
    return {
        part: said
        for part, said in verified.items()
        if said and not lacks_the_subject(part, numbered(list(said), notes_of)[1])
    }


def _distinct(parts: Iterable[Sequence[VerifiedSentence]]) -> list[VerifiedSentence]:
    """Return what answers the parts of a question, part by part, nothing twice."""
    return list({tuple(quote.quote for quote in said.quotes): said for part in parts for said in part}.values())
