"""Steps 2 to 5 of a question: retrieve, weigh the evidence, draft, verify. Nothing is recorded here, nothing leaves.

`pipeline` puts the two records around them; `replay` takes them again on an old build; the judge measures them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from indexes.builds import Build
from indexes.encoder import Encoder
from service.answering.answers import Citation, Further, Reason, Sentence, numbered, one_text
from service.answering.asker import without_persons
from service.answering.boundary import Scope
from service.answering.drafts import Answerer
from service.answering.evidence import Calibration, Evidence
from service.answering.further import further
from service.answering.in_force import in_force, in_order, leading, noted
from service.answering.missing import lacks_the_subject, not_mentioned
from service.answering.parts import MOST_PARTS, each, merged, parts_of
from service.answering.progress import Step, TellStep, silent
from service.answering.ranking import Ranking
from service.answering.rerank import RERANKED, Reranker, rerank
from service.answering.retrieve import KIND, Retrieved, retrieve
from service.answering.verify import VerifiedSentence, verify

HITS = 10  # passages that are weighed, drafted from, and recorded


@dataclass(frozen=True, slots=True)
class Worked:
    """What became of a question: sentences with citations, or the reason why there are none."""

    found: Retrieved
    evidence: Evidence | None = None
    reason: Reason | None = None
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    not_mentioned: tuple[str, ...] = ()
    passages: tuple[Further, ...] = ()

    @property
    def drafted(self) -> bool:
        """Whether there was a draft, whatever became of it."""
        return self.reason in (None, Reason.UNSUPPORTED_DRAFT)

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

    @property
    def retrieval(self) -> str:
        """How passages are found, as the record names it."""
        return KIND if self.reranker is None else f"{KIND}+{self.reranker.kind}"

    def find(self, text: str, *, build: Build, scope: Scope, k: int = HITS) -> Retrieved:
        """2: return the `k` best passages of a scope for a question's text, those of what is in force first.

        Those of several parts are in one ranking.
        """
        parts = parts_of(without_persons(text))[:MOST_PARTS]
        found = [self._find(part, build=build, scope=scope, k=k) for part in parts]
        return found[0] if len(found) == 1 else merged(found, k)

    def _find(self, text: str, *, build: Build, scope: Scope, k: int) -> Retrieved:
        looked_at = k if self.reranker is None else max(k, RERANKED)
        found = retrieve(text, build=build, scope=scope, encoder=self.encoder, ranking=self.ranking, k=looked_at)
        if self.reranker is not None:
            found = rerank(text, found, self.reranker)
        found = replace(found, hits=found.hits[:k])
        return in_order(found, in_force(text, found.hits, build=build, scope=scope))

    def weigh(self, found: Retrieved) -> Worked:
        """3: return the evidence, and the reason for a refusal if it does not suffice; that of the best part."""
        if not found.has_subject:
            return Worked(found, reason=Reason.REQUEST_NOT_SUPPORTED)
        evidence = max((self.calibration.weigh(part) for part in each(found)), key=lambda one: one.score)
        return Worked(found, evidence, None if evidence.suffices else Reason.NO_EVIDENCE)

    def answer(
        self, text: str, found: Retrieved, *, build: Build, now: Callable[[], Scope], tell: TellStep = silent
    ) -> Worked:
        """3 to 5: return what may be said of the passages found.

        A part of a question that has no evidence, or of which what is cited lacks the subject, is not answered and
        named as such; where no part is answered, that is a refusal.

        Args:
            text: the question's text.
            found: what step 2 returned for it.
            build: the build it was found in.
            now: draws the scope as it is after the draft; a revocation may have come meanwhile.
            tell: is told of each step as it begins.
        """
        behind = in_force(text, found.hits, build=build, scope=now())
        first = leading(found, behind)
        worked = self._answer(text, first, build=build, now=now, tell=tell)
        if worked.reason and first is not found:  # the document in force does not say it, an older one may
            worked = self._answer(text, found, build=build, now=now, tell=tell)
        citations = noted(worked.citations, behind, build=build, scope=now()) if behind else worked.citations
        return replace(worked, found=found, citations=citations)

    def _answer(
        self,
        text: str,
        found: Retrieved,
        *,
        build: Build,
        now: Callable[[], Scope],
        tell: TellStep,
    ) -> Worked:
        weighed = self.weigh(found)
        if weighed.reason:
            return weighed
        parts = parts_of(without_persons(text))[:MOST_PARTS]
        tell(Step.DRAFTING)
        drafts = [
            self.answerer.draft(part, retrieved=of_part, build=build)
            if self.calibration.weigh(of_part).suffices
            else ()
            for part, of_part in zip(parts, each(found), strict=True)
        ]
        tell(Step.CHECKING)
        scope = now()
        verified = {part: verify(draft, build=build, scope=scope) for part, draft in zip(parts, drafts, strict=True)}
        if not any(verified.values()):
            return Worked(found, weighed.evidence, Reason.UNSUPPORTED_DRAFT)
        notes = build.passages.notes
        answered = {
            part: said
            for part, said in verified.items()
            if said and not lacks_the_subject(part, numbered(said, notes)[1])
        }
        if not answered:
            return Worked(found, weighed.evidence, Reason.NO_EVIDENCE)
        sentences, citations = numbered(_distinct(answered.values()), notes)
        unanswered = [part for part in parts if part not in answered]
        passages = further((hit.passage for hit in found.hits), citations, scope.grants)
        missing = not_mentioned(text, citations, unanswered)
        return Worked(found, weighed.evidence, None, sentences, citations, missing, passages)


def _distinct(parts: Iterable[Sequence[VerifiedSentence]]) -> list[VerifiedSentence]:
    """Return what answers the parts of a question, part by part, nothing twice."""
    return list({tuple(quote.quote for quote in said.quotes): said for part in parts for said in part}.values())
