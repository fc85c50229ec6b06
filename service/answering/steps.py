"""Steps 2 to 5 of a question: retrieve, weigh the evidence, draft, verify. Nothing is recorded here, nothing leaves.

`pipeline` puts the two records around them; `replay` takes them again on an old build; the judge measures them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from indexes.builds import Build
from indexes.encoder import Encoder
from service.answering.answers import Citation, Further, Reason, Sentence, numbered, one_text
from service.answering.boundary import Scope
from service.answering.drafts import Answerer
from service.answering.evidence import Calibration, Evidence
from service.answering.further import further
from service.answering.in_force import in_force, in_order, leading, noted
from service.answering.progress import Step, TellStep, silent
from service.answering.ranking import Ranking
from service.answering.rerank import RERANKED, Reranker, rerank
from service.answering.retrieve import KIND, Retrieved, retrieve
from service.answering.verify import verify

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
        """2: return the `k` best passages of a scope for a question's text, those of what is in force first."""
        looked_at = k if self.reranker is None else max(k, RERANKED)
        found = retrieve(text, build=build, scope=scope, encoder=self.encoder, ranking=self.ranking, k=looked_at)
        if self.reranker is not None:
            found = rerank(text, found, self.reranker)
        found = replace(found, hits=found.hits[:k])
        return in_order(found, in_force(text, found.hits, build=build, scope=scope))

    def weigh(self, found: Retrieved) -> Worked:
        """3: return the evidence, and the reason for a refusal if it does not suffice."""
        if not found.has_subject:
            return Worked(found, reason=Reason.REQUEST_NOT_SUPPORTED)
        evidence = self.calibration.weigh(found)
        return Worked(found, evidence, None if evidence.suffices else Reason.NO_EVIDENCE)

    def answer(
        self, text: str, found: Retrieved, *, build: Build, now: Callable[[], Scope], tell: TellStep = silent
    ) -> Worked:
        """3 to 5: return what may be said of the passages found.

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
        tell(Step.DRAFTING)
        draft = self.answerer.draft(text, retrieved=found, build=build)
        tell(Step.CHECKING)
        scope = now()
        sentences, citations = numbered(verify(draft, build=build, scope=scope), build.passages.notes)
        if not sentences:
            return Worked(found, weighed.evidence, Reason.UNSUPPORTED_DRAFT)
        passages = further((hit.passage for hit in found.hits), citations, scope.grants)
        return Worked(found, weighed.evidence, None, sentences, citations, (), passages)
